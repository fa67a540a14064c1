//! RV64 against the model.

mod encoding;
mod quirks;
mod sequence;

use isa_traits::{Concrete as _, Hart as _, Isa as _, Trap, W64};
use rv64::{AsteriscRv64, Hart64, Op, Rv64};

use crate::case::Case;
use crate::random::Random;
use crate::{Quirk, Subject};

/// Ends of a leaf, of a page, of 32-bit numbers, of the positive numbers and of the space; the heap's beginning.
const ENDS: [u64; 6] = [0x8820, 0x9000, 1 << 32, 1 << 63, 0, 0x7f00_0000_0000];
/// The middles of the code: an ordinary place, where the upper half of a pc begins to matter, and far away.
const MIDDLES: [u64; 3] = [0x1000_0000, 1 << 31, 1 << 40];
/// Where single encodings stand.
const ALONE: u64 = 0x4000_0000;
/// Bytes on both sides of the middle of the code: as far as JAL goes.
const CODE_REACH: u64 = 2 << 20;

/// Fields of an instruction with registers.
const fn fields(rd: u32, rs1: u32, rs2: u32) -> u32 {
    rd << 7 | rs1 << 15 | rs2 << 20
}

/// An instruction with a 12-bit immediate.
const fn i(op: Op, rd: u32, rs1: u32, imm: i32) -> u32 {
    op.row().bits | fields(rd, rs1, 0) | (imm as u32) << 20
}

/// A store.
const fn s(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    op.row().bits | fields(imm as u32 & 31, rs1, rs2) | (imm as u32 & 0xfe0) << 20
}

/// A branch by `offset` bytes.
const fn b(op: Op, rs1: u32, rs2: u32, offset: i32) -> u32 {
    let imm = offset as u32;
    let (low, high) = (imm & 0x1e | imm >> 11 & 1, imm >> 5 & 0x3f | imm >> 6 & 0x40);
    op.row().bits | fields(low, rs1, rs2) | high << 25
}

/// JAL by `offset` bytes.
const fn j(rd: u32, offset: i32) -> u32 {
    let imm = offset as u32;
    let imm = (imm & 0x10_0000) << 11 | (imm & 0x7fe) << 20 | (imm & 0x800) << 9 | imm & 0xf_f000;
    Op::Jal.row().bits | rd << 7 | imm
}

impl Subject for AsteriscRv64 {
    const ISA: &'static str = "rv64";
    const REGIONS: &'static [(u64, u64)] = &[
        (0, 0x1000),
        (0x8000, 0x2000),
        ((1 << 32) - 0x1000, 0x2000),
        ((1 << 63) - 0x1000, 0x2000),
        (u64::MAX - 0xfff, 0x1000),
        (0x7eff_ffff_f000, 0x2000),
        (MIDDLES[0] - CODE_REACH, 2 * CODE_REACH),
        (MIDDLES[1] - CODE_REACH, 2 * CODE_REACH),
        (MIDDLES[2] - CODE_REACH, 2 * CODE_REACH),
        (ALONE - CODE_REACH, 2 * CODE_REACH),
    ];
    const MODEL_KNOWS_PC: bool = true;
    const NOP: u32 = Op::Addi.row().bits;
    const STOP: u32 = 0;
    const QUIRKS: &'static [Quirk] = quirks::QUIRKS;

    fn word(raw: u32) -> [u8; 4] {
        raw.to_le_bytes()
    }

    fn registers(hart: &Hart64) -> Vec<u64> {
        hart.x().general().iter().map(|word| word.get()).collect()
    }

    fn set_registers(hart: &mut Hart64, values: &[u64]) {
        for (register, value) in hart.x_mut().general_mut().iter_mut().zip(values) {
            *register = W64(*value);
        }
    }

    fn skip(_: u32) -> Option<u32> {
        None
    }

    fn calls(raw: u32) -> bool {
        Rv64::decode(raw).is_ok_and(|insn| insn.op == Op::Ecall)
    }

    /// Privileged Architecture 20240411, table 14.
    fn is_exception_of(trap: Trap, exception: u32) -> bool {
        match trap {
            Trap::UnknownOpcode | Trap::ReservedEncoding | Trap::StoreWidth => exception == 2,
            Trap::AtomicWidth | Trap::UnknownAtomic => exception == 2,
            Trap::MisalignedAtomic => matches!(exception, 4 | 6),
            _ => false,
        }
    }

    fn is_call(exception: u32) -> bool {
        matches!(exception, 8..=11)
    }

    fn sequence(random: &mut Random) -> Case {
        sequence::sequence(random)
    }

    fn encoding(random: &mut Random) -> Case {
        encoding::encoding(random)
    }
}
