//! Words: the values instructions compute with.

use core::fmt::{Debug, LowerHex};
use core::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

/// The number of bytes an instruction moves or extends from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 1 byte.
    Byte,
    /// 2 bytes.
    Half,
    /// 4 bytes.
    Word,
    /// 8 bytes.
    Double,
}

impl Width {
    /// The width in bytes: 1, 2, 4 or 8.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
            Self::Double => 8,
        }
    }

    /// The width in bits: 8, 16, 32 or 64.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Byte => 8,
            Self::Half => 16,
            Self::Word => 32,
            Self::Double => 64,
        }
    }
}

/// A register-sized value of some machine. All arithmetic wraps.
///
/// A word may be a number, a value of a code generator or a piece of text. There is therefore no way back to
/// an integer and no branching on a value: only [`select`](Word::select), and the conditional effects of
/// [`Machine`](crate::Machine).
pub trait Word:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Not<Output = Self>
{
    /// A truth value of the same machine.
    type Bool: Copy + Not<Output = Self::Bool> + BitAnd<Output = Self::Bool> + BitOr<Output = Self::Bool>;

    /// Bits in a word: 32 or 64.
    const BITS: u32;

    /// A literal: `value` sign-extended or truncated to the word.
    fn lit(value: i64) -> Self;
    /// Shifts left by the low 5 (32-bit words) or 6 (64-bit words) bits of `by`.
    fn sll(self, by: Self) -> Self;
    /// Shifts right, filling with zeros; counts `by` as [`sll`](Word::sll).
    fn srl(self, by: Self) -> Self;
    /// Shifts right, filling with the sign; counts `by` as [`sll`](Word::sll).
    fn sra(self, by: Self) -> Self;
    /// The low word of the product.
    fn mul(self, by: Self) -> Self;
    /// The high word of the product of two signed words.
    fn mulh(self, by: Self) -> Self;
    /// The high word of the product of a signed and an unsigned word.
    fn mulh_su(self, by: Self) -> Self;
    /// The high word of the product of two unsigned words.
    fn mulh_u(self, by: Self) -> Self;
    /// The signed quotient, rounded towards zero: all ones for a zero divisor, the dividend on overflow.
    ///
    /// These are the RISC-V results (Unprivileged ISA 20240411, §13.2); an instruction set that has others
    /// excludes the cases before it divides.
    fn div(self, by: Self) -> Self;
    /// The unsigned quotient: all ones for a zero divisor.
    fn div_u(self, by: Self) -> Self;
    /// The signed remainder: the dividend for a zero divisor, zero on overflow.
    fn rem(self, by: Self) -> Self;
    /// The unsigned remainder: the dividend for a zero divisor.
    fn rem_u(self, by: Self) -> Self;
    /// How many of the highest bits are zero: `BITS` for zero.
    fn clz(self) -> Self;
    /// Whether both words are the same.
    fn eq(self, other: Self) -> Self::Bool;
    /// Whether `self` is the smaller one, both read as signed.
    fn lt(self, other: Self) -> Self::Bool;
    /// Whether `self` is the smaller one, both read as unsigned.
    fn lt_u(self, other: Self) -> Self::Bool;
    /// `then` where `cond` holds, else `other`.
    fn select(cond: Self::Bool, then: Self, other: Self) -> Self;
    /// The low bits of width `from`, sign-extended to the word.
    fn sext(self, from: Width) -> Self;
    /// The low bits of width `from`, zero-extended to the word.
    fn zext(self, from: Width) -> Self;

    /// 1 where `cond` holds, else 0.
    fn of_bool(cond: Self::Bool) -> Self {
        Self::select(cond, Self::lit(1), Self::lit(0))
    }
}

/// A word that is a number: what a machine that really runs computes with.
pub trait Concrete: Word<Bool = bool> + Default + Eq + Debug + LowerHex + Send + Sync + 'static {
    /// The word as an unsigned number.
    fn get(self) -> u64;
    /// The low bits of `value`.
    fn of(value: u64) -> Self;
}

