//! Where a reference takes a word otherwise than the manuals do.
//!
//! Sources: Asterisc at 52519dc, Cannon at optimism d317e96 (`exec/` lies in `cannon/mipsevm/`). The manuals are the RISC-V
//! Unprivileged ISA 20240411 and MIPS32 Architecture For Programmers, Volume II (MD00086).

use isa_traits::Isa;

/// A set of words: those whose bits under the first number are the second.
type Words = (u32, u32);

/// Words that mean another thing to the reference than to the manuals.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The instruction set: `rv64`, `mips`.
    pub isa: &'static str,
    /// The words.
    pub words: Words,
    /// Those among them that both take alike.
    pub but: &'static [Words],
    /// What the reference takes them for; nothing where it refuses them.
    pub ours: Option<&'static str>,
    /// What they are, and what becomes of them.
    pub what: &'static str,
    /// What the author of a program can do.
    pub advice: &'static str,
    /// Where the reference decides it.
    pub source: &'static str,
}

impl Difference {
    /// Whether a word is one of those.
    pub fn holds(&self, word: u32) -> bool {
        let is_in = |&(mask, bits): &Words| word & mask == bits;
        is_in(&self.words) && !self.but.iter().any(is_in)
    }

    /// The first difference of an instruction set that a word is in, among those it takes for `ours`.
    pub fn of<I: Isa>(word: u32, ours: Option<&str>) -> Option<&'static Self> {
        DIFFERENCES.iter().find(|found| found.isa == I::NAME && found.ours == ours && found.holds(word))
    }
}

const RVC: &str = "build without compressed code: -march=rv64ima for C, -C target-feature=-c and build-std for Rust, \
                   -gcflags=all=-d=compressinstructions=0 -asmflags=all=-d=compressinstructions=0 for Go 1.26 and later";
const SOFT_RV64: &str =
    "build with soft floats: -march=rv64ima -mabi=lp64 for C, -gcflags=all=-d=softfloat for Go";
const SOFT_MIPS: &str = "build with soft floats: -msoft-float for C, GOMIPS=softfloat for Go";
const MARCH: &str = "build for the base instruction set: -march=rv64ima";
const MIPS_R1: &str = "build for the first release: -mips32 for C, cpu mips2 for LLVM";
const RESERVED: &str = "an encoding with something in fields that are to be zero, taken as if they were";
const ODD: &str = "no compiler makes this; look at what wrote it";

macro_rules! differences {
    ($isa:literal: $( $words:expr, but $but:expr, $ours:expr, $what:expr, $advice:expr, $source:literal; )*) => {
        &[$( Difference {
            isa: $isa, words: $words, but: &$but, ours: $ours, what: $what, advice: $advice, source: $source,
        }, )*]
    };
}

/// All words that the references take otherwise than the manuals do.
pub static DIFFERENCES: std::sync::LazyLock<Vec<Difference>> =
    std::sync::LazyLock::new(|| [RV64, MIPS32].concat());

