//! Traces as commands use them: what they begin with, and the way to a step.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use engine::trace::{Limits, Trace, TraceError};
use engine::{RunError, StepProof, Vm};
use isa_traits::{Hash, Target};
use loader::Symbols;
use oracle::{Source, Verified};

use crate::report::Verdict;
use crate::screen::Screen;
use crate::status::Status;
use crate::targets::{self, OnTarget};
use crate::{explain, host, input, signals, tier};

/// Steps between looks at signals and, in `serve`, at requests: some hundredths of a second.
const SLICE: u64 = 5_000_000;

/// The flags that say what is traced.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// A program, or a state to go on from
    #[arg(value_name = "STATE|ELF")]
    input: PathBuf,
    #[command(flatten)]
    target: targets::Args,
    /// Load the segments of an ELF file only: no patches, no stack
    #[arg(long)]
    bare: bool,
    /// Refuse a state whose file carries another hash than its own
    #[arg(long)]
    strict: bool,
    /// Memory for checkpoints and pre-images, in MiB; less means longer ways from a checkpoint to a step
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    checkpoint_memory: usize,
    #[command(flatten)]
    tier: tier::Args,
    #[command(flatten)]
    host: host::Args,
}

/// Something to do with a trace of whatever target it turns out to be.
pub(crate) trait OnTracer {
    /// What it yields.
    type Output;
    /// Whether the pre-images that are used are kept.
    const RECORDS: bool = false;
    /// Does it.
    fn on<T: Target>(self, tracer: Tracer<T>) -> Result<Self::Output>;
}

/// A trace and the world around it.
pub(crate) struct Tracer<T: Target> {
    pub(crate) trace: Trace<T>,
    symbols: Symbols,
    oracle: Verified<Box<dyn Source>>,
    screen: Screen,
    interrupt: Arc<AtomicBool>,
    /// How the first pass ended, once it has.
    pub(crate) end: Option<End>,
}

/// The end of a first pass.
#[derive(Debug)]
pub(crate) struct End {
    /// The verdict, unless something outside the machine failed.
    pub(crate) verdict: Option<Verdict>,
    /// Why it ended before the guest exited.
    pub(crate) error: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The trace has no such step.
    NoStep(String),
    /// The machine refused an instruction on the way.
    Trap(String),
    /// Something outside the machine failed.
    Failed(String),
    /// A signal came.
    Interrupted,
}

impl Args {
    /// Opens the input and does something with its trace.
    pub(crate) fn with<V: OnTracer>(&self, visitor: V) -> Result<V::Output> {
        let path = &self.input;
        let mut magic = Vec::new();
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        file.take(4).read_to_end(&mut magic).with_context(|| format!("cannot read {}", path.display()))?;
        if magic == *b"\x7fELF" {
            let elf = input::read_elf(path)?;
            let target = self.target.of_elf(&elf);
            target
                .and_then(|target| target.with(Open { args: self, elf: Some(&elf), visitor }))
                .with_context(|| format!("cannot run {}", path.display()))
        } else {
            input::target_of_state(path, self.target)?.with(Open { args: self, elf: None, visitor })
        }
    }

    /// The trace of a machine.
    fn tracer<T: Target>(
        &self,
        mut vm: Vm<T>,
        oracle: Verified<Box<dyn Source>>,
        symbols: Symbols,
        interrupt: Arc<AtomicBool>,
    ) -> Result<Tracer<T>> {
        self.tier.equip(&mut vm)?;
        let limits = Limits { memory: self.checkpoint_memory.saturating_mul(1 << 20), ..Limits::default() };
        // Standard output is for answers.
        let screen = Screen::new(true, vm.state().step);
        Ok(Tracer { trace: Trace::new(vm, limits), symbols, oracle, screen, interrupt, end: None })
    }
}

struct Open<'a, V> {
    args: &'a Args,
    /// The input, if it is no state.
    elf: Option<&'a [u8]>,
    visitor: V,
}

impl<V: OnTracer> OnTarget for Open<'_, V> {
    type Output = V::Output;

    fn on<T: Target>(self, target: T) -> Result<V::Output> {
        let args = self.args;
        let (vm, symbols) = match self.elf {
            Some(elf) => input::load_elf(target, elf, args.bare)?,
            None => (input::read_state(target, &args.input, args.strict)?, Symbols::default()),
        };
        let interrupt = signals::flag()?;
        let oracle = args.host.open(V::RECORDS, &interrupt)?;
        self.visitor.on(args.tracer(vm, oracle, symbols, interrupt)?)
    }
}

