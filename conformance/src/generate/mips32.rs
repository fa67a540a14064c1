//! The back end for MIPS32: A is t0 and, above it, t1; B is t2 and t3; t4 to t6 are free. Delay slots
//! are filled where that is easy.

use super::compile::{Backend, LENGTH, Label};
use super::{Op, Type};

const ZERO: u32 = 0;
const V0: u32 = 2;
const A0: u32 = 4;
const A1: u32 = 5;
const A2: u32 = 6;
const LO: u32 = 8;
const HI: u32 = 9;
const B_LO: u32 = 10;
const B_HI: u32 = 11;
const T: u32 = 12;
const U: u32 = 13;
const V: u32 = 14;
/// What a transfer has left: the address and the bytes.
const AT: u32 = 16;
const LEFT: u32 = 17;
const SP: u32 = 29;
const RA: u32 = 31;

const READ: u64 = 4003;
const WRITE: u64 = 4004;
const EXIT_GROUP: u64 = 4246;

const NOP: u32 = 0;
const SYSCALL: u32 = 0x0c;
const ADDU: u32 = 0x21;
const SUBU: u32 = 0x23;
const AND: u32 = 0x24;
const OR: u32 = 0x25;
const XOR: u32 = 0x26;
const NOR: u32 = 0x27;
const SLT: u32 = 0x2a;
const SLTU: u32 = 0x2b;
const SLLV: u32 = 0x04;
const SRLV: u32 = 0x06;
const SRAV: u32 = 0x07;
const ADDIU: u32 = 0x09;
const SLTIU: u32 = 0x0b;
const ANDI: u32 = 0x0c;
const ORI: u32 = 0x0d;
const LUI: u32 = 0x0f;
const BEQ: u32 = 0x04;
const BNE: u32 = 0x05;
const LW: u32 = 0x23;
const SW: u32 = 0x2b;
const LBU: u32 = 0x24;
const SB: u32 = 0x28;

/// Code as it grows.
#[derive(Default)]
pub(super) struct Mips32 {
    words: Vec<u32>,
    places: Vec<(Label, usize)>,
    /// Jumps whose targets are missing.
    open: Vec<(usize, Label)>,
}

/// `rd = rs op rt`
const fn r(function: u32, rd: u32, rs: u32, rt: u32) -> u32 {
    rs << 21 | rt << 16 | rd << 11 | function
}

/// `rd = rt op sa`
const fn shift(function: u32, rd: u32, rt: u32, sa: u32) -> u32 {
    rt << 16 | rd << 11 | sa << 6 | function
}

/// `rt = rs op imm`, loads, stores and branches.
const fn i(opcode: u32, rt: u32, rs: u32, imm: i64) -> u32 {
    opcode << 26 | rs << 21 | rt << 16 | (imm as u32 & 0xffff)
}

impl Mips32 {
    fn emit(&mut self, words: &[u32]) {
        self.words.extend(words);
    }

    fn li(&mut self, rt: u32, value: u32) {
        self.emit(&[i(LUI, rt, ZERO, i64::from(value >> 16)), i(ORI, rt, rt, i64::from(value))]);
    }

    /// Extends the low word of A to 32 bits as a type of fewer bits says.
    fn extend(&mut self, of: Type) {
        let unused = 32 - of.bits.min(32);
        let right = if of.signed { 0x03 } else { 0x02 };
        if unused > 0 {
            self.emit(&[shift(0, LO, LO, unused), shift(right, LO, LO, unused)]);
        }
    }

    fn jump_by(&mut self, opcode: u32, label: Label) {
        self.open.push((self.words.len(), label));
        self.emit(&[opcode << 26, NOP]);
    }

