//! One of several machines that run the same program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use engine::{RunError, Vm};
use isa_traits::{Console, Hash, Isa, Oracle, Stream, Target};
use loader::Symbols;
use oracle::{Bundle, Source, Verified};
use serde::Serialize;

use crate::report::Verdict;
use crate::targets::{self, AnyTarget, IsaName, OnTarget};
use crate::{backtrace, explain, host, input, tier};

/// Steps between looks at whether to stop.
const SLICE: u64 = 5_000_000;

/// A program, read and recognised.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) file: PathBuf,
    elf: Vec<u8>,
    target: AnyTarget,
}

/// How a member is run.
pub(crate) struct Conditions<'a> {
    pub(crate) host: &'a host::Args,
    /// Whether to keep the pre-images that are used.
    pub(crate) records: bool,
    pub(crate) tier: tier::Args,
    /// No member makes more steps.
    pub(crate) max_steps: u64,
    /// Ends the run soon after someone sets it.
    pub(crate) stop: &'a Arc<AtomicBool>,
}

/// What a member did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) file: PathBuf,
    pub(crate) isa: &'static str,
    pub(crate) target: String,
    pub(crate) verdict: Verdict,
    /// The guest's exit code, once it has exited.
    pub(crate) exit_code: Option<u8>,
    pub(crate) steps: u64,
    pub(crate) seconds: f64,
    /// Why it did not finish.
    pub(crate) error: Option<String>,
    /// The pre-images it used, if they are recorded.
    #[serde(skip)]
    pub(crate) used: Option<Bundle>,
}

/// Where in the program something happened.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) step: u64,
    pub(crate) pc: String,
    /// Calls that may be active, the innermost first.
    pub(crate) callers: Vec<String>,
}

/// Something the guest did that can be seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Read up to an offset of a pre-image, which counts its 8-byte length; from its beginning if `from` is 0.
    Read { key: Hash, from: u64, to: u64 },
    /// Gave a hint.
    Hint(Vec<u8>),
    /// Printed.
    Print(Stream, Vec<u8>),
}

/// Someone who follows a member.
pub(crate) trait Follow {
    /// Whether it wants to know of deeds at all.
    const DEEDS: bool;
    /// Takes a deed; `place` finds out where it happened, which takes a while.
    fn deed(&mut self, deed: Deed, place: &dyn Fn() -> Place);
    /// Takes the end.
    fn end(&mut self, outcome: &Outcome, place: &dyn Fn() -> Place);
}

/// Follows nothing.
impl Follow for () {
    const DEEDS: bool = false;
    fn deed(&mut self, _: Deed, _: &dyn Fn() -> Place) {}
    fn end(&mut self, _: &Outcome, _: &dyn Fn() -> Place) {}
}

impl Member {
    /// Reads a program. `isa` is what the user says it is for, if they say.
    pub(crate) fn open(file: &Path, isa: Option<IsaName>) -> Result<Self> {
        let elf = input::read_elf(file)?;
        let target = targets::Args::with_isa(isa)
            .of_elf(&elf)
            .with_context(|| format!("cannot run {}", file.display()))?;
        Ok(Self { file: file.to_owned(), elf, target })
    }

    /// Runs the program to its end.
    pub(crate) fn run<F: Follow>(&self, conditions: &Conditions<'_>, follower: &mut F) -> Result<Outcome> {
        self.target
            .with(RunMember { member: self, conditions, follower })
            .with_context(|| format!("cannot run {}", self.file.display()))
    }
}

/// A member and whoever follows it, on the way to its target.
pub(crate) struct RunMember<'a, F> {
    pub(crate) member: &'a Member,
    pub(crate) conditions: &'a Conditions<'a>,
    pub(crate) follower: &'a mut F,
}

