//! Code that changes under way, delay slots too: the decoded instructions of a run never outlive those in memory.

use isa_traits::{Hart as _, Reg, Trap};
use mips32::CannonMips32;
use mips32::Op::*;

use super::encoding::{at, b, i, r};
use crate::compiled::switches::every_switch_point;
use crate::machine::{Preimages, Start, runs_as_it_walks};

/// Calls the target, changes it, calls it again and exits. The registers:
const TARGET: u32 = 8;
const NEW: u32 = 9;
const PLACE: u32 = 10;
const OTHER: u32 = 11;
const SUM: u32 = 16;
const RETURN: u32 = 31;

const MAIN: u64 = 0x1000;
const SAME_PAGE: u64 = MAIN + 0x100;
/// The delay slot lies in the next page.
const LAST_OF_PAGE: u64 = MAIN + 0xff8;
const OTHER_PAGE: u64 = 0x2000;
/// Shares its place in the tables of recent pages with `OTHER_PAGE`.
const FAR: u64 = OTHER_PAGE + (1024 << 12);

/// What the target adds to the sum: first 1, and 2 in the delay slot; after a change 0x40 or 0x80.
const fn add(value: i32) -> u32 {
    i(Addiu, SUM, SUM, value)
}

const NOP: u32 = 0;
const CALL: u32 = r(Jalr, RETURN, TARGET, 0);
const BACK: u32 = r(Jr, 0, RETURN, 0);
const EXIT: [u32; 2] = [i(Addiu, 2, 0, 4246), Syscall.row().bits];
const TARGET_CODE: [u32; 3] = [add(1), BACK, add(2)];
/// Where the target's delay slot is.
const SLOT: u64 = 8;
const FIRST: u64 = add(0x40) as u64;
const SECOND: u64 = add(0x80) as u64;

/// The machine with `change` between two calls of `code` at `target`.
fn program(target: u64, code: &[u32], change: &[u32], new: u64, place: u64) -> Start<CannonMips32> {
    let main = [&[CALL, NOP], change, &[CALL, NOP], &EXIT].concat();
    let start = at(MAIN).x(TARGET, target).x(NEW, new).x(PLACE, place);
    start.code(MAIN, &main).code(target, code)
}

/// The change after more calls, so that it finds compiled code.
fn late(change: &[u32]) -> Vec<u32> {
    [&[CALL, NOP, CALL, NOP, CALL, NOP, i(Addiu, SUM, 0, 3)], change].concat()
}

/// What the sum is at the end, or the trap.
fn outcome(start: &Start<CannonMips32>) -> Result<u64, Trap> {
    let walk = runs_as_it_walks(start, 50);
    every_switch_point(&start.vm(), u64::MAX, &mut Preimages);
    let (state, _) = &walk.states[walk.states.len() - 1];
    assert_eq!(state.exited, walk.trap.is_none());
    walk.trap.map_or(Ok(state.hart.x()[Reg::source(SUM)].0.into()), Err)
}

#[test]
fn every_instruction_that_writes_may_change_code_and_delay_slots() {
    #[rustfmt::skip]
    let cases = [
        // op, new, offset in the target, sum
        (Sw,  FIRST,              0,        Ok(3 + 0x42)),
        (Sw,  SECOND,             SLOT,     Ok(3 + 0x81)),
        (Sb,  0x10,               3,        Ok(3 + 0x12)),
        (Sb,  0x10,               SLOT + 3, Ok(3 + 0x11)),
        (Sh,  0x40,               2,        Ok(3 + 0x42)),
        (Sh,  0x80,               SLOT + 2, Ok(3 + 0x81)),
        (Swl, FIRST,              0,        Ok(3 + 0x42)),
        (Swl, FIRST << 16,        2,        Ok(3 + 0x42)),
        (Swr, FIRST,              3,        Ok(3 + 0x42)),
        (Swr, SECOND,             SLOT + 3, Ok(3 + 0x81)),
        (Sc,  FIRST,              0,        Ok(3 + 0x42)),
        (Sc,  SECOND,             SLOT,     Ok(3 + 0x81)),
        (Sw,  0x4000_0000,        0,        Err(Trap::UnknownOpcode)),
        (Sw,  0x4000_0000,        SLOT,     Err(Trap::UnknownOpcode)),
        (Sw,  1,                  SLOT,     Err(Trap::ReservedEncoding)),
        (Sw,  BACK as u64,        SLOT,     Err(Trap::JumpInDelaySlot)),
        (Sw,  b(Beq, 0, 0, 4) as u64, SLOT, Err(Trap::BranchInDelaySlot)),
    ];
    for (op, new, offset, sum) in cases {
        for target in [SAME_PAGE, LAST_OF_PAGE, OTHER_PAGE, FAR] {
            for change in [vec![i(op, NEW, PLACE, 0)], late(&[i(op, NEW, PLACE, 0)])] {
                let start = program(target, &TARGET_CODE, &change, new, target + offset);
                assert_eq!(outcome(&start), sum, "{op:?} at {offset} of {target:#x}");
            }
        }
    }
}

