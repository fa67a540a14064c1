//! Random programs do on both machines what the evaluator of their language says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use fpvm_conformance::generate::{
    Image, Program, check, check_edited, check_modes, evaluate, program, shrink,
};

/// Programs that every run of the tests checks.
const SEEDS: u64 = 500;

#[test]
fn programs_do_the_same_on_both_machines() {
    for seed in 0..SEEDS {
        if let Err(mismatch) = check(&program(seed)) {
            let small = shrink(&program(seed), |program| check(program).is_err());
            panic!("seed {seed}: {mismatch}; small: {small:#?}\n{}", check(&small).unwrap_err());
        }
    }
}

#[test]
fn programs_do_the_same_in_every_mode() {
    for seed in SEEDS..SEEDS + 10 {
        if let Err(disagreement) = check_modes(&program(seed), 1000) {
            panic!("seed {seed}: {disagreement}");
        }
    }
}

/// The programs have something to compare.
#[test]
fn programs_read_hint_and_print() {
    let events: Vec<_> =
        (0..SEEDS).flat_map(|seed| evaluate(&program(seed))).map(|event| format!("{event:?}")).collect();
    for kind in ["Read", "Hint", "Print", "Exit"] {
        let found = events.iter().filter(|event| event.starts_with(kind)).count();
        assert!(found as u64 >= SEEDS, "{found} events are {kind}");
    }
}

/// Makes every SUB of RV64 an ADD, as a machine that gets it wrong would.
fn break_sub(isa: &'static str, image: &mut Image) {
    if isa == "rv64" {
        for word in image.code.as_chunks_mut::<4>().0 {
            let raw = u32::from_le_bytes(*word);
            // The subtraction in the loops of transfers, of s3, stays, or no program would come to an end.
            if raw & 0xfe00_707f == 0x4000_0033 && raw >> 7 & 31 != 19 {
                *word = (raw & !0x4000_0000).to_le_bytes();
            }
        }
    }
}

#[test]
fn a_wrong_instruction_is_found_and_the_program_made_small() {
    let fails = |program: &Program| check_edited(program, break_sub).is_err();
    let found = (0..SEEDS).map(program).find(fails).unwrap();
    let small = shrink(&found, fails);
    assert!(fails(&small));
    let statements: usize = small.functions.iter().map(|function| function.body.len()).sum();
    assert!(statements <= 1, "{small:#?}");
    assert!(format!("{small:?}").contains("Sub"), "{small:#?}");
}