impl<F: Follow> OnTarget for RunMember<'_, F> {
    type Output = Outcome;

    fn on<T: Target>(self, target: T) -> Result<Outcome> {
        let Self { member, conditions, follower } = self;
        let (mut vm, symbols) = input::load_elf(target, &member.elf, false)?;
        conditions.tier.equip(&mut vm)?;
        let mut ears =
            Ears { oracle: conditions.host.open(conditions.records, conditions.stop)?, hints: Vec::new() };
        let start = Instant::now();
        let error = steps(&mut vm, &symbols, &mut ears, conditions, follower);
        let state = vm.state();
        let outcome = Outcome {
            file: member.file.clone(),
            isa: T::Isa::NAME,
            target: format!("{}@{}", T::NAME, target.version()),
            verdict: Verdict::of(state.status(), matches!(error, Some(Failure::Trap(_)))),
            exit_code: state.exited.then_some(state.exit_code),
            steps: state.step,
            seconds: start.elapsed().as_secs_f64(),
            error: error.map(|failure| match failure {
                Failure::Trap(text) | Failure::Other(text) => text,
            }),
            used: ears.oracle.record().cloned(),
        };
        let pc = isa_traits::Concrete::get(isa_traits::Hart::pc(&vm.state().hart));
        follower.end(&outcome, &|| place(&vm, &symbols, vm.state().step, pc));
        Ok(outcome)
    }
}

enum Failure {
    Trap(String),
    Other(String),
}

fn steps<T: Target, F: Follow>(
    vm: &mut Vm<T>,
    symbols: &Symbols,
    ears: &mut Ears,
    conditions: &Conditions<'_>,
    follower: &mut F,
) -> Option<Failure> {
    let mut prints = Prints { wanted: F::DEEDS, prints: Vec::new() };
    while !vm.state().exited {
        if conditions.stop.load(Ordering::Relaxed) {
            return Some(Failure::Other("stopped".to_owned()));
        }
        if vm.state().step >= conditions.max_steps {
            return Some(Failure::Other(format!("not finished after {} steps", vm.state().step)));
        }
        let until = vm.state().step.saturating_add(SLICE).min(conditions.max_steps);
        let result = if F::DEEDS {
            vm.run_to_contact(until, ears, &mut prints)
        } else {
            vm.run(until, ears, &mut prints).map(|()| None)
        };
        let contact = match result {
            Ok(contact) => contact,
            Err(RunError::Trap { step, pc, instruction, trap }) => {
                let text = explain::trap(vm.target(), symbols, step, pc, instruction, trap);
                return Some(Failure::Trap(text));
            }
            Err(error) => return Some(Failure::Other(error.to_string())),
        };
        let Some(contact) = contact else { continue };
        let to = vm.state().preimage_offset;
        let read = contact.read.map(|(key, from)| Deed::Read { key, from, to });
        let hints = ears.hints.drain(..).map(Deed::Hint);
        let prints = prints.prints.drain(..).map(|(stream, bytes)| Deed::Print(stream, bytes));
        for deed in read.into_iter().chain(hints).chain(prints) {
            follower.deed(deed, &|| place(vm, symbols, contact.step, contact.pc));
        }
    }
    None
}

fn place<T: Target>(vm: &Vm<T>, symbols: &Symbols, step: u64, pc: u64) -> Place {
    let callers = backtrace::callers(vm).into_iter().map(|at| explain::place(symbols, at)).collect();
    Place { step, pc: explain::place(symbols, pc), callers }
}

/// An oracle that keeps the hints it passes on.
struct Ears {
    oracle: Verified<Box<dyn Source>>,
    hints: Vec<Vec<u8>>,
}

impl Oracle for Ears {
    type Error = oracle::Error;

    fn hint(&mut self, hint: &[u8]) -> Result<(), oracle::Error> {
        self.hints.push(hint.to_vec());
        self.oracle.hint(hint)
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], oracle::Error> {
        self.oracle.get(key)
    }
}

/// Keeps what the guest prints, if anybody wants it.
struct Prints {
    wanted: bool,
    prints: Vec<(Stream, Vec<u8>)>,
}

impl Console for Prints {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if self.wanted {
            self.prints.push((stream, bytes.to_vec()));
        }
    }
}
