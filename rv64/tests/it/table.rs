//! Laws of the instruction table, and encodings as binutils 2.40 makes them.

use isa_traits::{Insn, Isa as _, Reg};
use rv64::{Op, Rv64};

use crate::testing::{Random, b, i, j, r, s, u};

/// The first row that matches, found row by row.
fn scan(rows: &[(u32, u32)], raw: u32) -> Option<Op> {
    rows.iter().position(|&(mask, bits)| raw & mask == bits).map(|row| Op::ALL[row])
}

fn rows() -> Vec<(u32, u32)> {
    Op::ALL.iter().map(|op| (op.row().mask, op.row().bits)).collect()
}

#[test]
fn a_row_fixes_no_bit_outside_its_mask() {
    for op in Op::ALL {
        assert_eq!(op.row().bits & !op.row().mask, 0, "{op:?}");
    }
}

/// Whatever stands in the free bits of a row, that row is found or one above it; and each row is found.
#[test]
fn every_row_is_found_by_its_encodings() {
    let mut rng = Random::new(2);
    for &op in Op::ALL {
        let row = op.row();
        let found: Vec<Op> =
            (0..1000).map(|_| Op::lookup(rng.next() as u32 & !row.mask | row.bits).unwrap()).collect();
        assert!(found.iter().all(|&found| found <= op), "{op:?}");
        assert!(found.contains(&op), "{op:?} is shadowed");
    }
}

#[test]
fn the_lookup_finds_what_a_scan_of_all_rows_finds() {
    let (rows, mut rng) = (rows(), Random::new(3));
    for _ in 0..1_000_000 {
        let raw = rng.next() as u32;
        assert_eq!(Op::lookup(raw), scan(&rows, raw), "{raw:#010x}");
    }
    for key in 0..1024 {
        for _ in 0..500 {
            let raw = rng.next() as u32 & !0x707f | key & 0x7f | key >> 7 << 12;
            assert_eq!(Op::lookup(raw), scan(&rows, raw), "{raw:#010x}");
        }
    }
}

#[test]
fn mnemonics_are_names_of_one_row() {
    for (n, op) in Op::ALL.iter().enumerate() {
        assert!(Op::ALL[..n].iter().all(|other| other.mnemonic() != op.mnemonic()), "{op:?}");
    }
}

fn decode(raw: u32, name: &str) -> Insn<Op> {
    let insn = Rv64::decode(raw).unwrap();
    assert_eq!(insn.op.mnemonic(), name, "{raw:#010x}");
    insn
}

const fn regs(numbers: [u32; 3]) -> [Reg; 3] {
    let [rd, rs1, rs2] = numbers;
    [Reg::dest(rd), Reg::source(rs1), Reg::source(rs2)]
}

#[test]
fn register_formats_are_taken_apart() {
    #[rustfmt::skip]
    let cases = [
        (0x4118_07b3, "sub",       [15, 16, 17]),    (0x4149_d93b, "sraw",      [18, 19, 20]),
        (0x037b_2ab3, "mulhsu",    [21, 22, 23]),    (0x03ac_fc3b, "remuw",     [24, 25, 26]),
        (0x1001_20af, "lr.w",      [1, 2, 0]),       (0x1402_31af, "lr.d",      [3, 4, 0]),
        (0x1a63_a2af, "sc.w",      [5, 7, 6]),       (0x1e95_342f, "sc.d",      [8, 10, 9]),
        (0x08c6_a5af, "amoswap.w", [11, 13, 12]),    (0x00f8_372f, "amoadd.d",  [14, 16, 15]),
        (0x2021_a0af, "amoxor.w",  [1, 3, 2]),       (0x6021_b0af, "amoand.d",  [1, 3, 2]),
        (0x4021_a0af, "amoor.w",   [1, 3, 2]),       (0x8021_b0af, "amomin.d",  [1, 3, 2]),
        (0xa021_a0af, "amomax.w",  [1, 3, 2]),       (0xc621_b0af, "amominu.d", [1, 3, 2]),
        (0xe129_a8af, "amomaxu.w", [17, 19, 18]),
    ];
    for (raw, name, registers) in cases {
        let insn = decode(raw, name);
        assert_eq!([insn.rd, insn.rs1, insn.rs2], regs(registers), "{name}");
    }
}

