//! A run reaches the same states however many steps it is asked for at once.
//!
//! Near the end of its budget a run makes single steps; before, it makes many without a look at the budget.

use fpvm_conformance::vectors::Program;
use isa_traits::Target;
use rv64::AsteriscRv64;

use crate::random::SplitMix64;
use crate::steps::{PROGRAMS, beta, load, oracle};

/// Fewer steps than a run makes without a look at its budget.
const SHORT: u64 = 1000;
/// More than it makes at once.
const LONG: u64 = 9000;

fn long_runs_reach_the_states_of_short_ones<T: Target>(target: T, isa: &str) {
    let mut random = SplitMix64::new(1);
    let mut stops = 0;
    for name in PROGRAMS {
        let Program { elf, manifest, .. } = Program::read(isa, name).unwrap();
        let (mut far, mut near) = (load(target, &elf), load(target, &elf));
        let (mut its_oracle, mut oracle) = (oracle(), oracle());
        while !far.state().exited {
            let stop = far.state().step + 1 + random.below(LONG);
            far.run(stop, &mut its_oracle, &mut ()).unwrap();
            while near.state().step < far.state().step {
                let next = stop.min(near.state().step + 1 + random.below(SHORT));
                near.run(next, &mut oracle, &mut ()).unwrap();
            }
            assert_eq!(far.state(), near.state(), "{isa}, {name}");
            assert_eq!(far.state_hash(), near.state_hash(), "{isa}, {name}, step {}", far.state().step);
            stops += 1;
        }
        assert_eq!(far.state().step, manifest.final_step, "{isa}, {name}");
    }
    assert!(stops > 30, "{stops} stops");
}

#[test]
fn long_runs_of_rv64_reach_the_states_of_short_ones() {
    long_runs_reach_the_states_of_short_ones(AsteriscRv64, "rv64");
}

#[test]
fn long_runs_of_mips32_reach_the_states_of_short_ones() {
    long_runs_reach_the_states_of_short_ones(beta(), "mips32");
}
