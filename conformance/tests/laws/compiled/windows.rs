//! Addresses in other windows than where compiled code expects them, in none, and around the end of all.

use isa_traits::{Hart as _, Reg};

use super::turns::set_turns;
use super::{SCHEDULES, runs_as_interpreted};
use crate::machine::{Preimages, run_with, runs_as_it_walks, same_memory};
use crate::mips32::encoding as mips;
use crate::rv64::encoding::{at, b, i, r, s};

/// A loop adds to a word of each page in turn: of code and data, around the initial stack pointer, of the kernel's heap,
/// and of no window. Where addresses are not expected code stops, and is made anew to look for them: then it makes all
/// steps but those of the last kind.
#[test]
fn addresses_are_found_where_they_are_not_expected() {
    use rv64::Op::*;
    const MAIN: u64 = 0x1000;
    const PAGES: [u64; 4] = [0x4000, (1 << 60) - 0x2000, 0x7f00_0000_3000, 1 << 50];
    const ROUNDS: u64 = 400;
    let (counter, word, saved, pages) = (5, 6, 7, [10, 11, 12, 13]);
    let turn = |to, from| r(Add, to, from, 0);
    let round = [
        i(Ld, word, pages[0], 8),
        r(Add, word, word, counter),
        s(Sd, pages[0], word, 8),
        turn(saved, pages[0]),
        turn(pages[0], pages[1]),
        turn(pages[1], pages[2]),
        turn(pages[2], pages[3]),
        turn(pages[3], saved),
        i(Addi, counter, counter, -1),
        b(Bne, counter, 0, -36),
    ];
    let start =
        pages.iter().zip(PAGES).fold(at(MAIN).x(counter, ROUNDS), |start, (&r, page)| start.x(r, page));
    let start = start.code(MAIN, &round);
    let until = start.state.step + ROUNDS * round.len() as u64;
    let mut plain = start.vm();
    assert_eq!(run_with(&mut plain, until, &mut Preimages), None);
    assert_eq!(plain.memory().page_count(), 1 + PAGES.len());

    for options in SCHEDULES {
        let mut vm = start.vm();
        let counts = set_turns(&mut vm, options, 0..u64::MAX);
        assert_eq!(run_with(&mut vm, until, &mut Preimages), None, "{options:?}");
        assert_eq!(vm.state(), plain.state(), "{options:?}");
        assert!(same_memory(vm.memory(), plain.memory()), "{options:?}");
        // Three of four rounds, and those before the code was there.
        let at_once = options == SCHEDULES[0];
        assert!(
            !at_once || !jit::supported() || counts.made() * 10 > (until - start.state.step) * 7,
            "{counts:?}"
        );
    }
}

/// A loop goes over the end of 32-bit addresses, by every remainder, and reaches to both sides as far as instructions do:
/// what it loads from where it has stored, with another base, is what it has stored.
#[test]
fn addresses_of_32_bits_come_in_again_at_the_other_end() {
    use mips::{i, r};
    use mips32::Op::*;
    const MAIN: u64 = 0x1_0000;
    const ROUNDS: u64 = 48;
    let (counter, up, down, word, sum) = (8, 9, 10, 11, 12);
    let distances = [-0x8000, -64, -4, -1, 0, 3, 8, 64, 0x7ffc];
    let stores = distances.into_iter().flat_map(|distance| {
        let store = if distance & 3 == 0 { Sw } else { Sb };
        [i(Addiu, word, counter, distance), i(store, word, up, distance)]
    });
    // The address of what was stored, by a base that is 0x2000 less: the distances with room for that.
    let loads = [-64, -4, 0, 8, 64].into_iter().flat_map(|distance| {
        [i(Lw, word, down, distance + 0x2000), i(Lb, 13, up, distance), i(Lhu, 14, up, distance + 2)]
            .into_iter()
            .chain([word, 13, 14].map(|loaded| r(Addu, sum, sum, loaded)))
    });
    let mut round: Vec<u32> = stores.chain(loads).collect();
    round.extend([i(Swl, sum, up, 13), i(Swr, sum, down, 0x2000 - 13), i(Addiu, up, up, 3)]);
    round.push(i(Addiu, down, down, 3));
    mips::close(&mut round, counter);
    let first = 0u32.wrapping_sub(3 * ROUNDS as u32 / 2);
    let start = mips::at(MAIN).x(counter, ROUNDS).x(up, first.into());
    let start = start.x(down, first.wrapping_sub(0x2000).into()).code(MAIN, &round);
    let walk = runs_as_it_walks(&start, ROUNDS * round.len() as u64);
    let (state, memory) = &walk.states[walk.states.len() - 1];
    assert_eq!(state.hart.x()[Reg::source(counter)].0, 0);
    // Those near the base, at both ends, and those as far away as can be.
    let pages: Vec<u64> = memory.pages().map(|(number, _)| number).collect();
    assert_eq!(pages, [0, 7, 8, 0x10, 0xffff7, 0xffff8, 0xfffff]);
}

