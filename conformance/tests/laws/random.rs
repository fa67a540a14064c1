//! Random machines: what every target makes of the random numbers.

use isa_traits::Target;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

use crate::machine::Start;

/// Where random programs begin, and how many instructions they have.
pub(crate) const CODE: u64 = 0x1000;
pub(crate) const LENGTH: usize = 64;

/// A target with random machines: mostly legal instructions, addresses around the ends of leaves, pages and the
/// space.
pub(crate) trait Random: Target {
    /// A machine with a random program.
    fn program(rng: &mut SplitMix64) -> Start<Self>;
    /// A machine with random registers and data, and `code` at [`CODE`].
    fn machine(rng: &mut SplitMix64, code: &[u32]) -> Start<Self>;
    /// Instructions: of every row some, and some of no row.
    fn instructions(rng: &mut SplitMix64) -> Vec<u32>;
}

/// Random numbers; instruction sets add what they make of them.
pub(crate) struct SplitMix64(rand_xoshiro::SplitMix64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(rand_xoshiro::SplitMix64::seed_from_u64(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
