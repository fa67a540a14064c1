//! Programs of legal instructions.

use std::collections::BTreeMap;

use mips32::Op;

use super::{ENDS, MIDDLES, i, r, registers};
use crate::Subject as _;
use crate::case::Case;
use crate::program::{Program, REACH, windows};
use crate::random::Random;

/// Registers below this one are written by any instruction.
const WRITTEN: u64 = 21;
/// Counts the rounds of a loop.
const COUNTER: u32 = 21;
/// Holds a divisor that is not zero, or the target of a jump.
const SCRATCH: u32 = 22;
/// Holds the target of a jump, and is seldom written otherwise.
const TARGET: u32 = 23;
/// The registers from here to before the link register hold addresses.
const ADDRESSES: u32 = 24;
const LINK: u32 = 31;
/// How far an address register is from an end at most, so that a 16-bit offset reaches all of the window.
const FAR: u64 = 0x8000 - REACH;
/// Words without a branch that the model can translate at once: with many more it crashes.
const STRAIGHT: u64 = 24;

// ADD, ADDI and SUB trap with the model where they overflow: they stand among the single encodings.
#[rustfmt::skip]
const REG_REG: [Op; 14] = [
    Op::Addu, Op::Subu, Op::And, Op::Or, Op::Xor, Op::Nor, Op::Slt, Op::Sltu, Op::Mul,
    Op::Sllv, Op::Srlv, Op::Srav, Op::Movz, Op::Movn,
];
const REG_IMM: [Op; 6] = [Op::Addiu, Op::Slti, Op::Sltiu, Op::Andi, Op::Ori, Op::Xori];
const SHIFTS: [Op; 3] = [Op::Sll, Op::Srl, Op::Sra];
const LOADS: [(Op, u64); 7] =
    [(Op::Lb, 1), (Op::Lbu, 1), (Op::Lh, 2), (Op::Lhu, 2), (Op::Lw, 4), (Op::Lwl, 1), (Op::Lwr, 1)];
const STORES: [(Op, u64); 5] = [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Swl, 1), (Op::Swr, 1)];
const BRANCHES: [Op; 8] = [Op::Beq, Op::Bne, Op::Blez, Op::Bgtz, Op::Bltz, Op::Bgez, Op::Bltzal, Op::Bgezal];

