//! Keccak-256 of many 64-byte messages at once: the hash of the memory tree.
//!
//! A vector register holds the same word of several states, so that one permutation hashes as many messages as a
//! register has 64-bit lanes. The permutation is written once ([`permute`]), over [`Lanes`]; a [`PairHasher`] is that
//! code compiled for one kind of register.
#![expect(unsafe_code, reason = "vector instructions are for processors that have them")]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use core::fmt;
use std::sync::LazyLock;

use isa_traits::Hash;

/// Two nodes side by side: what is hashed.
pub(super) type Pair = [u8; PAIR_BYTES];
const PAIR_BYTES: usize = 64;
/// 64-bit words of a message.
const WORDS: usize = PAIR_BYTES / 8;
/// 64-bit words of a hash.
const HASH_WORDS: usize = 4;

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
    static BEST: LazyLock<PairHasher> = LazyLock::new(|| PairHasher::detected().next().unwrap_or(PORTABLE));
    // A message alone, as on the way from a page to the root, is done sooner without vectors.
    let hasher = if pairs.len() == 1 { &PORTABLE } else { &*BEST };
    hasher.hash(pairs, parents);
}

/// The hashing code for one kind of vector register, which this processor has.
#[derive(Clone, Copy, Debug)]
pub struct PairHasher {
    name: &'static str,
    /// Whether this processor has the registers. No hasher is handed out or called where it has not.
    detected: fn() -> bool,
    run: unsafe fn(&[Pair], &mut [Hash]),
}

/// All hashers for this architecture, the widest first; the last one runs everywhere.
const HASHERS: &[PairHasher] = &[
    #[cfg(target_arch = "x86_64")]
    PairHasher { name: "AVX-512", detected: || is_x86_feature_detected!("avx512f"), run: x86_64::hash_by_8 },
    #[cfg(target_arch = "x86_64")]
    PairHasher { name: "AVX2", detected: || is_x86_feature_detected!("avx2"), run: x86_64::hash_by_4 },
    #[cfg(target_arch = "aarch64")]
    PairHasher {
        name: "NEON",
        detected: || std::arch::is_aarch64_feature_detected!("neon"),
        run: aarch64::hash_by_2,
    },
    PORTABLE,
];

const PORTABLE: PairHasher = PairHasher { name: "portable", detected: || true, run: hash_one_by_one };

impl PairHasher {
    /// Those that this processor can run, the widest first. Roots are hashed by that one; results are the same by each.
    pub fn detected() -> impl Iterator<Item = Self> {
        HASHERS.iter().filter(|hasher| (hasher.detected)()).copied()
    }

    /// Hashes each pair of nodes, side by side, into the node of the same index: Keccak-256 of the 64 bytes.
    ///
    /// # Panics
    /// Where the slices differ in length.
    pub fn hash(&self, pairs: &[[u8; 64]], parents: &mut [Hash]) {
        assert_eq!(pairs.len(), parents.len(), "pairs and places for their hashes");
        // SAFETY: the only hashers that are called are those that were detected.
        unsafe { (self.run)(pairs, parents) }
    }
}

/// What the registers are called, or `portable` where it needs none.
impl fmt::Display for PairHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// A register with `N` lanes of 64 bits. Its functions may be called where the processor has such registers.
trait Lanes<const N: usize>: Copy {
    /// The words of messages: of each, the same word of all of them.
    unsafe fn load(pairs: &[Pair; N]) -> [Self; WORDS];
    /// The other way round, for the words of hashes.
    unsafe fn store(words: [Self; HASH_WORDS], hashes: &mut [Hash; N]);
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
    // The first and the last round stand by themselves: in the one many words are known, of the other few are wanted.
    let [first, between @ .., last] = ROUND_CONSTANTS;
    // SAFETY: as the caller promises.
    unsafe {
        round(a, first);
        for constant in between {
            round(a, constant);
        }
        round(a, last);
    }
}

/// A round of it.
///
/// # Safety
/// As for [`permute`].
#[inline(always)]
unsafe fn round<V: Lanes<N>, const N: usize>(a: &mut [V; 25], constant: u64) {
    // SAFETY: as the caller promises.
    unsafe {
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

/// Hashes `N` pairs at a time; lanes that are left over at the end stay empty.
///
/// # Safety
/// The processor has registers `V`.
#[inline(always)]
unsafe fn hash<V: Lanes<N>, const N: usize>(pairs: &[Pair], parents: &mut [Hash]) {
    let (pairs, pairs_left) = pairs.as_chunks();
    let (parents, parents_left) = parents.as_chunks_mut();
    for (pairs, parents) in pairs.iter().zip(parents) {
        // SAFETY: as the caller promises.
        unsafe { hash_lanes::<V, N>(pairs, parents) };
    }
    if !pairs_left.is_empty() {
        let (mut pairs, mut parents) = ([[0; PAIR_BYTES]; N], [Hash::default(); N]);
        pairs[..pairs_left.len()].copy_from_slice(pairs_left);
        // SAFETY: as the caller promises.
        unsafe { hash_lanes::<V, N>(&pairs, &mut parents) };
        parents_left.copy_from_slice(&parents[..parents_left.len()]);
    }
}

/// Hashes a pair in each lane.
///
/// # Safety
/// The processor has registers `V`.
#[inline(always)]
unsafe fn hash_lanes<V: Lanes<N>, const N: usize>(pairs: &[Pair; N], parents: &mut [Hash; N]) {
    // SAFETY: as the caller promises.
    unsafe {
        let mut state = [V::splat(0); 25];
        state[..WORDS].copy_from_slice(&V::load(pairs));
        // The padding, of original Keccak: a bit behind the message, and one at the end of the 136-byte rate.
        state[WORDS] = V::splat(1);
        state[16] = V::splat(1 << 63);
        permute(&mut state);
        V::store([state[0], state[1], state[2], state[3]], parents);
    }
}

fn hash_one_by_one(pairs: &[Pair], parents: &mut [Hash]) {
    // SAFETY: every processor has 64-bit words, or code that does as if.
    unsafe { hash::<u64, 1>(pairs, parents) }
}

/// The words of a message.
#[inline(always)]
fn words(pair: &Pair) -> [u64; WORDS] {
    let (words, _) = pair.as_chunks();
    std::array::from_fn(|word| u64::from_le_bytes(words[word]))
}

/// Makes a hash of its words.
#[inline(always)]
fn set_words(hash: &mut Hash, words: [u64; HASH_WORDS]) {
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
}

impl Lanes<1> for u64 {
    #[inline(always)]
    unsafe fn load([pair]: &[Pair; 1]) -> [Self; WORDS] {
        words(pair)
    }
    #[inline(always)]
    unsafe fn store(words: [Self; HASH_WORDS], [hash]: &mut [Hash; 1]) {
        set_words(hash, words);
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
