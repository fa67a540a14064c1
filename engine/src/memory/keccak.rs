//! Keccak-256 of many 64-byte messages at once: the hash of the memory tree.
//!
//! A vector register holds the same word of several states, so that one permutation hashes as many messages as a
//! register has 64-bit lanes. The permutation is written once ([`permute`]), over [`Lanes`]; a [`Kernel`] is that
//! code compiled for one kind of register.
#![expect(unsafe_code, reason = "vector instructions are for processors that have them")]

use std::sync::LazyLock;

use isa_traits::Hash;

/// Two nodes side by side: what is hashed.
pub(super) type Pair = [u8; PAIR_BYTES];
const PAIR_BYTES: usize = 64;
/// 64-bit words of a message.
const WORDS: usize = PAIR_BYTES / 8;

/// Two nodes side by side.
pub(super) fn pair(left: &Hash, right: &Hash) -> Pair {
    let mut pair = [0; PAIR_BYTES];
    pair[..32].copy_from_slice(left);
    pair[32..].copy_from_slice(right);
    pair
}

/// The nodes of a level, an even number of them, two by two.
pub(super) fn pairs(nodes: &[Hash]) -> &[Pair] {
    nodes.as_flattened().as_chunks().0
}

/// Hashes each pair into the node of the same index, as many lanes at a time as this processor has.
///
/// # Panics
/// Where the slices differ in length.
pub(super) fn hash_pairs(pairs: &[Pair], parents: &mut [Hash]) {
    static BEST: LazyLock<Kernel> = LazyLock::new(|| {
        let detected = KERNELS.iter().find(|kernel| (kernel.detected)());
        *detected.unwrap_or_else(|| unreachable!("the last kernel needs nothing"))
    });
    // A message alone, as on the way from a page to the root, is done sooner without vectors.
    let kernel = if pairs.len() == 1 { &PORTABLE } else { &*BEST };
    kernel.hash(pairs, parents);
}

/// The hashing code for one kind of vector register.
#[derive(Clone, Copy)]
struct Kernel {
    /// What the code needs, for the tests.
    #[cfg_attr(not(test), expect(dead_code))]
    name: &'static str,
    /// Whether this processor has it.
    detected: fn() -> bool,
    /// To be called only where `detected` says yes.
    run: unsafe fn(&[Pair], &mut [Hash]),
}

/// All kernels for this architecture, the widest first; the last one runs everywhere.
const KERNELS: &[Kernel] = &[
    #[cfg(target_arch = "x86_64")]
    Kernel { name: "AVX-512", detected: || is_x86_feature_detected!("avx512f"), run: x86_64::hash_by_8 },
    #[cfg(target_arch = "x86_64")]
    Kernel { name: "AVX2", detected: || is_x86_feature_detected!("avx2"), run: x86_64::hash_by_4 },
    #[cfg(target_arch = "aarch64")]
    Kernel {
        name: "NEON",
        detected: || std::arch::is_aarch64_feature_detected!("neon"),
        run: aarch64::hash_by_2,
    },
    PORTABLE,
];

const PORTABLE: Kernel = Kernel { name: "portable", detected: || true, run: hash_one_by_one };

impl Kernel {
    fn hash(&self, pairs: &[Pair], parents: &mut [Hash]) {
        assert_eq!(pairs.len(), parents.len(), "pairs and places for their hashes");
        // SAFETY: the only kernels that are called are those that were detected.
        unsafe { (self.run)(pairs, parents) }
    }
}

/// A register with `N` lanes of 64 bits. Its functions may be called where the processor has such registers.
trait Lanes<const N: usize>: Copy {
    unsafe fn load(lanes: &[u64; N]) -> Self;
    unsafe fn store(self) -> [u64; N];
    unsafe fn splat(word: u64) -> Self;
    unsafe fn xor(self, b: Self) -> Self;
    /// `self ^ b ^ c`.
    unsafe fn xor3(self, b: Self, c: Self) -> Self;
    /// `self ^ (!b & c)`.
    unsafe fn chi(self, b: Self, c: Self) -> Self;
    /// Rotates to the left by `LEFT` bits; `RIGHT` is `64 - LEFT`.
    unsafe fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self;
}