macro_rules! concrete {
    ($(#[$doc:meta])* $name:ident, $u:ty, $i:ty, $wide_u:ty, $wide_i:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub $u);

        impl LowerHex for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                LowerHex::fmt(&self.0, f)
            }
        }

        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, b: Self) -> Self { Self(self.0.wrapping_add(b.0)) }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, b: Self) -> Self { Self(self.0.wrapping_sub(b.0)) }
        }
        impl BitAnd for $name {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, b: Self) -> Self { Self(self.0 & b.0) }
        }
        impl BitOr for $name {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, b: Self) -> Self { Self(self.0 | b.0) }
        }
        impl BitXor for $name {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, b: Self) -> Self { Self(self.0 ^ b.0) }
        }
        impl Not for $name {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self { Self(!self.0) }
        }

        impl Word for $name {
            type Bool = bool;
            const BITS: u32 = <$u>::BITS;

            #[inline(always)]
            fn lit(value: i64) -> Self { Self(value as $u) }
            #[inline(always)]
            fn sll(self, by: Self) -> Self { Self(self.0.wrapping_shl(by.0 as u32)) }
            #[inline(always)]
            fn srl(self, by: Self) -> Self { Self(self.0.wrapping_shr(by.0 as u32)) }
            #[inline(always)]
            fn sra(self, by: Self) -> Self { Self((self.0 as $i).wrapping_shr(by.0 as u32) as $u) }
            #[inline(always)]
            fn mul(self, by: Self) -> Self { Self(self.0.wrapping_mul(by.0)) }
            #[inline(always)]
            fn mulh(self, by: Self) -> Self {
                Self(((self.0 as $i as $wide_i * by.0 as $i as $wide_i) >> Self::BITS) as $u)
            }
            #[inline(always)]
            fn mulh_su(self, by: Self) -> Self {
                Self(((self.0 as $i as $wide_i * by.0 as $wide_i) >> Self::BITS) as $u)
            }
            #[inline(always)]
            fn mulh_u(self, by: Self) -> Self {
                Self(((self.0 as $wide_u * by.0 as $wide_u) >> Self::BITS) as $u)
            }
            #[inline(always)]
            fn div(self, by: Self) -> Self {
                match by.0 {
                    0 => Self(<$u>::MAX),
                    _ => Self((self.0 as $i).wrapping_div(by.0 as $i) as $u),
                }
            }
            #[inline(always)]
            fn div_u(self, by: Self) -> Self { Self(self.0.checked_div(by.0).unwrap_or(<$u>::MAX)) }
            #[inline(always)]
            fn rem(self, by: Self) -> Self {
                match by.0 {
                    0 => self,
                    _ => Self((self.0 as $i).wrapping_rem(by.0 as $i) as $u),
                }
            }
            #[inline(always)]
            fn rem_u(self, by: Self) -> Self { Self(self.0.checked_rem(by.0).unwrap_or(self.0)) }
            #[inline(always)]
            fn clz(self) -> Self { Self(<$u>::from(self.0.leading_zeros())) }
            #[inline(always)]
            fn eq(self, other: Self) -> bool { self.0 == other.0 }
            #[inline(always)]
            fn lt(self, other: Self) -> bool { (self.0 as $i) < (other.0 as $i) }
            #[inline(always)]
            fn lt_u(self, other: Self) -> bool { self.0 < other.0 }
            #[inline(always)]
            fn select(cond: bool, then: Self, other: Self) -> Self { if cond { then } else { other } }
            #[inline(always)]
            fn sext(self, from: Width) -> Self {
                let unused = Self::BITS.saturating_sub(from.bits());
                Self(((self.0 << unused) as $i >> unused) as $u)
            }
            #[inline(always)]
            fn zext(self, from: Width) -> Self {
                let unused = Self::BITS.saturating_sub(from.bits());
                Self(self.0 << unused >> unused)
            }
        }

        impl Concrete for $name {
            #[inline(always)]
            fn get(self) -> u64 { u64::from(self.0) }
            #[inline(always)]
            fn of(value: u64) -> Self { Self(value as $u) }
        }
    };
}

concrete!(
    /// A 32-bit number that wraps.
    W32, u32, i32, u64, i64
);
concrete!(
    /// A 64-bit number that wraps.
    W64, u64, i64, u128, i128
);

#[cfg(test)]
mod tests {
    use super::*;

    /// RISC-V Unprivileged ISA 20240411, §13.2, table 11: division has a result for every operand.
    #[test]
    fn division_is_total() {
        let min = W64(1 << 63);
        let minus_one = W64(u64::MAX);
        #[rustfmt::skip]
        let cases = [
            // dividend  divisor    div        div_u           rem      rem_u
            (W64(7),     W64(0),    minus_one, minus_one,      W64(7),  W64(7)),
            (min,        minus_one, min,       W64(0),         W64(0),  min),
            (W64(7),     W64(2),    W64(3),    W64(3),         W64(1),  W64(1)),
        ];
        for (a, b, div, div_u, rem, rem_u) in cases {
            assert_eq!((a.div(b), a.div_u(b), a.rem(b), a.rem_u(b)), (div, div_u, rem, rem_u), "{a:x}/{b:x}");
        }
        assert_eq!(W64(7).div(W64(2u64.wrapping_neg())), W64(3u64.wrapping_neg()), "rounds towards zero");
        assert_eq!(W32(1 << 31).div(W32(u32::MAX)), W32(1 << 31));
    }

    /// The high words, against the schoolbook identity `mulh(a, b) = mulh_u(a, b) − [a<0]·b − [b<0]·a`.
    #[test]
    fn high_products_agree_with_the_unsigned_one() {
        for a in [0, 1, 2, u64::MAX, 1 << 63, 0x1234_5678_9abc_def0, !0 << 32] {
            for b in [0, 1, 3, u64::MAX, 1 << 63, 0xfedc_ba98_7654_3210, !0 >> 1] {
                let unsigned = ((u128::from(a) * u128::from(b)) >> 64) as u64;
                let less_b = if a >> 63 == 1 { b } else { 0 };
                let less_a = if b >> 63 == 1 { a } else { 0 };
                assert_eq!(W64(a).mulh_u(W64(b)).0, unsigned);
                assert_eq!(W64(a).mulh_su(W64(b)).0, unsigned.wrapping_sub(less_b));
                assert_eq!(W64(a).mulh(W64(b)).0, unsigned.wrapping_sub(less_b).wrapping_sub(less_a));
            }
        }
    }

    #[test]
    fn shifts_count_the_low_bits_and_extensions_keep_them() {
        assert_eq!(W64(1).sll(W64(65)), W64(2));
        assert_eq!(W32(1).sll(W32(33)), W32(2));
        assert_eq!(W64(1 << 63).sra(W64(63)), W64(u64::MAX));
        assert_eq!(W64(0x1_8000_0000).sext(Width::Word), W64(0xffff_ffff_8000_0000));
        assert_eq!(W64(0xff80).zext(Width::Byte), W64(0x80));
        assert_eq!(W32(0x8000_0000).sext(Width::Word), W32(0x8000_0000));
        assert_eq!((W32(0).clz(), W64(1).clz()), (W32(32), W64(63)));
    }
}
