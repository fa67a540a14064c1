//! Every recorded step of the references, by the contracts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use common::{Chain, native};
use conformance::vectors::{PREFIX_BYTES, Program};
use fpvm_contracts::calldata;
use isa_traits::{Hash, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

const CONTEXT: Hash = [7; 32];

fn every_recorded_step_is_accepted<T: Target>(target: T, isa: &str, wanted: usize) {
    let mut chain = Chain::new();
    let mut steps = 0;
    for name in ["exit1", "isa", "preimg"] {
        for proof in Program::read(isa, name).unwrap().proofs {
            let preimage = proof.oracle_key.map(|key| {
                let value = proof.oracle_value.as_ref().unwrap()[PREFIX_BYTES..].to_vec();
                (key.0, value, proof.oracle_offset)
            });
            let data = calldata::step(&proof.state_data, &proof.proof_data, &CONTEXT);
            if let Some(preimage) = &preimage {
                assert_eq!(chain.step::<T>(data.clone()).hash(), None, "without its pre-image");
                chain.load(preimage, &CONTEXT);
            }
            assert_eq!(
                native(&target, &data, preimage.as_ref().map(|preimage| (preimage, &CONTEXT))),
                Some(proof.post.0),
                "{name} {}",
                proof.step
            );
            let called = chain.step::<T>(data);
            assert_eq!(called.hash(), Some(proof.post.0), "{name} {}: {called:?}", proof.step);
            steps += 1;
        }
    }
    assert_eq!(steps, wanted);
}

#[test]
fn rv64() {
    every_recorded_step_is_accepted(AsteriscRv64, "rv64", 193);
}

#[test]
fn mips32() {
    every_recorded_step_is_accepted(CannonMips32::LATEST, "mips32", 153);
}