/// The constants of step iota (FIPS 202, section 3.2.5).
const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Keccak-f[1600] (FIPS 202, section 3.3); the word at (x, y) is number `x + 5 * y`.
///
/// # Safety
/// The processor has registers `V`.
#[inline(always)]
unsafe fn permute<V: Lanes<N>, const N: usize>(a: &mut [V; 25]) {
    // SAFETY: as the caller promises.
    unsafe {
        for constant in ROUND_CONSTANTS {
            // Theta: the parities of the columns, and what each column is changed by.
            macro_rules! parity {
                ($x:literal) => {
                    a[$x].xor3(a[$x + 5], a[$x + 10]).xor3(a[$x + 15], a[$x + 20])
                };
            }
            let c = [parity!(0), parity!(1), parity!(2), parity!(3), parity!(4)];
            let r = [
                c[0].rotate::<1, 63>(),
                c[1].rotate::<1, 63>(),
                c[2].rotate::<1, 63>(),
                c[3].rotate::<1, 63>(),
                c[4].rotate::<1, 63>(),
            ];
            // Rho and pi: each row after them is made of the words numbered here, rotated by so many bits.
            macro_rules! row {
                ($($word:literal: $bits:literal),*) => {
                    [$(
                        a[$word]
                            .xor3(c[($word + 4) % 5], r[($word + 1) % 5])
                            .rotate::<$bits, { 64 - $bits }>()
                    ),*]
                };
            }
            let rows = [
                row!(0: 0, 6: 44, 12: 43, 18: 21, 24: 14),
                row!(3: 28, 9: 20, 10: 3, 16: 45, 22: 61),
                row!(1: 1, 7: 6, 13: 25, 19: 8, 20: 18),
                row!(4: 27, 5: 36, 11: 10, 17: 15, 23: 56),
                row!(2: 62, 8: 55, 14: 39, 15: 41, 21: 2),
            ];
            // Chi, and iota.
            for (y, b) in rows.iter().enumerate() {
                a[5 * y] = b[0].chi(b[1], b[2]);
                a[5 * y + 1] = b[1].chi(b[2], b[3]);
                a[5 * y + 2] = b[2].chi(b[3], b[4]);
                a[5 * y + 3] = b[3].chi(b[4], b[0]);
                a[5 * y + 4] = b[4].chi(b[0], b[1]);
            }
            a[0] = a[0].xor(V::splat(constant));
        }
    }
}

/// Hashes `N` pairs at a time; lanes that are left over at the end stay empty.
///
/// # Safety
/// The processor has registers `V`.
#[inline(always)]
unsafe fn hash<V: Lanes<N>, const N: usize>(pairs: &[Pair], parents: &mut [Hash]) {
    for (pairs, parents) in pairs.chunks(N).zip(parents.chunks_mut(N)) {
        let mut words = [[0; N]; WORDS];
        for (lane, pair) in pairs.iter().enumerate() {
            for (word, bytes) in words.iter_mut().zip(pair.as_chunks().0) {
                word[lane] = u64::from_le_bytes(*bytes);
            }
        }
        // SAFETY: as the caller promises.
        let hashes = unsafe {
            let mut state = [V::splat(0); 25];
            for (state, word) in state.iter_mut().zip(&words) {
                *state = V::load(word);
            }
            // The padding, of original Keccak: a bit behind the message, and one at the end of the 136-byte rate.
            state[WORDS] = V::splat(1);
            state[16] = V::splat(1 << 63);
            permute(&mut state);
            [state[0].store(), state[1].store(), state[2].store(), state[3].store()]
        };
        for (lane, parent) in parents.iter_mut().enumerate() {
            for (bytes, word) in parent.as_chunks_mut().0.iter_mut().zip(&hashes) {
                *bytes = word[lane].to_le_bytes();
            }
        }
    }
}

fn hash_one_by_one(pairs: &[Pair], parents: &mut [Hash]) {
    // SAFETY: every processor has 64-bit words, or code that does as if.
    unsafe { hash::<u64, 1>(pairs, parents) }
}

