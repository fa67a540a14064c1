//! `fpvm query`.

use alloy_primitives::B256;
use anyhow::Result;
use engine::StepProof;
use isa_traits::Target;
use serde::Serialize;

use crate::pattern::number;
use crate::status::Status;
use crate::trace::{self, Failure, OnTracer, Tracer};
use crate::{files, log};

/// The flags of `fpvm query`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    trace: trace::Args,
    /// Steps to tell the state hash before, in any order
    #[arg(long, value_name = "N,M", required = true, value_delimiter = ',', value_parser = number)]
    at: Vec<u64>,
    /// Print the proofs of these steps, a line each, as the files of `run --proof-at` have them
    #[arg(long)]
    proof: bool,
    /// Print an object {step, stateHash, proof} for each step, a line each
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    step: u64,
    state_hash: B256,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<StepProof>,
}

/// Runs once, and prints what was asked for.
pub(crate) fn run(args: &Args) -> Result<Status> {
    args.trace.with(Query { args })
}

struct Query<'a> {
    args: &'a Args,
}

impl OnTracer for Query<'_> {
    type Output = Status;

    fn on<T: Target>(self, mut tracer: Tracer<T>) -> Result<Status> {
        for &step in &self.args.at {
            match self.answer(&mut tracer, step) {
                Ok(answer) => self.print(&answer)?,
                Err(failure) => {
                    log::error(&failure);
                    return Ok(failure.status());
                }
            }
        }
        Ok(Status::Done)
    }
}

impl Query<'_> {
    fn answer<T: Target>(&self, tracer: &mut Tracer<T>, step: u64) -> Result<Answer, Failure> {
        let state_hash = tracer.state_hash(step)?.into();
        let proof = self.args.proof.then(|| tracer.proof(step)).transpose()?;
        Ok(Answer { step, state_hash, proof })
    }

    fn print(&self, answer: &Answer) -> Result<()> {
        match &answer.proof {
            _ if self.args.json => files::print(serde_json::to_string(answer)?),
            Some(proof) => files::print(serde_json::to_string(proof)?),
            None => files::print(format_args!("{} {}", answer.step, answer.state_hash)),
        }
    }
}
