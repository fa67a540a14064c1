//! Encodings of any kind, one at a time.

use std::collections::BTreeMap;

use isa_traits::Isa as _;
use rv64::{AsteriscRv64, Op, Rv64};

use super::{ALONE, ENDS, fields};
use crate::Subject as _;
use crate::case::Case;
use crate::program::{REACH, windows};
use crate::random::Random;

/// Twice as far as an offset goes.
const MARGIN: u64 = 0x1000;
/// The register that holds the address of an access or a jump.
const BASE: u32 = 24;

/// A word: most often a row with its free bits random, else any word, half of them with a known opcode.
fn word(random: &mut Random) -> u32 {
    let any = random.next() as u32;
    match random.below(4) {
        // Compressed for the model. What follows must end it: no jump to itself, and an illegal second half.
        0 if any & 3 != 3 => any & 0xffff | 8,
        0 => any,
        1 => any & !0x7f | random.pick(Op::ALL).row().bits & 0x7f,
        _ => {
            let row = random.pick(Op::ALL).row();
            any & !row.mask | row.bits
        }
    }
}

/// A load-reserved, perhaps a store, and a store-conditional, of any width.
fn reservation(random: &mut Random) -> Vec<u32> {
    let (rd, rs2) = (1 + random.below(20) as u32, random.below(24) as u32);
    let lr = random.pick(&[Op::LrW, Op::LrD]).row().bits | fields(rd, BASE, 0);
    let sc = random.pick(&[Op::ScW, Op::ScD]).row().bits | fields(rd + 1, BASE, rs2);
    let between = match random.below(4) {
        0 => random.pick(&[Op::Sb, Op::Sw, Op::Sd]).row().bits | fields(0, BASE, rs2),
        1 => random.pick(&[Op::AmoaddW, Op::AmoswapD]).row().bits | fields(rd, BASE, rs2),
        2 => sc,
        _ => AsteriscRv64::NOP,
    };
    vec![lr, between, sc]
}

pub(super) fn encoding(random: &mut Random) -> Case {
    let words = if random.one_in(16) { reservation(random) } else { vec![word(random)] };
    let mut registers: Vec<u64> = (0..32).map(|_| random.value()).collect();
    registers[0] = 0;
    let target = random.pick(&ENDS).wrapping_sub(REACH).wrapping_add(random.below(2 * REACH - 8));
    registers[BASE as usize] = target & !7;
    let mut raw = words[0];
    if let (1, 0x03 | 0x23 | 0x2f) = (words.len(), raw & 0x7f) {
        // The base register makes the address come out right; atomics are aligned most of the time.
        raw = raw & !(31 << 15) | BASE << 15;
        let insn = Rv64::decode(raw);
        let offset = insn.map_or(0, |insn| if raw & 0x7f == 0x2f { 0 } else { i64::from(insn.imm) as u64 });
        let aligned = raw & 0x7f == 0x2f && !random.one_in(4);
        registers[BASE as usize] = if aligned { target & !7 } else { target.wrapping_sub(offset) };
    }
    if raw & 0x7f == 0x67 {
        // A jump to where nothing is, on either side: near the code, or anywhere.
        let wild = random.value();
        let nothing = |at: u64| {
            AsteriscRv64::REGIONS
                .iter()
                .all(|(start, bytes)| at.wrapping_sub(*start).wrapping_add(2 * MARGIN) >= bytes + 4 * MARGIN)
        };
        let near = ALONE + MARGIN + random.below(MARGIN);
        registers[BASE as usize] = if random.one_in(2) && nothing(wild) { wild } else { near };
        raw = raw & !(31 << 15) | BASE << 15;
    }
    let mut code: BTreeMap<u64, u32> = (ALONE..).step_by(4).zip(words).collect();
    code.insert(ALONE, raw);
    let end = ALONE + 4 * code.len() as u64;
    code.insert(end, AsteriscRv64::STOP);
    Case { start: ALONE, end, registers, code, windows: windows(random, &ENDS) }
}
