//! Loads after stores to nearly the same place: compiled code knows what it has stored, as long as nothing was stored
//! over it.

use isa_traits::Target;

use super::runs_as_interpreted;
use crate::machine::Start;
use crate::mips32::encoding as mips;
use crate::rv64::encoding;

const MAIN: u64 = 0x1_0000;
const DATA: u64 = 0x2_0100;
/// How far to each side of a place another access may begin and still meet it.
const NEAR: i32 = 8;
const ROUNDS: u64 = 2 * NEAR as u64 + 1;
/// Registers: a counter, where data is, what comes near it by a round after the other, what is stored, and what was
/// loaded, by itself and in sum.
const COUNTER: u32 = 8;
const AT: u32 = 9;
const NEXT: u32 = 10;
const ONE: u32 = 11;
const OTHER: u32 = 12;
const LOADED: u32 = 13;
const SUM: u32 = 14;

/// The instructions of a machine, of stores and loads the one with a register, a base and a distance.
struct Insns<O> {
    store: fn(O, u32, u32, i32) -> u32,
    load: fn(O, u32, u32, i32) -> u32,
    add: fn(u32, u32, u32) -> u32,
}

impl<O: Copy> Insns<O> {
    /// Stores, stores something else at each distance from there, around the same base and around another one, and loads
    /// what was stored first.
    fn round(&self, first: O, then: O, load: O) -> Vec<u32> {
        let others = (-NEAR..=NEAR).map(|distance| (AT, distance)).chain([(NEXT, 0)]);
        let case = |(base, distance)| {
            [
                (self.store)(first, ONE, AT, 0),
                (self.store)(then, OTHER, base, distance),
                (self.load)(load, LOADED, AT, 0),
                (self.add)(SUM, SUM, LOADED),
                (self.add)(ONE, ONE, SUM),
                (self.add)(OTHER, OTHER, ONE),
            ]
        };
        others.flat_map(case).collect()
    }
}

fn agrees<T: Target>(start: Start<T>, round: &[u32], context: &str) {
    let start = start.x(COUNTER, ROUNDS).x(AT, DATA).x(NEXT, DATA - NEAR as u64).x(ONE, 0x89ab_cdef);
    let start = start.x(OTHER, 0xfedc_ba98).code(MAIN, round);
    runs_as_interpreted(&start, ROUNDS * round.len() as u64, context);
}

#[test]
fn what_rv64_has_stored_is_loaded_as_it_is_by_then() {
    use encoding::{b, i, r, s};
    use rv64::Op::*;
    let insns = Insns {
        store: |op, value, base, distance| s(op, base, value, distance),
        load: i,
        add: |to, a, b| r(Add, to, a, b),
    };
    let kinds = [(Sb, Lb), (Sb, Lbu), (Sh, Lh), (Sh, Lhu), (Sw, Lw), (Sw, Lwu), (Sd, Ld)];
    for (store, load) in kinds {
        for then in [Sb, Sh, Sw, Sd] {
            let mut round = insns.round(store, then, load);
            round.extend([i(Addi, NEXT, NEXT, 1), i(Addi, COUNTER, COUNTER, -1)]);
            round.push(b(Bne, COUNTER, 0, -4 * round.len() as i32));
            agrees(encoding::at(MAIN), &round, &format!("{store:?} {then:?} {load:?}"));
        }
    }
}

#[test]
fn what_mips32_has_stored_is_loaded_as_it_is_by_then() {
    use mips::{i, r};
    use mips32::Op::*;
    let insns = Insns { store: i, load: i, add: |to, a, b| r(Addu, to, a, b) };
    let kinds = [(Sb, Lb), (Sb, Lbu), (Sh, Lh), (Sh, Lhu), (Sw, Lw), (Sw, Lwl), (Sw, Lwr)];
    for (store, load) in kinds {
        for then in [Sb, Sh, Sw, Swl, Swr] {
            let mut round = insns.round(store, then, load);
            round.push(i(Addiu, NEXT, NEXT, 1));
            mips::close(&mut round, COUNTER);
            agrees(mips::at(MAIN), &round, &format!("{store:?} {then:?} {load:?}"));
        }
    }
}
