//! The contracts decide as the native verifier does: on random steps of every instruction and what malice makes of
//! their calldata, and on steps of whole programs. `cargo xtask equivalence` compares a million and more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use common::equivalence::Tally;
use common::malice::Malice;
use common::random::Sample;
use common::{Chain, native};
use conformance::vectors::{Program, preimages};
use engine::Vm;
use fpvm_contracts::calldata;
use isa_traits::{Hash, Target};
use mips32::CannonMips32;
use oracle::Verified;
use rv64::AsteriscRv64;

const CASES: u64 = 10_000;
const CONTEXT: Hash = [7; 32];

fn random_steps_are_judged_alike<T: Sample>(target: T) {
    let mut tally = Tally::default();
    tally.compare(&mut Chain::new(), target, 1, CASES);
    let honest = tally.of::<T>(Malice::None);
    let cases = CASES / 8;
    assert!(honest.accepted > cases / 2, "most honest steps are accepted: {honest:?}");
    assert!(honest.refused > cases / 16, "some steps are refused: {honest:?}");
    for malice in Malice::ALL {
        let count = tally.of::<T>(malice);
        assert!(count.accepted + count.refused > cases / 4, "{malice:?}: {count:?}");
    }
    assert!(tally.of::<T>(Malice::FlippedProofBit).refused > 0);
    assert!(tally.of::<T>(Malice::Trailing).accepted > 0);
}

#[test]
fn rv64_random_steps() {
    random_steps_are_judged_alike(AsteriscRv64);
}

#[test]
fn mips32_random_steps() {
    random_steps_are_judged_alike(CannonMips32::LATEST);
}

/// Every so many steps of a program, by the contract.
fn a_program_is_verified<T: Target>(target: T, isa: &str, name: &str, stride: u64) {
    let mut chain = Chain::new();
    let Program { elf, manifest, .. } = Program::read(isa, name).unwrap();
    let loaded = loader::load(&target, &elf, loader::Options::default()).unwrap();
    let mut vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    let mut oracle = Verified::new(preimages().unwrap());
    let mut steps = 0;
    for step in (0..=manifest.final_step).step_by(stride as usize) {
        vm.run(step, &mut oracle, &mut ()).unwrap();
        let proof = vm.prove(&mut oracle, &mut ()).unwrap();
        let data = calldata::step(&proof.state, &proof.proof, &CONTEXT);
        let preimage = proof.preimage.as_ref().map(|preimage| (preimage, &CONTEXT));
        if let Some((preimage, context)) = preimage {
            chain.load(preimage, context);
        }
        assert_eq!(native(&target, &data, preimage), Some(proof.post), "{name} {step}");
        assert_eq!(chain.step::<T>(data).hash(), Some(proof.post), "{name} {step}");
        steps += 1;
    }
    assert!(steps > 100, "{name}: {steps} steps");
}

#[test]
fn rv64_programs() {
    a_program_is_verified(AsteriscRv64, "rv64", "isa", 397);
    a_program_is_verified(AsteriscRv64, "rv64", "preimg", 397);
}

#[test]
fn mips32_programs() {
    a_program_is_verified(CannonMips32::LATEST, "mips32", "isa", 397);
    a_program_is_verified(CannonMips32::LATEST, "mips32", "preimg", 397);
}
