//! Who is right wins.

use std::cell::RefCell;

use common::claim::{BOND, CHALLENGER, CLAIMANT, MIPS32_ELF, RV64_ELF, Run, game, loaded};
use common::disputes::honest_always_wins;
use engine::{Memory, Vm};
use fpvm_contracts::dispute::{Forged, Machine, Made, Move, Outcome, Player, Side, play};
use isa_traits::{Concrete as _, Hart as _, Hash, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::common;
use crate::rules::balance;

/// `cargo xtask disputes` plays a thousand and more.
const DISPUTES: u64 = 40;

#[test]
fn honest_wins_wherever_the_bug_is_on_rv64() {
    let played = honest_always_wins(&loaded(AsteriscRv64, RV64_ELF), 1, DISPUTES);
    assert!(played.loads > 0 && played.counts.len() == 8, "{played:?}");
}

#[test]
fn honest_wins_wherever_the_bug_is_on_mips32() {
    let played = honest_always_wins(&loaded(CannonMips32::LATEST, MIPS32_ELF), 1, DISPUTES);
    assert!(played.loads > 0 && played.counts.len() == 8, "{played:?}");
}

/// A right machine against somebody who says something else of its end, and how that goes.
fn against_a_forged_end<T: Target>(
    start: Vm<T>,
    steps: impl Fn(u64) -> u64,
    post: Hash,
) -> (u64, Outcome, Vec<Made>) {
    let (mut chain, game) = game(&start);
    let honest = RefCell::new(Run::new(start, u64::MAX));
    let (mut right, mut made) = (&honest, Vec::new());
    let ends = right.steps().unwrap();
    let mut forged = Forged { machine: &honest, steps: steps(ends), post };
    let mut claimant = Player { account: CLAIMANT, machine: &mut forged };
    let mut challenger = Player { account: CHALLENGER, machine: &mut right };
    let outcome = play(&mut chain, &game, &mut claimant, &mut challenger, &mut |m| made.push(*m));
    assert_eq!(balance(&mut chain, &game, CHALLENGER), 2 * BOND);
    (ends, outcome.unwrap().unwrap(), made)
}

/// The verifier leaves a machine that has exited as it is.
fn a_claim_of_other_ends_falls<T: Target>(target: T, elf: &[u8]) {
    let start = loaded(target, elf);
    for (later, steps) in [(-1, None), (0, None), (1, Some(0)), (1000, Some(999))] {
        let (ends, outcome, made) =
            against_a_forged_end(start.clone(), |ends| ends.saturating_add_signed(later), [0; 32]);
        assert_eq!(outcome.winner, Side::Challenger, "{later}");
        assert_eq!(outcome.step, ends.saturating_add_signed(later) - 1);
        let honest = Run::new(start.clone(), u64::MAX).state_hash(outcome.step.min(ends - 1) + 1).unwrap();
        assert_eq!(outcome.verified, Some(honest), "{later}");
        if steps.is_some() {
            assert_eq!(outcome.verified.unwrap()[0], 0, "it has exited, and its claim was right");
        }
        assert!(matches!(made.last().unwrap().what, Move::Step { .. }));
    }
}

#[test]
fn claims_of_other_ends_fall() {
    a_claim_of_other_ends_falls(AsteriscRv64, RV64_ELF);
    a_claim_of_other_ends_falls(CannonMips32::LATEST, MIPS32_ELF);
}

/// No proof shows what follows a trap: the claimant has none, and its clock runs out.
fn a_claim_past_a_trap_falls<T: Target>(target: T, elf: &[u8]) {
    let start = loaded(target, elf);
    let mut memory: Memory = start.memory().clone();
    memory.write(start.state().hart.pc().get(), &[0xff; 4]);
    let trapping = Vm::new(target, start.state().clone(), memory, Vec::new());
    let (ends, outcome, made) = against_a_forged_end(trapping, |_| 1000, [0; 32]);
    assert_eq!((ends, outcome.step), (0, 999));
    assert_eq!((outcome.winner, outcome.verified), (Side::Challenger, None));
    assert_eq!(made.last().unwrap().what, Move::Timeout);
}

#[test]
fn claims_past_a_trap_fall() {
    a_claim_past_a_trap_falls(AsteriscRv64, RV64_ELF);
    a_claim_past_a_trap_falls(CannonMips32::LATEST, MIPS32_ELF);
}