    /// An operation of at most 32 bits.
    fn narrow(&mut self, op: Op, of: Type) {
        let (div, less) = if of.signed { (0x1a, SLT) } else { (0x1b, SLTU) };
        if matches!(op, Op::Shl | Op::Shr) && of.bits < 32 {
            self.emit(&[i(ANDI, B_LO, B_LO, i64::from(of.bits - 1))]);
        }
        match op {
            Op::Add => self.emit(&[r(ADDU, LO, LO, B_LO)]),
            Op::Sub => self.emit(&[r(SUBU, LO, LO, B_LO)]),
            Op::Mul => self.emit(&[0x1c << 26 | r(2, LO, LO, B_LO)]),
            Op::Div => self.emit(&[i(ORI, B_LO, B_LO, 1), r(div, 0, LO, B_LO), r(0x12, LO, 0, 0)]),
            Op::Rem => self.emit(&[i(ORI, B_LO, B_LO, 1), r(div, 0, LO, B_LO), r(0x10, LO, 0, 0)]),
            Op::And => self.emit(&[r(AND, LO, LO, B_LO)]),
            Op::Or => self.emit(&[r(OR, LO, LO, B_LO)]),
            Op::Xor => self.emit(&[r(XOR, LO, LO, B_LO)]),
            Op::Shl => self.emit(&[r(SLLV, LO, B_LO, LO)]),
            Op::Shr => self.emit(&[r(if of.signed { SRAV } else { SRLV }, LO, B_LO, LO)]),
            Op::Lt => self.emit(&[r(less, LO, LO, B_LO)]),
            Op::Ge => self.emit(&[r(less, LO, LO, B_LO), i(SLTIU, LO, LO, 1)]),
            Op::Eq => self.emit(&[r(XOR, LO, LO, B_LO), i(SLTIU, LO, LO, 1)]),
            Op::Ne => self.emit(&[r(XOR, LO, LO, B_LO), r(SLTU, LO, ZERO, LO)]),
        }
        self.extend(of);
    }

    /// An operation of 64 bits.
    fn wide(&mut self, op: Op, signed: bool) {
        match op {
            Op::Add => self.emit(&[
                r(ADDU, LO, LO, B_LO),
                r(SLTU, T, LO, B_LO),
                r(ADDU, HI, HI, B_HI),
                r(ADDU, HI, HI, T),
            ]),
            Op::Sub => self.emit(&[
                r(SLTU, T, LO, B_LO),
                r(SUBU, LO, LO, B_LO),
                r(SUBU, HI, HI, B_HI),
                r(SUBU, HI, HI, T),
            ]),
            Op::Mul => self.emit(&[
                0x1c << 26 | r(2, T, LO, B_HI),
                0x1c << 26 | r(2, U, HI, B_LO),
                r(0x19, 0, LO, B_LO), // multu
                r(0x12, LO, 0, 0),
                r(0x10, HI, 0, 0),
                r(ADDU, HI, HI, T),
                r(ADDU, HI, HI, U),
            ]),
            Op::And => self.emit(&[r(AND, LO, LO, B_LO), r(AND, HI, HI, B_HI)]),
            Op::Or => self.emit(&[r(OR, LO, LO, B_LO), r(OR, HI, HI, B_HI)]),
            Op::Xor => self.emit(&[r(XOR, LO, LO, B_LO), r(XOR, HI, HI, B_HI)]),
            // By 32 or more the words change places; else bits pass from one to the other, 31 - n of them by one more.
            Op::Shl => self.emit(&[
                i(ANDI, T, B_LO, 32),
                i(BNE, ZERO, T, 7),
                r(NOR, U, B_LO, ZERO),
                shift(2, V, LO, 1),
                r(SRLV, V, U, V),
                r(SLLV, HI, B_LO, HI),
                r(OR, HI, HI, V),
                i(BEQ, ZERO, ZERO, 3),
                r(SLLV, LO, B_LO, LO),
                r(SLLV, HI, B_LO, LO),
                r(ADDU, LO, ZERO, ZERO),
            ]),
            Op::Shr => {
                let right = if signed { SRAV } else { SRLV };
                self.emit(&[
                    i(ANDI, T, B_LO, 32),
                    i(BNE, ZERO, T, 7),
                    r(NOR, U, B_LO, ZERO),
                    shift(0, V, HI, 1),
                    r(SLLV, V, U, V),
                    r(SRLV, LO, B_LO, LO),
                    r(OR, LO, LO, V),
                    i(BEQ, ZERO, ZERO, 3),
                    r(right, HI, B_LO, HI),
                    r(right, LO, B_LO, HI),
                    if signed { shift(3, HI, HI, 31) } else { r(ADDU, HI, ZERO, ZERO) },
                ]);
            }
            Op::Lt | Op::Ge => {
                self.emit(&[
                    r(if signed { SLT } else { SLTU }, T, HI, B_HI),
                    i(BNE, HI, B_HI, 2),
                    r(SLTU, LO, LO, B_LO),
                    // Falls through where the high words are the same: then the low ones decide.
                    r(ADDU, T, LO, ZERO),
                    r(ADDU, LO, T, ZERO),
                ]);
                if op == Op::Ge {
                    self.emit(&[i(SLTIU, LO, LO, 1)]);
                }
            }
            Op::Eq | Op::Ne => {
                self.emit(&[r(XOR, LO, LO, B_LO), r(XOR, HI, HI, B_HI), r(OR, LO, LO, HI)]);
                self.emit(&[if op == Op::Eq { i(SLTIU, LO, LO, 1) } else { r(SLTU, LO, ZERO, LO) }]);
            }
            Op::Div | Op::Rem => unreachable!("the language divides at most 32 bits"),
        }
    }

