//! Where Cannon and the model are meant to differ.

use isa_traits::Trap;

use crate::case::End;
use crate::{Difference, Quirk};

const RESERVED_INSTRUCTION: End = End::Refused(20);
const OVERFLOW: End = End::Refused(21);
const MISALIGNED: [End; 2] = [End::Refused(12), End::Refused(13)];

/// The one instruction of a difference, where there is just one.
const fn single(difference: &Difference<'_>) -> Option<u32> {
    match difference.words {
        [raw] => Some(*raw),
        _ => None,
    }
}

/// Opcode, and the function of SPECIAL and SPECIAL2.
const fn operation(raw: u32) -> (u32, u32) {
    match raw >> 26 {
        opcode @ (0 | 0x1c) => (opcode, raw & 63),
        opcode => (opcode, 0),
    }
}

/// The bits of an encoding that the manual wants to be zero.
const fn zero_fields(raw: u32) -> u32 {
    const RS: u32 = 31 << 21;
    const RT: u32 = 31 << 16;
    const RD: u32 = 31 << 11;
    const SA: u32 = 31 << 6;
    match operation(raw) {
        (0, 0x00 | 0x02 | 0x03) => RS,
        (0, 0x04 | 0x06 | 0x07 | 0x0a | 0x0b | 0x20..=0x2b) => SA,
        (0, 0x08) => RT | RD | SA,
        (0, 0x09) => RT | SA,
        (0, 0x0f) => RS | RT | RD,
        (0, 0x10 | 0x12) => RS | RT | SA,
        (0, 0x11 | 0x13) => RT | RD | SA,
        (0, 0x18..=0x1b) => RD | SA,
        (0x1c, 0x02 | 0x20 | 0x21) => SA,
        (0x06 | 0x07, _) => RT,
        (0x0f, _) => RS,
        _ => 0,
    }
}

/// Whether the manual has the instruction and Cannon does not.
const fn absent(raw: u32) -> bool {
    match operation(raw) {
        // MOVF and MOVT, BREAK, traps.
        (0, 0x01 | 0x0d | 0x30..=0x34 | 0x36) => true,
        // MADD, MADDU, MSUB, MSUBU, SDBBP.
        (0x1c, 0x00 | 0x01 | 0x04 | 0x05 | 0x3f) => true,
        // Coprocessors, their loads and stores; branches likely; SPECIAL3; CACHE and PREF.
        (0x11..=0x17 | 0x1f | 0x2f | 0x31 | 0x32 | 0x33 | 0x35 | 0x36 | 0x39 | 0x3a | 0x3d | 0x3e, _) => true,
        _ => false,
    }
}

/// The registers in which the outcomes differ.
fn differing(difference: &Difference<'_>) -> Vec<usize> {
    let pairs = difference.ours.registers.iter().zip(&difference.model.registers);
    pairs.enumerate().filter(|(_, (ours, model))| ours != model).map(|(number, _)| number).collect()
}

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "no-overflow",
        about: "ADD, ADDI and SUB that overflow: wrap here, trap with the model",
        applies: |d| {
            d.ours.end == End::Reached
                && d.model.end == OVERFLOW
                && single(d).is_some_and(|raw| matches!(operation(raw), (0, 0x20 | 0x22) | (0x08, _)))
        },
    },
    Quirk {
        name: "misaligned-access",
        about: "halves and words at addresses that are no multiple of their size: the low bits are dropped here, the \
                model refuses the access",
        applies: |d| {
            d.ours.end == End::Reached
                && MISALIGNED.contains(&d.model.end)
                && d.words
                    .iter()
                    .any(|raw| matches!(raw >> 26, 0x21 | 0x23 | 0x25 | 0x29 | 0x2b | 0x30 | 0x38))
        },
    },
    Quirk {
        name: "sync-moves",
        about: "SYNC with rd other than 0: a move of rs here, nothing with the model",
        applies: |d| {
            single(d).is_some_and(|raw| {
                let rd = (raw >> 11 & 31) as usize;
                operation(raw) == (0, 0x0f) && rd != 0 && differing(d) == [rd]
            })
        },
    },
    Quirk {
        name: "rd-zeroed",
        about: "MTHI, MTLO, MULT, MULTU, DIV and DIVU with rd other than 0: rd becomes 0 here, stays as it is with the model",
        applies: |d| {
            single(d).is_some_and(|raw| {
                let rd = (raw >> 11 & 31) as usize;
                matches!(operation(raw), (0, 0x11 | 0x13 | 0x18..=0x1b)) && rd != 0 && differing(d) == [rd]
            })
        },
    },
    Quirk {
        name: "pmon",
        about: "function 5 of SPECIAL: refused here, a call of the PMON monitor for the model",
        applies: |d| {
            d.trap == Some(Trap::ReservedEncoding) && d.words.iter().any(|raw| operation(*raw) == (0, 0x05))
        },
    },
    Quirk {
        name: "zero-fields",
        about: "fields that the manual wants to be zero: not looked at here, a reserved instruction for the model",
        applies: |d| {
            d.trap.is_none()
                && d.model.end == RESERVED_INSTRUCTION
                && d.words.iter().any(|raw| raw & zero_fields(*raw) != 0)
        },
    },
    Quirk {
        name: "division-by-zero",
        about: "DIV and DIVU by zero: refused here, some number with the model",
        applies: |d| {
            d.trap == Some(Trap::DivisionByZero)
                && d.words.iter().any(|raw| matches!(operation(*raw), (0, 0x1a | 0x1b)))
        },
    },
    Quirk {
        name: "sc-always",
        about: "SC without LL, or after a store to the word: stores and sets rt to 1 here, fails with the model",
        applies: |d| {
            d.words.iter().any(|raw| {
                let rt = (raw >> 16 & 31) as usize;
                raw >> 26 == 0x38 && (rt == 0 || (d.ours.registers[rt], d.model.registers[rt]) == (1, 0))
            })
        },
    },
    Quirk {
        name: "regimm-never",
        about: "codes of REGIMM other than BLTZ, BGEZ, BLTZAL and BGEZAL: branches never taken here; likely branches, \
                traps or reserved for the model",
        applies: |d| {
            d.trap.is_none()
                && d.words
                    .iter()
                    .any(|raw| raw >> 26 == 1 && !matches!(raw >> 16 & 31, 0x00 | 0x01 | 0x10 | 0x11))
        },
    },
    Quirk {
        name: "absent",
        about: "instructions of MIPS32 that Cannon does not have: refused here, executed or another exception with the \
                model",
        applies: |d| {
            matches!(d.trap, Some(Trap::UnknownOpcode | Trap::ReservedEncoding))
                && d.words.iter().any(|raw| absent(*raw))
        },
    },
];
