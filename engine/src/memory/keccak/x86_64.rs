//! Registers of x86-64 processors.

use core::arch::x86_64::*;

use isa_traits::Hash;

use super::{HASH_WORDS, Lanes, Pair, WORDS, hash};

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

/// Of four registers, the first quarters of each, the second ones, the third, the fourth.
///
/// # Safety
/// The processor has AVX-512.
#[inline(always)]
unsafe fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: as the caller promises.
    unsafe {
        let even = |a, b| _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b);
        let odd = |a, b| _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b);
        let (even_ab, even_cd) = (even(a, b), even(c, d));
        let (odd_ab, odd_cd) = (odd(a, b), odd(c, d));
        [even(even_ab, even_cd), even(odd_ab, odd_cd), odd(even_ab, even_cd), odd(odd_ab, odd_cd)]
    }
}

/// Makes columns of rows.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn transpose([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: as the caller promises.
    unsafe {
        let (even_ab, odd_ab) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (even_cd, odd_cd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        [
            _mm256_permute2x128_si256::<0x20>(even_ab, even_cd),
            _mm256_permute2x128_si256::<0x20>(odd_ab, odd_cd),
            _mm256_permute2x128_si256::<0x31>(even_ab, even_cd),
            _mm256_permute2x128_si256::<0x31>(odd_ab, odd_cd),
        ]
    }
}

// SAFETY of all that follows: the caller has the registers, and `load` and `store` move as many bytes as the
// arrays have.
impl Lanes<8> for __m512i {
    #[inline(always)]
    unsafe fn load(pairs: &[Pair; 8]) -> [Self; WORDS] {
        unsafe {
            let [a, b, c, d, e, f, g, h] =
                pairs.each_ref().map(|pair| _mm512_loadu_si512(pair.as_ptr().cast()));
            let even = [
                _mm512_unpacklo_epi64(a, b),
                _mm512_unpacklo_epi64(c, d),
                _mm512_unpacklo_epi64(e, f),
                _mm512_unpacklo_epi64(g, h),
            ];
            let odd = [
                _mm512_unpackhi_epi64(a, b),
                _mm512_unpackhi_epi64(c, d),
                _mm512_unpackhi_epi64(e, f),
                _mm512_unpackhi_epi64(g, h),
            ];
            let ([w0, w2, w4, w6], [w1, w3, w5, w7]) = (quarters(even), quarters(odd));
            [w0, w1, w2, w3, w4, w5, w6, w7]
        }
    }
    #[inline(always)]
    unsafe fn store([w0, w1, w2, w3]: [Self; HASH_WORDS], hashes: &mut [Hash; 8]) {
        unsafe {
            // Halves of hashes, those with even numbers and those with odd ones.
            let (even, even_end) = (_mm512_unpacklo_epi64(w0, w1), _mm512_unpacklo_epi64(w2, w3));
            let (odd, odd_end) = (_mm512_unpackhi_epi64(w0, w1), _mm512_unpackhi_epi64(w2, w3));
            // Two quarters of each; then those of a hash beside each other.
            let low = |a, b| _mm512_shuffle_i64x2::<0b01_00_01_00>(a, b);
            let high = |a, b| _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b);
            let join = |ab| _mm512_shuffle_i64x2::<0b11_01_10_00>(ab, ab);
            let two = [
                (0, join(low(even, even_end))),
                (1, join(low(odd, odd_end))),
                (4, join(high(even, even_end))),
                (5, join(high(odd, odd_end))),
            ];
            for (number, two) in two {
                _mm256_storeu_si256(hashes[number].as_mut_ptr().cast(), _mm512_castsi512_si256(two));
                _mm256_storeu_si256(
                    hashes[number + 2].as_mut_ptr().cast(),
                    _mm512_extracti64x4_epi64::<1>(two),
                );
            }
        }
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
    unsafe fn load(pairs: &[Pair; 4]) -> [Self; WORDS] {
        unsafe {
            let rows =
                |at| pairs.each_ref().map(|pair: &Pair| _mm256_loadu_si256(pair[at..].as_ptr().cast()));
            let ([w0, w1, w2, w3], [w4, w5, w6, w7]) = (transpose(rows(0)), transpose(rows(32)));
            [w0, w1, w2, w3, w4, w5, w6, w7]
        }
    }
    #[inline(always)]
    unsafe fn store(words: [Self; HASH_WORDS], hashes: &mut [Hash; 4]) {
        unsafe {
            for (hash, row) in hashes.iter_mut().zip(transpose(words)) {
                _mm256_storeu_si256(hash.as_mut_ptr().cast(), row);
            }
        }
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
