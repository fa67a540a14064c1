//! The instruction set, and the target that Cannon is.

use isa_traits::{
    Abi, ByteOrder, Elf, Exec, Fields, Insn, Isa, JsonPages, Machine, Reg, State, StateFiles, Target, Trap,
    W32,
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

    fn decode(raw: u32) -> Result<Insn<Op>, Trap> {
        match Op::lookup(raw) {
            Some(op) => Ok((op.row().format)(op, raw)),
            None => Err(refusal(raw)),
        }
    }

    fn mnemonic(op: Op) -> &'static str {
        op.mnemonic()
    }

    fn fetchable(pc: W32) -> Exec {
        if pc.0.is_multiple_of(4) { Ok(()) } else { Err(Trap::MisalignedFetch) }
    }

    #[inline(always)]
    fn execute<M: Machine<Special = Special>>(m: &mut M, insn: Insn<Op>) -> Exec {
        insn.op.execute(m, insn.operands())
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
    const LATEST: Self =
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