const RV64: &[Difference] = differences! { "rv64":
    (!0, 0), but [], None, "a word of zeros, which is no instruction", "look where the path comes from: code runs off its end", "rvgo/fast/vm.go:1001";
    (0, 0), but [(3, 3)], None, "compressed code", RVC, "rvgo/fast/vm.go:1001";
    (0x73, 0x43), but [], None, "a fused floating-point operation", SOFT_RV64, "rvgo/fast/vm.go:1001";
    (0x7f, 0x57), but [], None, "a vector operation", MARCH, "rvgo/fast/vm.go:1001";
    (0x7f, 0x07), but [], Some("fp.load"), "a floating-point load, which does nothing", SOFT_RV64, "rvgo/fast/vm.go:992-999";
    (0x7f, 0x27), but [], Some("fp.store"), "a floating-point store, which does nothing", SOFT_RV64, "rvgo/fast/vm.go:992-999";
    (0x7f, 0x53), but [], Some("fp.op"), "a floating-point operation, which does nothing", SOFT_RV64, "rvgo/fast/vm.go:992-999";
    (0x607f, 0x2063), but [], Some("branch.never"), "a reserved branch, which is never taken", ODD, "rvgo/fast/vm.go:626-642";
    (0x7f, 0x67), but [(0x707f, 0x67)], Some("jalr"), "a reserved jump, taken for jalr", ODD, "rvgo/fast/vm.go:886-895";
    (0x707f, 0x1013), but [(0xfc00_707f, 0x1013)], Some("slli"), "a reserved or Zb shift, taken for slli", MARCH, "rvgo/fast/vm.go:652-656";
    (0x0200_707f, 0x101b), but [(0xfe00_707f, 0x101b)], Some("slliw"), "a reserved or Zb shift, taken for slliw", MARCH, "rvgo/fast/vm.go:688-694";
    (0x707f, 0x1033), but [(0xfe00_707f, 0x1033), (0xfe00_707f, 0x0200_1033)], Some("sll"), "a reserved or Zb operation, taken for sll", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x2033), but [(0xfe00_707f, 0x2033), (0xfe00_707f, 0x0200_2033)], Some("slt"), "a reserved or Zb operation, taken for slt", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x3033), but [(0xfe00_707f, 0x3033), (0xfe00_707f, 0x0200_3033)], Some("sltu"), "a reserved or Zb operation, taken for sltu", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x4033), but [(0xfe00_707f, 0x4033), (0xfe00_707f, 0x0200_4033)], Some("xor"), "a reserved or Zb operation, taken for xor", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x6033), but [(0xfe00_707f, 0x6033), (0xfe00_707f, 0x0200_6033)], Some("or"), "a reserved or Zb operation, taken for or", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x7033), but [(0xfe00_707f, 0x7033), (0xfe00_707f, 0x0200_7033)], Some("and"), "a reserved or Zb operation, taken for and", MARCH, "rvgo/fast/vm.go:759-793";
    (0x707f, 0x103b), but [(0xfe00_707f, 0x103b)], Some("sllw"), "a reserved or Zb operation, taken for sllw", MARCH, "rvgo/fast/vm.go:837-863";
    (0xfff0_707f, 0x73), but [(!0, 0x73)], Some("ecall"), "a reserved encoding, taken for ecall", ODD, "rvgo/fast/vm.go:897-910";
    (0x707f, 0x73), but [(0xfff0_707f, 0x73)], Some("system.nop"), "ebreak or a privileged instruction, which does nothing", "nothing stops here: what follows is executed", "rvgo/fast/vm.go:897-910";
    (0x7f, 0x73), but [(0x707f, 0x73)], Some("csr"), "a control and status register (or unimp), which reads as 0", "nothing stops here: what follows is executed", "rvgo/fast/vm.go:897-910";
    (0x7f, 0x0f), but [(0xf00f_ffff, 0x0f), (!0, 0x8330_000f), (!0, 0x100f)], Some("fence"), "a reserved fence or a cache operation, which does nothing", ODD, "rvgo/fast/vm.go:989-991";
    (0xf800_707f, 0x1000_202f), but [(0xf9f0_707f, 0x1000_202f)], Some("lr.w"), "a reserved encoding, taken for lr.w", ODD, "rvgo/fast/vm.go:934-937";
    (0xf800_707f, 0x1000_302f), but [(0xf9f0_707f, 0x1000_302f)], Some("lr.d"), "a reserved encoding, taken for lr.d", ODD, "rvgo/fast/vm.go:934-937";
};

