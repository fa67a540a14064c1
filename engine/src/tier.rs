//! Tiers: faster ways to make plain steps than one instruction after the other.

use std::boxed::Box;
use std::fmt::Debug;
use std::vec::Vec;

use isa_traits::{HartOf, Target};

use crate::code::CodeCache;
use crate::memory::Memory;

/// Something that makes plain steps where it can.
///
/// A tier changes no result: whatever it does not do, down to the last step before a stop, the interpreter does.
pub trait Tier<T: Target>: Debug + Send + Sync {
    /// Makes at most `left` steps and yields how many are left. The pc, with no jump pending, is where the program
    /// has jumped to or where the tier itself has stopped. Where the tier can do nothing it makes no step; the
    /// interpreter then makes at least one before the tier is asked again.
    fn run(&mut self, ground: &mut Ground<'_, T>, left: u64) -> u64;

    /// A tier with the same settings for another machine.
    fn fresh(&self) -> Box<dyn Tier<T>>;
}

/// What a tier acts on.
#[derive(Debug)]
pub struct Ground<'a, T: Target> {
    /// What is run.
    pub target: &'a T,
    /// The registers.
    pub hart: &'a mut HartOf<T>,
    /// The memory. Only pages that are open may be written.
    pub memory: &'a mut Memory,
    pub(crate) code: &'a mut CodeCache<T>,
}

impl<T: Target> Ground<'_, T> {
    /// Whether the instruction at `at` was decoded, and so has been executed or is about to be, and was not written
    /// since. Its page is then known as one of code.
    pub fn decoded(&self, at: u64) -> bool {
        self.code.decoded(at)
    }

    /// The places in pages of code that were written since this was last asked: addresses and bytes. One that reaches
    /// around the end of the address space is two of them.
    pub fn take_overwritten(&mut self) -> Vec<(u64, usize)> {
        self.code.take_overwritten()
    }
}
