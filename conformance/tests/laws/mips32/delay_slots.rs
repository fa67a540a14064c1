//! Delay slots: a run may stop between a jump and its slot, and be saved there.

use isa_traits::{Hart as _, Reg, Trap, W32};
use mips32::Op::{self, *};
use mips32::{CannonMips32, Special};

use super::encoding::{at, b, i, j, r};
use crate::machine::{Start, Walk, resumes_as_it_walks, runs_as_it_walks};

const SUM: u32 = 16;
const NOP: u32 = 0;

const fn add(value: i32) -> u32 {
    i(Addiu, SUM, SUM, value)
}

/// Runs, proves and resumes `steps` steps.
fn walked(start: &Start<CannonMips32>, steps: u64) -> Walk<CannonMips32> {
    let walk = runs_as_it_walks(start, steps);
    resumes_as_it_walks(start, &walk, steps);
    walk
}

/// The pc, the next pc and the sum in a state of the walk.
fn seen(walk: &Walk<CannonMips32>, step: usize) -> (u64, u64, u64) {
    let (state, _) = &walk.states[step];
    let hart = &state.hart;
    let next = hart.special(Special::NextPc).0;
    (hart.pc().0.into(), next.into(), hart.x()[Reg::source(SUM)].0.into())
}

/// Every jump and branch that is taken, from `pc` to `to`, seven instructions after the slot; r8 holds `to`, r9 is
/// negative and r10 positive.
fn jumps(to: u64) -> [(Op, u32); 13] {
    [
        (J, j(J, to)),
        (Jal, j(Jal, to)),
        (Jr, r(Jr, 0, 8, 0)),
        (Jalr, r(Jalr, 31, 8, 0)),
        (Beq, b(Beq, 9, 9, 7)),
        (Bne, b(Bne, 9, 10, 7)),
        (Blez, b(Blez, 9, 0, 7)),
        (Blez, b(Blez, 0, 0, 7)),
        (Bgtz, b(Bgtz, 10, 0, 7)),
        (Bltz, b(Bltz, 9, 0, 7)),
        (Bgez, b(Bgez, 10, 0, 7)),
        (Bltzal, b(Bltzal, 9, 0, 7)),
        (Bgezal, b(Bgezal, 10, 0, 7)),
    ]
}

/// In the middle of a page, over its end, into a page that does not exist, and over the end of the space.
#[test]
fn a_run_may_stop_between_a_jump_and_its_slot() {
    for pc in [0x1000, 0x1ffc, 0x1fe0, 0xffff_fffc] {
        let slot = (pc + 4) & 0xffff_ffff;
        let to = slot + 28;
        for (op, jump) in jumps(to) {
            // The region of a jump is that of its slot.
            let start = at(pc).x(8, to).x(9, u64::MAX).x(10, 1).code(pc, &[jump, add(1)]);
            let walk = walked(&start.code(to, &[add(2), add(4)]), 4);
            assert_eq!(walk.trap, None, "{op:?} at {pc:#x}");
            assert_eq!(seen(&walk, 1), (slot, to, 0), "{op:?} at {pc:#x}");
            assert_eq!(seen(&walk, 2), (to, to + 4, 1), "{op:?} at {pc:#x}");
            assert_eq!(seen(&walk, 4), (to + 8, to + 12, 7), "{op:?} at {pc:#x}");
        }
    }
}

/// What was never written reads as zeros, and those are instructions that do nothing.
#[test]
fn pages_never_written_are_run_through() {
    let slot_absent = at(0x1ffc).x(8, 0x5000).code(0x1ffc, &[r(Jr, 0, 8, 0)]);
    let walk = walked(&slot_absent, 20);
    assert_eq!((walk.trap, seen(&walk, 1)), (None, (0x2000, 0x5000, 0)));
    assert_eq!(seen(&walk, 20), (0x5048, 0x504c, 0));
    let walk = walked(&at(0x2ff8).code(0x3000, &[add(1)]), 4);
    assert_eq!(seen(&walk, 4), (0x3008, 0x300c, 1));
}

/// The trap stands in the slot, with the jump before it done and where it leads not forgotten.
#[test]
fn a_trap_in_a_slot_leaves_the_jump_pending() {
    let to = 0x1000 + 4 + 28;
    for (slot, trap) in [
        (b(Beq, 0, 0, 1), Trap::BranchInDelaySlot),
        (j(J, to), Trap::JumpInDelaySlot),
        (0x4000_0000, Trap::UnknownOpcode),
        (r(Div, 0, 8, 0), Trap::DivisionByZero),
    ] {
        for (op, jump) in jumps(to) {
            let start = at(0x1000).x(8, to).x(9, u64::MAX).x(10, 1);
            let walk = walked(&start.code(0x1000, &[jump, slot]), 4);
            assert_eq!((walk.trap, walk.proofs.len()), (Some(trap), 1), "{op:?}");
            assert_eq!(seen(&walk, 1), (0x1004, to, 0), "{op:?}");
        }
    }
}

/// A machine may begin in a slot, wherever the jump leads; a jump to no multiple of 4 is refused only there.
#[test]
fn a_run_may_begin_in_a_slot() {
    for (next, trap) in [(0x1000, None), (0x5000, None), (0x1002, Some(Trap::MisalignedFetch))] {
        let mut start = at(0x1000).code(0x1000, &[add(1), NOP]);
        start.state.hart.set_special(Special::NextPc, W32(next));
        let walk = walked(&start, 3);
        assert_eq!((walk.trap, seen(&walk, 1)), (trap, (next.into(), u64::from(next) + 4, 1)), "{next:#x}");
    }
}

/// A system call in a slot leads on to where the jump goes.
#[test]
fn a_system_call_in_a_slot_goes_where_the_jump_leads() {
    let to = 0x1000 + 4 + 28;
    for (number, exited) in [(4003, false), (4045, false), (4120, false), (4246, true)] {
        for (op, jump) in jumps(to) {
            let start = at(0x1000).x(8, to).x(9, u64::MAX).x(10, 1).x(2, number).x(4, 5).x(5, 0x8000).x(6, 4);
            let walk = walked(&start.code(0x1000, &[jump, Syscall.row().bits]), 2);
            let there = if exited { (0x1004, to, 0) } else { (to, to + 4, 0) };
            assert_eq!(seen(&walk, 2), there, "{op:?}, call {number}");
            assert_eq!(walk.states[2].0.exited, exited);
        }
    }
}
