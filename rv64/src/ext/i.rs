//! RV32I and RV64I (Unprivileged ISA 20240411, chapters 2 and 4).

use isa_traits::{Bool, Exec, Operands, Trap, Width, Word, define, reg_imm, reg_reg};

use crate::Hart;

/// A load from `rs1 + imm`, extended by `f`. Reference: misaligned or not, any address will do.
#[inline(always)]
fn load<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width, f: impl FnOnce(M::Word) -> M::Word) -> Exec {
    let at = m.x(o.rs1) + o.imm;
    let value = m.load(at, width)?;
    m.set_x(o.rd, f(value));
    Ok(())
}

/// A store of the low bytes of `rs2` to `rs1 + imm`. Reference: misaligned or not, any address will do.
#[inline(always)]
fn store<M: Hart>(m: &mut M, o: Operands<M::Word>, width: Width) -> Exec {
    let (at, value) = (m.x(o.rs1) + o.imm, m.x(o.rs2));
    m.store(at, width, value)
}

/// Whether an address is not that of an instruction.
#[inline(always)]
fn misaligned<M: Hart>(at: M::Word) -> Bool<M> {
    !(at & M::Word::lit(3)).eq(M::Word::lit(0))
}

/// A branch to `pc + imm` where `f(rs1, rs2)` holds. The next pc must be aligned whether it is taken or not.
#[inline(always)]
fn branch<M: Hart>(m: &mut M, o: Operands<M::Word>, f: impl FnOnce(M::Word, M::Word) -> Bool<M>) -> Exec {
    let (pc, a, b) = (m.pc(), m.x(o.rs1), m.x(o.rs2));
    let (taken, to) = (f(a, b), pc + o.imm);
    // Reference: a branch that is not taken is refused as well where the pc is misaligned.
    let stays_misaligned = !taken & misaligned::<M>(pc);
    m.trap_if(taken & misaligned::<M>(to) | stays_misaligned, Trap::MisalignedJump)?;
    m.branch(taken, to);
    Ok(())
}

/// A jump to `to`, with the address of the next instruction in `rd`.
#[inline(always)]
fn link<M: Hart>(m: &mut M, o: Operands<M::Word>, to: M::Word) -> Exec {
    m.trap_if(misaligned::<M>(to), Trap::MisalignedJump)?;
    let next = m.pc() + M::Word::lit(4);
    m.set_x(o.rd, next);
    m.jump(to);
    Ok(())
}

define! { load:
    /// LB: a byte, sign-extended.
    lb Width::Byte, |v| v.sext(Width::Byte);
    /// LH: two bytes, sign-extended.
    lh Width::Half, |v| v.sext(Width::Half);
    /// LW: four bytes, sign-extended.
    lw Width::Word, |v| v.sext(Width::Word);
    /// LD: eight bytes.
    ld Width::Double, |v| v;
    /// LBU: a byte, zero-extended.
    lbu Width::Byte, |v| v;
    /// LHU: two bytes, zero-extended.
    lhu Width::Half, |v| v;
    /// LWU: four bytes, zero-extended.
    lwu Width::Word, |v| v;
}

define! { store:
    /// SB: stores a byte.
    sb Width::Byte;
    /// SH: stores two bytes.
    sh Width::Half;
    /// SW: stores four bytes.
    sw Width::Word;
    /// SD: stores eight bytes.
    sd Width::Double;
}

define! { branch:
    /// BEQ: branches where `rs1 == rs2`.
    beq |a, b| a.eq(b);
    /// BNE: branches where `rs1 != rs2`.
    bne |a, b| !a.eq(b);
    /// BLT: branches where `rs1 < rs2`, signed.
    blt |a, b| a.lt(b);
    /// BGE: branches where `rs1 >= rs2`, signed.
    bge |a, b| !a.lt(b);
    /// BLTU: branches where `rs1 < rs2`, unsigned.
    bltu |a, b| a.lt_u(b);
    /// BGEU: branches where `rs1 >= rs2`, unsigned.
    bgeu |a, b| !a.lt_u(b);
    /// The reserved branches of funct3 2 and 3, never taken. Reference: rvgo/fast/vm.go:626-642.
    branch_never |a, _| !a.eq(a);
}

/// JAL: jumps to `pc + imm` and links.
///
/// # Errors
/// A trap where the target is not aligned.
#[inline(always)]
pub fn jal<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let to = m.pc() + o.imm;
    link(m, o, to)
}

/// JALR: jumps to `rs1 + imm`, made even, and links; `rs1` is read before `rd` is written.
///
/// # Errors
/// A trap where the target is not aligned.
#[inline(always)]
pub fn jalr<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let to = (m.x(o.rs1) + o.imm) & M::Word::lit(!1);
    link(m, o, to)
}

