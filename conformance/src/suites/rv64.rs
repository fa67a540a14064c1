//! Runs of RV64 test programs, and what of them the target is not made for.

use engine::{RunError, Vm};
use isa_traits::{Target, Trap};
use loader::{LoadError, Options, Symbols};
use oracle::Verified;
use rv64::{AsteriscRv64, Op};

use super::extensions::Extensions;
use super::{Judged, Limit, judge, without_run};
use crate::modes::Ran;
use crate::report::Outcome;

/// The symbol of the word by which a program reports to its host.
const TOHOST: &str = "tohost";
/// The opcodes of fused multiplication (RISC-V unprivileged ISA, table of base opcodes).
const FUSED: [u32; 4] = [0x43, 0x47, 0x4b, 0x4f];
const COMPRESSED: &str = "compressed code, the target has none";
const FLOATS: &str = "floating-point code, the target does not compute it";

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By a system call, with this exit code.
    Exit(u8),
    /// By writing this word to `tohost`.
    ToHost(u64),
}

/// The machine after a run that came to an end.
pub(super) type Ended = Vm<AsteriscRv64>;

/// Loads a program bare, runs it to its end and has it judged.
pub(super) fn run(
    target: AsteriscRv64,
    elf: &[u8],
    limit: Limit<'_>,
    judgement: impl FnOnce(&Ended, &Symbols, Ending) -> Outcome,
) -> Judged {
    let extensions = Extensions::of(elf);
    let loaded = match loader::load(&target, elf, Options { bare: true }) {
        Ok(loaded) => loaded,
        Err(error) => return without_run(unloaded(extensions, &error)),
    };
    let symbols = loaded.symbols;
    let tohost = symbols.named(TOHOST).next().map(|symbol| symbol.start);
    let report = |vm: &Ended| tohost.map_or(0, |at| word(vm, at));
    let mut reason = None;
    let stop = |vm: &Ended| {
        reason = refusal(target, extensions, vm.instruction());
        reason.is_some() || report(vm) != 0
    };
    let vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    let (outcome, trace) = judge(vm, &mut Verified::new(()), limit, stop, |ran| {
        match (ran.vm.state().exited, report(&ran.vm)) {
            (true, _) => judgement(&ran.vm, &symbols, Ending::Exit(ran.vm.state().exit_code)),
            (false, 0) => unended(extensions, ran),
            (false, word) => judgement(&ran.vm, &symbols, Ending::ToHost(word)),
        }
    });
    match reason {
        Some(reason) => without_run(Outcome::Refused(reason.to_owned())),
        None => (outcome, trace),
    }
}

/// Why the target is not made for an instruction of a program with these extensions, if it is not. Where the
/// program claims no such extension, such an instruction is none of its own, and the machine has gone astray.
fn refusal(target: AsteriscRv64, extensions: Extensions, raw: u32) -> Option<&'static str> {
    let computes = || match target.decode(raw) {
        Ok(insn) => matches!(insn.op, Op::FpLoad | Op::FpStore | Op::FpOp),
        Err(_) => FUSED.contains(&(raw & 0x7f)),
    };
    match raw & 3 {
        3 if extensions.floats && computes() => Some(FLOATS),
        0..=2 if extensions.compressed => Some(COMPRESSED),
        _ => None,
    }
}

/// What to make of a file that cannot be loaded.
fn unloaded(extensions: Extensions, error: &LoadError) -> Outcome {
    match error {
        LoadError::Kind { .. } => Outcome::Refused(format!("another machine: {error}")),
        _ if extensions.compressed => Outcome::Refused(COMPRESSED.to_owned()),
        _ => Outcome::Failed(error.to_string()),
    }
}

/// What to make of a run without an end.
fn unended(extensions: Extensions, ran: &Ran<AsteriscRv64, oracle::Error>) -> Outcome {
    match &ran.error {
        // To an address that only compressed code can have.
        Some(RunError::Trap { trap: Trap::MisalignedJump, .. }) if extensions.compressed => {
            Outcome::Refused(COMPRESSED.to_owned())
        }
        _ => super::unfinished(ran),
    }
}

/// A double word of memory.
fn word(vm: &Ended, at: u64) -> u64 {
    let mut bytes = [0; 8];
    vm.memory().read(at, &mut bytes);
    u64::from_le_bytes(bytes)
}
