//! The table: every instruction, its encoding and its meaning.

use isa_traits::Machine;

use crate::chapter::{alu, branch, memory, muldiv, system};
use crate::{Special, format};

/// A machine with the registers of MIPS32.
pub trait Hart: Machine<Special = Special> {}
impl<M: Machine<Special = Special>> Hart for M {}

isa_traits::isa! {
    /// A MIPS32 instruction.
    ///
    /// Rows are looked up by opcode and the low bits of the function. Reference: fields that the manual wants to
    /// be zero are not looked at, so most masks cover only opcode and function (`exec/mips_instructions.go:60-80`).
    pub enum Op of crate::Mips32, key (0, 3) (26, 6),
        common [Lw Lbu Sw Sb Addiu Addu Subu And Andi Or Ori Xor Sll Srl Sltu Sltiu Lui Beq Bne Blez J Jal Jr]
        then [];

    // Arithmetic and logic

    /// `rd = rs + rt`
    Add "add" = 0xfc00_003f / 0x0000_0020 => format::r, alu::add;
    /// `rd = rs + rt`
    Addu "addu" = 0xfc00_003f / 0x0000_0021 => format::r, alu::addu;
    /// `rd = rs - rt`
    Sub "sub" = 0xfc00_003f / 0x0000_0022 => format::r, alu::sub;
    /// `rd = rs - rt`
    Subu "subu" = 0xfc00_003f / 0x0000_0023 => format::r, alu::subu;
    /// `rd = rs & rt`
    And "and" = 0xfc00_003f / 0x0000_0024 => format::r, alu::and;
    /// `rd = rs | rt`
    Or "or" = 0xfc00_003f / 0x0000_0025 => format::r, alu::or;
    /// `rd = rs ^ rt`
    Xor "xor" = 0xfc00_003f / 0x0000_0026 => format::r, alu::xor;
    /// `rd = !(rs | rt)`
    Nor "nor" = 0xfc00_003f / 0x0000_0027 => format::r, alu::nor;
    /// `rd = rs < rt`, signed
    Slt "slt" = 0xfc00_003f / 0x0000_002a => format::r, alu::slt;
    /// `rd = rs < rt`, unsigned
    Sltu "sltu" = 0xfc00_003f / 0x0000_002b => format::r, alu::sltu;
    /// `rt = rs + imm`
    Addi "addi" = 0xfc00_0000 / 0x2000_0000 => format::i, alu::addi;
    /// `rt = rs + imm`
    Addiu "addiu" = 0xfc00_0000 / 0x2400_0000 => format::i, alu::addiu;
    /// `rt = rs < imm`, signed
    Slti "slti" = 0xfc00_0000 / 0x2800_0000 => format::i, alu::slti;
    /// `rt = rs < imm`, unsigned
    Sltiu "sltiu" = 0xfc00_0000 / 0x2c00_0000 => format::i, alu::sltiu;
    /// `rt = rs & imm`
    Andi "andi" = 0xfc00_0000 / 0x3000_0000 => format::iu, alu::andi;
    /// `rt = rs | imm`
    Ori "ori" = 0xfc00_0000 / 0x3400_0000 => format::iu, alu::ori;
    /// `rt = rs ^ imm`
    Xori "xori" = 0xfc00_0000 / 0x3800_0000 => format::iu, alu::xori;
    /// `rt = imm << 16`. Reference: rs is not looked at.
    Lui "lui" = 0xfc00_0000 / 0x3c00_0000 => format::upper, alu::lui;
    /// `rd = rs * rt`
    Mul "mul" = 0xfc00_003f / 0x7000_0002 => format::r, alu::mul;
    /// `rd` = leading zeros of `rs`. Reference: rt is not looked at.
    Clz "clz" = 0xfc00_003f / 0x7000_0020 => format::r, alu::clz;
    /// `rd` = leading ones of `rs`. Reference: rt is not looked at.
    Clo "clo" = 0xfc00_003f / 0x7000_0021 => format::r, alu::clo;

    // Shifts

    /// `rd = rt << sa`
    Sll "sll" = 0xfc00_003f / 0x0000_0000 => format::sa, alu::sll;
    /// `rd = rt >> sa`, filled with zeros. Reference: ROTR too (`exec/mips_instructions.go:200-325`).
    Srl "srl" = 0xfc00_003f / 0x0000_0002 => format::sa, alu::srl;
    /// `rd = rt >> sa`, filled with the sign
    Sra "sra" = 0xfc00_003f / 0x0000_0003 => format::sa, alu::sra;
    /// `rd = rt << rs`
    Sllv "sllv" = 0xfc00_003f / 0x0000_0004 => format::r, alu::sllv;
    /// `rd = rt >> rs`, filled with zeros. Reference: ROTRV too.
    Srlv "srlv" = 0xfc00_003f / 0x0000_0006 => format::r, alu::srlv;
    /// `rd = rt >> rs`, filled with the sign
    Srav "srav" = 0xfc00_003f / 0x0000_0007 => format::r, alu::srav;

    // Moves

    /// `if rt == 0 rd = rs`
    Movz "movz" = 0xfc00_003f / 0x0000_000a => format::r, alu::movz;
    /// `if rt != 0 rd = rs`
    Movn "movn" = 0xfc00_003f / 0x0000_000b => format::r, alu::movn;

    // Multiplication and division

    /// `rd = HI`
    Mfhi "mfhi" = 0xfc00_003f / 0x0000_0010 => format::r, muldiv::mfhi;
    /// `HI = rs, rd = 0`
    Mthi "mthi" = 0xfc00_003f / 0x0000_0011 => format::r, muldiv::mthi;
    /// `rd = LO`
    Mflo "mflo" = 0xfc00_003f / 0x0000_0012 => format::r, muldiv::mflo;
    /// `LO = rs, rd = 0`
    Mtlo "mtlo" = 0xfc00_003f / 0x0000_0013 => format::r, muldiv::mtlo;
    /// `HI:LO = rs * rt, rd = 0`, signed
    Mult "mult" = 0xfc00_003f / 0x0000_0018 => format::r, muldiv::mult;
    /// `HI:LO = rs * rt, rd = 0`, unsigned
    Multu "multu" = 0xfc00_003f / 0x0000_0019 => format::r, muldiv::multu;
    /// `LO = rs / rt, HI = rs % rt, rd = 0`, signed
    Div "div" = 0xfc00_003f / 0x0000_001a => format::r, muldiv::div;
    /// `LO = rs / rt, HI = rs % rt, rd = 0`, unsigned
    Divu "divu" = 0xfc00_003f / 0x0000_001b => format::r, muldiv::divu;

    // Jumps and branches

    /// `pc = imm` in the same 256 MiB
    J "j" = 0xfc00_0000 / 0x0800_0000 => format::j, branch::j;
    /// `r31 = pc + 8; pc = imm` in the same 256 MiB
    Jal "jal" = 0xfc00_0000 / 0x0c00_0000 => format::jal, branch::jal;
    /// `pc = rs`
    Jr "jr" = 0xfc00_003f / 0x0000_0008 => format::r, branch::jr;
    /// `rd = pc + 8; pc = rs`
    Jalr "jalr" = 0xfc00_003f / 0x0000_0009 => format::r, branch::jalr;
    /// `if rs == rt pc += 4 + imm`
    Beq "beq" = 0xfc00_0000 / 0x1000_0000 => format::b, branch::beq;
    /// `if rs != rt pc += 4 + imm`
    Bne "bne" = 0xfc00_0000 / 0x1400_0000 => format::b, branch::bne;
    /// `if rs <= 0 pc += 4 + imm`. Reference: rt is not looked at.
    Blez "blez" = 0xfc00_0000 / 0x1800_0000 => format::b, branch::blez;
    /// `if rs > 0 pc += 4 + imm`. Reference: rt is not looked at.
    Bgtz "bgtz" = 0xfc00_0000 / 0x1c00_0000 => format::b, branch::bgtz;
    /// `if rs < 0 pc += 4 + imm`
    Bltz "bltz" = 0xfc1f_0000 / 0x0400_0000 => format::b, branch::bltz;
    /// `if rs >= 0 pc += 4 + imm`
    Bgez "bgez" = 0xfc1f_0000 / 0x0401_0000 => format::b, branch::bgez;
    /// `r31 = pc + 8; if rs < 0 pc += 4 + imm`. A [feature](crate::Features) of some versions.
    Bltzal "bltzal" = 0xfc1f_0000 / 0x0410_0000 => format::bal, branch::bltzal;
    /// `r31 = pc + 8; if rs >= 0 pc += 4 + imm`. A [feature](crate::Features) of some versions.
    Bgezal "bgezal" = 0xfc1f_0000 / 0x0411_0000 => format::bal, branch::bgezal;
    /// Reference: every other REGIMM is a branch never taken (`exec/mips_instructions.go:483-497`).
    RegimmNever "regimm.never" = 0xfc00_0000 / 0x0400_0000 => format::b, branch::branch_never;

    // Loads and stores

    /// `rt = sext(mem8[rs + imm])`
    Lb "lb" = 0xfc00_0000 / 0x8000_0000 => format::i, memory::lb;
    /// `rt = sext(mem16[rs + imm])`
    Lh "lh" = 0xfc00_0000 / 0x8400_0000 => format::i, memory::lh;
    /// `rt` = the left part of a word
    Lwl "lwl" = 0xfc00_0000 / 0x8800_0000 => format::i, memory::lwl;
    /// `rt = mem32[rs + imm]`
    Lw "lw" = 0xfc00_0000 / 0x8c00_0000 => format::i, memory::lw;
    /// `rt = mem8[rs + imm]`
    Lbu "lbu" = 0xfc00_0000 / 0x9000_0000 => format::i, memory::lbu;
    /// `rt = mem16[rs + imm]`
    Lhu "lhu" = 0xfc00_0000 / 0x9400_0000 => format::i, memory::lhu;
    /// `rt` = the right part of a word
    Lwr "lwr" = 0xfc00_0000 / 0x9800_0000 => format::i, memory::lwr;
    /// `mem8[rs + imm] = rt`
    Sb "sb" = 0xfc00_0000 / 0xa000_0000 => format::i, memory::sb;
    /// `mem16[rs + imm] = rt`
    Sh "sh" = 0xfc00_0000 / 0xa400_0000 => format::i, memory::sh;
    /// The left part of a word = `rt`
    Swl "swl" = 0xfc00_0000 / 0xa800_0000 => format::i, memory::swl;
    /// `mem32[rs + imm] = rt`
    Sw "sw" = 0xfc00_0000 / 0xac00_0000 => format::i, memory::sw;
    /// The right part of a word = `rt`
    Swr "swr" = 0xfc00_0000 / 0xb800_0000 => format::i, memory::swr;
    /// `rt = mem32[rs + imm]`, reserving nothing
    Ll "ll" = 0xfc00_0000 / 0xc000_0000 => format::i, memory::ll;
    /// `mem32[rs + imm] = rt; rt = 1`
    Sc "sc" = 0xfc00_0000 / 0xe000_0000 => format::i, memory::sc;

    // System

    /// Asks for a system call. Reference: the code is not looked at.
    Syscall "syscall" = 0xfc00_003f / 0x0000_000c => format::r, system::syscall;
    /// Orders nothing. Reference: `rd = rs`.
    Sync "sync" = 0xfc00_003f / 0x0000_000f => format::r, system::sync;
}
