//! Random machines: what every target makes of the random numbers.

use isa_traits::Target;

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

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014), figure 17.
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `end`.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) const fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
