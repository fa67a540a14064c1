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

#[cfg(test)]
mod tests {
    use isa_traits::Trap;

    use crate::Op::*;
    use crate::Special;
    use crate::testing::{Before, r, special, x};

    const MIN: u32 = 1 << 31;
    const MINUS_ONE: u32 = u32::MAX;

    #[test]
    fn products_and_quotients() {
        #[rustfmt::skip]
        let cases = [
            // op, rs, rt, hi, lo
            (Mult,  MINUS_ONE, 2, MINUS_ONE, MINUS_ONE - 1),    (Mult,  MIN, MIN, 1 << 30, 0),
            (Multu, MINUS_ONE, 2, 1, MINUS_ONE - 1),            (Multu, MIN, MIN, 1 << 30, 0),
            (Div,   7, 2, 1, 3),                                (Div,   MINUS_ONE - 6, 2, MINUS_ONE, MINUS_ONE - 2),
            (Div,   MIN, MINUS_ONE, 0, MIN),                    (Divu,  MIN, MINUS_ONE, MIN, 0),
            (Divu,  MINUS_ONE, 2, 1, MIN - 1),
        ];
        for (op, rs, rt, hi, lo) in cases {
            let after = Before::new(r(op, 8, 9, 10)).x(8, rs).x(9, rt).x(10, 0xdead).step().unwrap();
            assert_eq!((special(&after, Special::Hi), special(&after, Special::Lo)), (hi, lo), "{op:?}");
            assert_eq!(x(&after, 10), 0, "{op:?}: rd becomes 0");
        }
    }

    #[test]
    fn division_by_zero_is_refused() {
        for op in [Div, Divu] {
            let before = Before::new(r(op, 8, 9, 10)).x(8, 1).x(10, 0xdead);
            assert_eq!(before.step().err(), Some(Trap::DivisionByZero));
        }
    }

    #[test]
    fn moves() {
        let with = |op| {
            Before::new(r(op, 8, 0, 10)).x(8, 1).x(10, 0xdead).with(|state| {
                (state.hart.hi.0, state.hart.lo.0) = (2, 3);
            })
        };
        #[rustfmt::skip]
        let cases = [
            // op, rd, hi, lo
            (Mfhi, 2, 2, 3), (Mflo, 3, 2, 3), (Mthi, 0, 1, 3), (Mtlo, 0, 2, 1),
        ];
        for (op, rd, hi, lo) in cases {
            let after = with(op).step().unwrap();
            let found = (x(&after, 10), special(&after, Special::Hi), special(&after, Special::Lo));
            assert_eq!(found, (rd, hi, lo), "{op:?}");
        }
    }
}
