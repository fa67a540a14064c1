//! Where Asterisc and the model are meant to differ.

use isa_traits::Trap;

use crate::case::End;
use crate::{Difference, Quirk};

const fn opcode(raw: u32) -> u32 {
    raw & 0x7f
}

const fn funct3(raw: u32) -> u32 {
    raw >> 12 & 7
}

/// The one instruction of a difference, where there is just one.
const fn single(difference: &Difference<'_>) -> Option<u32> {
    match difference.words {
        [raw] => Some(*raw),
        _ => None,
    }
}

/// Whether our machine went on where the model found an illegal instruction.
fn lenient(difference: &Difference<'_>) -> bool {
    matches!(difference.ours.end, End::Reached | End::Call) && difference.model.end == End::Refused(2)
}

/// A single instruction that our machine accepts and the model finds illegal, and which is of this kind.
fn accepted(difference: &Difference<'_>, kind: fn(u32) -> bool) -> bool {
    lenient(difference) && single(difference).is_some_and(kind)
}

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "compressed",
        about: "a 16-bit encoding: refused here, executed by the model",
        applies: |d| single(d).is_some_and(|raw| raw & 3 != 3) && d.trap == Some(Trap::UnknownOpcode),
    },
    Quirk {
        name: "target-misaligned",
        about: "a jump or branch that continues at an odd multiple of 2: refused here, made by the model, which has \
                compressed instructions",
        applies: |d| {
            d.trap == Some(Trap::MisalignedJump)
                && single(d).is_some_and(|raw| matches!(opcode(raw), 0x63 | 0x67 | 0x6f))
        },
    },
    Quirk {
        name: "reserved-shift-bits",
        about: "SLLI and SLLIW with reserved upper bits: executed here, illegal for the model",
        applies: |d| {
            accepted(d, |raw| matches!(opcode(raw), 0x13 | 0x1b) && funct3(raw) == 1 && raw >> 26 != 0)
        },
    },
    Quirk {
        name: "reserved-funct7",
        about: "SLL, SLT, SLTU, XOR, OR, AND and SLLW with a reserved funct7: executed here, illegal for the model",
        applies: |d| {
            accepted(d, |raw| {
                raw >> 25 > 1
                    && match opcode(raw) {
                        0x33 => matches!(funct3(raw), 1..=4 | 6 | 7),
                        0x3b => funct3(raw) == 1,
                        _ => false,
                    }
            })
        },
    },
    Quirk {
        name: "reserved-branch",
        about: "branches with funct3 2 and 3: never taken here, illegal for the model",
        applies: |d| accepted(d, |raw| opcode(raw) == 0x63 && matches!(funct3(raw), 2 | 3)),
    },
    Quirk {
        name: "reserved-jalr",
        about: "JALR with a funct3 other than 0: executed here, illegal for the model",
        applies: |d| {
            single(d).is_some_and(|raw| opcode(raw) == 0x67 && funct3(raw) != 0)
                && d.model.end == End::Refused(2)
                && d.model.pc == d.case.start
        },
    },
    Quirk {
        name: "lr-rs2",
        about: "LR with a field rs2 other than 0: executed here, illegal for the model",
        applies: |d| accepted(d, |raw| opcode(raw) == 0x2f && raw >> 27 == 2 && raw >> 20 & 31 != 0),
    },
    Quirk {
        name: "alignment-first",
        about: "LR with a field rs2, and atomics of no known operation, at a misaligned address: refused by both, here \
                for the address and by the model for the encoding",
        applies: |d| {
            d.trap == Some(Trap::MisalignedAtomic)
                && d.model.end == End::Refused(2)
                && d.model.pc == d.ours.pc
                && single(d).is_some_and(|raw| match raw >> 27 {
                    2 => raw >> 20 & 31 != 0,
                    operation => !matches!(operation, 0 | 1 | 3 | 4 | 8 | 12 | 16 | 20 | 24 | 28),
                })
        },
    },
    Quirk {
        name: "sc-misaligned",
        about: "SC at a misaligned address without a reservation: refused here, fails with the model",
        applies: |d| {
            d.trap == Some(Trap::MisalignedAtomic)
                && d.model.end == End::Reached
                && single(d).is_some_and(|raw| raw >> 27 == 3)
        },
    },
    Quirk {
        name: "system-nop",
        about: "EBREAK, MRET, WFI and all other SYSTEM encodings without a register: nothing here",
        applies: |d| {
            d.ours.end == End::Reached && single(d).is_some_and(|raw| opcode(raw) == 0x73 && funct3(raw) == 0)
        },
    },
    Quirk {
        name: "call-fields",
        about: "ECALL with fields rd and rs1 other than 0: a system call here, illegal for the model",
        applies: |d| {
            d.ours.end == End::Call
                && d.model.end == End::Refused(2)
                && single(d).is_some_and(|raw| raw & 0xf_8f80 != 0)
        },
    },
    Quirk {
        name: "csr",
        about: "control and status registers: read as 0 here, and keep nothing",
        applies: |d| {
            d.ours.end == End::Reached && single(d).is_some_and(|raw| opcode(raw) == 0x73 && funct3(raw) != 0)
        },
    },
    Quirk {
        name: "fence-funct3",
        about: "fences with a funct3 above 1: nothing here, illegal for the model",
        applies: |d| accepted(d, |raw| opcode(raw) == 0x0f && funct3(raw) > 1),
    },
    Quirk {
        name: "floating-point",
        about: "loads, stores and operations of F and D: nothing here, illegal for the model, whose FPU is off",
        applies: |d| accepted(d, |raw| matches!(opcode(raw), 0x07 | 0x27 | 0x53)),
    },
    Quirk {
        name: "reservation-by-address",
        about: "SC after the reserved memory changed, of another width than LR, or at 0 without LR: succeeds here, \
                where only addresses count",
        applies: |d| {
            let only_here = |rd: usize| rd == 0 || (d.ours.registers[rd], d.model.registers[rd]) == (0, 1);
            let succeeds =
                |raw: &u32| opcode(*raw) == 0x2f && raw >> 27 == 3 && only_here((raw >> 7 & 31) as usize);
            d.ours.end == End::Reached && d.model.end == End::Reached && d.words.iter().any(succeeds)
        },
    },
];
