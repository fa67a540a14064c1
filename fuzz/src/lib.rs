//! `fpvm` against random instructions and random input.
//!
//! Random machines run here and on a model that nobody here wrote: Unicorn, which is QEMU as a library. It is no part
//! of the product: `model.py` drives it in a process of its own. A [`Subject`] makes the machines, [`campaign`] runs
//! them on both sides, and a difference is shrunk ([`mod@shrink`]) to a few instructions and then either named by one of
//! the [quirks](Subject::QUIRKS) or kept as a regression ([`mod@regression`]).

pub mod campaign;
pub mod case;
mod mips32;
pub mod model;
pub mod ours;
mod program;
pub mod random;
pub mod recorded;
pub mod regression;
mod rv64;
pub mod shrink;

use isa_traits::{HartOf, Target, Trap};

use case::{Case, Outcome};
use random::Random;

/// A target that can be held against the model.
pub trait Subject: Target + Default {
    /// The name of the instruction set, here and with the model.
    const ISA: &'static str;
    /// The memory that the model has: physical address and bytes, whole pages.
    const REGIONS: &'static [(u64, u64)];
    /// Whether the model tells where it refused an instruction.
    const MODEL_KNOWS_PC: bool;
    /// An instruction that does nothing.
    const NOP: u32;
    /// A jump over so many words, where the model cannot take many instructions in a row that do nothing. Only
    /// shrinking uses it.
    fn skip(words: u32) -> Option<u32>;
    /// An instruction that is refused; it ends the code.
    const STOP: u32;
    /// The differences that are meant to be.
    const QUIRKS: &'static [Quirk];

    /// An instruction as it lies in memory.
    fn word(raw: u32) -> [u8; 4];
    /// The registers of a case: the general ones, then those of the instruction set.
    fn registers(hart: &HartOf<Self>) -> Vec<u64>;
    /// Sets the registers.
    fn set_registers(hart: &mut HartOf<Self>, values: &[u64]);
    /// Whether an instruction asks the kernel.
    fn calls(raw: u32) -> bool;
    /// Whether an exception of the model is what a trap of ours should be there.
    fn is_exception_of(trap: Trap, exception: u32) -> bool;
    /// The exception of an instruction that asks the kernel.
    fn is_call(exception: u32) -> bool;
    /// A random program on which both must agree, however it goes.
    fn sequence(random: &mut Random) -> Case;
    /// One random encoding or a few, of any kind.
    fn encoding(random: &mut Random) -> Case;
}

/// A documented difference between a target and the model.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
    /// A short name.
    pub name: &'static str,
    /// What each side does.
    pub about: &'static str,
    /// Whether a difference is of this kind.
    pub applies: fn(&Difference<'_>) -> bool,
}

/// A case that came out differently, with nothing in it that does not matter.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its instructions, those that do nothing left out.
    pub words: &'a [u32],
    /// What our machine made of it.
    pub ours: &'a Outcome,
    /// The trap of ours, if it refused an instruction.
    pub trap: Option<Trap>,
    /// What the model made of it.
    pub model: &'a Outcome,
}
