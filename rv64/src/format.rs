//! Instruction formats (Unprivileged ISA 20240411, §2.3): how operands stand in an encoding.

use isa_traits::{Insn, Reg};

use crate::Op;

const fn insn(op: Op, raw: u32, imm: i32) -> Insn<Op> {
    Insn { op, rd: Reg::dest(raw >> 7), rs1: Reg::source(raw >> 15), rs2: Reg::source(raw >> 20), imm }
}

/// The bits of `raw` from `high` down to `low`, at the bottom.
const fn bits(raw: u32, high: u32, low: u32) -> i32 {
    (raw << (31 - high) >> (31 - high + low)) as i32
}

/// The sign bit of every immediate, spread over the word.
const fn sign(raw: u32) -> i32 {
    raw as i32 >> 31
}

/// Registers only.
pub(crate) const fn r(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, 0)
}

/// A 12-bit signed immediate.
pub(crate) const fn i(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, raw as i32 >> 20)
}

/// A 6-bit shift amount.
pub(crate) const fn shamt(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, bits(raw, 25, 20))
}

/// A 5-bit shift amount.
pub(crate) const fn shamt_w(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, bits(raw, 24, 20))
}

/// A 12-bit signed offset of a store.
pub(crate) const fn s(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, (raw as i32 >> 25) << 5 | bits(raw, 11, 7))
}

/// A 13-bit signed, even offset of a branch.
pub(crate) const fn b(op: Op, raw: u32) -> Insn<Op> {
    let imm = sign(raw) << 12 | bits(raw, 7, 7) << 11 | bits(raw, 30, 25) << 5 | bits(raw, 11, 8) << 1;
    insn(op, raw, imm)
}

/// The upper 20 bits of a 32-bit signed immediate.
pub(crate) const fn u(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, (raw & 0xffff_f000) as i32)
}

/// A 21-bit signed, even offset of a jump.
pub(crate) const fn j(op: Op, raw: u32) -> Insn<Op> {
    let imm = sign(raw) << 20 | bits(raw, 19, 12) << 12 | bits(raw, 20, 20) << 11 | bits(raw, 30, 21) << 1;
    insn(op, raw, imm)
}
