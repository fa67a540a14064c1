//! Instructions of RV64 from their parts.

use rv64::{AsteriscRv64, Op};

use crate::machine::Start;

/// A machine about to execute at `pc`, with nothing in registers and memory.
pub(crate) fn at(pc: u64) -> Start<AsteriscRv64> {
    Start::of(AsteriscRv64, pc)
}

/// The encoding of `op` with three registers.
pub(crate) const fn r(op: Op, rd: u32, rs1: u32, rs2: u32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | rs2 << 20
}

/// The encoding of `op` with a 12-bit immediate.
pub(crate) const fn i(op: Op, rd: u32, rs1: u32, imm: i32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | (imm as u32) << 20
}

/// The encoding of a store.
pub(crate) const fn s(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    op.row().bits | (imm & 31) << 7 | rs1 << 15 | rs2 << 20 | imm >> 5 << 25
}

/// The encoding of a branch.
pub(crate) const fn b(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    let (low, high) =
        ((imm >> 1 & 15) << 8 | (imm >> 11 & 1) << 7, (imm >> 5 & 63) << 25 | (imm >> 12 & 1) << 31);
    op.row().bits | low | rs1 << 15 | rs2 << 20 | high
}
