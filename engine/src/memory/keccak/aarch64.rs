//! Registers of aarch64 processors.

use core::arch::aarch64::*;

use isa_traits::Hash;

use super::{HASH_WORDS, Lanes, Pair, WORDS, hash, set_words, words};

#[target_feature(enable = "neon")]
pub(super) fn hash_by_2(pairs: &[Pair], parents: &mut [Hash]) {
    // SAFETY: NEON is enabled here.
    unsafe { hash::<uint64x2_t, 2>(pairs, parents) }
}

// SAFETY of all that follows: the caller has the registers, and `load` and `store` move as many bytes as the
// arrays have.
impl Lanes<2> for uint64x2_t {
    #[inline(always)]
    unsafe fn load(pairs: &[Pair; 2]) -> [Self; WORDS] {
        let [low, high] = pairs.each_ref().map(words);
        std::array::from_fn(|word| unsafe { vld1q_u64([low[word], high[word]].as_ptr()) })
    }
    #[inline(always)]
    unsafe fn store(words: [Self; HASH_WORDS], hashes: &mut [Hash; 2]) {
        let mut lanes = [[0; 2]; HASH_WORDS];
        for (lanes, word) in lanes.iter_mut().zip(words) {
            unsafe { vst1q_u64(lanes.as_mut_ptr(), word) };
        }
        for (lane, hash) in hashes.iter_mut().enumerate() {
            set_words(hash, lanes.map(|word| word[lane]));
        }
    }
    #[inline(always)]
    unsafe fn splat(word: u64) -> Self {
        unsafe { vdupq_n_u64(word) }
    }
    #[inline(always)]
    unsafe fn xor(self, b: Self) -> Self {
        unsafe { veorq_u64(self, b) }
    }
    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        unsafe { veorq_u64(veorq_u64(self, b), c) }
    }
    #[inline(always)]
    unsafe fn chi(self, b: Self, c: Self) -> Self {
        unsafe { veorq_u64(self, vbicq_u64(c, b)) }
    }
    #[inline(always)]
    unsafe fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
        unsafe { vorrq_u64(vshlq_n_u64::<LEFT>(self), vshrq_n_u64::<RIGHT>(self)) }
    }
}
