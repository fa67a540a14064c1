//! Random numbers, the same on every computer.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

/// Numbers by SplitMix64, and what is made of them.
#[derive(Clone, Debug)]
pub struct Random(SplitMix64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "numbers without end are no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of a few.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A value that is often near a corner: small, near a power of two, or with halves that do not belong together.
    pub fn value(&mut self) -> u64 {
        let (r, sign) = (self.next(), self.next() & 1);
        match r >> 60 {
            0 => [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 0x8000_0000, 0x7fff_ffff, 0xffff_ffff]
                [(r % 8) as usize],
            1 | 2 => (r % 65).wrapping_sub(sign),
            // A power of two, one less or one more, or the negative of it.
            3 | 4 => {
                let near = (1_u64 << (r % 64)).wrapping_add(r >> 8 & 3).wrapping_sub(1);
                if sign == 1 { near.wrapping_neg() } else { near }
            }
            // A word that is sign-extended.
            5 | 6 => r as i32 as u64,
            // The upper half of one value over the lower half of a corner.
            7 | 8 => r << 32 | [0x8000_0000, 0x7fff_ffff, 0xffff_ffff, 0, 1][(r >> 40) as usize % 5],
            _ => r,
        }
    }

    /// Random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| self.value().to_le_bytes()).collect();
        bytes.truncate(count);
        bytes
    }
}
