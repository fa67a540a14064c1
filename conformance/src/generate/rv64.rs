//! The back end for RV64IM: A is t0, B is t1, and t2 and t3 are free.

use super::compile::{Backend, Label};
use super::{Op, Type, U64};

const ZERO: u32 = 0;
const RA: u32 = 1;
const SP: u32 = 2;
const A: u32 = 5;
const B: u32 = 6;
const T: u32 = 7;
const A0: u32 = 10;
const A1: u32 = 11;
const A2: u32 = 12;
const NUMBER: u32 = 17;
/// What a transfer has left: the address and the bytes.
const AT: u32 = 18;
const LEFT: u32 = 19;

const READ: u64 = 63;
const WRITE: u64 = 64;
const EXIT: u64 = 93;

const OP: u32 = 0x33;
const OP_32: u32 = 0x3b;
const OP_IMM: u32 = 0x13;

/// Code as it grows.
#[derive(Default)]
pub(super) struct Rv64 {
    words: Vec<u32>,
    places: Vec<(Label, usize)>,
    /// Jumps whose offsets are missing.
    open: Vec<(usize, Label)>,
}

const fn r(opcode: u32, funct7: u32, funct3: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

const fn i(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i64) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

const fn s(funct3: u32, rs2: u32, rs1: u32, imm: i64) -> u32 {
    let imm = imm as u32 & 0xfff;
    imm >> 5 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 31) << 7 | 0x23
}

const fn addi(rd: u32, rs1: u32, imm: i64) -> u32 {
    i(OP_IMM, 0, rd, rs1, imm)
}

/// BEQ (funct3 0), BNE (1), BGE (5) and BGEU (7) over some instructions, fewer than 512.
const fn over(count: u32, funct3: u32, rs1: u32, rs2: u32) -> u32 {
    let imm = 4 + 4 * count;
    (imm >> 5 & 0x3f) << 25 | (imm >> 1 & 15) << 8 | rs2 << 20 | rs1 << 15 | funct3 << 12 | 0x63
}

/// A branch over the next instruction.
const fn skip(funct3: u32, rs1: u32, rs2: u32) -> u32 {
    over(1, funct3, rs1, rs2)
}

/// JAL with its offset scattered.
const fn jal(rd: u32, offset: i64) -> u32 {
    let imm = offset as u32;
    (imm >> 20 & 1) << 31
        | (imm >> 1 & 0x3ff) << 21
        | (imm >> 11 & 1) << 20
        | (imm & 0xff000)
        | rd << 7
        | 0x6f
}

impl Rv64 {
    fn emit(&mut self, words: &[u32]) {
        self.words.extend(words);
    }

    /// Loads a constant: 32 bits by LUI and ADDIW, and then 11, 11 and 10 more where there are more.
    fn li(&mut self, rd: u32, value: u64) {
        if value as i64 == i64::from(value as i32) {
            let upper = (value as u32).wrapping_add(0x800) & 0xffff_f000;
            self.emit(&[upper | rd << 7 | 0x37, i(0x1b, 0, rd, rd, value.wrapping_sub(upper.into()) as i64)]);
        } else {
            self.li(rd, (value as i64 >> 32) as u64);
            for (bits, part) in [(11, value >> 21 & 0x7ff), (11, value >> 10 & 0x7ff), (10, value & 0x3ff)] {
                self.emit(&[i(OP_IMM, 1, rd, rd, bits), i(OP_IMM, 6, rd, rd, part as i64)]);
            }
        }
    }

    /// Extends A as a type says.
    fn extend(&mut self, of: Type) {
        let unused = i64::from(64 - of.bits);
        let right = if of.signed { 0x400 | unused } else { unused };
        if of.bits < 64 {
            self.emit(&[i(OP_IMM, 1, A, A, unused), i(OP_IMM, 5, A, A, right)]);
        }
    }

    fn jal(&mut self, rd: u32, label: Label) {
        self.open.push((self.words.len(), label));
        self.emit(&[rd << 7]);
    }

    /// A jump that is made where a branch over the next instruction is not.
    fn far(&mut self, unless: u32, label: Label) {
        self.emit(&[unless]);
        self.jal(ZERO, label);
    }
}

impl Backend for Rv64 {
    fn start(&mut self, stack: u64) {
        self.li(SP, stack);
    }

