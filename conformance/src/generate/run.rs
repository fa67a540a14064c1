//! Programs on the machines, and what they do there.

use std::collections::BTreeMap;
use std::fmt;

use engine::{Memory, Vm, keccak256};
use isa_traits::{Concrete, Console, Hart, HartOf, Hash, Oracle, State, Stream, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;
use thiserror::Error;

use super::compile::{CODE, Image, compile};
use super::mips32::Mips32;
use super::rv64::Rv64;
use super::{Program, evaluate};
use crate::modes::{Disagreement, run_in_every_mode};

/// Steps after which a program hangs. Those of the evaluator's language are bounded far below.
const MAX_STEPS: u64 = 20_000_000;

/// Something a program does to the world outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Reads a pre-image from its beginning: that many bytes, of which 8 are the length.
    Read {
        /// The key.
        key: Hash,
        /// How many bytes.
        bytes: u64,
    },
    /// Gives a hint.
    Hint(Vec<u8>),
    /// Prints, in as many system calls as there may be.
    Print(Vec<u8>),
    /// Exits with a code.
    Exit(u8),
    /// Comes to no good end, for this reason.
    Fail(String),
}

/// A machine on which a program does something else than the evaluator says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Mismatch {
    /// The instruction set.
    pub isa: &'static str,
    /// What the program does there.
    pub found: Vec<Event>,
    /// What the evaluator says.
    pub wanted: Vec<Event>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { isa, found, wanted } = self;
        let same = found.iter().zip(wanted).take_while(|(found, wanted)| found == wanted).count();
        write!(f, "event {same} on {isa} is {:x?}, wanted {:x?}", found.get(same), wanted.get(same))
    }
}

/// The key of a value, by its Keccak-256.
pub(super) fn key(value: &[u8]) -> Hash {
    let mut key = keccak256(value);
    key[0] = 2;
    key
}

/// Runs a program on both machines and compares what it does with what the evaluator says.
///
/// # Errors
/// The first machine that differs.
pub fn check(program: &Program) -> Result<(), Mismatch> {
    check_edited(program, |_, _| ())
}

/// The same, with a chance to spoil what the compiler makes for an instruction set.
///
/// # Errors
/// The first machine that differs.
pub fn check_edited(program: &Program, edit: impl Fn(&'static str, &mut Image)) -> Result<(), Mismatch> {
    let wanted = evaluate(program);
    for isa in ["rv64", "mips32"] {
        let mut image = if isa == "rv64" { compile::<Rv64>(program) } else { compile::<Mips32>(program) };
        edit(isa, &mut image);
        let found = match isa {
            "rv64" => run(AsteriscRv64, &image, program),
            _ => run(CannonMips32::LATEST, &image, program),
        };
        if found != wanted {
            return Err(Mismatch { isa, found, wanted });
        }
    }
    Ok(())
}

/// Runs the first steps of a program in every mode of the engine, on both machines.
///
/// # Errors
/// The first two modes that do not agree.
pub fn check_modes(program: &Program, max_steps: u64) -> Result<(), Disagreement> {
    let oracle = || World { values: values(program), hints: Vec::new() };
    let rv64 = load(AsteriscRv64, &compile::<Rv64>(program));
    run_in_every_mode(rv64, &mut oracle(), max_steps, |_| false)?;
    let mips32 = load(CannonMips32::LATEST, &compile::<Mips32>(program));
    run_in_every_mode(mips32, &mut oracle(), max_steps, |_| false)?;
    Ok(())
}

fn values(program: &Program) -> BTreeMap<Hash, &[u8]> {
    program.preimages.iter().map(|value| (key(value), value.as_slice())).collect()
}

/// A machine before the first instruction of a compiled program.
fn load<T: Target>(target: T, image: &Image) -> Vm<T> {
    let mut memory = Memory::new(T::ADDRESS_BITS);
    memory.write(CODE, &image.code);
    for (at, bytes) in &image.data {
        memory.write(*at, bytes);
    }
    let mut state = State::<HartOf<T>>::default();
    state.hart.start_at(Concrete::of(CODE));
    Vm::new(target, state, memory, Vec::new())
}

/// What a compiled program does on a machine.
fn run<T: Target>(target: T, image: &Image, program: &Program) -> Vec<Event> {
    let mut vm = load(target, image);
    let mut world = World { values: values(program), hints: Vec::new() };
    let mut events = Vec::new();
    let mut prints = Prints(Vec::new());
    // The pre-image that is being read, and how far.
    let mut open = None;
    while !vm.state().exited {
        match vm.run_to_contact(MAX_STEPS, &mut world, &mut prints) {
            Ok(Some(contact)) => {
                let to = vm.state().preimage_offset;
                if let Some((key, from)) = contact.read {
                    match events.last_mut() {
                        Some(Event::Read { bytes, .. }) if open == Some((key, from)) => *bytes = to,
                        _ => events.push(Event::Read { key, bytes: to }),
                    }
                    open = Some((key, to));
                }
            }
            Ok(None) if !vm.state().exited => {
                events.push(Event::Fail(format!("no end after {MAX_STEPS} steps")));
                return events;
            }
            Ok(None) => {}
            Err(error) => {
                events.push(Event::Fail(error.to_string()));
                return events;
            }
        }
        events.extend(world.hints.drain(..).map(Event::Hint));
        for bytes in prints.0.drain(..) {
            match events.last_mut() {
                Some(Event::Print(last)) => last.extend(bytes),
                _ => events.push(Event::Print(bytes)),
            }
        }
    }
    events.push(Event::Exit(vm.state().exit_code));
    events
}

/// The program's pre-images, and the hints it gives.
struct World<'a> {
    values: BTreeMap<Hash, &'a [u8]>,
    hints: Vec<Vec<u8>>,
}

/// A key that the program has no value for.
#[derive(Clone, Copy, Debug, Error)]
#[error("no pre-image has the key {0:x?}")]
struct Missing(Hash);

impl Oracle for World<'_> {
    type Error = Missing;

    fn hint(&mut self, hint: &[u8]) -> Result<(), Missing> {
        self.hints.push(hint.to_vec());
        Ok(())
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], Missing> {
        self.values.get(key).copied().ok_or(Missing(*key))
    }
}

/// What the program prints to standard output.
struct Prints(Vec<Vec<u8>>);

impl Console for Prints {
    fn write(&mut self, _: Stream, bytes: &[u8]) {
        self.0.push(bytes.to_vec());
    }
}
