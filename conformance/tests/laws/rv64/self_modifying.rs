//! Code that changes under way: the decoded instructions of a run never outlive those in memory.

use isa_traits::{Hart as _, Reg, Trap};
use rv64::AsteriscRv64;
use rv64::Op::*;

use super::encoding::{at, i, r, s};
use crate::compiled::switches::every_switch_point;
use crate::machine::{Preimages, Start, runs_as_it_walks};

/// Calls the target, changes it, calls it again and exits. The registers:
const RETURN: u32 = 1;
const TARGET: u32 = 6;
const NEW: u32 = 7;
const PLACE: u32 = 8;
const SUM: u32 = 10;

const MAIN: u64 = 0x1000;
const SAME_PAGE: u64 = MAIN + 0x100;
const OTHER_PAGE: u64 = 0x2000;
/// Shares its place in the tables of recent pages with `OTHER_PAGE`.
const FAR: u64 = OTHER_PAGE + (1024 << 12);

/// What the target adds to x10: first 1 and 2, after a change 0x40 and 0x80.
const fn add(value: i32) -> u32 {
    i(Addi, SUM, SUM, value)
}

const fn both(first: u32, second: u32) -> u64 {
    first as u64 | (second as u64) << 32
}

const TARGET_CODE: [u32; 3] = [add(1), add(2), i(Jalr, 0, RETURN, 0)];
const FIRST: u64 = add(0x40) as u64;
const BOTH: u64 = both(add(0x40), add(0x80));

/// The machine with `change` between two calls of `code` at `target`.
fn program(target: u64, code: &[u32], change: &[u32], new: u64, place: u64) -> Start<AsteriscRv64> {
    let call = i(Jalr, RETURN, TARGET, 0);
    let exit = [i(Addi, 17, 0, 93), Ecall.row().bits];
    let main = [&[call], change, &[call], &exit].concat();
    let start = at(MAIN).x(TARGET, target).x(NEW, new).x(PLACE, place);
    start.code(MAIN, &main).code(target, code)
}

/// The change after more calls, so that it finds compiled code.
fn late(change: &[u32]) -> Vec<u32> {
    let call = i(Jalr, RETURN, TARGET, 0);
    [&[call, call, call, i(Addi, SUM, 0, 3)], change].concat()
}

/// What x10 is at the end, or the trap.
fn outcome(start: &Start<AsteriscRv64>) -> Result<u64, Trap> {
    let walk = runs_as_it_walks(start, 50);
    every_switch_point(&start.vm(), u64::MAX, &mut Preimages);
    let (state, _) = &walk.states[walk.states.len() - 1];
    assert_eq!(state.exited, walk.trap.is_none());
    walk.trap.map_or(Ok(state.hart.x()[Reg::source(SUM)].0), Err)
}

