//! The instruction set, and the target that Cannon is.

use isa_traits::{
    Abi, ByteOrder, Elf, Exec, Fields, Insn, Isa, JsonPages, Jump, Machine, Reg, State, StateFiles, Target,
    Trap, Visitor, W32,
};

use crate::{Hart32, Op, Special, abi};

/// MIPS32, big-endian, without floating point, coprocessors and traps.
#[derive(Clone, Copy, Debug)]
pub struct Mips32;

impl Isa for Mips32 {
    type Word = W32;
    type Op = Op;
    type Special = Special;
    type Hart = Hart32;

    const NAME: &'static str = "mips";
    const BYTE_ORDER: ByteOrder = ByteOrder::Big;
    const RETURN_ADDRESS: Reg = Reg::source(31);
    /// The delay slot belongs to the call.
    const CALL_BYTES: u64 = 8;
    const SPECIALS: &'static [Special] = &[Special::Hi, Special::Lo];
    const NEXT_PC: Option<Special> = Some(Special::NextPc);

    fn decode(raw: u32) -> Result<Insn<Op>, Trap> {
        match Op::lookup(raw) {
            Some(op) => Ok((op.row().format)(op, raw)),
            None => Err(refusal(raw)),
        }
    }

    fn mnemonic(op: Op) -> &'static str {
        op.mnemonic()
    }

    fn links(op: Op) -> bool {
        matches!(op, Op::Jal | Op::Jalr | Op::Bgezal | Op::Bltzal)
    }

    fn jumps(op: Op) -> Option<Jump> {
        match op {
            Op::Jr | Op::Jalr => Some(Jump::Indirect),
            Op::J | Op::Jal | Op::Beq | Op::Bne | Op::Blez | Op::Bgtz => Some(Jump::Direct),
            Op::Bltz | Op::Bgez | Op::Bltzal | Op::Bgezal => Some(Jump::Direct),
            _ => None,
        }
    }

    fn fetchable(pc: W32) -> Exec {
        if pc.0.is_multiple_of(4) { Ok(()) } else { Err(Trap::MisalignedFetch) }
    }

    #[inline(always)]
    fn execute<M: Machine<Special = Special>>(m: &mut M, insn: &Insn<Op>) -> Exec {
        insn.op.execute(m, insn.operands())
    }

    fn meaning<V: Visitor<Self>>(op: Op, visitor: V) -> V::Out {
        op.meaning(visitor)
    }
}

/// Why no row of the table matches an encoding.
const fn refusal(raw: u32) -> Trap {
    match raw >> 26 {
        // SPECIAL and SPECIAL2, which go on in the function.
        0x00 | 0x1c => Trap::ReservedEncoding,
        _ => Trap::UnknownOpcode,
    }
}

/// What came to Cannon after version 1.1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// BGEZAL; without it, the encoding is a branch never taken.
    pub bgezal: bool,
    /// BLTZAL; without it, the encoding is a branch never taken.
    pub bltzal: bool,
    /// `fcntl` with `F_GETFD`; without it, the call fails.
    pub f_getfd: bool,
}

/// Single-threaded Cannon, in the version of a `MIPS.sol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannonMips32 {
    version: &'static str,
    features: Features,
}

impl CannonMips32 {
    /// The versions, oldest first: that of op-contracts v1.6.0, the one of optimism d317e96, and that of
    /// op-contracts v1.8.0.
    pub const VERSIONS: [Self; 3] = [
        Self { version: "1.1.0", features: Features { bgezal: false, bltzal: false, f_getfd: false } },
        Self { version: "1.2.1-beta.6", features: Features { bgezal: true, bltzal: false, f_getfd: true } },
        Self::LATEST,
    ];

    /// The last version of the single-threaded machine that is known in full.
    pub const LATEST: Self =
        Self { version: "1.2.1", features: Features { bgezal: true, bltzal: true, f_getfd: true } };

    /// The version called `name`, if there is one.
    pub fn version_named(name: &str) -> Option<Self> {
        Self::VERSIONS.into_iter().find(|target| target.version == name)
    }

    /// What the version has.
    pub const fn features(&self) -> Features {
        self.features
    }
}

impl Default for CannonMips32 {
    /// Version 1.2.1.
    fn default() -> Self {
        Self::LATEST
    }
}

impl Target for CannonMips32 {
    type Isa = Mips32;

    const NAME: &'static str = "cannon-mips32";
    const WITNESS_BYTES: usize = 226;
    const ADDRESS_BITS: u32 = 32;
    /// The instruction, and the one word of data a step can touch (`singlethreaded/instrumented.go:56-85`).
    const PROOF_PATHS: Option<usize> = Some(2);
    /// `MIPS.sol:101-107`: `InvalidExitedValue()`.
    const LENIENT_EXITED: bool = false;
    /// State version 2 (`versions/state.go:48-142`).
    const STATE_FILES: StateFiles = StateFiles {
        version: Some(2),
        page_number_bytes: 4,
        json_pages: JsonPages::ZlibBase64,
        carries_hash: false,
        writes_json: false,
    };