/// The store stands in the delay slot of the call, and is done before the target begins.
#[test]
fn a_store_in_a_delay_slot_changes_where_the_jump_leads() {
    for (new, offset, sum) in [(FIRST, 0, 0x42), (SECOND, SLOT, 0x81)] {
        for target in [SAME_PAGE, LAST_OF_PAGE, OTHER_PAGE, FAR] {
            let main = [&[CALL, i(Sw, NEW, PLACE, 0)], EXIT.as_slice()].concat();
            let once = at(MAIN).code(MAIN, &main).x(TARGET, target).x(NEW, new).x(PLACE, target + offset);
            assert_eq!(outcome(&once.code(target, &TARGET_CODE)), Ok(sum), "{target:#x}");
        }
    }
}

#[test]
fn a_delay_slot_may_overwrite_itself_its_jump_and_where_it_leads() {
    let overwrite = |offset| [BACK, i(Sw, NEW, TARGET, offset)];
    for target in [SAME_PAGE, LAST_OF_PAGE + 4, OTHER_PAGE] {
        assert_eq!(outcome(&program(target, &overwrite(4), &[], FIRST, 0)), Ok(0x40), "itself");
        let jump = u64::from(r(Jr, 0, OTHER, 0));
        let other = MAIN + 0x300;
        let start = program(target, &overwrite(0), &[], jump, 0).x(OTHER, other);
        let elsewhere = [&[add(0x20)], EXIT.as_slice()].concat();
        assert_eq!(outcome(&start.code(other, &elsewhere)), Ok(0x20), "its jump");
        // The return address holds an addition from then on: after the first call for the rest of `change`, after
        // the second one in place of `EXIT`'s first half, whose other half then knows no call and goes on.
        let code = [BACK, i(Sw, NEW, RETURN, 0)];
        let start = program(target, &code, &[NOP, i(Addiu, 2, 0, 4246)], FIRST, 0);
        assert_eq!(outcome(&start), Ok(0x40 + 0x40), "where it leads");
    }
}

/// The instruction before a jump changes the delay slot, and so does one in a loop with each round.
#[test]
fn a_delay_slot_may_change_just_before_it_is_reached() {
    for target in [SAME_PAGE, LAST_OF_PAGE, OTHER_PAGE] {
        let code = [i(Sw, NEW, TARGET, 8), BACK, add(2)];
        assert_eq!(outcome(&program(target, &code, &[], SECOND, 0)), Ok(0x80 + 0x80), "{target:#x}");
        let code = [i(Addiu, NEW, NEW, 1), i(Sw, NEW, TARGET, 12), b(Bne, NEW, OTHER, -3), add(0)];
        let start = at(target).x(TARGET, target).x(NEW, add(0).into()).x(OTHER, add(5).into());
        let walk = runs_as_it_walks(&start.code(target, &code).code(target + 16, &EXIT), 40);
        let (state, _) = &walk.states[walk.states.len() - 1];
        let sum = state.hart.x()[Reg::source(SUM)].0;
        assert_eq!((state.exited, sum), (true, 1 + 2 + 3 + 4 + 5), "{target:#x}");
    }
}

/// Stores to data keep a page at hand; the first instruction fetched from it must end that.
#[test]
fn a_page_of_data_may_become_code_and_change_again() {
    let store = |register| i(Sw, register, TARGET, 0);
    let main = [&[store(NEW), CALL, NOP, store(PLACE), CALL, NOP], EXIT.as_slice()].concat();
    let start = at(MAIN).x(TARGET, OTHER_PAGE).x(NEW, FIRST).x(PLACE, SECOND);
    assert_eq!(outcome(&start.code(MAIN, &main).code(OTHER_PAGE, &TARGET_CODE)), Ok(0x42 + 0x82));
    let far = [i(Sw, NEW, PLACE, 0), i(Sw, NEW, OTHER, 0), i(Sw, NEW, PLACE, 0)];
    let start = program(OTHER_PAGE, &TARGET_CODE, &far, FIRST, OTHER_PAGE).x(OTHER, FAR);
    assert_eq!(outcome(&start), Ok(3 + 0x42), "with another page in its place among the recent ones");
}

/// The pre-image is its length, 8, in 8 bytes, and then a BEQ that is not taken.
#[test]
fn a_system_call_may_change_code_and_delay_slots() {
    let set = |register, value| i(Addiu, register, 0, value);
    let call = [set(2, 4003), set(4, 5), r(Addu, 5, PLACE, 0), set(6, 4), Syscall.row().bits];
    #[rustfmt::skip]
    let cases = [
        // offset in the pre-image, offset in the target, sum
        (0, 0,    Ok(3 + 2)),
        (0, SLOT, Ok(3 + 1)),
        (4, 0,    Err(Trap::JumpInDelaySlot)),
        (4, SLOT, Err(Trap::JumpInDelaySlot)),
        (8, 0,    Ok(3 + 2)),
        (8, SLOT, Err(Trap::BranchInDelaySlot)),
    ];
    for (preimage_offset, offset, sum) in cases {
        for target in [SAME_PAGE, LAST_OF_PAGE, OTHER_PAGE] {
            let mut start = program(target, &TARGET_CODE, &late(&call), 0, target + offset);
            start.state.preimage_offset = preimage_offset;
            assert_eq!(outcome(&start), sum, "{preimage_offset} at {offset} of {target:#x}");
        }
    }
}
