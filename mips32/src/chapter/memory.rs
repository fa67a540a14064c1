//! Loads and stores.
//!
//! Reference: no address traps. The low bits that would misalign an access are ignored
//! (`exec/mips_instructions.go:655-684`), so each instruction stays within one aligned word.

use isa_traits::{Exec, Operands, Width, Word, define};

use crate::Hart;

/// `rs + imm`.
#[inline(always)]
fn address<M: Hart>(m: &mut M, o: Operands<M::Word>) -> M::Word {
    m.x(o.rs1) + o.imm
}

/// The address without the bits that would misalign an access of `width`.
#[inline(always)]
fn aligned<W: Word>(at: W, width: Width) -> W {
    at & W::lit(-(width.bytes() as i64))
}

/// A load, extended by `f`.
#[inline(always)]
fn load<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width, f: impl FnOnce(M::Word) -> M::Word) -> Exec {
    let at = aligned(address(m, o), width);
    let value = m.load(at, width)?;
    m.set_x(o.rd, f(value));
    Ok(())
}

/// A store of the low bytes of `rt`.
#[inline(always)]
fn store<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Exec {
    let (at, value) = (aligned(address(m, o), width), m.x(o.rs2));
    m.store(at, width, value)
}

define! { load:
    /// LB: a byte, sign-extended.
    lb Width::Byte, |v| v.sext(Width::Byte);
    /// LH: two bytes, sign-extended.
    lh Width::Half, |v| v.sext(Width::Half);
    /// LW: four bytes.
    lw Width::Word, |v| v;
    /// LBU: a byte, zero-extended.
    lbu Width::Byte, |v| v;
    /// LHU: two bytes, zero-extended.
    lhu Width::Half, |v| v;
    /// LL: four bytes. Reference: nothing is reserved (`singlethreaded/mips.go:80-102`).
    ll Width::Word, |v| v;
}

define! { store:
    /// SB: stores a byte.
    sb Width::Byte;
    /// SH: stores two bytes.
    sh Width::Half;
    /// SW: stores four bytes.
    sw Width::Word;
}

/// SC: stores four bytes; then `rt` is 1. Reference: it always succeeds (`singlethreaded/mips.go:80-102`).
///
/// # Errors
/// A trap if the machine cannot make the access.
#[inline(always)]
pub fn sc<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    sw(m, o)?;
    m.set_x(o.rd, M::Word::lit(1));
    Ok(())
}

/// The bits of a word before the byte at `at`.
#[inline(always)]
fn bits_before<W: Word>(at: W) -> W {
    (at & W::lit(3)).sll(W::lit(3))
}

/// The bits of a word after the byte at `at`.
#[inline(always)]
fn bits_after<W: Word>(at: W) -> W {
    bits_before(!at)
}

/// `new`, shifted left by `by` bits, over `old`.
#[inline(always)]
fn over_left<W: Word>(old: W, new: W, by: W) -> W {
    (old & !W::lit(-1).sll(by)) | new.sll(by)
}

/// `new`, shifted right by `by` bits, over `old`.
#[inline(always)]
fn over_right<W: Word>(old: W, new: W, by: W) -> W {
    (old & !W::lit(-1).srl(by)) | new.srl(by)
}

/// A load of a part of a word: `rt = f(address, rt, word)`.
#[inline(always)]
fn load_part<M: Hart>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word, M::Word) -> M::Word,
) -> Exec {
    let (at, old) = (address(m, o), m.x(o.rs2));
    let word = m.load(aligned(at, Width::Word), Width::Word)?;
    m.set_x(o.rd, f(at, old, word));
    Ok(())
}

/// A store of a part of a word: `word = f(address, word, rt)`.
#[inline(always)]
fn store_part<M: Hart>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word, M::Word) -> M::Word,
) -> Exec {
    let (at, value) = (address(m, o), m.x(o.rs2));
    let place = aligned(at, Width::Word);
    let word = m.load(place, Width::Word)?;
    m.store(place, Width::Word, f(at, word, value))
}

