//! M: multiplication and division (Unprivileged ISA 20240411, chapter 13).

use isa_traits::{Width, Word, define, reg_reg};

use crate::Hart;

define! { reg_reg:
    /// MUL: the low 64 bits of the product.
    mul |a, b| a.mul(b);
    /// MULH: the high 64 bits of the signed product.
    mulh |a, b| a.mulh(b);
    /// MULHSU: the high 64 bits of signed `rs1` times unsigned `rs2`.
    mulhsu |a, b| a.mulh_su(b);
    /// MULHU: the high 64 bits of the unsigned product.
    mulhu |a, b| a.mulh_u(b);
    /// DIV: the signed quotient; all ones where `rs2` is zero.
    div |a, b| a.div(b);
    /// DIVU: the unsigned quotient; all ones where `rs2` is zero.
    divu |a, b| a.div_u(b);
    /// REM: the signed remainder; `rs1` where `rs2` is zero.
    rem |a, b| a.rem(b);
    /// REMU: the unsigned remainder; `rs1` where `rs2` is zero.
    remu |a, b| a.rem_u(b);
    /// MULW: the low 32 bits of the product, sign-extended.
    mulw |a, b| a.mul(b).sext(Width::Word);
    /// DIVW: the quotient of the low 32 bits, signed; all ones where those of `rs2` are zero.
    divw |a, b| a.sext(Width::Word).div(b.sext(Width::Word)).sext(Width::Word);
    /// DIVUW: the quotient of the low 32 bits, unsigned, sign-extended; all ones for a zero divisor.
    divuw |a, b| a.zext(Width::Word).div_u(b.zext(Width::Word)).sext(Width::Word);
    /// REMW: the remainder of the low 32 bits, signed; those of `rs1` for a zero divisor.
    remw |a, b| a.sext(Width::Word).rem(b.sext(Width::Word)).sext(Width::Word);
    /// REMUW: the remainder of the low 32 bits, unsigned, sign-extended; those of `rs1` for a zero divisor.
    remuw |a, b| a.zext(Width::Word).rem_u(b.zext(Width::Word)).sext(Width::Word);
}
