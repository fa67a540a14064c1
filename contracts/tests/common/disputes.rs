//! Disputes between a right machine and one with a bug, at sampled steps.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Vm;
use fpvm_contracts::dispute::{Bug, Faulty, Forged, Machine, Move, Player, Side, play};
use isa_traits::Target;

use super::claim::{CHALLENGER, CLAIMANT, Run, game};
use super::random::Rng;

/// Of the disputes of one kind.
#[derive(Clone, Debug, Default)]
pub struct Count {
    pub disputes: u64,
    /// The gas of all transactions of the honest player, least and most.
    pub honest_gas: Option<(u64, u64)>,
}

/// What was played on a target, by the bug and the honest side.
#[derive(Debug, Default)]
pub struct Played {
    pub counts: BTreeMap<(&'static str, &'static str), Count>,
    /// Bugs that the program outlived without a trace, of which nobody disputed anything.
    pub healed: u64,
    /// Pre-images that honest players loaded.
    pub loads: u64,
    /// Faulty machines that did not end valid, and claimed to.
    pub forged: u64,
}

impl Played {
    pub fn disputes(&self) -> u64 {
        self.counts.values().map(|count| count.disputes).sum()
    }
}

const fn name(side: Side) -> &'static str {
    match side {
        Side::Claimant => "claimant",
        Side::Challenger => "challenger",
    }
}

/// Where the next bug is: at the first and the last step, at steps that read pre-images, and anywhere.
fn place(rng: &mut Rng, index: u64, steps: u64, reads: &[u64]) -> u64 {
    match index % 8 {
        0 if index < 32 => 0,
        1 if index < 32 => steps - 1,
        2 | 3 => rng.pick(reads),
        _ => rng.below(steps),
    }
}

/// Plays at least so many disputes about a program, of which the honest player must win each, whichever side it is on.
pub fn honest_always_wins<T: Target>(start: &Vm<T>, seed: u64, disputes: u64) -> Played {
    let (mut chain, game) = game(start);
    let mut rng = Rng::new(seed);
    let reads = Run::reads(start);
    let honest = RefCell::new(Run::new(start.clone(), u64::MAX));
    let steps = (&honest).steps().unwrap();
    let mut played = Played::default();
    let mut index = 0;
    while played.disputes() < disputes {
        let step = place(&mut rng, index / 2, steps, &reads);
        let side = if index % 2 == 0 { Side::Claimant } else { Side::Challenger };
        index += 1;
        let bug = if reads.binary_search(&step).is_ok() && rng.one_in(2) {
            Bug::Preimage
        } else {
            [Bug::Register, Bug::Memory, Bug::Skip][index as usize / 2 % 3]
        };
        let wrong = honest.borrow_mut().wrong(step, bug, rng.next(), 2 * steps);
        let mut faulty = Faulty { right: &honest, step, wrong };
        let ends = faulty.steps().unwrap();
        let mut post = faulty.state_hash(ends).unwrap();
        let lies = side == Side::Challenger && post[0] != 0;
        post[0] = 0;
        let mut forged;
        let liar: &mut dyn Machine<Error = String> = if lies {
            played.forged += 1;
            forged = Forged { machine: faulty, steps: ends, post };
            &mut forged
        } else {
            &mut faulty
        };
        let mut shared = &honest;
        let honest_player: &mut dyn Machine<Error = String> = &mut shared;
        let (claims, challenges) =
            if side == Side::Claimant { (honest_player, liar) } else { (liar, honest_player) };
        let mut claimant = Player { account: CLAIMANT, machine: claims };
        let mut challenger = Player { account: CHALLENGER, machine: challenges };
        let (mut gas, mut loads) = (0, 0);
        let outcome = play(&mut chain, &game, &mut claimant, &mut challenger, &mut |made| {
            assert!(
                made.by == side
                    || !matches!(made.what, Move::Load { .. } | Move::Step { .. } | Move::Timeout),
                "only who is right has something to show: {made:?}"
            );
            loads += u64::from(matches!(made.what, Move::Load { .. }));
            gas += if made.by == side { made.gas } else { 0 };
        });
        let what = format!("{} {bug} at step {step}, honest as {}", T::NAME, name(side));
        let Some(outcome) = outcome.unwrap_or_else(|error| panic!("{what}: {error}")) else {
            played.healed += 1;
            continue;
        };
        assert_eq!(outcome.winner, side, "{what}: {outcome:?}");
        assert_eq!(outcome.step, step, "{what}: {outcome:?}");
        assert_eq!(outcome.verified, Some((&honest).state_hash(step + 1).unwrap()), "{what}: {outcome:?}");
        assert_eq!(loads, u64::from(reads.binary_search(&step).is_ok()), "{what}");
        played.loads += loads;
        let count = played.counts.entry((bug.name(), name(side))).or_default();
        count.disputes += 1;
        let (least, most) = count.honest_gas.unwrap_or((gas, gas));
        count.honest_gas = Some((least.min(gas), most.max(gas)));
    }
    played
}