define! { reg_imm:
    /// LUI: the immediate.
    lui |_, imm| imm;
    /// ADDI: `rs1 + imm`.
    addi |a, imm| a + imm;
    /// SLTI: 1 where `rs1 < imm`, signed.
    slti |a, imm| M::Word::of_bool(a.lt(imm));
    /// SLTIU: 1 where `rs1 < imm`, unsigned; the immediate is sign-extended first.
    sltiu |a, imm| M::Word::of_bool(a.lt_u(imm));
    /// XORI: `rs1 ^ imm`.
    xori |a, imm| a ^ imm;
    /// ORI: `rs1 | imm`.
    ori |a, imm| a | imm;
    /// ANDI: `rs1 & imm`.
    andi |a, imm| a & imm;
    /// SLLI: `rs1 << shamt`.
    slli |a, shamt| a.sll(shamt);
    /// SRLI: `rs1 >> shamt`, filled with zeros.
    srli |a, shamt| a.srl(shamt);
    /// SRAI: `rs1 >> shamt`, filled with the sign.
    srai |a, shamt| a.sra(shamt);
    /// ADDIW: the low 32 bits of `rs1 + imm`, sign-extended.
    addiw |a, imm| (a + imm).sext(Width::Word);
    /// SLLIW: the low 32 bits of `rs1 << shamt`, sign-extended.
    slliw |a, shamt| a.sll(shamt).sext(Width::Word);
    /// SRLIW: the low 32 bits of `rs1`, shifted right, sign-extended.
    srliw |a, shamt| a.zext(Width::Word).srl(shamt).sext(Width::Word);
    /// SRAIW: the low 32 bits of `rs1`, shifted right with their sign.
    sraiw |a, shamt| a.sext(Width::Word).sra(shamt);
}

/// AUIPC: `pc + imm`.
///
/// # Errors
/// None.
#[inline(always)]
pub fn auipc<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    let value = m.pc() + o.imm;
    m.set_x(o.rd, value);
    Ok(())
}

/// The shift amount of a 32-bit shift: the low five bits.
#[inline(always)]
fn low5<W: Word>(by: W) -> W {
    by & W::lit(31)
}

define! { reg_reg:
    /// ADD: `rs1 + rs2`.
    add |a, b| a + b;
    /// SUB: `rs1 - rs2`.
    sub |a, b| a - b;
    /// SLL: `rs1` shifted left by the low six bits of `rs2`.
    sll |a, b| a.sll(b);
    /// SLT: 1 where `rs1 < rs2`, signed.
    slt |a, b| M::Word::of_bool(a.lt(b));
    /// SLTU: 1 where `rs1 < rs2`, unsigned.
    sltu |a, b| M::Word::of_bool(a.lt_u(b));
    /// XOR: `rs1 ^ rs2`.
    xor |a, b| a ^ b;
    /// SRL: `rs1` shifted right by the low six bits of `rs2`, filled with zeros.
    srl |a, b| a.srl(b);
    /// SRA: `rs1` shifted right by the low six bits of `rs2`, filled with the sign.
    sra |a, b| a.sra(b);
    /// OR: `rs1 | rs2`.
    or |a, b| a | b;
    /// AND: `rs1 & rs2`.
    and |a, b| a & b;
    /// ADDW: the low 32 bits of `rs1 + rs2`, sign-extended.
    addw |a, b| (a + b).sext(Width::Word);
    /// SUBW: the low 32 bits of `rs1 - rs2`, sign-extended.
    subw |a, b| (a - b).sext(Width::Word);
    /// SLLW: the low 32 bits of `rs1`, shifted left by the low five bits of `rs2`, sign-extended.
    sllw |a, b| a.sll(low5(b)).sext(Width::Word);
    /// SRLW: the low 32 bits of `rs1`, shifted right by the low five bits of `rs2`, sign-extended.
    srlw |a, b| a.zext(Width::Word).srl(low5(b)).sext(Width::Word);
    /// SRAW: the low 32 bits of `rs1`, shifted right with their sign by the low five bits of `rs2`.
    sraw |a, b| a.sext(Width::Word).sra(low5(b));
}

/// ECALL: asks for a system call.
///
/// # Errors
/// Always [`Trap::EnvironmentCall`], which the kernel answers.
#[inline(always)]
pub const fn ecall<M: Hart>(_: &mut M, _: Operands<M::Word>) -> Exec {
    Err(Trap::EnvironmentCall)
}

/// Refuses a reserved encoding.
///
/// # Errors
/// Always [`Trap::ReservedEncoding`].
#[inline(always)]
pub const fn reserved<M: Hart>(_: &mut M, _: Operands<M::Word>) -> Exec {
    Err(Trap::ReservedEncoding)
}

/// Does nothing.
///
/// # Errors
/// None.
#[inline(always)]
pub const fn nop<M: Hart>(_: &mut M, _: Operands<M::Word>) -> Exec {
    Ok(())
}

/// CSR instructions. Reference: `rd = 0`, and nothing else (rvgo/fast/vm.go:903-905).
///
/// # Errors
/// None.
#[inline(always)]
pub fn csr<M: Hart>(m: &mut M, o: Operands<M::Word>) -> Exec {
    m.set_x(o.rd, M::Word::lit(0));
    Ok(())
}