/// What changes the target, the instructions that do, the new bytes, where in the target they go, and the sum.
type Case = (&'static str, Vec<u32>, u64, u64, Result<u64, Trap>);

#[test]
fn every_instruction_that_writes_may_change_code() {
    let store = |op| vec![s(op, PLACE, NEW, 0)];
    let atomic = |op| vec![r(op, 0, PLACE, NEW)];
    #[rustfmt::skip]
    let cases: [Case; 14] = [
        ("sw",        store(Sw),         FIRST,            0, Ok(3 + 0x42)),
        ("sd",        store(Sd),         BOTH,             0, Ok(3 + 0xc0)),
        ("sd over the second", store(Sd), both(add(0x80), TARGET_CODE[2]), 4, Ok(3 + 0x81)),
        ("sb",        store(Sb),         0x10,             3, Ok(3 + 0x101 + 2)),
        ("sh",        store(Sh),         FIRST >> 16,      2, Ok(3 + 0x42)),
        ("sw between", store(Sw),        both(add(0x40), i(Andi, SUM, SUM, 2)) >> 16, 2, Ok((3 + 0x40) & 2)),
        ("sb of no instruction", store(Sb), 0,             0, Err(Trap::UnknownOpcode)),
        ("sb of a reserved one", store(Sb), 0x5a,          1, Err(Trap::ReservedEncoding)),
        ("amoswap.w", atomic(AmoswapW),  FIRST,            0, Ok(3 + 0x42)),
        ("amoadd.w",  atomic(AmoaddW),   0x3f << 20,       0, Ok(3 + 0x42)),
        ("amoxor.d",  atomic(AmoxorD),   BOTH ^ both(TARGET_CODE[0], TARGET_CODE[1]), 0, Ok(3 + 0xc0)),
        ("sc.w",      vec![r(LrW, 0, PLACE, 0), r(ScW, 0, PLACE, NEW)], FIRST, 0, Ok(3 + 0x42)),
        ("sc.d",      vec![r(LrD, 0, PLACE, 0), r(ScD, 0, PLACE, NEW)], BOTH,  0, Ok(3 + 0xc0)),
        ("sc.w that fails", atomic(ScW), FIRST,            0, Ok(3 + 3)),
    ];
    for (name, change, new, offset, sum) in cases {
        // The reserved one is SRAI with a further bit; its upper half is there from the start.
        let code = if sum == Err(Trap::ReservedEncoding) {
            [0x0405_0513, add(2), TARGET_CODE[2]]
        } else {
            TARGET_CODE
        };
        for target in [SAME_PAGE, OTHER_PAGE, FAR] {
            for change in [change.clone(), late(&change)] {
                let start = program(target, &code, &change, new, target + offset);
                assert_eq!(outcome(&start), sum, "{name} at {target:#x}");
            }
        }
    }
}

/// A store of the last bytes of one page and the first of a page of code; of the space, too.
#[test]
fn a_store_across_pages_changes_the_second_one() {
    let ori = i(Ori, SUM, SUM, 1);
    #[rustfmt::skip]
    let cases = [
        // op, bytes before the page, new bytes, sum
        (Sd, 4, both(0, add(0x40)),        3 + 0x42),
        (Sw, 2, u64::from(ori) << 16,      (3 | 1) + 2),
        (Sh, 1, 0x1300,                    3 + 3),
        (Sd, 6, u64::from(ori) << 48,      (3 | 1) + 2),
        // But for the last byte of the second addition, which stays: it adds nothing then.
        (Sd, 1, both(add(0x40), add(0x80)) << 8, 3 + 0x40),
    ];
    for (op, before, new, sum) in cases {
        // The page before holds the caller, data, or nothing yet; the last one begins where the space does.
        for target in [MAIN + 0x1000, 0x8000, 0] {
            let place = target.wrapping_sub(before);
            for change in [vec![s(op, PLACE, NEW, 0)], late(&[s(op, PLACE, NEW, 0)])] {
                let start = program(target, &TARGET_CODE, &change, new, place);
                assert_eq!(outcome(&start), Ok(sum), "{op:?} {before} before {target:#x}");
            }
        }
    }
}

/// The same the other way round: what lies in the first page is changed.
#[test]
fn a_store_across_pages_changes_the_first_one() {
    for target in [MAIN + 0xff4, 0x8ff4, 0u64.wrapping_sub(12)] {
        let code = [add(1), add(2), i(Jalr, 0, RETURN, 0)];
        let place = target.wrapping_add(4);
        // The second addition, and the return as it is; then again over the end, of the return alone.
        let change = [s(Sd, PLACE, NEW, 0), i(Ld, 9, PLACE, 4), s(Sd, PLACE, 9, 4)];
        for change in [change.to_vec(), late(&change)] {
            let start = program(target, &code, &change, both(add(0x80), code[2]), place);
            assert_eq!(outcome(&start), Ok(3 + 0x81), "{target:#x}");
        }
    }
}

#[test]
fn an_instruction_may_overwrite_itself_and_the_next_one() {
    let itself = [s(Sw, TARGET, NEW, 0), add(2), TARGET_CODE[2]];
    let next = [s(Sw, TARGET, NEW, 4), add(2), TARGET_CODE[2]];
    for target in [SAME_PAGE, OTHER_PAGE] {
        assert_eq!(outcome(&program(target, &itself, &[], FIRST, 0)), Ok(2 + 0x42), "itself");
        assert_eq!(outcome(&program(target, &next, &[], FIRST, 0)), Ok(0x40 + 0x40), "the next one");
    }
}

/// Stores to data keep a page at hand; the first instruction fetched from it must end that.
#[test]
fn a_page_of_data_may_become_code_and_change_again() {
    let call = i(Jalr, RETURN, TARGET, 0);
    let main =
        [s(Sw, TARGET, NEW, 0), call, s(Sw, TARGET, PLACE, 0), call, i(Addi, 17, 0, 93), Ecall.row().bits];
    let start = at(MAIN).x(TARGET, OTHER_PAGE).x(NEW, FIRST).x(PLACE, u64::from(add(0x80)));
    assert_eq!(outcome(&start.code(MAIN, &main).code(OTHER_PAGE, &TARGET_CODE)), Ok(0x42 + 0x82));
    let far = [s(Sw, PLACE, NEW, 0), s(Sw, 5, NEW, 0), s(Sw, PLACE, NEW, 0)];
    let start = program(OTHER_PAGE, &TARGET_CODE, &far, FIRST, OTHER_PAGE).x(5, FAR);
    assert_eq!(outcome(&start), Ok(3 + 0x42), "with another page in its place among the recent ones");
}

#[test]
fn a_system_call_may_change_code() {
    let call = |number, fd| {
        let set = |register, value| i(Addi, register, 0, value);
        // x10 is the sum: it is kept aside.
        vec![
            i(Addi, 5, SUM, 0),
            set(17, number),
            set(10, fd),
            i(Addi, 11, PLACE, 0),
            set(12, 8),
            Ecall.row().bits,
            i(Addi, SUM, 5, 0),
        ]
    };
    for target in [SAME_PAGE, OTHER_PAGE] {
        let mut start = program(target, &TARGET_CODE, &late(&call(63, 5)), 0, target);
        start.state.preimage_offset = 8;
        assert_eq!(outcome(&start), Ok(3 + 0xc0), "a pre-image at {target:#x}");
        // The clock's 1337 is no instruction; the limit's 1024 neither.
        for (number, fd) in [(113, 0), (163, 7)] {
            let start = program(target, &TARGET_CODE, &late(&call(number, fd)), 0, target);
            assert_eq!(outcome(&start), Err(Trap::UnknownOpcode), "call {number} at {target:#x}");
        }
        // Across the leaf, so that only the second half lands on the code.
        let start = program(target + 32, &TARGET_CODE, &late(&call(113, 0)), 0, target + 24);
        assert_eq!(outcome(&start), Err(Trap::UnknownOpcode), "call 113 before {target:#x}");
    }
}
