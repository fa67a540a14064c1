//! Instructions of MIPS32 from their parts.

use mips32::{CannonMips32, Op};

use crate::machine::Start;

/// A machine about to execute at `pc`, with nothing in registers and memory.
pub(crate) fn at(pc: u64) -> Start<CannonMips32> {
    Start::of(CannonMips32::LATEST, pc)
}

/// The encoding of `op` with three registers.
pub(crate) const fn r(op: Op, rd: u32, rs: u32, rt: u32) -> u32 {
    op.row().bits | rd << 11 | rs << 21 | rt << 16
}

/// The encoding of `op` with a 16-bit immediate; the operands stand as an assembler has them in `op rt, rs, imm`
/// and `op rt, imm(rs)`.
pub(crate) const fn i(op: Op, rt: u32, rs: u32, imm: i32) -> u32 {
    op.row().bits | rs << 21 | rt << 16 | imm as u32 & 0xffff
}

/// The encoding of a branch by `instructions` from its delay slot.
pub(crate) const fn b(op: Op, rs: u32, rt: u32, instructions: i32) -> u32 {
    i(op, rt, rs, instructions)
}

/// The encoding of a jump to `to`.
pub(crate) const fn j(op: Op, to: u64) -> u32 {
    op.row().bits | to as u32 >> 2 & 0x03ff_ffff
}

/// Makes a loop of instructions: counts `counter` down and, until it is 0, goes back to the first.
pub(crate) fn close(round: &mut Vec<u32>, counter: u32) {
    round.push(i(Op::Addiu, counter, counter, -1));
    let back = -(round.len() as i32) - 1;
    round.extend([b(Op::Bne, counter, 0, back), 0]);
}
