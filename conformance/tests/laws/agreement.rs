//! Running, recording and replaying one program reach one state, wherever the run stops, and from its files.

use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::machine::{resumes_as_it_walks, runs_as_it_walks};
use crate::random::{Random, SplitMix64};

const PROGRAMS: u64 = 150;
const STEPS: u64 = 40;
/// One of so many programs is also saved and loaded at each step.
const SAVED: u64 = 6;

fn random_programs_run_as_they_are_proven<T: Random>() {
    let (mut made, mut refused, mut reads) = (0, 0, 0);
    for seed in 0..PROGRAMS {
        let start = T::program(&mut SplitMix64::new(seed << 32));
        let walk = runs_as_it_walks(&start, STEPS);
        if seed % SAVED == 0 {
            resumes_as_it_walks(&start, &walk, STEPS);
        }
        made += walk.proofs.len();
        refused += u64::from(walk.trap.is_some());
        reads += walk.proofs.iter().filter(|proof| proof.preimage.is_some()).count();
    }
    assert!(made > 3000 && refused > 40 && reads > 20, "{made} steps, {refused} traps, {reads} reads");
}

#[test]
fn random_programs_of_rv64_run_as_they_are_proven() {
    random_programs_run_as_they_are_proven::<AsteriscRv64>();
}

#[test]
fn random_programs_of_mips32_run_as_they_are_proven() {
    random_programs_run_as_they_are_proven::<CannonMips32>();
}