    fn version(&self) -> &'static str {
        self.version
    }

    fn abi(&self) -> &'static Abi {
        if self.features.f_getfd { &abi::ABI } else { &abi::ABI_WITHOUT_GETFD }
    }

    fn elf(&self) -> &'static Elf {
        &abi::ELF
    }

    /// The messages of the off-chain machine; where only the contract has one, its error.
    fn reference_error(&self, trap: Trap) -> &'static str {
        match trap {
            Trap::UnknownOpcode | Trap::ReservedEncoding => "invalid instruction",
            Trap::BranchInDelaySlot => "branch in delay slot",
            Trap::JumpInDelaySlot => "jump in delay slot",
            Trap::DivisionByZero => "instruction divide by zero",
            Trap::MisalignedFetch => "unaligned memory access",
            Trap::KeyType | Trap::PreimageOffset => "Preimage offset out-of-bounds",
            Trap::Access => "InvalidMemoryProof()",
            _ => "none",
        }
    }

    /// The order of `singlethreaded/state.go:169-187`, which is that of its JSON keys too.
    fn fields<F: Fields>(&self, state: &mut State<Hart32>, fields: &mut F) -> Result<(), F::Error> {
        fields.hash("preimageKey", &mut state.preimage_key)?;
        fields.number("preimageOffset", 4, &mut state.preimage_offset)?;
        fields.word("pc", &mut state.hart.pc)?;
        fields.word("nextPC", &mut state.hart.next_pc)?;
        fields.word("lo", &mut state.hart.lo)?;
        fields.word("hi", &mut state.hart.hi)?;
        fields.number("heap", 4, &mut state.heap)?;
        fields.byte("exit", &mut state.exit_code)?;
        fields.flag("exited", &mut state.exited)?;
        fields.number("step", 8, &mut state.step)?;
        fields.words("registers", state.hart.x.general_mut())
    }

    fn decode(&self, raw: u32) -> Result<Insn<Op>, Trap> {
        let insn = Mips32::decode(raw)?;
        let missing = match insn.op {
            Op::Bgezal => !self.features.bgezal,
            Op::Bltzal => !self.features.bltzal,
            _ => false,
        };
        Ok(if missing { Insn { op: Op::RegimmNever, rd: Reg::SINK, ..insn } } else { insn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Before, PC, special};

    #[test]
    fn what_is_not_in_the_table_is_refused() {
        let specials = [1, 5, 0xd, 0xe, 0x14, 0x15, 0x16, 0x17]
            .into_iter()
            .chain(0x1c..=0x1f)
            .chain([0x28, 0x29])
            .chain(0x2c..=0x3f);
        for function in specials {
            assert_eq!(Mips32::decode(function), Err(Trap::ReservedEncoding), "SPECIAL {function:x}");
        }
        for function in (0..64).filter(|function| ![2, 0x20, 0x21].contains(function)) {
            let raw = 0x1c << 26 | function;
            assert_eq!(Mips32::decode(raw), Err(Trap::ReservedEncoding), "SPECIAL2 {function:x}");
        }
        let opcodes = (0x10..=0x1b)
            .chain([0x1d, 0x1e, 0x1f, 0x27, 0x2c, 0x2d, 0x2f])
            .chain(0x31..=0x37)
            .chain(0x39..=0x3f);
        for opcode in opcodes {
            assert_eq!(Mips32::decode(opcode << 26), Err(Trap::UnknownOpcode), "opcode {opcode:x}");
        }
        assert_eq!(CannonMips32::default().reference_error(Trap::UnknownOpcode), "invalid instruction");
    }

    /// Every row is found by its own encoding, whatever stands in the fields that are not looked at.
    #[test]
    fn every_row_is_found() {
        for &op in Op::ALL.iter().filter(|&&op| op != Op::RegimmNever) {
            let row = op.row();
            assert_eq!(Op::lookup(row.bits), Some(op), "{}", op.mnemonic());
            assert_eq!(Op::lookup(row.bits | !row.mask), Some(op), "{}", op.mnemonic());
        }
        assert_eq!(Op::lookup(0x041f_0000), Some(Op::RegimmNever));
    }

    #[test]
    fn versions_differ_in_their_features() {
        // Whether the branches that link are known, by version.
        for (version, bgezal, bltzal) in
            [("1.1.0", false, false), ("1.2.1-beta.6", true, false), ("1.2.1", true, true)]
        {
            for (raw, r8, known) in [(0x0511_0004, 0, bgezal), (0x0510_0004, u32::MAX, bltzal)] {
                let after = Before::new(raw).x(8, r8).version(version).step().unwrap();
                let (next, link) = if known { (PC + 20, PC + 8) } else { (PC + 8, 0) };
                assert_eq!(special(&after, Special::NextPc), next, "{version} {raw:x}");
                assert_eq!(crate::testing::x(&after, 31), link, "{version} {raw:x}");
            }
        }
        assert_eq!(CannonMips32::version_named("1.2.1"), Some(CannonMips32::default()));
        assert_eq!(CannonMips32::version_named("1.3.0"), None);
    }
}
