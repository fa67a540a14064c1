//! Machine facts in words.

use isa_traits::{Isa, Target, Trap};
use loader::{Place, Symbols};
use rustc_demangle::demangle;

/// An address with the symbol it lies in.
pub(crate) fn place(symbols: &Symbols, at: u64) -> String {
    match symbols.at(at) {
        Place::Symbol(symbol) => format!("{at:#x} ({:#}+{:#x})", demangle(&symbol.name), at - symbol.start),
        place => format!("{at:#x} ({place})"),
    }
}

/// An instruction word with its mnemonic.
pub(crate) fn instruction<T: Target>(target: &T, raw: u32) -> String {
    let name = target.decode(raw).map_or("refused", |insn| T::Isa::mnemonic(insn.op));
    format!("{raw:#010x} ({name})")
}

/// A trap with all that is known of it.
pub(crate) fn trap<T: Target>(
    target: &T,
    symbols: &Symbols,
    step: u64,
    pc: u64,
    raw: u32,
    trap: Trap,
) -> String {
    format!(
        "trap at step {step}, pc {}, instruction {}: {trap} [{} calls it {}]",
        place(symbols, pc),
        instruction(target, raw),
        T::NAME,
        target.reference_error(trap),
    )
}
