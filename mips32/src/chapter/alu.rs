//! Arithmetic, logic, shifts and moves.

use isa_traits::{Exec, Operands, Trap, Word, define, reg_imm, reg_reg};

use crate::Hart;

define! { reg_imm:
    /// ADDI: `rs + imm`. Reference: an overflow does not trap (`exec/mips_instructions.go:200-325`).
    addi |a, imm| a + imm;
    /// ADDIU: `rs + imm`.
    addiu |a, imm| a + imm;
    /// SLTI: 1 where `rs < imm`, signed.
    slti |a, imm| M::Word::of_bool(a.lt(imm));
    /// SLTIU: 1 where `rs < imm`, unsigned; the immediate is sign-extended first.
    sltiu |a, imm| M::Word::of_bool(a.lt_u(imm));
    /// ANDI: `rs & imm`.
    andi |a, imm| a & imm;
    /// ORI: `rs | imm`.
    ori |a, imm| a | imm;
    /// XORI: `rs ^ imm`.
    xori |a, imm| a ^ imm;
    /// LUI: the immediate.
    lui |_, imm| imm;
    /// SLL: `rt << sa`.
    sll |b, sa| b.sll(sa);
    /// SRL: `rt >> sa`, filled with zeros.
    srl |b, sa| b.srl(sa);
    /// SRA: `rt >> sa`, filled with the sign.
    sra |b, sa| b.sra(sa);
}

define! { reg_reg:
    /// SLLV: `rt` shifted left by the low five bits of `rs`.
    sllv |a, b| b.sll(a);
    /// SRLV: `rt` shifted right by the low five bits of `rs`, filled with zeros.
    srlv |a, b| b.srl(a);
    /// SRAV: `rt` shifted right by the low five bits of `rs`, filled with the sign.
    srav |a, b| b.sra(a);
    /// ADD: `rs + rt`. Reference: an overflow does not trap (`exec/mips_instructions.go:200-325`).
    add |a, b| a + b;
    /// ADDU: `rs + rt`.
    addu |a, b| a + b;
    /// SUB: `rs - rt`. Reference: an overflow does not trap (`exec/mips_instructions.go:200-325`).
    sub |a, b| a - b;
    /// SUBU: `rs - rt`.
    subu |a, b| a - b;
    /// AND: `rs & rt`.
    and |a, b| a & b;
    /// OR: `rs | rt`.
    or |a, b| a | b;
    /// XOR: `rs ^ rt`.
    xor |a, b| a ^ b;
    /// NOR: the bits that are in neither.
    nor |a, b| !(a | b);
    /// SLT: 1 where `rs < rt`, signed.
    slt |a, b| M::Word::of_bool(a.lt(b));
    /// SLTU: 1 where `rs < rt`, unsigned.
    sltu |a, b| M::Word::of_bool(a.lt_u(b));
    /// MUL: the low word of the product; HI and LO stay as they are.
    mul |a, b| a.mul(b);
    /// CLZ: how many of the highest bits of `rs` are zero.
    clz |a, _| a.clz();
    /// CLO: how many of the highest bits of `rs` are one.
    clo |a, _| (!a).clz();
    /// SYNC orders nothing on one hart. Reference: it moves `rs` to `rd`, which is 0 in the encoding of the
    /// manual (`exec/mips_instructions.go:227-228`).
    sync |a, _| a;
}

/// A conditional move: `rd = rs` where `rt` is zero, or where it is not, as `zero` says.
#[inline(always)]
fn move_if<M: Hart>(m: &mut M, o: Operands<M::Word>, zero: bool) -> Exec {
    let (value, is_zero) = (m.x(o.rs1), m.x(o.rs2).eq(M::Word::lit(0)));
    let moves = if zero { is_zero } else { !is_zero };
    m.when(moves, |m| {
        m.set_x(o.rd, value);
        Ok(())
    })
}

define! { move_if:
    /// MOVZ: `rd = rs` where `rt` is zero.
    movz true;
    /// MOVN: `rd = rs` where `rt` is not zero.
    movn false;
}

/// SYSCALL: asks for a system call.
///
/// # Errors
/// Always [`Trap::EnvironmentCall`], which the kernel answers.
#[inline(always)]
pub const fn syscall<M: Hart>(_: &mut M, _: Operands<M::Word>) -> Exec {
    Err(Trap::EnvironmentCall)
}
