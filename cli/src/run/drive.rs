//! The loop of a run: what happens before, at and after each step.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};
use engine::{RunError, Vm};
use isa_traits::{Concrete, Hart, Hash, Oracle, Target};
use loader::Symbols;
use oracle::{Source, Verified};
use serde::Serialize;

use super::paranoid;
use super::per_step::{step_name, write_proof};
use super::{Args, ProofAt};
use crate::pattern::Pattern;
use crate::report::Report;
use crate::screen::Screen;
use crate::status::Status;
use crate::{backtrace, explain, files, input, log, signals};

/// Steps between looks at the clock and at signals: some hundredths of a second.
const SLICE: u64 = 5_000_000;

/// The key of a pre-image that was read, and the offset it was read from.
type Read = (Hash, u64);

/// Why a run stopped.
enum Stop {
    /// The guest exited, or the step or pre-image to stop at was reached.
    AsAsked,
    /// A signal came.
    Interrupted,
    /// The machine refused an instruction.
    Trap(String),
    /// Something outside the machine failed.
    Failed(String),
}

/// A run and all that is to happen on its way.
pub(super) struct Run<'a, T: Target> {
    args: &'a Args,
    vm: Vm<T>,
    symbols: Symbols,
    output: PathBuf,
    info_at: Pattern,
    /// Addresses whose steps are proven.
    proof_places: Vec<u64>,
    oracle: Verified<Box<dyn Source>>,
    screen: Screen,
    interrupt: Arc<AtomicBool>,
    start: Instant,
    first_step: u64,
}

/// What `--debug-info` writes: the names that op-challenger and Cannon's tools know.
#[derive(Serialize)]
struct DebugInfo {
    pages: usize,
    memory_used: String,
    num_preimage_requests: u64,
    total_preimage_size: u64,
    total_steps: u64,
}

impl<'a, T: Target> Run<'a, T> {
    pub(super) fn new(
        args: &'a Args,
        mut vm: Vm<T>,
        symbols: Symbols,
        output: PathBuf,
        info_at: Pattern,
    ) -> Result<Self> {
        args.tier.equip(&mut vm)?;
        let proof_places: Vec<u64> = match &args.proof_at {
            ProofAt::Steps(_) => Vec::new(),
            ProofAt::Symbol(name) => symbols.named(name).map(|symbol| symbol.start).collect(),
        };
        if let (ProofAt::Symbol(name), true) = (&args.proof_at, proof_places.is_empty()) {
            bail!("--proof-at symbol:{name}: the program has no symbol of this name");
        }
        let interrupt = signals::flag()?;
        let oracle = args.host.open(args.record.is_wanted(), &interrupt)?;
        // Whatever goes to standard output besides, the guest's output must not get into it.
        let output_taken = args.json || output == std::path::Path::new(files::STANDARD_OUTPUT);
        let first_step = vm.state().step;
        let screen = Screen::new(output_taken, first_step);
        let start = Instant::now();
        Ok(Self {
            args,
            vm,
            symbols,
            output,
            info_at,
            proof_places,
            oracle,
            screen,
            interrupt,
            start,
            first_step,
        })
    }

    /// Runs, writes the last state and reports.
    pub(super) fn go(mut self) -> Result<Status> {
        // Also where a snapshot cannot be written: hours of work may have gone before.
        let stop = self.steps().unwrap_or_else(|error| Stop::Failed(format!("{error:#}")));
        let seconds = self.start.elapsed().as_secs_f64();
        self.screen.clear();
        let (mut status, mut error) = match stop {
            Stop::AsAsked if self.args.guest_exit_code && self.vm.state().exited => {
                (Status::Guest(self.vm.state().exit_code), None)
            }
            Stop::AsAsked => (Status::Done, None),
            Stop::Interrupted => (Status::Interrupted, Some("interrupted".to_owned())),
            Stop::Trap(text) => (Status::Trap, Some(text)),
            Stop::Failed(text) => (Status::Failed, Some(text)),
        };
        if let Some(error) = &error {
            log::error(error);
        }
        if status == Status::Trap {
            for caller in backtrace::callers(&self.vm) {
                log::detail(format_args!("may be called from {}", explain::place(&self.symbols, caller)));
            }
        }
        if let Err(unsaved) = self.save(status) {
            let unsaved = format!("{unsaved:#}");
            log::error(&unsaved);
            status = if status == Status::Trap { status } else { Status::Failed };
            error = Some(error.map_or(unsaved.clone(), |error| format!("{error}; {unsaved}")));
        }
        let made = self.vm.state().step - self.first_step;
        let counts = self.oracle.counts();
        let report = Report::new(&mut self.vm, counts, seconds, made, status == Status::Trap, error);
        if self.args.json {
            files::print(serde_json::to_string(&report)?)?;
        } else {
            report.print();
        }
        Ok(status)
    }

