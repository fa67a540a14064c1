//! Branches, jumps and where instructions are fetched from.

use isa_traits::{Hart as _, Trap, W64};
use rv64::Op::{self, *};

use crate::manual::branches;
use crate::testing::{Before, CORNERS, PC, RD, RS1, RS2, b, i, j, set, x};

const BRANCHES: [Op; 6] = [Beq, Bne, Blt, Bge, Bltu, Bgeu];

#[test]
fn branches_are_taken_as_the_manual_says() {
    for op in BRANCHES {
        let before = Before::new(b(op, RS1, RS2, -64));
        for a in CORNERS {
            for c in CORNERS {
                let before = before.clone().x(RS1, a).x(RS2, c);
                let to = if branches(op, a, c) { PC - 64 } else { PC + 4 };
                let wanted = before.retired(|state| state.hart.start_at(W64(to)));
                assert_eq!(before.step().unwrap().state(), &wanted, "{op:?} {a:#x} {c:#x}");
            }
        }
    }
}

/// IALIGN is 32: only the target of a branch that is taken must be aligned (§2.5). Reference: where the branch
/// is not taken, the pc itself.
#[test]
fn branches_go_to_aligned_addresses_only() {
    #[rustfmt::skip]
    let cases = [
        // pc, imm, where it goes if taken, and if not
        (PC,     4,     Some(PC + 4),            Some(PC + 4)),
        (PC,     -4096, Some(PC - 4096),         Some(PC + 4)),
        (PC,     4092,  Some(PC + 4092),         Some(PC + 4)),
        (PC,     4094,  None,                    Some(PC + 4)),
        (PC,     -2,    None,                    Some(PC + 4)),
        (PC,     0,     Some(PC),                Some(PC + 4)),
        (PC + 2, 2,     Some(PC + 4),            None),
        (PC + 2, 4,     None,                    None),
        (PC + 1, 4,     None,                    None),
        (0,      -4,    Some(u64::MAX - 3),      Some(4)),
        (u64::MAX - 3, 4, Some(0),               Some(0)),
    ];
    for (pc, imm, taken, not_taken) in cases {
        for (op, to) in [(Beq, taken), (Bgeu, taken), (Bne, not_taken), (Blt, not_taken)] {
            let before = Before::at(pc, b(op, RS1, RS1, imm));
            let found = before.step().map(|after| after.state().hart.pc().0);
            assert_eq!(found, to.ok_or(Trap::MisalignedJump), "{op:?} {imm} at {pc:#x}");
        }
        for funct3 in [2, 3] {
            let before = Before::at(pc, b(Beq, RS1, RS1, imm) | funct3 << 12);
            let found = before.step().map(|after| after.state().hart.pc().0);
            assert_eq!(found, not_taken.ok_or(Trap::MisalignedJump), "funct3 {funct3} at {pc:#x}");
        }
    }
}

#[test]
fn jal_links_and_goes_to_aligned_addresses_only() {
    #[rustfmt::skip]
    let cases = [
        // pc, imm, target, link
        (PC,     8,         Some(PC + 8)),                 (PC,     -4,      Some(PC - 4)),
        (PC,     0xf_fffc,  Some(PC + 0xf_fffc)),          (PC,     2,       None),
        (PC,     -0x10_0000, Some(PC.wrapping_sub(0x10_0000))),
        (PC,     0x802,     None),                         (PC + 2, 2,       Some(PC + 4)),
        (PC + 2, 4,         None),                         (u64::MAX - 3, 4, Some(0)),
    ];
    for (pc, imm, to) in cases {
        for rd in [0, 1, RD] {
            let before = Before::at(pc, j(rd, imm));
            let found = before.step().map(|after| after.state().clone());
            let wanted = to.ok_or(Trap::MisalignedJump).map(|to| {
                before.retired(|state| {
                    let link = state.hart.pc().0;
                    if rd != 0 {
                        set(state, rd, link);
                    }
                    state.hart.start_at(W64(to));
                })
            });
            assert_eq!(found, wanted, "{imm} at {pc:#x}");
        }
    }
}

#[test]
fn jalr_links_and_goes_to_aligned_addresses_only() {
    #[rustfmt::skip]
    let cases = [
        // rs1, imm, target
        (0x8000,   0,     Some(0x8000)),    (0x8000,   2047,  None),
        (0x8000,   -2048, Some(0x7800)),    (0x8000,   5,     Some(0x8004)),
        (0x8000,   2,     None),            (0x8003,   0,     None),
        (0x8001,   0,     Some(0x8000)),    (0x8003,   1,     Some(0x8004)),
        (u64::MAX, 1,     Some(0)),         (0,        -4,    Some(u64::MAX - 3)),
    ];
    for (base, imm, to) in cases {
        // Reference: funct3 is not looked at.
        for funct3 in 0..8 {
            let before = Before::new(i(Jalr, RD, RS1, imm) | funct3 << 12).x(RS1, base);
            let found = before.step().map(|after| after.state().clone());
            let wanted = to.ok_or(Trap::MisalignedJump).map(|to| {
                before.retired(|state| {
                    set(state, RD, PC + 4);
                    state.hart.start_at(W64(to));
                })
            });
            assert_eq!(found, wanted, "{base:#x} {imm}, funct3 {funct3}");
        }
    }
}

#[test]
fn jalr_reads_rs1_before_it_writes_rd() {
    let (after, _) = Before::new(i(Jalr, RS1, RS1, 4)).x(RS1, 0x8000).proven();
    assert_eq!((after.state().hart.pc().0, x(&after, RS1)), (0x8004, PC + 4));
}

/// Reference: a pc need not be aligned where its four bytes lie in one leaf, and stays misaligned in straight
/// code.
#[test]
fn instructions_are_fetched_from_within_a_leaf() {
    for offset in 0..32 {
        let before = Before::at(PC + offset, i(Addi, RD, RS1, 1)).x(RS1, 1);
        if offset > 28 {
            assert_eq!(before.step().err(), Some(Trap::MisalignedFetch), "{offset}");
        } else {
            let (after, paths) = before.proven();
            assert_eq!(
                (x(&after, RD), after.state().hart.pc().0, paths),
                (2, PC + offset + 4, 1),
                "{offset}"
            );
        }
    }
}

#[test]
fn memory_that_was_never_written_holds_no_instruction() {
    let before = Before::new(0).with(|state| state.hart.start_at(W64(0x9000)));
    assert_eq!(before.step().err(), Some(Trap::UnknownOpcode));
}

#[test]
fn the_pc_wraps() {
    let (after, _) = Before::at(u64::MAX - 3, i(Addi, RD, RS1, 0)).proven();
    assert_eq!(after.state().hart.pc().0, 0);
    let (after, _) = Before::at(u64::MAX - 3, j(RD, 8)).proven();
    assert_eq!((after.state().hart.pc().0, x(&after, RD)), (4, 0));
}

#[test]
fn an_exited_machine_stays_as_it_is() {
    let before = Before::new(0).with(|state| (state.exited, state.exit_code) = (true, 1));
    let mut vm = before.vm();
    let proof = vm.prove(&mut crate::testing::HelloWorld, &mut ()).unwrap();
    assert_eq!((vm.state(), proof.proof.len(), proof.pre), (&before.state, 0, proof.post));
}
