//! A: atomic instructions (Unprivileged ISA 20240411, chapter 14), on one hart. aq and rl order nothing.

use isa_traits::{Exec, Operands, Trap, Width, Word, define};

use crate::{Hart, Special};

/// The address in `rs1`. Reference: refused where it is not aligned to `width`, though loads and stores are not
/// (rvgo/fast/vm.go:911-988).
#[inline(always)]
fn aligned<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Result<M::Word, Trap> {
    let at = m.x(o.rs1);
    let low = at & M::Word::lit(width.bytes() as i64 - 1);
    m.trap_if(!low.eq(M::Word::lit(0)), Trap::MisalignedAtomic)?;
    Ok(at)
}

/// LR: loads, and reserves the address.
#[inline(always)]
fn lr<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Exec {
    let at = aligned(m, o, width)?;
    let value = m.load(at, width)?;
    m.set_special(Special::Reservation, at);
    m.set_x(o.rd, value.sext(width));
    Ok(())
}

/// SC: stores where the address is reserved, and drops the reservation in any case. A failing SC touches no
/// memory.
///
/// Reference: 0 stands for "no reservation" and is also an address, so SC to address 0 succeeds without an LR;
/// the width of the LR is not remembered; no other instruction drops a reservation (rvgo/fast/vm.go:937-951).
#[inline(always)]
fn sc<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Exec {
    let at = aligned(m, o, width)?;
    let value = m.x(o.rs2);
    let reserved = m.special(Special::Reservation).eq(at);
    m.when(reserved, |m| m.store(at, width, value))?;
    m.set_special(Special::Reservation, M::Word::lit(0));
    m.set_x(o.rd, M::Word::of_bool(!reserved));
    Ok(())
}

/// AMO: `rd` takes the old value, memory the result of `f(old, rs2)`; both operands are sign-extended, which
/// keeps the order of 32-bit values, signed and unsigned.
#[inline(always)]
fn amo<M: Hart>(
    m: &mut M,
    o: Operands<M::Word>,
    width: Width,
    f: impl FnOnce(M::Word, M::Word) -> M::Word,
) -> Exec {
    let at = aligned(m, o, width)?;
    let value = m.x(o.rs2).sext(width);
    let old = m.load(at, width)?.sext(width);
    m.store(at, width, f(old, value))?;
    m.set_x(o.rd, old);
    Ok(())
}

/// An operation that does not exist. Reference: the address is checked first.
#[inline(always)]
fn unknown<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Exec {
    aligned(m, o, width)?;
    Err(Trap::UnknownAtomic)
}

define! { lr:
    /// LR.W: loads four bytes, sign-extended, and reserves the address.
    lr_w Width::Word;
    /// LR.D: loads eight bytes and reserves the address.
    lr_d Width::Double;
}

define! { sc:
    /// SC.W: stores four bytes where the address is reserved; `rd` is 0 on success, 1 on failure.
    sc_w Width::Word;
    /// SC.D: stores eight bytes where the address is reserved; `rd` is 0 on success, 1 on failure.
    sc_d Width::Double;
}

define! { unknown:
    /// An atomic of four bytes that encodes no operation.
    amo_unknown_w Width::Word;
    /// An atomic of eight bytes that encodes no operation.
    amo_unknown_d Width::Double;
}

define! { amo:
    /// AMOSWAP.W: memory takes `rs2`.
    amoswap_w Width::Word, |_, b| b;
    /// AMOADD.W: memory takes the sum.
    amoadd_w Width::Word, |a, b| a + b;
    /// AMOXOR.W: memory takes the exclusive or.
    amoxor_w Width::Word, |a, b| a ^ b;
    /// AMOAND.W: memory takes the conjunction.
    amoand_w Width::Word, |a, b| a & b;
    /// AMOOR.W: memory takes the disjunction.
    amoor_w Width::Word, |a, b| a | b;
    /// AMOMIN.W: memory takes the smaller one, signed.
    amomin_w Width::Word, |a, b| M::Word::select(a.lt(b), a, b);
    /// AMOMAX.W: memory takes the greater one, signed.
    amomax_w Width::Word, |a, b| M::Word::select(a.lt(b), b, a);
    /// AMOMINU.W: memory takes the smaller one, unsigned.
    amominu_w Width::Word, |a, b| M::Word::select(a.lt_u(b), a, b);
    /// AMOMAXU.W: memory takes the greater one, unsigned.
    amomaxu_w Width::Word, |a, b| M::Word::select(a.lt_u(b), b, a);
    /// AMOSWAP.D: memory takes `rs2`.
    amoswap_d Width::Double, |_, b| b;
    /// AMOADD.D: memory takes the sum.
    amoadd_d Width::Double, |a, b| a + b;
    /// AMOXOR.D: memory takes the exclusive or.
    amoxor_d Width::Double, |a, b| a ^ b;
    /// AMOAND.D: memory takes the conjunction.
    amoand_d Width::Double, |a, b| a & b;
    /// AMOOR.D: memory takes the disjunction.
    amoor_d Width::Double, |a, b| a | b;
    /// AMOMIN.D: memory takes the smaller one, signed.
    amomin_d Width::Double, |a, b| M::Word::select(a.lt(b), a, b);
    /// AMOMAX.D: memory takes the greater one, signed.
    amomax_d Width::Double, |a, b| M::Word::select(a.lt(b), b, a);
    /// AMOMINU.D: memory takes the smaller one, unsigned.
    amominu_d Width::Double, |a, b| M::Word::select(a.lt_u(b), a, b);
    /// AMOMAXU.D: memory takes the greater one, unsigned.
    amomaxu_d Width::Double, |a, b| M::Word::select(a.lt_u(b), b, a);
}
