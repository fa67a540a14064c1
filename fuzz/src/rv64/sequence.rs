//! Programs of legal instructions.

use std::collections::BTreeMap;

use rv64::Op;

use super::{CODE_REACH, ENDS, MIDDLES, b, fields, i, j, s};
use crate::Subject as _;
use crate::case::Case;
use crate::program::{Program, REACH, windows};
use crate::random::Random;

/// How far an address register is from an end at most, so that a 12-bit offset reaches all of the window.
const FAR: u64 = 2048 - REACH;

/// Registers below this one are written by any instruction.
const WRITTEN: u64 = 21;
/// Counts the rounds of a loop.
const COUNTER: u32 = 21;
/// Holds a target of JALR.
const TARGET: u32 = 22;
/// The registers from here on hold addresses, the even ones aligned for atomics.
const ADDRESSES: u32 = 24;

#[rustfmt::skip]
const REG_REG: [Op; 28] = [
    Op::Add, Op::Sub, Op::Sll, Op::Slt, Op::Sltu, Op::Xor, Op::Srl, Op::Sra, Op::Or, Op::And,
    Op::Addw, Op::Subw, Op::Sllw, Op::Srlw, Op::Sraw,
    Op::Mul, Op::Mulh, Op::Mulhsu, Op::Mulhu, Op::Div, Op::Divu, Op::Rem, Op::Remu,
    Op::Mulw, Op::Divw, Op::Divuw, Op::Remw, Op::Remuw,
];
const REG_IMM: [Op; 7] = [Op::Addi, Op::Slti, Op::Sltiu, Op::Xori, Op::Ori, Op::Andi, Op::Addiw];
const SHIFTS: [(Op, u64); 6] =
    [(Op::Slli, 64), (Op::Srli, 64), (Op::Srai, 64), (Op::Slliw, 32), (Op::Srliw, 32), (Op::Sraiw, 32)];
const LOADS: [(Op, u64); 7] =
    [(Op::Lb, 1), (Op::Lh, 2), (Op::Lw, 4), (Op::Ld, 8), (Op::Lbu, 1), (Op::Lhu, 2), (Op::Lwu, 4)];
const STORES: [(Op, u64); 4] = [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)];
const BRANCHES: [Op; 6] = [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu];
#[rustfmt::skip]
const ATOMICS: [(Op, Op); 9] = [
    (Op::AmoswapW, Op::AmoswapD), (Op::AmoaddW, Op::AmoaddD), (Op::AmoxorW, Op::AmoxorD),
    (Op::AmoandW, Op::AmoandD), (Op::AmoorW, Op::AmoorD), (Op::AmominW, Op::AmominD),
    (Op::AmomaxW, Op::AmomaxD), (Op::AmominuW, Op::AmominuD), (Op::AmomaxuW, Op::AmomaxuD),
];