    /// Writes the figures, the bundle and the last state. After a trap there is no state, as with the references; where the
    /// world outside failed, the steps already made are kept.
    fn save(&mut self, status: Status) -> Result<()> {
        if let Some(path) = &self.args.debug_info {
            let (pages, counts) = (self.vm.memory().page_count(), self.oracle.counts().total());
            let info = DebugInfo {
                pages,
                memory_used: format!("{:#x}", pages << 12),
                num_preimage_requests: counts.preimages,
                total_preimage_size: counts.bytes,
                total_steps: self.vm.state().step,
            };
            files::write(path, |to| Ok(serde_json::to_writer_pretty(to, &info)?))?;
        }
        self.args.record.save(self.oracle.record())?;
        if self.output.as_os_str().is_empty() || status == Status::Trap {
            return Ok(());
        }
        input::write_state(&mut self.vm, &self.output)?;
        if status == Status::Failed {
            let place = self.output.display();
            log::warning(format_args!("the state up to there is in {place}; go on with --input"));
        }
        Ok(())
    }

    /// Steps until something stops it. At each step the order is the references': log, stop, save, prove or
    /// step, and the stops at pre-images last.
    fn steps(&mut self) -> Result<Stop> {
        while !self.vm.state().exited {
            let step = self.vm.state().step;
            if self.info_at.matches(step) {
                self.screen.clear();
                self.log_info();
            }
            if self.args.stop_at.matches(step) {
                break;
            }
            if self.args.snapshot_at.matches(step) {
                let name = step_name(&self.args.snapshot_fmt, step);
                input::write_state(&mut self.vm, name.as_ref())?;
            }
            let read = match self.advance(step)? {
                Ok(read) => read,
                Err(stop) => return Ok(stop),
            };
            if let Some((key, offset)) = read.filter(|_| self.args.stop.is_set()) {
                let bytes = self.oracle.get(&key).map_or(0, <[u8]>::len);
                if self.args.stop.matches(&key, offset, bytes) {
                    break;
                }
            }
            if self.interrupt.load(Ordering::Relaxed) {
                return Ok(Stop::Interrupted);
            }
            let end = self.args.stop_at.next(self.vm.state().step);
            self.screen.progress(self.vm.state().step, self.vm.memory().page_count(), end);
        }
        Ok(Stop::AsAsked)
    }

    /// Makes one step if it is to be proven, else all steps to where something is to happen next. Yields the
    /// pre-image that the last of them has read, if it is to be looked at.
    fn advance(&mut self, step: u64) -> Result<Result<Option<Read>, Stop>> {
        let proves = match &self.args.proof_at {
            ProofAt::Steps(pattern) => pattern.matches(step),
            ProofAt::Symbol(_) => self.proof_places.contains(&self.pc()),
        };
        let doubts = self.args.paranoid.matches(step);
        if proves || doubts {
            let proof = match self.vm.prove(&mut self.oracle, &mut self.screen) {
                Ok(proof) => proof,
                Err(error) => return Ok(Err(self.stopped_by(error))),
            };
            if proves {
                let name = step_name(&self.args.proof_fmt, step);
                write_proof(name.as_ref(), &proof)?;
            }
            if let Some(wrong) =
                doubts.then(|| paranoid::check(self.vm.target(), &proof)).transpose()?.flatten()
            {
                return Ok(Err(Stop::Failed(wrong)));
            }
            return Ok(Ok(proof.preimage.map(|(key, _, offset)| (key, offset))));
        }
        let until = self.next_event(step);
        let result = if self.args.stop.is_set() {
            self.vm
                .run_to_contact(until, &mut self.oracle, &mut self.screen)
                .map(|contact| contact.and_then(|c| c.read))
        } else {
            self.vm.run(until, &mut self.oracle, &mut self.screen).map(|()| None)
        };
        Ok(result.map_err(|error| self.stopped_by(error)))
    }

    /// The first step after `step` at which something is to happen.
    fn next_event(&self, step: u64) -> u64 {
        let next = step.saturating_add(1);
        let proof_at = match &self.args.proof_at {
            ProofAt::Steps(pattern) => pattern.next(next),
            ProofAt::Symbol(_) => Some(next),
        };
        let patterns = [&self.info_at, &self.args.stop_at, &self.args.snapshot_at, &self.args.paranoid];
        let events = patterns.into_iter().filter_map(|pattern| pattern.next(next)).chain(proof_at);
        events.min().unwrap_or(u64::MAX).min(step.saturating_add(SLICE))
    }

    fn stopped_by(&self, error: RunError<oracle::Error>) -> Stop {
        match error {
            RunError::Oracle { error: oracle::Error::Interrupted { .. }, .. } => Stop::Interrupted,
            RunError::Trap { step, pc, instruction, trap } => {
                Stop::Trap(explain::trap(self.vm.target(), &self.symbols, step, pc, instruction, trap))
            }
            error => Stop::Failed(format!("{error} [in {}]", self.symbols.at(self.pc()))),
        }
    }

    fn pc(&self) -> u64 {
        self.vm.state().hart.pc().get()
    }

    /// One line as the references log it.
    fn log_info(&self) {
        let (step, pages) = (self.vm.state().step, self.vm.memory().page_count());
        let per_second = (step - self.first_step) as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        log::line(format_args!(
            "level=info msg=processing step={step} pc={:#x} insn={:08x} ips={per_second:.0} pages={pages} mem={:.1}MiB name={}",
            self.pc(),
            self.vm.instruction(),
            pages as f64 / 256.0,
            self.symbols.at(self.pc()),
        ));
    }
}
