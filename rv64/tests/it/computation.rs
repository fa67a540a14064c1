//! Integer computation: RV64I and M.

use rv64::Op::{self, *};

use crate::manual::computes;
use crate::testing::{Before, CORNERS, HelloWorld, RD, RS1, RS2, i, r, set, u, x};

const REGISTER: [Op; 28] = [
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw, Srlw, Sraw, Mul, Mulh, Mulhsu, Mulhu,
    Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,
];
const IMMEDIATE: [Op; 7] = [Addi, Slti, Sltiu, Xori, Ori, Andi, Addiw];

#[test]
fn register_computations_are_those_of_the_manual() {
    for op in REGISTER {
        let before = Before::new(r(op, RD, RS1, RS2));
        for a in CORNERS {
            for b in CORNERS {
                let before = before.clone().x(RS1, a).x(RS2, b);
                let wanted = before.retired(|state| set(state, RD, computes(op, a, b)));
                assert_eq!(before.step().unwrap().state(), &wanted, "{op:?} {a:#x} {b:#x}");
            }
        }
    }
}

/// The results that the manual's tables give as numbers (§13.2, table 11), and W forms of dirty operands.
#[test]
fn corner_cases_have_the_manuals_numbers() {
    const MIN: u64 = 1 << 63;
    const MIN_W: u64 = 0xffff_ffff_8000_0000;
    const ONES: u64 = u64::MAX;
    const DIRTY_ZERO: u64 = 0xdead_beef_0000_0000;
    #[rustfmt::skip]
    let cases = [
        // op, rs1, rs2, rd
        (Div,   7,     0,          ONES),     (Divu,  7,     0,          ONES),
        (Rem,   7,     0,          7),        (Remu,  7,     0,          7),
        (Div,   MIN,   ONES,       MIN),      (Rem,   MIN,   ONES,       0),
        (Div,   ONES - 6, 2,       ONES - 2), (Rem,   ONES - 6, 2,       ONES),
        (Divw,  0xffff_0000_0000_0007, DIRTY_ZERO, ONES),
        (Divuw, 7,     DIRTY_ZERO, ONES),     (Remw,  0xffff_0000_8000_0000, DIRTY_ZERO, MIN_W),
        (Remuw, 0x1_8000_0000, DIRTY_ZERO, MIN_W),
        (Divw,  0x8000_0000, 0xffff_ffff, MIN_W), (Remw, 0x8000_0000, 0xffff_ffff, 0),
        (Divuw, 0x1_8000_0000, 1,  MIN_W),    (Mulw,  0x8000_0000, 3,    MIN_W),
        (Mulh,  MIN,   MIN,        1 << 62),  (Mulhsu, ONES, ONES,       ONES),
        (Mulhu, ONES,  ONES,       ONES - 1), (Mulh,  ONES,  ONES,       0),
        (Addw,  0x7fff_ffff, 1,    MIN_W),    (Subw,  MIN_W, 1,          0x7fff_ffff),
        (Sllw,  0xf_0000_0001, 31, MIN_W),    (Sllw,  3,     32,         3),
        (Srlw,  0xf_8000_0000, 0,  MIN_W),    (Srlw,  0xf_8000_0000, 31, 1),
        (Sraw,  0xf_7fff_ffff, 30, 1),        (Sraw,  0x8000_0000, 31,   ONES),
        (Sll,   1,     64,         1),        (Sra,   MIN,   127,        ONES),
    ];
    for (op, a, b, result) in cases {
        let (after, _) = Before::new(r(op, RD, RS1, RS2)).x(RS1, a).x(RS2, b).proven();
        assert_eq!(x(&after, RD), result, "{op:?} {a:#x} {b:#x}");
    }
}

#[test]
fn immediate_computations_are_those_of_the_manual() {
    for op in IMMEDIATE {
        for imm in [0, 1, -1, 2, 31, 63, 1023, 1024, 2047, -2047, -2048] {
            for a in CORNERS {
                let before = Before::new(i(op, RD, RS1, imm)).x(RS1, a);
                let result = computes(op, a, i64::from(imm) as u64);
                let wanted = before.retired(|state| set(state, RD, result));
                assert_eq!(before.step().unwrap().state(), &wanted, "{op:?} {a:#x} {imm}");
            }
        }
    }
}

#[test]
fn constant_shifts_are_those_of_the_manual() {
    for (op, amounts) in [(Slli, 64), (Srli, 64), (Srai, 64), (Slliw, 32), (Srliw, 32), (Sraiw, 32)] {
        for shamt in 0..amounts {
            for a in CORNERS {
                let before = Before::new(i(op, RD, RS1, shamt)).x(RS1, a);
                let wanted = before.retired(|state| set(state, RD, computes(op, a, shamt as u64)));
                assert_eq!(before.step().unwrap().state(), &wanted, "{op:?} {a:#x} {shamt}");
            }
        }
    }
}

#[test]
fn upper_immediates_are_sign_extended_and_wrap() {
    let pcs: [u64; 6] = [0, 0x1000, 0x1004, 0x7fff_fff0, 0x7fff_ffff_ffff_fffc, 0xffff_ffff_ffff_fffc];
    for imm in [0, 0x1000, 0x7fff_f000, 0x8000_0000, 0xffff_f000] {
        let extended = i64::from(imm as i32);
        for pc in pcs {
            for (op, result) in [(Lui, extended as u64), (Auipc, pc.wrapping_add_signed(extended))] {
                let before = Before::at(pc, u(op, RD, imm));
                let wanted = before.retired(|state| set(state, RD, result));
                assert_eq!(before.step().unwrap().state(), &wanted, "{op:?} {imm:#x} at {pc:#x}");
            }
        }
    }
}

#[test]
fn operands_are_read_before_the_result_is_written() {
    let (a, b) = (0x0123_4567_89ab_cdef, 0xdead_beef_0000_0005);
    for op in REGISTER {
        for rd in [RS1, RS2] {
            let after = Before::new(r(op, rd, RS1, RS2)).x(RS1, a).x(RS2, b).step().unwrap();
            assert_eq!(x(&after, rd), computes(op, a, b), "{op:?}");
        }
        let after = Before::new(r(op, RS1, RS1, RS1)).x(RS1, a).step().unwrap();
        assert_eq!(x(&after, RS1), computes(op, a, a), "{op:?}");
    }
}

/// Unprivileged ISA §2.1: x0 is zero. A witness may hold another value there; it is read as stored
/// (rvgo/fast/vm.go:147-152) and never written.
#[test]
fn x0_is_read_as_stored_and_never_written() {
    for stored in [0, 5] {
        let after = Before::new(r(Add, RD, 0, 0)).x(0, stored).proven().0;
        assert_eq!(x(&after, RD), 2 * stored);
    }
    for &op in Op::ALL.iter().filter(|&&op| op != Ecall) {
        // rs1 is an address that every instruction accepts, as a target of jumps too.
        let before = Before::new(r(op, 0, RS1, RS2)).x(RS1, 0x3000).x(0, 5).with(|state| {
            state.preimage_key = HelloWorld::key();
        });
        if let Ok(after) = before.step() {
            assert_eq!(x(&after, 0), 5, "{op:?}");
        }
    }
}