impl Lanes<1> for u64 {
    #[inline(always)]
    unsafe fn load(&[lane]: &[u64; 1]) -> Self {
        lane
    }
    #[inline(always)]
    unsafe fn store(self) -> [u64; 1] {
        [self]
    }
    #[inline(always)]
    unsafe fn splat(word: u64) -> Self {
        word
    }
    #[inline(always)]
    unsafe fn xor(self, b: Self) -> Self {
        self ^ b
    }
    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        self ^ b ^ c
    }
    #[inline(always)]
    unsafe fn chi(self, b: Self, c: Self) -> Self {
        self ^ (!b & c)
    }
    #[inline(always)]
    unsafe fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
        self.rotate_left(LEFT as u32)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use core::arch::x86_64::*;

    use isa_traits::Hash;

    use super::{Lanes, Pair, hash};

    #[target_feature(enable = "avx512f")]
    pub(super) fn hash_by_8(pairs: &[Pair], parents: &mut [Hash]) {
        // SAFETY: AVX-512 is enabled here.
        unsafe { hash::<__m512i, 8>(pairs, parents) }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn hash_by_4(pairs: &[Pair], parents: &mut [Hash]) {
        // SAFETY: AVX2 is enabled here.
        unsafe { hash::<__m256i, 4>(pairs, parents) }
    }

    // SAFETY of all that follows: the caller has the registers, and `load` and `store` move as many bytes as the
    // arrays have.
    impl Lanes<8> for __m512i {
        #[inline(always)]
        unsafe fn load(lanes: &[u64; 8]) -> Self {
            unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
        }
        #[inline(always)]
        unsafe fn store(self) -> [u64; 8] {
            let mut lanes = [0; 8];
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), self) };
            lanes
        }
        #[inline(always)]
        unsafe fn splat(word: u64) -> Self {
            unsafe { _mm512_set1_epi64(word as i64) }
        }
        #[inline(always)]
        unsafe fn xor(self, b: Self) -> Self {
            unsafe { _mm512_xor_si512(self, b) }
        }
        #[inline(always)]
        unsafe fn xor3(self, b: Self, c: Self) -> Self {
            // The truth table of a ^ b ^ c.
            unsafe { _mm512_ternarylogic_epi64::<0x96>(self, b, c) }
        }
        #[inline(always)]
        unsafe fn chi(self, b: Self, c: Self) -> Self {
            // That of a ^ (!b & c).
            unsafe { _mm512_ternarylogic_epi64::<0xd2>(self, b, c) }
        }
        #[inline(always)]
        unsafe fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
            unsafe { _mm512_rol_epi64::<LEFT>(self) }
        }
    }

    impl Lanes<4> for __m256i {
        #[inline(always)]
        unsafe fn load(lanes: &[u64; 4]) -> Self {
            unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
        }
        #[inline(always)]
        unsafe fn store(self) -> [u64; 4] {
            let mut lanes = [0; 4];
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), self) };
            lanes
        }
        #[inline(always)]
        unsafe fn splat(word: u64) -> Self {
            unsafe { _mm256_set1_epi64x(word as i64) }
        }
        #[inline(always)]
        unsafe fn xor(self, b: Self) -> Self {
            unsafe { _mm256_xor_si256(self, b) }
        }
        #[inline(always)]
        unsafe fn xor3(self, b: Self, c: Self) -> Self {
            unsafe { _mm256_xor_si256(_mm256_xor_si256(self, b), c) }
        }
        #[inline(always)]
        unsafe fn chi(self, b: Self, c: Self) -> Self {
            unsafe { _mm256_xor_si256(self, _mm256_andnot_si256(b, c)) }
        }
        #[inline(always)]
        unsafe fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
            unsafe { _mm256_or_si256(_mm256_slli_epi64::<LEFT>(self), _mm256_srli_epi64::<RIGHT>(self)) }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use core::arch::aarch64::*;

    use isa_traits::Hash;

    use super::{Lanes, Pair, hash};

    #[target_feature(enable = "neon")]
    pub(super) fn hash_by_2(pairs: &[Pair], parents: &mut [Hash]) {
        // SAFETY: NEON is enabled here.
        unsafe { hash::<uint64x2_t, 2>(pairs, parents) }
    }

    // SAFETY of all that follows: the caller has the registers, and `load` and `store` move as many bytes as the
    // arrays have.
    impl Lanes<2> for uint64x2_t {
        #[inline(always)]
        unsafe fn load(lanes: &[u64; 2]) -> Self {
            unsafe { vld1q_u64(lanes.as_ptr()) }
        }
        #[inline(always)]
        unsafe fn store(self) -> [u64; 2] {
            let mut lanes = [0; 2];
            unsafe { vst1q_u64(lanes.as_mut_ptr(), self) };
            lanes
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::keccak256;

    /// Every number of pairs up to four full registers of the widest kernel.
    const MOST: usize = 33;

    /// The kernels this processor can run. One that it cannot is not tested, and says so.
    fn kernels() -> impl Iterator<Item = &'static Kernel> {
        KERNELS.iter().filter(|kernel| {
            let detected = (kernel.detected)();
            if !detected {
                eprintln!("NOT TESTED: the {} kernel, this processor lacks it", kernel.name);
            }
            detected
        })
    }

    fn check(kernel: &Kernel, pairs: &[Pair]) {
        let mut parents = vec![[0xa5; 32]; pairs.len()];
        kernel.hash(pairs, &mut parents);
        for (i, (pair, parent)) in pairs.iter().zip(&parents).enumerate() {
            assert_eq!(*parent, keccak256(pair), "{}: pair {i} of {}", kernel.name, pairs.len());
        }
    }

    #[test]
    fn each_kernel_hashes_any_number_of_pairs_as_sha3_does() {
        let pairs: Vec<Pair> =
            (0..MOST).map(|i| std::array::from_fn(|byte| (i * 7 + byte * 31) as u8)).collect();
        for kernel in kernels() {
            for count in 0..=MOST {
                check(kernel, &pairs[..count]);
                check(kernel, &pairs[MOST - count..]);
            }
        }
    }

    #[test]
    fn each_kernel_hashes_every_single_bit_as_sha3_does() {
        let pairs: Vec<Pair> = (0..8 * PAIR_BYTES)
            .map(|bit| {
                let mut pair = [0; PAIR_BYTES];
                pair[bit / 8] = 1 << (bit % 8);
                pair
            })
            .collect();
        kernels().for_each(|kernel| check(kernel, &pairs));
    }

    proptest! {
        #[test]
        fn each_kernel_hashes_random_pairs_as_sha3_does(
            bytes in prop::collection::vec(any::<u8>(), 0..MOST * PAIR_BYTES)
        ) {
            let pairs = bytes.as_chunks().0;
            kernels().for_each(|kernel| check(kernel, pairs));
        }
    }
}
