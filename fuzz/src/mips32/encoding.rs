//! Encodings of any kind, one at a time.

use std::collections::BTreeMap;

use mips32::Op;

use super::{ALONE, ENDS, i, r, registers};
use crate::Subject as _;
use crate::case::Case;
use crate::program::{REACH, windows};
use crate::random::Random;

/// The register that holds the address of an access or a target.
const BASE: u32 = 24;
/// A register that tells which way a branch went.
const WAY: u32 = 26;
/// Places behind the delay slot to go to.
const PLACES: u64 = 8;

/// A word of any opcode, function, or code of REGIMM. Coprocessor 0 is left out: the model runs in kernel mode and
/// would change its own modes.
fn word(random: &mut Random) -> u32 {
    let any = random.next() as u32;
    let clean = if random.one_in(2) { any } else { any & !0xffc0 | any & 31 << 11 };
    let opcode = match random.below(8) {
        0..3 => return clean & 0x03ff_ffff,
        3 => 0x1c,
        4 => 1,
        _ => random.below(64) as u32,
    };
    match opcode {
        0x10 => r(Op::Sync, 0, 0, 0),
        // Half of the functions of SPECIAL2 would else go by unseen.
        0x1c if random.one_in(2) => {
            clean & 0x03ff_ffc0 | 0x1c << 26 | random.pick(&[0, 1, 2, 4, 5, 0x20, 0x21])
        }
        _ => opcode << 26 | any & 0x03ff_ffff,
    }
}

/// LL, perhaps a store, and SC, or SC alone.
fn reservation(random: &mut Random) -> Vec<u32> {
    let (rt, other) = (1 + random.below(20) as u32, random.below(24) as u32);
    let between = match random.below(3) {
        0 => i(Op::Sw, BASE, other, 0),
        1 => i(Op::Sb, BASE, other, 0),
        _ => 0,
    };
    vec![i(Op::Ll, BASE, rt, 0), between, i(Op::Sc, BASE, rt + 1, 0)]
}

pub(super) fn encoding(random: &mut Random) -> Case {
    let mut registers = registers(random);
    let target = random.pick(&ENDS).wrapping_sub(REACH).wrapping_add(random.below(2 * REACH));
    let aligned = if random.one_in(4) { target } else { target & !3 } & 0xffff_ffff;
    registers[BASE as usize] = aligned;
    let mut words = if random.one_in(16) { reservation(random) } else { vec![word(random)] };
    let place = ALONE + 8 + 4 * random.below(PLACES);
    let raw = &mut words[0];
    *raw = match *raw >> 26 {
        0 if matches!(*raw & 63, 8 | 9) => {
            registers[BASE as usize] = place;
            *raw & !(31 << 21) | BASE << 21
        }
        1 | 4..=7 | 0x14..=0x17 => *raw & !0xffff | (place - ALONE - 4) as u32 >> 2,
        2 | 3 => *raw & !0x03ff_ffff | (place >> 2) as u32 & 0x03ff_ffff,
        0x20.. => {
            // The base register makes the address come out right.
            registers[BASE as usize] = aligned.wrapping_sub(i64::from(*raw as i16) as u64) & 0xffff_ffff;
            *raw & !(31 << 21) | BASE << 21
        }
        _ => *raw,
    };
    words.extend((0..=PLACES).map(|place| i(Op::Addiu, WAY, WAY, 1 << place)));
    let end = ALONE + 4 * words.len() as u64;
    let mut code: BTreeMap<u64, u32> = (ALONE..).step_by(4).zip(words).collect();
    code.insert(end, mips32::CannonMips32::STOP);
    Case { start: ALONE, end, registers, code, windows: windows(random, &ENDS) }
}
