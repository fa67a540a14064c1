//! Addresses in other windows than where compiled code expects them, and in none.

use rv64::Op::*;

use super::SCHEDULES;
use super::turns::set_turns;
use crate::machine::{Preimages, run_with, same_memory};
use crate::rv64::encoding::{at, b, i, r, s};

/// A loop adds to a word of each page in turn: of code and data, around the initial stack pointer, of the kernel's heap,
/// and of no window. Where addresses are not expected code stops, and is made anew to look for them: then it makes all
/// steps but those of the last kind.
#[test]
fn addresses_are_found_where_they_are_not_expected() {
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