    fn finish(mut self) -> Vec<u8> {
        for (at, label) in self.open {
            let place = self.places.iter().find(|place| place.0 == label).map_or(at, |place| place.1);
            self.words[at] = jal(self.words[at] >> 7, (place as i64 - at as i64) * 4);
        }
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn place(&mut self, label: Label) {
        self.places.push((label, self.words.len()));
    }

    fn jump(&mut self, label: Label) {
        self.jal(ZERO, label);
    }

    fn jump_if_zero(&mut self, label: Label) {
        self.far(skip(1, A, ZERO), label);
    }

    fn call(&mut self, label: Label) {
        self.jal(RA, label);
    }

    fn enter(&mut self, bytes: u64) {
        self.emit(&[addi(SP, SP, -(bytes as i64)), s(3, RA, SP, 0)]);
    }

    fn leave(&mut self, bytes: u64) {
        self.emit(&[i(0x03, 3, RA, SP, 0), addi(SP, SP, bytes as i64), i(0x67, 0, ZERO, RA, 0)]);
    }

    fn constant(&mut self, value: u64) {
        self.li(A, value);
    }

    fn load(&mut self, offset: u64) {
        self.emit(&[i(0x03, 3, A, SP, offset as i64)]);
    }

    fn load_b(&mut self, offset: u64) {
        self.emit(&[i(0x03, 3, B, SP, offset as i64)]);
    }

    fn store(&mut self, offset: u64) {
        self.emit(&[s(3, A, SP, offset as i64)]);
    }

    fn copy_to_b(&mut self) {
        self.emit(&[addi(B, A, 0)]);
    }

    fn operate(&mut self, op: Op, of: Type) {
        // The instructions of 32 bits count five bits of a shift by themselves, those of 64 bits six.
        let opcode = if of.bits == 32 { OP_32 } else { OP };
        let sign = u32::from(of.signed);
        if matches!(op, Op::Shl | Op::Shr) && of.bits < 32 {
            self.emit(&[i(OP_IMM, 7, B, B, i64::from(of.bits - 1))]);
        }
        match op {
            Op::Add => self.emit(&[r(opcode, 0, 0, A, A, B)]),
            Op::Sub => self.emit(&[r(opcode, 0x20, 0, A, A, B)]),
            Op::Mul => self.emit(&[r(opcode, 1, 0, A, A, B)]),
            // Divisions of 32 bits, whatever the type.
            Op::Div => self.emit(&[i(OP_IMM, 6, B, B, 1), r(OP_32, 1, 5 - sign, A, A, B)]),
            Op::Rem => self.emit(&[i(OP_IMM, 6, B, B, 1), r(OP_32, 1, 7 - sign, A, A, B)]),
            Op::And => self.emit(&[r(OP, 0, 7, A, A, B)]),
            Op::Or => self.emit(&[r(OP, 0, 6, A, A, B)]),
            Op::Xor => self.emit(&[r(OP, 0, 4, A, A, B)]),
            Op::Shl => self.emit(&[r(opcode, 0, 1, A, A, B)]),
            Op::Shr => self.emit(&[r(opcode, sign << 5, 5, A, A, B)]),
            Op::Lt => self.emit(&[r(OP, 0, 3 - sign, A, A, B)]),
            Op::Eq => self.emit(&[r(OP, 0, 4, A, A, B), i(OP_IMM, 3, A, A, 1)]),
            Op::Ne => self.emit(&[addi(T, ZERO, 1), skip(1, A, B), addi(T, ZERO, 0), addi(A, T, 0)]),
            Op::Ge => {
                self.emit(&[addi(T, ZERO, 1), skip(7 - 2 * sign, A, B), addi(T, ZERO, 0), addi(A, T, 0)])
            }
        }
        if matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Shl | Op::Shr) {
            self.extend(of);
        }
    }

    fn cast(&mut self, _: Type, to: Type) {
        self.extend(to);
    }

    fn address(&mut self, base: u64, mask: u64, shift: u32) {
        self.li(T, base);
        self.emit(&[i(OP_IMM, 7, A, A, mask as i64), i(OP_IMM, 1, A, A, shift.into()), r(OP, 0, 0, A, A, T)]);
    }

    fn fetch(&mut self, of: Type, _: bool) {
        let unsigned = if of.signed || of == U64 { 0 } else { 4 };
        self.emit(&[i(0x03, of.bytes().ilog2() | unsigned, A, A, 0)]);
    }

    fn put(&mut self, of: Type, _: bool) {
        self.emit(&[s(of.bytes().ilog2(), B, A, 0)]);
    }

    fn put_big_endian(&mut self) {
        for byte in 0..8 {
            self.emit(&[i(OP_IMM, 5, T, B, 56 - 8 * byte), s(0, T, A, byte)]);
        }
    }

    fn transfer(&mut self, write: bool, fd: u64, at: u64, bytes: Option<u64>) {
        match bytes {
            Some(bytes) => self.li(LEFT, bytes),
            // The last of eight bytes, highest first: a pre-image here has no more than 256.
            None => {
                self.li(T, super::compile::LENGTH);
                self.emit(&[i(0x03, 4, LEFT, T, 7), i(0x03, 4, T, T, 6), i(OP_IMM, 1, T, T, 8)]);
                self.emit(&[r(OP, 0, 0, LEFT, LEFT, T)]);
            }
        }
        self.li(AT, at);
        self.li(NUMBER, if write { WRITE } else { READ });
        let again = self.words.len() as i64;
        self.emit(&[over(7, 0, LEFT, ZERO)]);
        self.emit(&[addi(A0, ZERO, fd as i64), addi(A1, AT, 0), addi(A2, LEFT, 0), 0x73]);
        self.emit(&[r(OP, 0, 0, AT, AT, A0), r(OP, 0x20, 0, LEFT, LEFT, A0)]);
        let back = (again - self.words.len() as i64) * 4;
        self.emit(&[jal(ZERO, back)]);
    }

    fn exit(&mut self) {
        self.li(NUMBER, EXIT);
        self.emit(&[addi(A0, A, 0), 0x73]);
    }
}