const MIPS32: &[Difference] = differences! { "mips":
    (0xfc00_003f, 0x0d), but [], None, "break, which ends the program", "", "exec/mips_instructions.go:200-325";
    (0xffff_003f, 0x34), but [], None, "teq of equal registers, which ends the program", "", "exec/mips_instructions.go:200-325";
    (0xfc00_0038, 0x30), but [], None, "a trap on a condition, as before a division", "build with -mno-check-zero-division (C), -C llvm-args=-mno-check-zero-division (Rust)", "exec/mips_instructions.go:200-325";
    (0xfc00_003f, 0x01), but [], None, "a move on a floating-point condition", SOFT_MIPS, "exec/mips_instructions.go:200-325";
    (0xfc00_003a, 0x7000_0000), but [], None, "madd, maddu, msub or msubu", "build with -mno-imadd (C), cpu mips2 (LLVM)", "exec/mips_instructions.go:328-341";
    (0xfc00_003f, 0x7000_003f), but [], None, "a break for a debugger", ODD, "exec/mips_instructions.go:328-341";
    (0xfc00_0000, 0x4000_0000), but [], None, "an instruction of coprocessor 0, for an operating system", ODD, "exec/mips_instructions.go:326-455";
    (0xf400_0000, 0x4400_0000), but [], None, "a floating-point operation", SOFT_MIPS, "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0x4800_0000), but [], None, "an instruction of coprocessor 2", ODD, "exec/mips_instructions.go:326-455";
    (0xcc00_0000, 0xc400_0000), but [], None, "a floating-point load or store", SOFT_MIPS, "exec/mips_instructions.go:326-455";
    (0xcc00_0000, 0xc800_0000), but [(0xfc00_0000, 0xcc00_0000)], None, "an instruction of coprocessor 2", ODD, "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0xbc00_0000), but [], None, "a cache operation, for an operating system", ODD, "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0xcc00_0000), but [], None, "a prefetch", MIPS_R1, "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0x7400_0000), but [], None, "a jump to MIPS16 code", MIPS_R1, "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0x7800_0000), but [], None, "an operation on vectors", MIPS_R1, "exec/mips_instructions.go:326-455";
    (0xfc00_002f, 0x05), but [], None, "an instruction of a later release", MIPS_R1, "exec/mips_instructions.go:200-325";
    (0xf000_0000, 0x6000_0000), but [], None, "an instruction of 64-bit MIPS", MIPS_R1, "exec/mips_instructions.go:54-58";
    (0xdc00_0000, 0xdc00_0000), but [], None, "an instruction of 64-bit MIPS", MIPS_R1, "exec/mips_instructions.go:326-455";
    (0xf000_0000, 0x5000_0000), but [], None, "a likely branch", "build with -mno-branch-likely", "exec/mips_instructions.go:326-455";
    (0xfc00_0000, 0x7c00_0000), but [], None, "an instruction of a later release", MIPS_R1, "exec/mips_instructions.go:326-455";
    (0xffe0_003f, 0x0020_0002), but [], Some("srl"), "a rotation, taken for a shift", MIPS_R1, "exec/mips_instructions.go:203";
    (0xfc00_07ff, 0x46), but [], Some("srlv"), "a rotation, taken for a shift", MIPS_R1, "exec/mips_instructions.go:210";
    (0xfc00_003f, 0x20), but [(0xfc00_07ff, 0x20)], Some("add"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x21), but [(0xfc00_07ff, 0x21)], Some("addu"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x22), but [(0xfc00_07ff, 0x22)], Some("sub"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x23), but [(0xfc00_07ff, 0x23)], Some("subu"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x24), but [(0xfc00_07ff, 0x24)], Some("and"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x25), but [(0xfc00_07ff, 0x25)], Some("or"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x26), but [(0xfc00_07ff, 0x26)], Some("xor"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x27), but [(0xfc00_07ff, 0x27)], Some("nor"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x2a), but [(0xfc00_07ff, 0x2a)], Some("slt"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x2b), but [(0xfc00_07ff, 0x2b)], Some("sltu"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0xa), but [(0xfc00_07ff, 0xa)], Some("movz"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0xb), but [(0xfc00_07ff, 0xb)], Some("movn"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x4), but [(0xfc00_07ff, 0x4)], Some("sllv"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x6), but [(0xfc00_07ff, 0x6)], Some("srlv"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x7), but [(0xfc00_07ff, 0x7)], Some("srav"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x7000_0002), but [(0xfc00_07ff, 0x7000_0002)], Some("mul"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x7000_0020), but [(0xfc00_07ff, 0x7000_0020)], Some("clz"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x7000_0021), but [(0xfc00_07ff, 0x7000_0021)], Some("clo"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x0), but [(0xffe0_003f, 0x0)], Some("sll"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x2), but [(0xffe0_003f, 0x2)], Some("srl"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x3), but [(0xffe0_003f, 0x3)], Some("sra"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x18), but [(0xfc00_ffff, 0x18)], Some("mult"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x19), but [(0xfc00_ffff, 0x19)], Some("multu"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x1a), but [(0xfc00_ffff, 0x1a)], Some("div"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x1b), but [(0xfc00_ffff, 0x1b)], Some("divu"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x11), but [(0xfc1f_ffff, 0x11)], Some("mthi"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x13), but [(0xfc1f_ffff, 0x13)], Some("mtlo"), "a destination where none belongs, which is set to 0", ODD, "exec/mips_instructions.go:513-603";
    (0xfc00_003f, 0x10), but [(0xffff_07ff, 0x10)], Some("mfhi"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x12), but [(0xffff_07ff, 0x12)], Some("mflo"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x8), but [(0xfc1f_ffff, 0x8)], Some("jr"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0x9), but [(0xfc1f_07ff, 0x9)], Some("jalr"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_003f, 0xf), but [(0xffff_f83f, 0xf)], Some("sync"), "sync with registers, taken for a move", ODD, "exec/mips_instructions.go:227-228";
    (0xfc00_0000, 0x3c00_0000), but [(0xffe0_0000, 0x3c00_0000)], Some("lui"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_0000, 0x1800_0000), but [(0xfc1f_0000, 0x1800_0000)], Some("blez"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_0000, 0x1c00_0000), but [(0xfc1f_0000, 0x1c00_0000)], Some("bgtz"), RESERVED, ODD, "exec/mips_instructions.go:60-80";
    (0xfc00_0000, 0x0400_0000), but [], Some("regimm.never"), "a trap on a condition, a likely branch or another branch, which is never taken", MIPS_R1, "exec/mips_instructions.go:483-497";
};
