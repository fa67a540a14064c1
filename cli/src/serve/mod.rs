//! `fpvm serve`.
//!
//! One thread owns the trace. It answers requests one after the other, in the order they come, and while there are
//! none it goes on with the first pass. Others read lines and hand them over; none of them holds more than a line.

mod clients;
mod line;
mod rpc;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use alloy_primitives::B256;
use anyhow::Result;
use isa_traits::{Isa, Target};
use serde::Serialize;

use self::clients::{Clients, Event};
use self::line::Line;
use self::rpc::{Call, Fault};
use crate::report::Verdict;
use crate::status::Status;
use crate::trace::{self, Failure, OnTracer, Tracer};

/// Time between looks at signals while there is nothing to do.
const IDLE: Duration = Duration::from_millis(100);

/// The flags of `fpvm serve`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(
    after_help = "Requests and answers are JSON-RPC 2.0, a line each. Methods: info; stateHash {step}; proof \
    {step}, whose result is a proof as in the files of `run --proof-at`; shutdown. Errors: -32000 the run stopped \
    before the step, -32001 the trace has no such step, and those of JSON-RPC."
)]
pub(crate) struct Args {
    #[command(flatten)]
    trace: trace::Args,
    /// Listen on a Unix socket of this name, for any number of clients; standard input and output if left out
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// What `info` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    isa: &'static str,
    target: String,
    first_step: u64,
    /// How far the first pass is.
    reached_step: u64,
    /// Whether it is at its end.
    finished: bool,
    /// The verdict at that end.
    status: Option<Verdict>,
    /// Why it ended before the guest exited.
    error: Option<String>,
    checkpoints: usize,
    checkpoint_interval: u64,
    checkpoint_bytes: usize,
    preimage_bytes: usize,
}

/// Answers questions about a trace until told to stop.
pub(crate) fn run(args: &Args) -> Result<Status> {
    args.trace.with(Serve { args })
}

struct Serve<'a> {
    args: &'a Args,
}

impl OnTracer for Serve<'_> {
    type Output = Status;

    fn on<T: Target>(self, tracer: Tracer<T>) -> Result<Status> {
        let (clients, events) = match &self.args.socket {
            Some(path) => Clients::on_socket(path)?,
            None => Clients::on_standard_input(),
        };
        let status = Server { tracer }.answer_all(&events);
        drop(clients);
        Ok(status)
    }
}

struct Server<T: Target> {
    tracer: Tracer<T>,
}

impl<T: Target> Server<T> {
    fn answer_all(&mut self, events: &Receiver<Event>) -> Status {
        loop {
            if self.tracer.interrupted() {
                return Status::Interrupted;
            }
            let event = if self.tracer.end.is_none() {
                match events.try_recv() {
                    Ok(event) => event,
                    Err(TryRecvError::Empty) => {
                        self.tracer.go_on();
                        continue;
                    }
                    Err(TryRecvError::Disconnected) => return Status::Done,
                }
            } else {
                match events.recv_timeout(IDLE) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Status::Done,
                }
            };
            let Event::Line(line, client) = event else { return Status::Done };
            let mut stops = false;
            let answer = match line {
                Line::Text(text) => rpc::answer(&text, |call| self.answer(call, &mut stops)),
                Line::TooLong => Some(rpc::too_long()),
            };
            if let Some(answer) = answer {
                client.send(&answer);
            }
            if stops {
                return Status::Done;
            }
        }
    }

    /// The result of a call, as JSON.
    fn answer(&mut self, call: Call, stops: &mut bool) -> Result<String, Fault> {
        match call {
            Call::Info => json(&self.info()),
            Call::StateHash { step } => json(&B256::from(self.tracer.state_hash(step)?)),
            Call::Proof { step } => json(&self.tracer.proof(step)?),
            Call::Shutdown => {
                *stops = true;
                json(&())
            }
        }
    }

    fn info(&self) -> Info {
        let trace = &self.tracer.trace;
        let (kept, end) = (trace.kept(), self.tracer.end.as_ref());
        Info {
            isa: T::Isa::NAME,
            target: format!("{}@{}", T::NAME, trace.vm().target().version()),
            first_step: trace.first(),
            reached_step: trace.reached(),
            finished: end.is_some(),
            status: end.and_then(|end| end.verdict),
            error: end.and_then(|end| end.error.clone()),
            checkpoints: kept.checkpoints,
            checkpoint_interval: kept.interval,
            checkpoint_bytes: kept.checkpoint_bytes,
            preimage_bytes: kept.preimage_bytes,
        }
    }
}

fn json(result: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(result).map_err(|error| Fault::internal(&error))
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        match failure {
            Failure::NoStep(_) => Self { code: -32001, message },
            Failure::Trap(_) | Failure::Failed(_) | Failure::Interrupted => Self { code: -32000, message },
        }
    }
}
