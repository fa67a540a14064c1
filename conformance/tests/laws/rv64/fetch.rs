//! Where instructions come from: pages never written, odd addresses, the next page.

use isa_traits::{Hart as _, Reg, Trap};
use rv64::AsteriscRv64;
use rv64::Op::*;

use super::encoding::{at, b, i};
use crate::machine::{Start, runs_as_it_walks};

/// Steps made, x10 and the pc where it ended, and why.
fn ends(start: &Start<AsteriscRv64>) -> (usize, u64, u64, Option<Trap>) {
    let walk = runs_as_it_walks(start, 20);
    let (state, _) = &walk.states[walk.states.len() - 1];
    (walk.proofs.len(), state.hart.x()[Reg::source(10)].0, state.hart.pc().0, walk.trap)
}

const ADD: u32 = i(Addi, 10, 10, 1);
const UNKNOWN: Option<Trap> = Some(Trap::UnknownOpcode);

#[test]
fn a_page_never_written_holds_no_instruction() {
    assert_eq!(ends(&at(0x5000)), (0, 0, 0x5000, UNKNOWN));
    let jump = at(0x1000).x(6, 0x5000).code(0x1000, &[ADD, i(Jalr, 0, 6, 0)]);
    assert_eq!(ends(&jump), (2, 1, 0x5000, UNKNOWN));
    let load_first = at(0x1000).x(6, 0x5000).code(0x1000, &[i(Ld, 5, 6, 0), i(Jalr, 0, 6, 0)]);
    assert_eq!(ends(&load_first), (2, 0, 0x5000, UNKNOWN));
}

#[test]
fn straight_code_goes_on_in_the_next_page() {
    let last = 0x1ff8;
    assert_eq!(ends(&at(last).code(last, &[ADD; 2])), (2, 2, 0x2000, UNKNOWN));
    assert_eq!(ends(&at(last).code(last, &[ADD; 4])), (4, 4, 0x2008, UNKNOWN));
    let wraps = 0u64.wrapping_sub(8);
    assert_eq!(ends(&at(wraps).code(wraps, &[ADD; 4])), (4, 4, 8, UNKNOWN));
}

#[test]
fn a_misaligned_pc_goes_on_to_the_end_of_its_leaf() {
    let refused = Some(Trap::MisalignedFetch);
    for (pc, steps) in [(0x1001, 7), (0x1002, 7), (0x1003, 7), (0x101e, 0), (0x1ffd, 0), (0x1fe6, 6)] {
        let start = at(pc).code(pc, &[ADD; 8]);
        assert_eq!(ends(&start), (steps, steps as u64, pc + 4 * steps as u64, refused), "{pc:#x}");
    }
}

#[test]
fn a_misaligned_pc_ends_with_a_jump_to_an_aligned_one() {
    let start = at(0x1002).code(0x1002, &[ADD, b(Beq, 0, 0, 10)]).code(0x1010, &[ADD; 2]);
    assert_eq!(ends(&start), (4, 3, 0x1018, UNKNOWN));
    let not_taken = at(0x1002).code(0x1002, &[ADD, b(Bne, 0, 0, 10)]);
    assert_eq!(ends(&not_taken), (1, 1, 0x1006, Some(Trap::MisalignedJump)));
}

#[test]
fn a_loop_over_two_pages_runs_as_it_is_proven() {
    let back = at(0x1ffc).code(0x1ffc, &[ADD, b(Bne, 10, 11, -4)]).x(11, 8);
    assert_eq!(ends(&back), (16, 8, 0x2004, UNKNOWN));
}
