//! MIPS32 against the model.

mod encoding;
mod quirks;
mod sequence;

use isa_traits::{Concrete as _, Hart as _, Isa as _, Trap, W32};
use mips32::{CannonMips32, Hart32, Mips32, Op, Special};

use crate::case::Case;
use crate::random::Random;
use crate::{Quirk, Subject};

/// Ends of a leaf, of a page, and of the positive numbers; a leaf and a page in the segments that the model maps to low
/// addresses, from 0x8000_0000 to 0xbfff_ffff. Above those the model has no memory.
const ENDS: [u64; 5] = [0x8820, 0x9000, 1 << 31, 0x9000_0860, 0xb000_3000];
/// The middles of the code: an ordinary place, where a jump's 256 MiB begin, and above the positive numbers.
const MIDDLES: [u64; 3] = [0x1100_0000, 0x2000_0000, 0x8800_0000];
/// Where single encodings stand.
const ALONE: u64 = 0x4000_0000;
/// Bytes on both sides of the middle of the code: as far as a branch goes.
const CODE_REACH: u64 = 0x3_0000;

/// The addresses of the model's memory that the segments from 0x8000_0000 on stand for.
const SEGMENT: u64 = 0x1fff_ffff;

/// An instruction with registers.
const fn r(op: Op, rs: u32, rt: u32, rd: u32) -> u32 {
    op.row().bits | rs << 21 | rt << 16 | rd << 11
}

/// An instruction with a 16-bit immediate.
const fn i(op: Op, rs: u32, rt: u32, imm: i32) -> u32 {
    r(op, rs, rt, 0) | imm as u32 & 0xffff
}

impl Subject for CannonMips32 {
    const ISA: &'static str = "mips32";
    const REGIONS: &'static [(u64, u64)] = &[
        (0, 0x1000),
        (0x8000, 0x2000),
        (0x7fff_f000, 0x1000),
        (0x1000_0000, 0x4000),
        (MIDDLES[0] - CODE_REACH, 2 * CODE_REACH),
        (MIDDLES[1] - CODE_REACH, 2 * CODE_REACH),
        ((MIDDLES[2] & SEGMENT) - CODE_REACH, 2 * CODE_REACH),
        (ALONE, 0x1000),
    ];
    const MODEL_KNOWS_PC: bool = false;
    const NOP: u32 = 0;
    /// Opcode 0x3f.
    const STOP: u32 = 0x3f << 26;
    const QUIRKS: &'static [Quirk] = quirks::QUIRKS;

    fn word(raw: u32) -> [u8; 4] {
        raw.to_be_bytes()
    }

    fn registers(hart: &Hart32) -> Vec<u64> {
        let special = [Special::Hi, Special::Lo].map(|special| hart.special(special));
        hart.x().general().iter().chain(&special).map(|word| word.get()).collect()
    }

    fn set_registers(hart: &mut Hart32, values: &[u64]) {
        let (general, special) = values.split_at(32);
        for (register, value) in hart.x_mut().general_mut().iter_mut().zip(general) {
            *register = W32(*value as u32);
        }
        for (name, value) in [Special::Hi, Special::Lo].into_iter().zip(special) {
            hart.set_special(name, W32(*value as u32));
        }
    }

    /// Unicorn crashes while it translates some three hundred of them.
    fn skip(words: u32) -> Option<u32> {
        Some(i(Op::Beq, 0, 0, words as i32 - 1))
    }

    fn calls(raw: u32) -> bool {
        Mips32::decode(raw).is_ok_and(|insn| insn.op == Op::Syscall)
    }

    /// QEMU's numbers: 18 a breakpoint, 19 a coprocessor that is not there, 20 a reserved instruction.
    fn is_exception_of(trap: Trap, exception: u32) -> bool {
        match trap {
            Trap::UnknownOpcode | Trap::ReservedEncoding => matches!(exception, 18..=20),
            Trap::BranchInDelaySlot | Trap::JumpInDelaySlot => exception == 20,
            _ => false,
        }
    }

    fn is_call(exception: u32) -> bool {
        exception == 17
    }

    fn sequence(random: &mut Random) -> Case {
        sequence::sequence(random)
    }

    fn encoding(random: &mut Random) -> Case {
        encoding::encoding(random)
    }
}

/// Random registers; register 0 is 0.
fn registers(random: &mut Random) -> Vec<u64> {
    let mut registers: Vec<u64> = (0..34).map(|_| random.value() & 0xffff_ffff).collect();
    registers[0] = 0;
    registers
}