    /// Loads a word at `offset` from the address in T, or stores one.
    fn word(&mut self, store: bool, register: u32, offset: i64, aligned: bool) {
        let (left, right) = if store { (0x2a, 0x2e) } else { (0x22, 0x26) };
        match aligned {
            true => self.emit(&[i(if store { SW } else { LW }, register, T, offset)]),
            false => self.emit(&[i(left, register, T, offset), i(right, register, T, offset + 3)]),
        }
    }
}

impl Backend for Mips32 {
    fn start(&mut self, stack: u64) {
        self.li(SP, stack as u32);
    }

    fn finish(mut self) -> Vec<u8> {
        for (at, label) in self.open {
            let place = self.places.iter().find(|place| place.0 == label).map_or(at, |place| place.1);
            self.words[at] |= (super::compile::CODE / 4) as u32 + place as u32;
        }
        self.words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn place(&mut self, label: Label) {
        self.places.push((label, self.words.len()));
    }

    fn jump(&mut self, label: Label) {
        self.jump_by(2, label);
    }

    fn jump_if_zero(&mut self, label: Label) {
        self.emit(&[i(BNE, ZERO, LO, 3), NOP]);
        self.jump_by(2, label);
    }

    fn call(&mut self, label: Label) {
        self.jump_by(3, label);
    }

    fn enter(&mut self, bytes: u64) {
        self.emit(&[i(ADDIU, SP, SP, -(bytes as i64)), i(SW, RA, SP, 0)]);
    }

    fn leave(&mut self, bytes: u64) {
        self.emit(&[i(LW, RA, SP, 0), r(0x08, 0, RA, 0), i(ADDIU, SP, SP, bytes as i64)]);
    }

    fn constant(&mut self, value: u64) {
        self.li(LO, value as u32);
        self.li(HI, (value >> 32) as u32);
    }

    fn load(&mut self, offset: u64) {
        self.emit(&[i(LW, HI, SP, offset as i64), i(LW, LO, SP, offset as i64 + 4)]);
    }

    fn load_b(&mut self, offset: u64) {
        self.emit(&[i(LW, B_HI, SP, offset as i64), i(LW, B_LO, SP, offset as i64 + 4)]);
    }

    fn store(&mut self, offset: u64) {
        self.emit(&[i(SW, HI, SP, offset as i64), i(SW, LO, SP, offset as i64 + 4)]);
    }

    fn copy_to_b(&mut self) {
        self.emit(&[r(ADDU, B_LO, LO, ZERO), r(ADDU, B_HI, HI, ZERO)]);
    }

    fn operate(&mut self, op: Op, of: Type) {
        if of.bits == 64 { self.wide(op, of.signed) } else { self.narrow(op, of) }
    }

    fn cast(&mut self, from: Type, to: Type) {
        if to.bits < 64 {
            self.extend(to);
        } else if from.bits < 64 {
            self.emit(&[if from.signed { shift(3, HI, LO, 31) } else { r(ADDU, HI, ZERO, ZERO) }]);
        }
    }

    fn address(&mut self, base: u64, mask: u64, log_bytes: u32) {
        self.li(T, base as u32);
        self.emit(&[i(ANDI, LO, LO, mask as i64), shift(0, LO, LO, log_bytes), r(ADDU, LO, LO, T)]);
    }

    fn fetch(&mut self, of: Type, aligned: bool) {
        self.emit(&[r(ADDU, T, LO, ZERO)]);
        let sign = if of.signed { 0 } else { 4 };
        match (of.bits, aligned) {
            (8, _) => self.emit(&[i(0x20 | sign, LO, T, 0)]),
            (16, true) => self.emit(&[i(0x21 | sign, LO, T, 0)]),
            (16, false) => {
                self.emit(&[i(0x20 | sign, U, T, 0), i(LBU, LO, T, 1), shift(0, U, U, 8), r(OR, LO, LO, U)])
            }
            (32, _) => self.word(false, LO, 0, aligned),
            _ => {
                self.word(false, HI, 0, aligned);
                self.word(false, LO, 4, aligned);
            }
        }
    }

    fn put(&mut self, of: Type, aligned: bool) {
        self.emit(&[r(ADDU, T, LO, ZERO)]);
        match (of.bits, aligned) {
            (8, _) => self.emit(&[i(SB, B_LO, T, 0)]),
            (16, true) => self.emit(&[i(0x29, B_LO, T, 0)]),
            (16, false) => self.emit(&[i(SB, B_LO, T, 1), shift(2, U, B_LO, 8), i(SB, U, T, 0)]),
            (32, _) => self.word(true, B_LO, 0, aligned),
            _ => {
                self.word(true, B_HI, 0, aligned);
                self.word(true, B_LO, 4, aligned);
            }
        }
    }

    fn put_big_endian(&mut self) {
        self.emit(&[i(SW, B_HI, LO, 0), i(SW, B_LO, LO, 4)]);
    }

    fn transfer(&mut self, write: bool, fd: u64, at: u64, bytes: Option<u64>) {
        match bytes {
            Some(bytes) => self.li(LEFT, bytes as u32),
            None => {
                self.li(T, LENGTH as u32);
                self.emit(&[i(LW, LEFT, T, 4)]);
            }
        }
        self.li(AT, at as u32);
        let again = self.words.len() as i64;
        self.emit(&[i(BEQ, ZERO, LEFT, 11), NOP]);
        self.li(V0, if write { WRITE } else { READ } as u32);
        self.emit(&[i(ADDIU, A0, ZERO, fd as i64), r(ADDU, A1, AT, ZERO), r(ADDU, A2, LEFT, ZERO), SYSCALL]);
        self.emit(&[r(ADDU, AT, AT, V0), r(SUBU, LEFT, LEFT, V0)]);
        let back = again - self.words.len() as i64 - 1;
        self.emit(&[i(BEQ, ZERO, ZERO, back), NOP]);
    }

    fn exit(&mut self) {
        self.li(V0, EXIT_GROUP as u32);
        self.emit(&[r(ADDU, A0, LO, ZERO), SYSCALL]);
    }
}
