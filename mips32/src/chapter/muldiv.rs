//! HI and LO: multiplication, division and the moves.

use isa_traits::{Exec, Operands, Trap, Word, define};

use crate::{Hart, Special};

/// A computation of LO and HI: `(lo, hi) = f(rs, rt)`.
///
/// Reference: `rd`, which is 0 in the encodings of the manual, becomes 0 (`exec/mips_instructions.go:513-603`).
#[inline(always)]
fn wide<M: Hart>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word) -> (M::Word, M::Word),
) -> Exec {
    let (lo, hi) = f(m.x(o.rs1), m.x(o.rs2));
    m.set_special(Special::Lo, lo);
    m.set_special(Special::Hi, hi);
    m.set_x(o.rd, M::Word::lit(0));
    Ok(())
}

/// A division: `wide`, for divisors other than zero. Reference: the manual leaves the result of a division by
/// zero open, and Cannon refuses it (`exec/mips_instructions.go:533-541`).
#[inline(always)]
fn divide<M: Hart>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word) -> (M::Word, M::Word),
) -> Exec {
    let by_zero = m.x(o.rs2).eq(M::Word::lit(0));
    m.trap_if(by_zero, Trap::DivisionByZero)?;
    wide(m, o, f)
}

/// `rd = s`.
#[inline(always)]
fn move_from<M: Hart>(m: &mut M, o: Operands<M::Word>, s: Special) -> Exec {
    let value = m.special(s);
    m.set_x(o.rd, value);
    Ok(())
}

/// `s = rs`. Reference: `rd` becomes 0, as in [`wide`].
#[inline(always)]
fn move_to<M: Hart>(m: &mut M, o: Operands<M::Word>, s: Special) -> Exec {
    let value = m.x(o.rs1);
    m.set_special(s, value);
    m.set_x(o.rd, M::Word::lit(0));
    Ok(())
}

define! { wide:
    /// MULT: the signed product.
    mult |a, b| (a.mul(b), a.mulh(b));
    /// MULTU: the unsigned product.
    multu |a, b| (a.mul(b), a.mulh_u(b));
}

define! { divide:
    /// DIV: the signed quotient and remainder; on overflow the dividend and 0.
    div |a, b| (a.div(b), a.rem(b));
    /// DIVU: the unsigned quotient and remainder.
    divu |a, b| (a.div_u(b), a.rem_u(b));
}

define! { move_from:
    /// MFHI: `rd = HI`.
    mfhi Special::Hi;
    /// MFLO: `rd = LO`.
    mflo Special::Lo;
}

define! { move_to:
    /// MTHI: `HI = rs`.
    mthi Special::Hi;
    /// MTLO: `LO = rs`.
    mtlo Special::Lo;
}
