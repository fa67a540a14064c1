//! The instruction set, and the target that Asterisc is.

use isa_traits::{
    Abi, ByteOrder, Elf, Exec, Fields, Insn, Isa, JsonPages, Jump, Machine, Reg, State, StateFiles, Target,
    Trap, Visitor, W64,
};

use crate::{Hart64, Op, Special, abi};

/// RV64IMA, without privilege modes and compressed instructions.
#[derive(Clone, Copy, Debug)]
pub struct Rv64;

impl Isa for Rv64 {
    type Word = W64;
    type Op = Op;
    type Special = Special;
    type Hart = Hart64;

    const NAME: &'static str = "rv64";
    const BYTE_ORDER: ByteOrder = ByteOrder::Little;
    const RETURN_ADDRESS: Reg = Reg::source(1);
    const CALL_BYTES: u64 = 4;
    const SPECIALS: &'static [Special] = &[Special::Reservation];
    const NEXT_PC: Option<Special> = None;

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
        matches!(op, Op::Jal | Op::Jalr)
    }

    fn jumps(op: Op) -> Option<Jump> {
        match op {
            Op::Jalr => Some(Jump::Indirect),
            Op::Jal | Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => Some(Jump::Direct),
            _ => None,
        }
    }

    /// Reference: a pc need not be a multiple of 4, if its four bytes lie in one leaf (rvgo/slow/vm.go:336).
    fn fetchable(pc: W64) -> Exec {
        if pc.0 % 32 > 28 { Err(Trap::MisalignedFetch) } else { Ok(()) }
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
    match raw & 0x7f {
        0x23 => Trap::StoreWidth,
        0x2f => Trap::AtomicWidth,
        0x03 | 0x13 | 0x1b | 0x33 | 0x3b => Trap::ReservedEncoding,
        _ => Trap::UnknownOpcode,
    }
}

/// Asterisc v1.3.0: RISCV.sol 1.2.0-rc.1, the off-chain VM of the same release without its cache bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsteriscRv64;

impl Target for AsteriscRv64 {
    type Isa = Rv64;

    const NAME: &'static str = "asterisc-rv64";
    const WITNESS_BYTES: usize = 362;
    const ADDRESS_BITS: u32 = 64;
    const PROOF_PATHS: Option<usize> = None;
    /// Reference: rvsol/src/RISCV.sol:479-490,1146.
    const LENIENT_EXITED: bool = true;
    /// rvgo/fast/state.go:160-206, rvgo/fast/memory.go:174-191.
    const STATE_FILES: StateFiles = StateFiles {
        version: None,
        page_number_bytes: 8,
        json_pages: JsonPages::Hex,
        carries_hash: true,
        writes_json: true,
    };

    fn version(&self) -> &'static str {
        "1.3.0"
    }

    fn abi(&self) -> &'static Abi {
        &abi::ABI
    }

    fn elf(&self) -> &'static Elf {
        &abi::ELF
    }

    /// The error codes of rvgo/riscv/constants.go:42-57.
    fn reference_error(&self, trap: Trap) -> &'static str {
        match trap {
            Trap::UnknownOpcode => "0xf001c0de",
            Trap::ReservedEncoding => "0xbadc0de",
            Trap::StoreWidth => "0xbad512e8",
            Trap::AtomicWidth => "0xbada70",
            Trap::UnknownAtomic => "0xf001a70",
            Trap::MisalignedJump | Trap::MisalignedAtomic => "0xbad10ad0",
            Trap::MisalignedFetch => "0xbad22220",
            Trap::RefusedCall(_) => "0xf001ca11",
            Trap::UnknownResource(_) => "0xf0012",
            Trap::KeyType | Trap::PreimageOffset => "0xbadf00d0",
            Trap::Access => "0xbadf00d1",
            _ => "none",
        }
    }

    /// The order of rvgo/fast/state.go:74-94, which is that of its JSON keys too.
    fn fields<F: Fields>(&self, state: &mut State<Hart64>, fields: &mut F) -> Result<(), F::Error> {
        fields.hash("preimageKey", &mut state.preimage_key)?;
        fields.number("preimageOffset", 8, &mut state.preimage_offset)?;
        fields.word("pc", &mut state.hart.pc)?;
        fields.byte("exit", &mut state.exit_code)?;
        fields.flag("exited", &mut state.exited)?;
        fields.number("step", 8, &mut state.step)?;
        fields.number("heap", 8, &mut state.heap)?;
        fields.word("loadReservation", &mut state.hart.reservation)?;
        fields.words("registers", state.hart.x.general_mut())
    }
}