/// Distances that are longer than windows, and as long as there are: constants that a block makes and adds to a base.
#[test]
fn distances_may_be_longer_than_windows() {
    use rv64::Op::*;
    const MAIN: u64 = 0x1000;
    const ROUNDS: u64 = 40;
    let (counter, base, distance, to, word, sum) = (5, 6, 7, 8, 9, 10);
    let places = [0x4000, (1 << 60) - 0x2000, 0x7f00_0000_3000, 1 << 50];
    for (bit, more) in
        [30, 31, 36, 37, 40, 41, 47, 48, 62, 63].into_iter().flat_map(|bit| [(bit, 0), (bit, -8)])
    {
        let far = (1u64 << bit).wrapping_add_signed(more);
        for place in
            places.map(|place: u64| place.wrapping_sub(far)).into_iter().chain([0, 8u64.wrapping_sub(far)])
        {
            let round = [
                i(Addi, distance, 0, 1),
                i(Slli, distance, distance, bit),
                i(Addi, distance, distance, more as i32),
                r(Add, to, base, distance),
                i(Ld, word, to, 0),
                r(Add, sum, word, counter),
                s(Sd, to, sum, 0),
                i(Lw, word, to, 4),
                r(Xor, sum, sum, word),
                i(Addi, counter, counter, -1),
                b(Bne, counter, 0, -40),
            ];
            let start = at(MAIN).x(counter, ROUNDS).x(base, place).code(MAIN, &round);
            let context = format!("base {place:#x}, distance {far:#x}");
            runs_as_interpreted(&start, ROUNDS * round.len() as u64, &context);
        }
    }
}

/// Bytes at addresses some low bits of which are masked, not only the lowest, after a distance was added.
#[test]
fn any_low_bits_of_an_address_may_be_masked() {
    use mips::{i, r};
    use mips32::Op::*;
    const MAIN: u64 = 0x1_0000;
    const DATA: u64 = 0x2_0ff4;
    const ROUNDS: u64 = 16;
    let (counter, base, mask, to, byte, sum) = (8, 9, 10, 11, 12, 13);
    for bits in 1..16 {
        let cases = (-9..=9).flat_map(|distance| {
            [
                i(Addiu, to, base, distance),
                r(And, to, to, mask),
                i(Lbu, byte, to, 0),
                r(Addu, sum, sum, byte),
                i(Addiu, sum, sum, distance),
                i(Sb, sum, to, 0),
            ]
        });
        let mut round: Vec<u32> = std::iter::once(i(Addiu, mask, 0, !bits)).chain(cases).collect();
        round.push(i(Addiu, base, base, 1));
        mips::close(&mut round, counter);
        let start = mips::at(MAIN).x(counter, ROUNDS).x(base, DATA).code(MAIN, &round);
        runs_as_interpreted(&start, ROUNDS * round.len() as u64, &format!("mask {bits:#x}"));
    }
}