impl Program<'_> {
    fn destination(&mut self) -> u32 {
        // The link register too: it holds what nobody jumps to.
        if self.random.one_in(16) { LINK } else { self.random.below(WRITTEN) as u32 }
    }

    fn source(&mut self) -> u32 {
        self.random.below(32) as u32
    }

    /// An instruction that only computes.
    fn arithmetic(&mut self) {
        let (rd, rs, rt) = (self.destination(), self.source(), self.source());
        let raw = match self.random.below(20) {
            0..6 => r(self.random.pick(&REG_REG), rs, rt, rd),
            6..10 => i(self.random.pick(&REG_IMM), rs, rd, self.random.next() as i32),
            10..12 => r(self.random.pick(&SHIFTS), 0, rt, rd) | (self.random.below(32) as u32) << 6,
            12 => i(Op::Lui, 0, rd, self.random.next() as i32),
            // The manual wants rt to be rd.
            13 => r(self.random.pick(&[Op::Clz, Op::Clo]), rs, rd, rd),
            14 => r(self.random.pick(&[Op::Mult, Op::Multu]), rs, rt, 0),
            15 => r(self.random.pick(&[Op::Mthi, Op::Mtlo]), rs, 0, 0),
            16 => Op::Sync.row().bits,
            _ => r(self.random.pick(&[Op::Mfhi, Op::Mflo]), 0, 0, rd),
        };
        self.push(raw);
    }

    /// A load or store at an aligned address; the left and right halves take any.
    fn load_or_store(&mut self) {
        let store = self.random.one_in(2);
        let (op, align) = if store { self.random.pick(&STORES) } else { self.random.pick(&LOADS) };
        let (base, value, target) = self.address(align, 4);
        let rt = if store { self.source() } else { self.destination() };
        let offset = target.wrapping_sub(value) as i32;
        self.push(i(op, base, rt, offset));
    }

    /// Divides by a number that is not zero.
    fn division(&mut self) {
        let (rs, rt) = (self.source(), self.source());
        self.push(i(Op::Ori, rt, SCRATCH, 1));
        let op = self.random.pick(&[Op::Div, Op::Divu]);
        self.push(r(op, rs, SCRATCH, 0));
    }

    /// LL and SC of one word, and perhaps something between that leaves the word alone.
    fn linked(&mut self) {
        let (base, value, target) = self.address(4, 4);
        let offset = target.wrapping_sub(value) as i32;
        let rt = self.destination();
        self.push(i(Op::Ll, base, rt, offset));
        if self.random.one_in(2) {
            self.arithmetic();
        }
        let rt = self.destination();
        self.push(i(Op::Sc, base, rt, offset));
    }

    /// One instruction that is no jump.
    fn one(&mut self) {
        if self.random.below(16) < 9 { self.arithmetic() } else { self.load_or_store() }
    }

    /// One or more instructions that are no jumps.
    fn some(&mut self) {
        match self.random.below(24) {
            0 => self.division(),
            1 => self.linked(),
            _ => self.one(),
        }
    }

    /// Sets a register to an address.
    fn set(&mut self, register: u32, at: u64) {
        self.push(i(Op::Lui, 0, register, (at >> 16) as i32));
        self.push(i(Op::Ori, register, register, at as i32));
    }

    fn branch_word(&mut self, offset: i32) -> u32 {
        let (op, rs) = (self.random.pick(&BRANCHES), self.source());
        let rt = match op {
            Op::Beq | Op::Bne if self.random.one_in(4) => rs,
            Op::Beq | Op::Bne => self.source(),
            _ => 0,
        };
        i(op, rs, rt, (offset - 4) >> 2)
    }

    /// A branch or jump over a few instructions, and its delay slot.
    fn over(&mut self) {
        let kind = self.random.below(8);
        if kind == 0 {
            // Filled in below.
            self.set(TARGET, 0);
        }
        let jump = self.at;
        self.push(0);
        self.one();
        for _ in 0..=self.random.below(3) {
            self.some();
        }
        let target = self.at;
        // The 256 MiB of a jump are those of its delay slot.
        let near = jump.wrapping_add(4) >> 28 == target >> 28;
        let raw = match kind {
            0 => {
                let set = jump.wrapping_sub(8);
                self.at = set;
                self.set(TARGET, target);
                self.at = target;
                let rd = self.destination();
                if self.random.one_in(2) { r(Op::Jr, TARGET, 0, 0) } else { r(Op::Jalr, TARGET, 0, rd) }
            }
            1 | 2 if near => {
                self.random.pick(&[Op::J, Op::Jal]).row().bits | (target >> 2) as u32 & 0x03ff_ffff
            }
            _ => self.branch_word(target.wrapping_sub(jump) as i32),
        };
        self.code.insert(jump, raw);
    }

    /// A branch as far as it goes; there, a branch back to behind it.
    fn limit(&mut self) {
        let words = if self.random.one_in(2) { 0x7fff } else { -0x8000 };
        let there = self.at.wrapping_add(4).wrapping_add((4 * i64::from(words)) as u64);
        let free = |code: &BTreeMap<u64, u32>, at: u64| {
            (0..8).all(|word| !code.contains_key(&at.wrapping_add(4 * word)))
        };
        if !free(&self.code, there) || !free(&self.code, there.wrapping_add(64)) {
            return self.one();
        }
        let raw = self.branch_word(4 + 4 * words);
        self.push(raw);
        self.one();
        let (back, after) = (self.at, self.at);
        // From the lower end the way back is too long by a word, so it takes two branches.
        let mut from = there;
        self.at = from;
        if words < 0 {
            self.push(i(Op::Beq, 0, 0, 15));
            self.one();
            from = there.wrapping_add(64);
            self.at = from;
        }
        let offset = (back.wrapping_sub(from) as i64 - 4) >> 2;
        self.push(i(Op::Beq, 0, 0, offset as i32));
        self.one();
        self.at = after;
    }

    /// A few rounds of a few instructions.
    fn loops(&mut self) {
        let rounds = 2 + self.random.below(15) as i32;
        self.push(i(Op::Addiu, 0, COUNTER, rounds));
        let start = self.at;
        for _ in 0..=self.random.below(8) {
            if self.random.one_in(6) { self.over() } else { self.some() }
        }
        self.push(i(Op::Addiu, COUNTER, COUNTER, -1));
        let back = (start.wrapping_sub(self.at) as i64 - 4) >> 2;
        self.push(i(Op::Bne, COUNTER, 0, back as i32));
        self.one();
    }
}

/// A program of some 600 instructions.
pub(super) fn sequence(random: &mut Random) -> Case {
    let middle = random.pick(&MIDDLES);
    let start = middle.wrapping_sub(4 * random.below(600));
    let mut registers = registers(random);
    let mut addresses = Vec::new();
    for register in ADDRESSES..LINK {
        let end = random.pick(&ENDS);
        let offset = match random.below(3) {
            0 => random.pick(&[REACH + FAR, REACH.wrapping_sub(FAR)]),
            _ => random.below(2 * REACH),
        };
        let value = end.wrapping_sub(REACH).wrapping_add(offset) & 0xffff_ffff;
        registers[register as usize] = value;
        addresses.push((register, value, end));
    }
    let windows = windows(random, &ENDS);
    let mut program = Program { random, code: BTreeMap::new(), at: start, addresses };
    let mut straight = 0;
    while program.at.wrapping_sub(start) < 4 * 600 {
        straight += 1;
        match program.random.below(32) {
            0..25 if straight < STRAIGHT => program.some(),
            25..29 => program.loops(),
            29 => program.limit(),
            _ => {
                program.over();
                straight = 0;
            }
        }
    }
    let (end, mut code) = (program.at, program.code);
    code.insert(end, mips32::CannonMips32::STOP);
    Case { start, end, registers, code, windows }
}
