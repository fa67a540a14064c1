//! Jumps and branches, which take effect after the instruction in their delay slot.

use isa_traits::{Bool, Exec, Operands, Trap, Word, define};

use crate::{Hart, Special};

/// The address of the delay slot; `trap` where the instruction stands in one itself.
///
/// Reference: what is looked at is whether the next pc is the following address, so the delay slot of a branch
/// to there is not noticed (`exec/mips_instructions.go:470-472`, `606-608`).
#[inline(always)]
fn delay_slot<M: Hart>(m: &mut M, trap: Trap) -> Result<M::Word, Trap> {
    let (slot, next) = (m.pc() + M::Word::lit(4), m.special(Special::NextPc));
    m.trap_if(!next.eq(slot), trap)?;
    Ok(slot)
}

/// Links: the address after the delay slot in `rd`.
#[inline(always)]
fn link<M: Hart>(m: &mut M, o: Operands<M::Word>, slot: M::Word) {
    m.set_x(o.rd, slot + M::Word::lit(4));
}

/// A branch to the delay slot plus `imm` where `f(rs, rt)` holds.
#[inline(always)]
fn branch<M: Hart>(m: &mut M, o: Operands<M::Word>, f: impl FnOnce(M::Word, M::Word) -> Bool<M>) -> Exec {
    let slot = delay_slot(m, Trap::BranchInDelaySlot)?;
    let taken = f(m.x(o.rs1), m.x(o.rs2));
    m.branch(taken, slot + o.imm);
    Ok(())
}

/// A branch that links whether it is taken or not; `rs` is read before.
#[inline(always)]
fn branch_link<M: Hart>(m: &mut M, o: Operands<M::Word>, f: impl FnOnce(M::Word) -> Bool<M>) -> Exec {
    let slot = delay_slot(m, Trap::BranchInDelaySlot)?;
    let taken = f(m.x(o.rs1));
    link(m, o, slot);
    m.branch(taken, slot + o.imm);
    Ok(())
}

/// Whether a word is negative.
#[inline(always)]
fn negative<W: Word>(a: W) -> W::Bool {
    a.lt(W::lit(0))
}

/// Whether a word is greater than zero.
#[inline(always)]
fn positive<W: Word>(a: W) -> W::Bool {
    W::lit(0).lt(a)
}

define! { branch:
    /// BEQ: branches where `rs == rt`.
    beq |a, b| a.eq(b);
    /// BNE: branches where `rs != rt`.
    bne |a, b| !a.eq(b);
    /// BLEZ: branches where `rs <= 0`, signed.
    blez |a, _| !positive(a);
    /// BGTZ: branches where `rs > 0`, signed.
    bgtz |a, _| positive(a);
    /// BLTZ: branches where `rs < 0`, signed.
    bltz |a, _| negative(a);
    /// BGEZ: branches where `rs >= 0`, signed.
    bgez |a, _| !negative(a);
    /// Reference: what the manual has of REGIMM beyond this, traps and likely branches, is never taken
    /// (`exec/mips_instructions.go:483-497`).
    branch_never |a, _| !a.eq(a);
}

define! { branch_link:
    /// BLTZAL: links, and branches where `rs < 0`, signed.
    bltzal negative;
    /// BGEZAL: links, and branches where `rs >= 0`, signed.
    bgezal |a| !negative(a);
}

/// The target of J and JAL: `imm` in the 256 MiB around the delay slot.
#[inline(always)]
fn in_region<W: Word>(slot: W, imm: W) -> W {
    (slot & W::lit(0xf000_0000)) | imm
}

/// J: jumps to `imm` in the 256 MiB of the delay slot.
///
/// # Errors
/// A trap in a delay slot.
#[inline(always)]
pub fn j<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let slot = delay_slot(m, Trap::JumpInDelaySlot)?;
    m.jump(in_region(slot, o.imm));
    Ok(())
}

/// JAL: jumps as J does, and links.
///
/// # Errors
/// A trap in a delay slot.
#[inline(always)]
pub fn jal<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let slot = delay_slot(m, Trap::JumpInDelaySlot)?;
    link(m, o, slot);
    m.jump(in_region(slot, o.imm));
    Ok(())
}

/// JR: jumps to `rs`. Reference: any address will do, and the fetch there traps if it is misaligned.
///
/// # Errors
/// A trap in a delay slot.
#[inline(always)]
pub fn jr<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    delay_slot(m, Trap::JumpInDelaySlot)?;
    let to = m.x(o.rs1);
    m.jump(to);
    Ok(())
}

/// JALR: jumps to `rs`, which is read before `rd` is written, and links.
///
/// # Errors
/// A trap in a delay slot.
#[inline(always)]
pub fn jalr<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let slot = delay_slot(m, Trap::JumpInDelaySlot)?;
    let to = m.x(o.rs1);
    link(m, o, slot);
    m.jump(to);
    Ok(())
}
