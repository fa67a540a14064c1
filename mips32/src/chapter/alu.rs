//! Arithmetic, logic, shifts and moves.

use isa_traits::{Exec, Operands, Word, define, reg_imm, reg_reg};

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

#[cfg(test)]
mod tests {
    use crate::Op::{self, *};
    use crate::testing::{Before, i, r, x};

    const MIN: u32 = 1 << 31;
    const MAX: u32 = MIN - 1;
    const ONES: u32 = u32::MAX;

    #[test]
    fn register_computations() {
        #[rustfmt::skip]
        let cases = [
            // op, rs, rt, rd
            (Add,  1,    2,    3),       (Add,  MAX,  1,    MIN),     (Addu, ONES, 1,    0),
            (Sub,  1,    2,    ONES),    (Sub,  MIN,  1,    MAX),     (Subu, MIN,  1,    MAX),
            (And,  0b1100, 0b1010, 0b1000), (Or,  0b1100, 0b1010, 0b1110),
            (Xor,  0b1100, 0b1010, 0b0110), (Nor, 0b1100, 0b1010, !0b1110),
            (Slt,  ONES, 0,    1),       (Slt,  0,    ONES, 0),       (Slt,  5,    5,    0),
            (Sltu, ONES, 0,    0),       (Sltu, 0,    ONES, 1),       (Sltu, 5,    5,    0),
            (Sllv, 4,    1,    16),      (Sllv, 36,   1,    16),      (Srlv, 31,   MIN,  1),
            (Srav, 31,   MIN,  ONES),    (Srav, 0x28, 0xffff, 0xff),  (Srav, 0x2c, 0xdeaf_beef, 0xfffd_eafb),
            (Mul,  ONES, 7,    7u32.wrapping_neg()), (Mul, 1 << 16, 1 << 16, 0),
            (Clz,  0,    9,    32),      (Clz,  ONES, 9,    0),       (Clz,  1,    9,    31),
            (Clo,  0,    9,    0),       (Clo,  ONES, 9,    32),      (Clo,  MIN,  9,    1),
            (Sync, 7,    9,    7),
            (Movz, 7,    0,    7),       (Movz, 7,    1,    0xdead),
            (Movn, 7,    0,    0xdead),  (Movn, 7,    1,    7),
        ];
        for (op, rs, rt, rd) in cases {
            let before = |to| Before::new(r(op, 8, 9, to)).x(8, rs).x(9, rt).x(10, 0xdead);
            let after = before(10).step().unwrap();
            assert_eq!(x(&after, 10), rd, "{op:?} {rs:x} {rt:x}");
            assert_eq!((x(&after, 8), x(&after, 9)), (rs, rt), "{op:?}");
            let mut dropped = before(0).step().unwrap();
            let mut idle = before(0).word(crate::testing::PC, 0).step().unwrap();
            // The instruction word differs, and nothing else.
            assert_eq!(dropped.witness()[32..], idle.witness()[32..], "{op:?} to r0");
        }
    }

    /// Register 0 is read as a witness has it, and never written.
    #[test]
    fn register_0_is_read_as_stored() {
        let after = Before::new(r(Add, 0, 0, 8)).x(0, 5).step().unwrap();
        assert_eq!((x(&after, 8), x(&after, 0)), (10, 5));
    }

    #[test]
    fn immediate_computations() {
        #[rustfmt::skip]
        let cases = [
            // op, rs, imm, rt
            (Addi,  1,    0xffff, 0),    (Addi,  MAX,  1,      MIN),
            (Addiu, 1,    0x8000, 0xffff_8001),
            (Slti,  ONES, 0,      1),    (Slti,  0,    0xffff, 0),
            (Sltiu, ONES, 0,      0),    (Sltiu, 0,    0xffff, 1),    (Sltiu, 0xffff, 0x8000, 1),
            (Andi,  ONES, 0x8001, 0x8001), (Ori, 0,    0x8001, 0x8001), (Xori, ONES,  0x8001, 0xffff_7ffe),
            (Lui,   ONES, 0x8001, 0x8001_0000),
        ];
        for (op, rs, imm, rt) in cases {
            let after = Before::new(i(op, 8, 9, imm)).x(8, rs).x(9, 0xdead).step().unwrap();
            assert_eq!((x(&after, 9), x(&after, 8)), (rt, rs), "{op:?} {rs:x} {imm:x}");
        }
    }

    #[test]
    fn constant_shifts() {
        let rotate = 1 << 21;
        #[rustfmt::skip]
        let cases: [(Op, u32, u32, u32, u32); 8] = [
            // op, further bits, rt, sa, rd
            (Sll, 0, 1, 31, MIN),      (Sll, 0, 3, 0, 3),
            (Srl, 0, MIN, 31, 1),      (Srl, 0, 3, 0, 3),
            (Srl, rotate, 3, 1, 1),    // Reference: ROTR shifts.
            (Sra, 0, MIN, 31, ONES),   (Sra, 0, MAX, 30, 1),   (Sra, 0, MIN, 0, MIN),
        ];
        for (op, bits, rt, sa, rd) in cases {
            let after = Before::new(r(op, 0, 9, 10) | sa << 6 | bits).x(9, rt).step().unwrap();
            assert_eq!(x(&after, 10), rd, "{op:?} {rt:x} {sa}");
        }
    }
}