impl<T: Target> Tracer<T> {
    /// Whether a signal came.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// The flag that signals set.
    #[cfg(feature = "dispute")]
    pub(crate) fn interrupt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    /// The symbols of the program.
    #[cfg(feature = "dispute")]
    pub(crate) const fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Where the pre-images come from.
    #[cfg(feature = "dispute")]
    pub(crate) const fn oracle(&mut self) -> &mut Verified<Box<dyn Source>> {
        &mut self.oracle
    }

    /// The trace of another machine with the same program, which gets the pre-images that were recorded here. Nobody
    /// sees what its guest prints.
    #[cfg(feature = "dispute")]
    pub(crate) fn of_other(&self, args: &Args, vm: Vm<T>) -> Result<Self> {
        let used: Box<dyn Source> = Box::new(self.oracle.record().cloned().unwrap_or_default());
        let tracer = args.tracer(vm, Verified::new(used), self.symbols.clone(), self.interrupt())?;
        Ok(Self { screen: tracer.screen.ignoring_guest(), ..tracer })
    }

    /// Makes some steps of the first pass, or on the way back to where it is.
    pub(crate) fn go_on(&mut self) {
        let result = self.trace.approach(self.trace.reached()).map_err(|error| self.failure(error));
        // What went wrong is kept for those who ask.
        let _ = result.and_then(|()| self.slice(u64::MAX));
    }

    /// The state hash at a step.
    pub(crate) fn state_hash(&mut self, step: u64) -> Result<Hash, Failure> {
        self.seek(step)?;
        Ok(self.trace.state_hash())
    }

    /// The proof of a step.
    pub(crate) fn proof(&mut self, step: u64) -> Result<StepProof, Failure> {
        self.seek(step)?;
        if self.trace.vm().state().exited {
            return Err(Failure::NoStep(format!(
                "the guest exited at step {step}: no step follows to be proven"
            )));
        }
        self.proof_of_next()
    }

    /// The proof of the step at which the machine stands.
    pub(crate) fn proof_of_next(&mut self) -> Result<StepProof, Failure> {
        self.trace.prove(&mut self.oracle, &mut self.screen).map_err(|error| self.failure(error.into()))
    }

    fn seek(&mut self, step: u64) -> Result<(), Failure> {
        self.trace.approach(step).map_err(|error| self.failure(error))?;
        while self.trace.vm().state().step < step && !self.trace.vm().state().exited {
            if self.interrupted() {
                return Err(Failure::Interrupted);
            }
            self.slice(step)?;
        }
        self.screen.clear();
        self.trace.at(step).map_err(|error| self.failure(error))
    }

    fn slice(&mut self, until: u64) -> Result<(), Failure> {
        let end = self.trace.vm().state().step.saturating_add(SLICE).min(until);
        let result = self.trace.run(end, &mut self.oracle, &mut self.screen);
        let vm = self.trace.vm();
        if vm.state().exited {
            self.end = Some(End { verdict: Some(Verdict::of(vm.state().status(), false)), error: None });
        }
        self.screen.progress(vm.state().step, vm.memory().page_count(), None);
        result.map_err(|error| self.failure(error.into()))
    }

    fn failure(&mut self, error: TraceError<oracle::Error>) -> Failure {
        let (failure, verdict) = match error {
            TraceError::Run(RunError::Oracle { error: oracle::Error::Interrupted { .. }, .. }) => {
                return Failure::Interrupted;
            }
            TraceError::Run(RunError::Trap { step, pc, instruction, trap }) => {
                let target = self.trace.vm().target();
                let text = explain::trap(target, &self.symbols, step, pc, instruction, trap);
                (Failure::Trap(text), Some(Verdict::Trap))
            }
            TraceError::Run(error) => (Failure::Failed(error.to_string()), None),
            error => return Failure::NoStep(error.to_string()),
        };
        self.end = Some(End { verdict, error: Some(failure.to_string()) });
        failure
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// How a command ends that has no answer.
    pub(crate) const fn status(&self) -> Status {
        match self {
            Self::NoStep(_) | Self::Failed(_) => Status::Failed,
            Self::Trap(_) => Status::Trap,
            Self::Interrupted => Status::Interrupted,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoStep(text) | Self::Trap(text) | Self::Failed(text) => f.write_str(text),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}