define! { load_part:
    /// LWL: the bytes from the address to the end of its word, in the upper part of `rt`.
    lwl |at, old, word| over_left(old, word, bits_before(at));
    /// LWR: the bytes from the start of the word to the address, in the lower part of `rt`.
    lwr |at, old, word| over_right(old, word, bits_after(at));
}

define! { store_part:
    /// SWL: the upper part of `rt`, from the address to the end of its word.
    swl |at, word, value| over_right(word, value, bits_before(at));
    /// SWR: the lower part of `rt`, from the start of the word to the address.
    swr |at, word, value| over_left(word, value, bits_after(at));
}

#[cfg(test)]
mod tests {
    use crate::Op::{self, *};
    use crate::testing::{Before, DATA, WORD, i, word, x};

    const RT: u32 = 0x1122_3344;

    fn before(op: Op, rt: u32, n: u32) -> Before {
        Before::new(i(op, 8, rt, 0xfffc)).x(8, DATA + 4 + n).x(rt, RT).word(DATA, WORD)
    }

    /// What `rt` holds by the offset of the address in the word.
    #[test]
    fn loads() {
        #[rustfmt::skip]
        let cases = [
            (Lb,  [0xffff_ffaa, 0xffff_ffbb, 0xffff_ffcc, 0xffff_ffdd]),
            (Lbu, [0xaa, 0xbb, 0xcc, 0xdd]),
            (Lh,  [0xffff_aabb, 0xffff_aabb, 0xffff_ccdd, 0xffff_ccdd]),
            (Lhu, [0xaabb, 0xaabb, 0xccdd, 0xccdd]),
            (Lw,  [WORD; 4]),
            (Ll,  [WORD; 4]),
            (Lwl, [0xaabb_ccdd, 0xbbcc_dd44, 0xccdd_3344, 0xdd22_3344]),
            (Lwr, [0x1122_33aa, 0x1122_aabb, 0x11aa_bbcc, 0xaabb_ccdd]),
        ];
        for (op, results) in cases {
            for (n, result) in (0..).zip(results) {
                let after = before(op, 9, n).step().unwrap();
                assert_eq!((x(&after, 9), word(&after, DATA)), (result, WORD), "{op:?} {n}");
                let dropped = Before::new(i(op, 8, 0, 0)).x(8, DATA + n).word(DATA, WORD).step().unwrap();
                assert_eq!(x(&dropped, 0), 0, "{op:?} {n}");
            }
            let absent = Before::new(i(op, 8, 9, 0)).x(8, 0x8000_0000).step().unwrap();
            assert_eq!(absent.memory().page_count(), 1, "{op:?}: a load makes no page");
        }
    }

    /// What the word holds by the offset of the address in it, and `rt` after.
    #[test]
    fn stores() {
        #[rustfmt::skip]
        let cases = [
            (Sb,  [0x44bb_ccdd, 0xaa44_ccdd, 0xaabb_44dd, 0xaabb_cc44], RT),
            (Sh,  [0x3344_ccdd, 0x3344_ccdd, 0xaabb_3344, 0xaabb_3344], RT),
            (Sw,  [RT; 4], RT),
            (Swl, [0x1122_3344, 0xaa11_2233, 0xaabb_1122, 0xaabb_cc11], RT),
            (Swr, [0x44bb_ccdd, 0x3344_ccdd, 0x2233_44dd, 0x1122_3344], RT),
            // Reference: without an LL too.
            (Sc,  [RT; 4], 1),
        ];
        for (op, results, rt) in cases {
            for (n, result) in (0..).zip(results) {
                let after = before(op, 9, n).step().unwrap();
                assert_eq!((word(&after, DATA), x(&after, 9)), (result, rt), "{op:?} {n}");
            }
            let absent = Before::new(i(op, 8, 0, 0)).x(8, 0x8000_0000).step().unwrap();
            assert_eq!(absent.memory().page_count(), 2, "{op:?}: a store makes its page");
            assert_eq!(x(&absent, 0), 0, "{op:?}");
        }
    }

    #[test]
    fn addresses_wrap() {
        let after = Before::new(i(Lw, 8, 9, 8)).x(8, 0xffff_fffc).word(4, WORD).step().unwrap();
        assert_eq!(x(&after, 9), WORD);
    }
}
