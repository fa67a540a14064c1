//! Instruction formats: how operands stand in an encoding.
//!
//! `rs1` is the manual's rs and `rs2` its rt. Reference: no format looks at the fields that the manual wants to
//! be zero (`exec/mips_instructions.go:60-80`).

use isa_traits::{Insn, Reg};

use crate::Op;

/// The link register, r31.
const RA: Reg = Reg::dest(31);

const fn insn(op: Op, raw: u32, rd: Reg, imm: i32) -> Insn<Op> {
    Insn { op, rd, rs1: Reg::source(raw >> 21), rs2: Reg::source(raw >> 16), imm }
}

/// The low 16 bits, sign-extended.
const fn simm(raw: u32) -> i32 {
    raw as i16 as i32
}

/// Three registers.
pub(crate) const fn r(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::dest(raw >> 11), 0)
}

/// A shift of rt by a constant: rt stands first, as the value that is computed with.
pub(crate) const fn sa(op: Op, raw: u32) -> Insn<Op> {
    Insn { rs1: Reg::source(raw >> 16), imm: (raw >> 6 & 31) as i32, ..r(op, raw) }
}

/// A 16-bit signed immediate; rt is the destination.
pub(crate) const fn i(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::dest(raw >> 16), simm(raw))
}

/// A 16-bit unsigned immediate; rt is the destination.
pub(crate) const fn iu(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::dest(raw >> 16), (raw & 0xffff) as i32)
}

/// The upper 16 bits of a word; rt is the destination.
pub(crate) const fn upper(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::dest(raw >> 16), (raw << 16) as i32)
}

/// An 18-bit signed offset of a branch, a multiple of 4.
pub(crate) const fn b(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::SINK, simm(raw) << 2)
}

/// A branch that links.
pub(crate) const fn bal(op: Op, raw: u32) -> Insn<Op> {
    Insn { rd: RA, ..b(op, raw) }
}

/// The low 28 bits of an address, a multiple of 4.
pub(crate) const fn j(op: Op, raw: u32) -> Insn<Op> {
    insn(op, raw, Reg::SINK, (raw << 6 >> 4) as i32)
}

/// A jump that links.
pub(crate) const fn jal(op: Op, raw: u32) -> Insn<Op> {
    Insn { rd: RA, ..j(op, raw) }
}