impl Program<'_> {
    fn rd(&mut self) -> u32 {
        self.random.below(WRITTEN) as u32
    }

    fn rs(&mut self) -> u32 {
        // Now and then an address.
        if self.random.one_in(8) { self.random.below(32) as u32 } else { self.rd() }
    }

    /// An instruction that only computes.
    fn computation(&mut self) {
        let (rd, rs1, rs2) = (self.rd(), self.rs(), self.rs());
        let raw = match self.random.below(20) {
            0..11 => self.random.pick(&REG_REG).row().bits | fields(rd, rs1, rs2),
            11..15 => i(self.random.pick(&REG_IMM), rd, rs1, self.random.next() as i32),
            15..18 => {
                let (op, bits) = self.random.pick(&SHIFTS);
                i(op, rd, rs1, self.random.below(bits) as i32) | op.row().bits
            }
            _ => {
                let op = self.random.pick(&[Op::Lui, Op::Auipc]);
                op.row().bits | rd << 7 | self.random.next() as u32 & 0xffff_f000
            }
        };
        self.push(raw);
    }

    /// A load or a store, aligned or not.
    fn access(&mut self) {
        let store = self.random.one_in(2);
        let (op, bytes) = if store { self.random.pick(&STORES) } else { self.random.pick(&LOADS) };
        let (base, value, target) = self.address(1, bytes);
        let offset = target.wrapping_sub(value) as i32;
        let (rd, rs2) = (self.rd(), self.rs());
        self.push(if store { s(op, base, rs2, offset) } else { i(op, rd, base, offset) });
    }

    /// An atomic at an aligned address, or LR, something, and SC. Both take the ordering bits.
    fn atomic(&mut self) {
        let double = self.random.one_in(2);
        // Every fourth register is aligned for 8 bytes, every other one for 4.
        let aligned = |random: &mut Random| match double {
            true => ADDRESSES + 4 * random.below(2) as u32,
            false => ADDRESSES + 2 * random.below(4) as u32,
        };
        let at = aligned(self.random);
        let order = |random: &mut Random| (random.next() as u32 & 3) << 25;
        let (rd, rs2) = (self.rd(), self.rs());
        if !self.random.one_in(4) {
            let (word, wide) = self.random.pick(&ATOMICS);
            let op = if double { wide } else { word };
            let raw = op.row().bits | fields(rd, at, rs2) | order(self.random);
            return self.push(raw);
        }
        let (lr, sc) = if double { (Op::LrD, Op::ScD) } else { (Op::LrW, Op::ScW) };
        let raw = lr.row().bits | fields(rd, at, 0) | order(self.random);
        self.push(raw);
        for _ in 0..self.random.below(3) {
            self.computation();
        }
        // Seldom elsewhere, where it must fail.
        let other = aligned(self.random);
        let elsewhere = self.random.one_in(4) && self.value_of(other) != self.value_of(at);
        let at = if elsewhere { other } else { at };
        let rd = self.rd();
        let raw = sc.row().bits | fields(rd, at, rs2) | order(self.random);
        self.push(raw);
    }

    fn value_of(&self, register: u32) -> Option<u64> {
        self.addresses.iter().find(|(r, ..)| *r == register).map(|(_, value, _)| *value)
    }

    fn plain(&mut self) {
        match self.random.below(16) {
            0..9 => self.computation(),
            9..14 => self.access(),
            14 => self.atomic(),
            _ => {
                let raw = self.random.pick(&[Op::Fence.row().bits, 0x0ff0_000f, 0x0330_000f, 0x100f]);
                self.push(raw);
            }
        }
    }

    /// A branch or jump over a few instructions.
    fn skip(&mut self) {
        let at = self.at;
        let (rd, rs1, rs2) = (self.rd(), self.rs(), self.rs());
        // Equal registers, or two of them.
        let rs2 = if self.random.one_in(4) { rs1 } else { rs2 };
        let (op, kind) = (self.random.pick(&BRANCHES), self.random.below(8));
        if kind == 0 {
            self.push(Op::Auipc.row().bits | TARGET << 7);
        }
        let jump = self.at;
        self.push(Self::default_word());
        for _ in 0..=self.random.below(3) {
            self.plain();
        }
        let over = self.at.wrapping_sub(jump) as i32;
        let raw = match kind {
            // The lowest bit of the sum is dropped.
            0 => i(Op::Jalr, rd, TARGET, self.at.wrapping_sub(at) as i32 | self.random.below(2) as i32),
            1 => j(rd, over),
            _ => b(op, rs1, rs2, over),
        };
        self.code.insert(jump, raw);
    }

    const fn default_word() -> u32 {
        Op::Addi.row().bits
    }

    /// A branch or JAL as far as it goes; there, a jump back to behind it.
    fn far(&mut self) {
        let (rd, rs1, rs2) = (self.rd(), self.rs(), self.rs());
        let branch = self.random.one_in(2);
        let limit = if branch { 1 << 12 } else { 1 << 20 };
        let offset = if self.random.one_in(2) { limit - 4 } else { -limit };
        let raw = if branch { b(self.random.pick(&BRANCHES), rs1, rs2, offset) } else { j(rd, offset) };
        let there = self.at.wrapping_add(i64::from(offset) as u64);
        // The way back is one word longer, so from the lower end it takes two jumps.
        let taken = [there, there.wrapping_add(16)].iter().any(|at| self.code.contains_key(at));
        if taken {
            return self.plain();
        }
        self.push(raw);
        if offset > 0 {
            self.code.insert(there, j(0, 4 - offset));
        } else {
            self.code.insert(there, j(0, 16));
            self.code.insert(there.wrapping_add(16), j(0, -offset - 12));
        }
    }

    /// A few rounds of a few instructions.
    fn rounds(&mut self) {
        let rounds = 2 + self.random.below(15) as i32;
        self.push(i(Op::Addi, COUNTER, 0, rounds));
        let start = self.at;
        for _ in 0..=self.random.below(10) {
            if self.random.one_in(6) { self.skip() } else { self.plain() }
        }
        self.push(i(Op::Addi, COUNTER, COUNTER, -1));
        let back = start.wrapping_sub(self.at) as i32;
        self.push(b(Op::Bne, COUNTER, 0, back));
    }
}

/// A program of some 600 instructions.
pub(super) fn sequence(random: &mut Random) -> Case {
    let middle = random.pick(&MIDDLES);
    let start = middle.wrapping_sub(4 * random.below(600));
    let mut registers: Vec<u64> = (0..32).map(|_| random.value()).collect();
    registers[0] = 0;
    let mut addresses = Vec::new();
    for register in ADDRESSES..32 {
        let end = random.pick(&ENDS);
        let offset = match register % 4 {
            0 => 8 * random.below(16),
            2 => 4 * random.below(32),
            // As far from the window as an offset may be, or in it.
            _ if random.one_in(2) => random.pick(&[REACH + FAR, REACH.wrapping_sub(FAR)]),
            _ => random.below(2 * REACH),
        };
        let value = end.wrapping_sub(REACH).wrapping_add(offset);
        registers[register as usize] = value;
        addresses.push((register, value, end));
    }
    let windows = windows(random, &ENDS);
    let mut program = Program { random, code: BTreeMap::new(), at: start, addresses };
    while program.at.wrapping_sub(start) < 4 * 600 {
        match program.random.below(32) {
            0..25 => program.plain(),
            25..29 => program.skip(),
            29 => program.far(),
            _ => program.rounds(),
        }
    }
    let (end, mut code) = (program.at, program.code);
    code.insert(end, rv64::AsteriscRv64::STOP);
    debug_assert!(code.keys().all(|at| at.wrapping_sub(middle).wrapping_add(CODE_REACH) < 2 * CODE_REACH));
    Case { start, end, registers, code, windows }
}
