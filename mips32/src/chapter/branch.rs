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

#[cfg(test)]
mod tests {
    use isa_traits::{Hart as _, Trap};

    use crate::Op::*;
    use crate::Special;
    use crate::testing::{After, Before, PC, i, r, special, x};

    const MINUS_ONE: u32 = u32::MAX;

    /// The pc and the one after it.
    fn pcs(vm: &After) -> (u32, u32) {
        (vm.state().hart.pc().0, special(vm, Special::NextPc))
    }

    #[test]
    fn branches() {
        #[rustfmt::skip]
        let cases = [
            // op, rs, rt, taken, linked
            (Beq, 5, 5, true, false),         (Beq, 5, 6, false, false),
            (Bne, 5, 5, false, false),        (Bne, 5, 6, true, false),
            (Blez, 0, 0, true, false),        (Blez, MINUS_ONE, 0, true, false),    (Blez, 1, 0, false, false),
            (Bgtz, 0, 0, false, false),       (Bgtz, MINUS_ONE, 0, false, false),   (Bgtz, 1, 0, true, false),
            (Bltz, 0, 0, false, false),       (Bltz, MINUS_ONE, 0, true, false),
            (Bgez, 0, 0, true, false),        (Bgez, MINUS_ONE, 0, false, false),
            (Bltzal, 0, 0, false, true),      (Bltzal, MINUS_ONE, 0, true, true),
            (Bgezal, 0, 0, true, true),       (Bgezal, MINUS_ONE, 0, false, true),
        ];
        for (op, rs, rt, taken, linked) in cases {
            // In REGIMM the field of rt tells the instruction.
            let rt_field = if matches!(op, Beq | Bne) { 9 } else { 0 };
            for (imm, to) in [(4, PC + 20), (0xfffe, PC - 4)] {
                let after = Before::new(i(op, 8, rt_field, imm)).x(8, rs).x(9, rt).step().unwrap();
                let next = if taken { to } else { PC + 8 };
                assert_eq!(pcs(&after), (PC + 4, next), "{op:?} {rs:x} {rt:x}");
                assert_eq!(x(&after, 31), if linked { PC + 8 } else { 0 }, "{op:?}");
            }
        }
    }

    /// Reference: the other REGIMM encodings, among them TGEI, BLTZL and SYNCI, are branches never taken.
    #[test]
    fn other_regimm_is_never_taken() {
        for rt in (0..32).filter(|rt| ![0, 1, 0x10, 0x11].contains(rt)) {
            for rs in [0, 1, MINUS_ONE] {
                let after = Before::new(1 << 26 | 8 << 21 | rt << 16 | 4).x(8, rs).step().unwrap();
                assert_eq!((pcs(&after), x(&after, 31)), ((PC + 4, PC + 8), 0), "{rt:x}");
            }
        }
    }

    #[test]
    fn a_linking_branch_reads_r31_before() {
        let after = Before::new(i(Bgezal, 31, 0, 4)).x(31, MINUS_ONE).step().unwrap();
        assert_eq!((pcs(&after), x(&after, 31)), ((PC + 4, PC + 8), PC + 8));
    }

    #[test]
    fn jumps() {
        const HIGH: u32 = 0xafff_fffc;
        let index = 0x0200_0001;
        #[rustfmt::skip]
        let cases = [
            // instruction, r8, pc, target, link register, link
            (J.row().bits | index,   0,           PC,   0x0800_0004, 31, 0),
            (Jal.row().bits | index, 0,           PC,   0x0800_0004, 31, PC + 8),
            // The region is that of the delay slot.
            (Jal.row().bits | index, 0,           HIGH, 0xb800_0004, 31, 0xb000_0004),
            (r(Jr, 8, 0, 9),         0x1234_5677, PC,   0x1234_5677, 9,  0),
            (r(Jalr, 8, 0, 9),       0x1234_5678, PC,   0x1234_5678, 9,  PC + 8),
            (r(Jalr, 8, 0, 8),       0x1234_5678, PC,   0x1234_5678, 8,  PC + 8),
            (r(Jalr, 8, 0, 0),       0x1234_5678, PC,   0x1234_5678, 0,  0),
        ];
        for (raw, r8, pc, to, register, link) in cases {
            let after = Before::new(raw).word(pc, raw).at(pc, pc + 4).x(8, r8).step().unwrap();
            assert_eq!(pcs(&after), (pc + 4, to), "{raw:x}");
            assert_eq!(x(&after, register), link, "{raw:x}");
        }
    }

    /// Nothing is linked before the trap: [`Before::step`] looks at the whole state.
    #[test]
    fn delay_slots_hold_no_jump() {
        #[rustfmt::skip]
        let cases = [
            (i(Beq, 8, 9, 4), Trap::BranchInDelaySlot),       (i(Bne, 8, 9, 4), Trap::BranchInDelaySlot),
            (i(Blez, 8, 0, 4), Trap::BranchInDelaySlot),      (i(Bgtz, 8, 0, 4), Trap::BranchInDelaySlot),
            (i(Bltz, 8, 0, 4), Trap::BranchInDelaySlot),      (i(Bgez, 8, 0, 4), Trap::BranchInDelaySlot),
            (i(Bltzal, 8, 0, 4), Trap::BranchInDelaySlot),    (i(Bgezal, 8, 0, 4), Trap::BranchInDelaySlot),
            (i(RegimmNever, 8, 31, 4), Trap::BranchInDelaySlot),
            (J.row().bits, Trap::JumpInDelaySlot),            (Jal.row().bits, Trap::JumpInDelaySlot),
            (r(Jr, 8, 0, 0), Trap::JumpInDelaySlot),          (r(Jalr, 8, 0, 9), Trap::JumpInDelaySlot),
        ];
        for (raw, trap) in cases {
            assert_eq!(Before::new(raw).at(PC, 0x8000).step().err(), Some(trap), "{raw:x}");
            // Reference: a delay slot that continues at the next address is not noticed.
            assert!(Before::new(raw).at(PC, PC + 4).step().is_ok(), "{raw:x}");
        }
    }

    /// Any address may be jumped to; the fetch there is refused.
    #[test]
    fn a_misaligned_pc_is_not_fetched() {
        for low in 1..4 {
            assert_eq!(Before::new(0).at(PC + low, PC + 4).step().err(), Some(Trap::MisalignedFetch));
        }
    }
}
