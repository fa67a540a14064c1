//! The table: every instruction, its encoding and its meaning.

use isa_traits::Machine;

use crate::ext::{a, i, m};
use crate::{Special, format};

/// A machine with the registers of RV64.
pub trait Hart: Machine<Special = Special> {}
impl<M: Machine<Special = Special>> Hart for M {}

isa_traits::isa! {
    /// An RV64IMA instruction.
    ///
    /// Rows are looked up by opcode and funct3. Exact encodings stand first; below them, marked `Reference`,
    /// stand those that Asterisc accepts and the manual reserves.
    pub enum Op of crate::Rv64, key (0, 7) (12, 3),
        common [Lbu Lw Lwu Ld Sb Sw Sd Addi Xori Andi Slli Srli Addiw Slliw Srliw Add Sub Xor Or And Addw]
        then [Beq Bne Blt Bge Bltu Bgeu Jal Jalr];

    // RV64I, loads and stores

    /// `rd = sext(mem8[rs1 + imm])`
    Lb "lb" = 0x0000_707f / 0x0000_0003 => format::i, i::lb;
    /// `rd = sext(mem16[rs1 + imm])`
    Lh "lh" = 0x0000_707f / 0x0000_1003 => format::i, i::lh;
    /// `rd = sext(mem32[rs1 + imm])`
    Lw "lw" = 0x0000_707f / 0x0000_2003 => format::i, i::lw;
    /// `rd = mem64[rs1 + imm]`
    Ld "ld" = 0x0000_707f / 0x0000_3003 => format::i, i::ld;
    /// `rd = mem8[rs1 + imm]`
    Lbu "lbu" = 0x0000_707f / 0x0000_4003 => format::i, i::lbu;
    /// `rd = mem16[rs1 + imm]`
    Lhu "lhu" = 0x0000_707f / 0x0000_5003 => format::i, i::lhu;
    /// `rd = mem32[rs1 + imm]`
    Lwu "lwu" = 0x0000_707f / 0x0000_6003 => format::i, i::lwu;
    /// `mem8[rs1 + imm] = rs2`
    Sb "sb" = 0x0000_707f / 0x0000_0023 => format::s, i::sb;
    /// `mem16[rs1 + imm] = rs2`
    Sh "sh" = 0x0000_707f / 0x0000_1023 => format::s, i::sh;
    /// `mem32[rs1 + imm] = rs2`
    Sw "sw" = 0x0000_707f / 0x0000_2023 => format::s, i::sw;
    /// `mem64[rs1 + imm] = rs2`
    Sd "sd" = 0x0000_707f / 0x0000_3023 => format::s, i::sd;

    // RV64I, control transfer

    /// `if rs1 == rs2 pc += imm`
    Beq "beq" = 0x0000_707f / 0x0000_0063 => format::b, i::beq;
    /// `if rs1 != rs2 pc += imm`
    Bne "bne" = 0x0000_707f / 0x0000_1063 => format::b, i::bne;
    /// `if rs1 < rs2 pc += imm`, signed
    Blt "blt" = 0x0000_707f / 0x0000_4063 => format::b, i::blt;
    /// `if rs1 >= rs2 pc += imm`, signed
    Bge "bge" = 0x0000_707f / 0x0000_5063 => format::b, i::bge;
    /// `if rs1 < rs2 pc += imm`, unsigned
    Bltu "bltu" = 0x0000_707f / 0x0000_6063 => format::b, i::bltu;
    /// `if rs1 >= rs2 pc += imm`, unsigned
    Bgeu "bgeu" = 0x0000_707f / 0x0000_7063 => format::b, i::bgeu;
    /// Reference: the reserved branches, funct3 2 and 3, are never taken (rvgo/fast/vm.go:626-642).
    BranchNever "branch.never" = 0x0000_607f / 0x0000_2063 => format::b, i::branch_never;
    /// `rd = pc + 4; pc += imm`
    Jal "jal" = 0x0000_007f / 0x0000_006f => format::j, i::jal;
    /// `rd = pc + 4; pc = rs1 + imm & ~1`. Reference: funct3 is not looked at.
    Jalr "jalr" = 0x0000_007f / 0x0000_0067 => format::i, i::jalr;

    // RV64I, integer computation

    /// `rd = imm`
    Lui "lui" = 0x0000_007f / 0x0000_0037 => format::u, i::lui;
    /// `rd = pc + imm`
    Auipc "auipc" = 0x0000_007f / 0x0000_0017 => format::u, i::auipc;
    /// `rd = rs1 + imm`
    Addi "addi" = 0x0000_707f / 0x0000_0013 => format::i, i::addi;
    /// `rd = rs1 < imm`, signed
    Slti "slti" = 0x0000_707f / 0x0000_2013 => format::i, i::slti;
    /// `rd = rs1 < imm`, unsigned
    Sltiu "sltiu" = 0x0000_707f / 0x0000_3013 => format::i, i::sltiu;
    /// `rd = rs1 ^ imm`
    Xori "xori" = 0x0000_707f / 0x0000_4013 => format::i, i::xori;
    /// `rd = rs1 | imm`
    Ori "ori" = 0x0000_707f / 0x0000_6013 => format::i, i::ori;
    /// `rd = rs1 & imm`
    Andi "andi" = 0x0000_707f / 0x0000_7013 => format::i, i::andi;
    /// `rd = rs1 << shamt`. Reference: bits 31 to 26 are not looked at.
    Slli "slli" = 0x0000_707f / 0x0000_1013 => format::shamt, i::slli;
    /// `rd = rs1 >> shamt`, filled with zeros
    Srli "srli" = 0xfc00_707f / 0x0000_5013 => format::shamt, i::srli;
    /// `rd = rs1 >> shamt`, filled with the sign
    Srai "srai" = 0xfc00_707f / 0x4000_5013 => format::shamt, i::srai;
    /// `rd = sext32(rs1 + imm)`
    Addiw "addiw" = 0x0000_707f / 0x0000_001b => format::i, i::addiw;
    /// `rd = sext32(rs1 << shamt)`. Reference: bits 31 to 26 are not looked at, bit 25 must be 0.
    Slliw "slliw" = 0x0200_707f / 0x0000_101b => format::shamt_w, i::slliw;
    /// `rd = sext32(zext32(rs1) >> shamt)`
    Srliw "srliw" = 0xfe00_707f / 0x0000_501b => format::shamt_w, i::srliw;
    /// `rd = sext32(rs1) >> shamt`, filled with the sign
    Sraiw "sraiw" = 0xfe00_707f / 0x4000_501b => format::shamt_w, i::sraiw;

    // M, 64 bits: before the RV64I rows that do not look at funct7

    /// `rd = rs1 * rs2`
    Mul "mul" = 0xfe00_707f / 0x0200_0033 => format::r, m::mul;
    /// `rd = rs1 * rs2 >> 64`, both signed
    Mulh "mulh" = 0xfe00_707f / 0x0200_1033 => format::r, m::mulh;
    /// `rd = rs1 * rs2 >> 64`, `rs1` signed, `rs2` unsigned
    Mulhsu "mulhsu" = 0xfe00_707f / 0x0200_2033 => format::r, m::mulhsu;
    /// `rd = rs1 * rs2 >> 64`, both unsigned
    Mulhu "mulhu" = 0xfe00_707f / 0x0200_3033 => format::r, m::mulhu;
    /// `rd = rs1 / rs2`, signed
    Div "div" = 0xfe00_707f / 0x0200_4033 => format::r, m::div;
    /// `rd = rs1 / rs2`, unsigned
    Divu "divu" = 0xfe00_707f / 0x0200_5033 => format::r, m::divu;
    /// `rd = rs1 % rs2`, signed
    Rem "rem" = 0xfe00_707f / 0x0200_6033 => format::r, m::rem;
    /// `rd = rs1 % rs2`, unsigned
    Remu "remu" = 0xfe00_707f / 0x0200_7033 => format::r, m::remu;

    // RV64I, register-register. Reference: for the six rows without variants funct7 is not looked at.

    /// `rd = rs1 + rs2`
    Add "add" = 0xfe00_707f / 0x0000_0033 => format::r, i::add;
    /// `rd = rs1 - rs2`
    Sub "sub" = 0xfe00_707f / 0x4000_0033 => format::r, i::sub;
    /// `rd = rs1 << rs2`
    Sll "sll" = 0x0000_707f / 0x0000_1033 => format::r, i::sll;
    /// `rd = rs1 < rs2`, signed
    Slt "slt" = 0x0000_707f / 0x0000_2033 => format::r, i::slt;
    /// `rd = rs1 < rs2`, unsigned
    Sltu "sltu" = 0x0000_707f / 0x0000_3033 => format::r, i::sltu;
    /// `rd = rs1 ^ rs2`
    Xor "xor" = 0x0000_707f / 0x0000_4033 => format::r, i::xor;
    /// `rd = rs1 >> rs2`, filled with zeros
    Srl "srl" = 0xfe00_707f / 0x0000_5033 => format::r, i::srl;
    /// `rd = rs1 >> rs2`, filled with the sign
    Sra "sra" = 0xfe00_707f / 0x4000_5033 => format::r, i::sra;
    /// `rd = rs1 | rs2`
    Or "or" = 0x0000_707f / 0x0000_6033 => format::r, i::or;
    /// `rd = rs1 & rs2`
    And "and" = 0x0000_707f / 0x0000_7033 => format::r, i::and;

    // M, 32 bits: before the RV64I row that does not look at funct7

    /// `rd = sext32(rs1 * rs2)`
    Mulw "mulw" = 0xfe00_707f / 0x0200_003b => format::r, m::mulw;
    /// `rd = sext32(rs1 / rs2)`, signed 32-bit operands
    Divw "divw" = 0xfe00_707f / 0x0200_403b => format::r, m::divw;
    /// `rd = sext32(rs1 / rs2)`, unsigned 32-bit operands
    Divuw "divuw" = 0xfe00_707f / 0x0200_503b => format::r, m::divuw;
    /// `rd = sext32(rs1 % rs2)`, signed 32-bit operands
    Remw "remw" = 0xfe00_707f / 0x0200_603b => format::r, m::remw;
    /// `rd = sext32(rs1 % rs2)`, unsigned 32-bit operands
    Remuw "remuw" = 0xfe00_707f / 0x0200_703b => format::r, m::remuw;

    // RV64I, register-register of 32 bits

    /// `rd = sext32(rs1 + rs2)`
    Addw "addw" = 0xfe00_707f / 0x0000_003b => format::r, i::addw;
    /// `rd = sext32(rs1 - rs2)`
    Subw "subw" = 0xfe00_707f / 0x4000_003b => format::r, i::subw;
    /// Where MULHW would stand: refused, and above the row that does not look at funct7.
    NoMulhw "reserved" = 0xfe00_707f / 0x0200_103b => format::r, i::reserved;
    /// `rd = sext32(rs1 << rs2)`. Reference: funct7 is not looked at.
    Sllw "sllw" = 0x0000_707f / 0x0000_103b => format::r, i::sllw;
    /// `rd = sext32(zext32(rs1) >> rs2)`
    Srlw "srlw" = 0xfe00_707f / 0x0000_503b => format::r, i::srlw;
    /// `rd = sext32(rs1) >> rs2`, filled with the sign
    Sraw "sraw" = 0xfe00_707f / 0x4000_503b => format::r, i::sraw;

    // RV64I, system

    /// Asks for a system call. Reference: the fields of rd and rs1 are not looked at.
    Ecall "ecall" = 0xfff0_707f / 0x0000_0073 => format::r, i::ecall;
    /// Reference: every other SYSTEM of funct3 0 (ebreak, mret, sret, wfi, sfence.vma) does nothing.
    SystemNop "system.nop" = 0x0000_707f / 0x0000_0073 => format::r, i::nop;
    /// Reference: a control and status register reads as 0, and what is written vanishes; funct3 4 too.
    Csr "csr" = 0x0000_007f / 0x0000_0073 => format::r, i::csr;
    /// Fences order nothing on one hart. Reference: funct3 is not looked at.
    Fence "fence" = 0x0000_007f / 0x0000_000f => format::r, i::nop;

    // Reference: the loads, stores and operations of F and D do nothing, those that write an integer register
    // included (rvgo/fast/vm.go:992-999). The fused multiply-adds have no row: they are refused.

    /// A floating-point load, which does nothing.
    FpLoad "fp.load" = 0x0000_007f / 0x0000_0007 => format::r, i::nop;
    /// A floating-point store, which does nothing.
    FpStore "fp.store" = 0x0000_007f / 0x0000_0027 => format::r, i::nop;
    /// A floating-point operation, which does nothing.
    FpOp "fp.op" = 0x0000_007f / 0x0000_0053 => format::r, i::nop;

    // A. Reference: the field rs2 of LR is not looked at.

    /// `rd = sext(mem32[rs1])`, reserving `rs1`
    LrW "lr.w" = 0xf800_707f / 0x1000_202f => format::r, a::lr_w;
    /// `if reserved mem32[rs1] = rs2, rd = 0 else rd = 1`
    ScW "sc.w" = 0xf800_707f / 0x1800_202f => format::r, a::sc_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] = rs2`
    AmoswapW "amoswap.w" = 0xf800_707f / 0x0800_202f => format::r, a::amoswap_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] += rs2`
    AmoaddW "amoadd.w" = 0xf800_707f / 0x0000_202f => format::r, a::amoadd_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] ^= rs2`
    AmoxorW "amoxor.w" = 0xf800_707f / 0x2000_202f => format::r, a::amoxor_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] &= rs2`
    AmoandW "amoand.w" = 0xf800_707f / 0x6000_202f => format::r, a::amoand_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] |= rs2`
    AmoorW "amoor.w" = 0xf800_707f / 0x4000_202f => format::r, a::amoor_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] = min(rd, rs2)`, signed
    AmominW "amomin.w" = 0xf800_707f / 0x8000_202f => format::r, a::amomin_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] = max(rd, rs2)`, signed
    AmomaxW "amomax.w" = 0xf800_707f / 0xa000_202f => format::r, a::amomax_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] = min(rd, rs2)`, unsigned
    AmominuW "amominu.w" = 0xf800_707f / 0xc000_202f => format::r, a::amominu_w;
    /// `rd = sext(mem32[rs1]); mem32[rs1] = max(rd, rs2)`, unsigned
    AmomaxuW "amomaxu.w" = 0xf800_707f / 0xe000_202f => format::r, a::amomaxu_w;
    /// No known operation: refused, once its address has passed.
    AmoUnknownW "amo.unknown.w" = 0x0000_707f / 0x0000_202f => format::r, a::amo_unknown_w;
    /// `rd = mem64[rs1]`, reserving `rs1`
    LrD "lr.d" = 0xf800_707f / 0x1000_302f => format::r, a::lr_d;
    /// `if reserved mem64[rs1] = rs2, rd = 0 else rd = 1`
    ScD "sc.d" = 0xf800_707f / 0x1800_302f => format::r, a::sc_d;
    /// `rd = mem64[rs1]; mem64[rs1] = rs2`
    AmoswapD "amoswap.d" = 0xf800_707f / 0x0800_302f => format::r, a::amoswap_d;
    /// `rd = mem64[rs1]; mem64[rs1] += rs2`
    AmoaddD "amoadd.d" = 0xf800_707f / 0x0000_302f => format::r, a::amoadd_d;
    /// `rd = mem64[rs1]; mem64[rs1] ^= rs2`
    AmoxorD "amoxor.d" = 0xf800_707f / 0x2000_302f => format::r, a::amoxor_d;
    /// `rd = mem64[rs1]; mem64[rs1] &= rs2`
    AmoandD "amoand.d" = 0xf800_707f / 0x6000_302f => format::r, a::amoand_d;
    /// `rd = mem64[rs1]; mem64[rs1] |= rs2`
    AmoorD "amoor.d" = 0xf800_707f / 0x4000_302f => format::r, a::amoor_d;
    /// `rd = mem64[rs1]; mem64[rs1] = min(rd, rs2)`, signed
    AmominD "amomin.d" = 0xf800_707f / 0x8000_302f => format::r, a::amomin_d;
    /// `rd = mem64[rs1]; mem64[rs1] = max(rd, rs2)`, signed
    AmomaxD "amomax.d" = 0xf800_707f / 0xa000_302f => format::r, a::amomax_d;
    /// `rd = mem64[rs1]; mem64[rs1] = min(rd, rs2)`, unsigned
    AmominuD "amominu.d" = 0xf800_707f / 0xc000_302f => format::r, a::amominu_d;
    /// `rd = mem64[rs1]; mem64[rs1] = max(rd, rs2)`, unsigned
    AmomaxuD "amomaxu.d" = 0xf800_707f / 0xe000_302f => format::r, a::amomaxu_d;
    /// No known operation: refused, once its address has passed.
    AmoUnknownD "amo.unknown.d" = 0x0000_707f / 0x0000_302f => format::r, a::amo_unknown_d;
}