#[test]
fn immediate_formats_are_taken_apart() {
    #[rustfmt::skip]
    let cases = [
        // encoding, name, rd, rs1, immediate
        (0xfff1_0083, "lb",    1,  2,  -1),       (0x7fff_3f83, "ld",    31, 30, 2047),
        (0x8003_6283, "lwu",   5,  6,  -2048),    (0xffc1_00e7, "jalr",  1,  2,  -4),
        (0xfff1_0093, "addi",  1,  2,  -1),       (0x7ff2_3193, "sltiu", 3,  4,  2047),
        (0x800f_7f93, "andi",  31, 30, -2048),    (0x03f1_1093, "slli",  1,  2,  63),
        (0x0202_5193, "srli",  3,  4,  32),       (0x4213_5293, "srai",  5,  6,  33),
        (0xff94_039b, "addiw", 7,  8,  -7),       (0x01f5_149b, "slliw", 9,  10, 31),
        (0x0016_559b, "srliw", 11, 12, 1),        (0x41f7_569b, "sraiw", 13, 14, 31),
    ];
    for (raw, name, rd, rs1, imm) in cases {
        let insn = decode(raw, name);
        assert_eq!((insn.rd, insn.rs1, insn.imm), (Reg::dest(rd), Reg::source(rs1), imm), "{name}");
    }
}

#[test]
fn store_branch_and_upper_formats_are_taken_apart() {
    #[rustfmt::skip]
    let cases = [
        // encoding, name, rs1, rs2, immediate
        (0xfe32_0fa3, "sb",  4,  3,  -1),       (0x7fff_3fa3, "sd",   30, 31, 2047),
        (0x8053_2023, "sw",  6,  5,  -2048),    (0xfe20_8ce3, "beq",  1,  2,  -8),
        (0x7fef_ffe3, "bgeu", 31, 30, 4094),    (0x8062_c063, "blt",  5,  6,  -4096),
        (0x0083_90e3, "bne", 7,  8,  2048),
    ];
    for (raw, name, rs1, rs2, imm) in cases {
        let insn = decode(raw, name);
        assert_eq!((insn.rs1, insn.rs2, insn.imm), (Reg::source(rs1), Reg::source(rs2), imm), "{name}");
    }
    #[rustfmt::skip]
    let cases = [
        // encoding, name, rd, immediate
        (0x0080_00ef, "jal", 1,  8),             (0x7fff_ffef, "jal",   31, 0xf_fffe),
        (0x8000_006f, "jal", 0,  -0x10_0000),    (0xffff_f2ef, "jal",   5,  -2),
        (0x0010_036f, "jal", 6,  0x800),         (0xffff_f2b7, "lui",   5,  -0x1000),
        (0x8000_1317, "auipc", 6, 0x8000_1000_u32 as i32),
    ];
    for (raw, name, rd, imm) in cases {
        let insn = decode(raw, name);
        assert_eq!((insn.rd, insn.imm), (Reg::dest(rd), imm), "{name}");
    }
}

/// Every immediate of every format, between registers at their ends.
#[test]
fn what_is_encoded_is_decoded() {
    for (rd, rs1, rs2) in [(0, 31, 1), (31, 0, 30), (1, 16, 8)] {
        let [d, a, c] = regs([rd, rs1, rs2]);
        let insn = decode(r(Op::Add, rd, rs1, rs2), "add");
        assert_eq!([insn.rd, insn.rs1, insn.rs2], [d, a, c]);
        for imm in -2048..2048 {
            let insn = decode(i(Op::Addi, rd, rs1, imm), "addi");
            assert_eq!((insn.rd, insn.rs1, insn.imm), (d, a, imm));
            let insn = decode(s(Op::Sd, rs1, rs2, imm), "sd");
            assert_eq!((insn.rs1, insn.rs2, insn.imm), (a, c, imm));
            let insn = decode(b(Op::Bne, rs1, rs2, 2 * imm), "bne");
            assert_eq!((insn.rs1, insn.rs2, insn.imm), (a, c, 2 * imm));
        }
        for imm in -0x8_0000..0x8_0000 {
            let insn = decode(j(rd, 2 * imm), "jal");
            assert_eq!((insn.rd, insn.imm), (d, 2 * imm));
        }
        for imm in (0..=u32::MAX).step_by(0x1000) {
            let insn = decode(u(Op::Lui, rd, imm), "lui");
            assert_eq!((insn.rd, insn.imm), (d, imm as i32));
        }
    }
}
