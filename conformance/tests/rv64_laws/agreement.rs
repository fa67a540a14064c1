//! Running, recording and replaying one program reach one state, wherever the run stops.

use crate::machine::runs_as_it_walks;
use crate::random::{SplitMix64, program};

const PROGRAMS: u64 = 150;
const STEPS: u64 = 40;

#[test]
fn random_programs_run_as_they_are_proven() {
    let (mut made, mut refused, mut reads) = (0, 0, 0);
    for seed in 0..PROGRAMS {
        let mut rng = SplitMix64(seed << 32);
        let walk = runs_as_it_walks(&program(&mut rng), STEPS);
        made += walk.proofs.len();
        refused += u64::from(walk.trap.is_some());
        reads += walk.proofs.iter().filter(|proof| proof.preimage.is_some()).count();
    }
    assert!(made > 3000 && refused > 50 && reads > 20, "{made} steps, {refused} traps, {reads} reads");
}
