//! Saving a run and going on from the file: the states that follow are the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod snapshots;

use alloy_primitives::B256;
use engine::Vm;
use engine::snapshot::Format;
use fpvm_conformance::vectors::{self, Program};
use isa_traits::Target;
use mips32::CannonMips32;
use oracle::Verified;
use rv64::AsteriscRv64;
use snapshots::files::{read_binary, read_json, text, written};
use snapshots::{load, oracle, state_hash};

/// Every so many steps a state is saved whatever the guest does.
const SAMPLE: u64 = 4099;
/// Steps around a system call of the oracle: those that write its key, and what follows.
const NEAR: u64 = 20;

/// What a resumed run must come to.
struct Later {
    /// The next step whose state was hashed in the run that nothing interrupted.
    step: u64,
    hash: B256,
}

/// The steps to save before: all near a read from the oracle, first and middle and last reads alike, and some
/// elsewhere.
fn steps_to_save<T: Target>(mut vm: Vm<T>) -> Vec<u64> {
    let (mut oracle, mut steps) = (oracle(), Vec::new());
    let mut mid_read = 0;
    while !vm.state().exited {
        let contact = vm.run_to_contact(u64::MAX, &mut oracle, &mut ()).unwrap();
        let step = vm.state().step;
        if contact.is_some_and(|contact| contact.read.is_some()) {
            steps.extend(step.saturating_sub(NEAR)..step + NEAR);
            mid_read += u64::from(vm.state().preimage_offset > 8);
        }
    }
    assert!(mid_read > 20, "{mid_read} states in the middle of a pre-image");
    let last = vm.state().step;
    steps.extend((0..=last).step_by(SAMPLE as usize).chain([1, last - 1, last]));
    steps.retain(|&step| step <= last);
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn resumed<T: Target + Copy>(target: T, vm: &mut Vm<T>, round: usize) -> Vm<T> {
    // The JSON of a state is a hundred times slower; it has the same fields.
    if T::STATE_FILES.writes_json && round.is_multiple_of(50) {
        read_json(target, &text(vm)).unwrap()
    } else {
        read_binary(target, &written(vm, Format::Binary)).unwrap()
    }
}

fn resuming_from_any_step_leads_to_the_same_states<T: Target + Copy>(target: T, isa: &str) {
    let program = Program::read(isa, "preimg").unwrap();
    let steps = steps_to_save(load(target, &program.elf));
    assert!(steps.len() > 1000, "{}", steps.len());

    // Once to the end without a pause, noting hashes at the steps.
    let (mut vm, mut host) = (load(target, &program.elf), oracle());
    let mut hashes = Vec::new();
    for &step in &steps {
        vm.run(step, &mut host, &mut ()).unwrap();
        hashes.push(Later { step, hash: state_hash(&mut vm) });
    }
    assert_eq!(hashes.last().unwrap().hash, program.manifest.final_hash, "{isa}");

    // Then through a file, and a fresh oracle, at each of the steps.
    let mut vm = load(target, &program.elf);
    for (round, later) in hashes.iter().enumerate() {
        vm.run(later.step, &mut oracle(), &mut ()).unwrap();
        assert_eq!(state_hash(&mut vm), later.hash, "{isa}, step {}", later.step);
        vm = resumed(target, &mut vm, round);
        assert_eq!(state_hash(&mut vm), later.hash, "{isa}, step {}, loaded", later.step);
    }
    assert_eq!(state_hash(&mut vm), program.manifest.final_hash, "{isa}");

    // And from some of the files to the very end.
    let mut vm = load(target, &program.elf);
    for later in hashes.iter().step_by(hashes.len() / 25) {
        vm.run(later.step, &mut oracle(), &mut ()).unwrap();
        let mut alone = resumed(target, &mut vm, 0);
        alone.run(u64::MAX, &mut oracle(), &mut ()).unwrap();
        assert_eq!(state_hash(&mut alone), program.manifest.final_hash, "{isa}, from step {}", later.step);
    }
}

#[test]
fn rv64_goes_on_from_any_step_to_the_same_states() {
    resuming_from_any_step_leads_to_the_same_states(AsteriscRv64, "rv64");
}

#[test]
fn mips32_goes_on_from_any_step_to_the_same_states() {
    resuming_from_any_step_leads_to_the_same_states(CannonMips32::LATEST, "mips32");
}

/// A machine that is saved, thrown away and loaded again before each of its steps, with a fresh oracle, ends as
/// one that nothing interrupts.
fn saved_before_every_step<T: Target + Copy>(target: T, isa: &str) {
    let program = Program::read(isa, "preimg").unwrap();
    let preimages = vectors::preimages().unwrap();
    let mut vm = load(target, &program.elf);
    while !vm.state().exited {
        vm = read_binary(target, &written(&mut vm, Format::Binary)).unwrap();
        let next = vm.state().step + 1;
        vm.run(next, &mut Verified::new(preimages.clone()), &mut ()).unwrap();
    }
    assert_eq!(vm.state().step, program.manifest.final_step, "{isa}");
    assert_eq!(state_hash(&mut vm), program.manifest.final_hash, "{isa}");
}

#[test]
#[ignore = "minutes: cargo test --release -p fpvm-conformance --test snapshots_resume -- --ignored"]
fn rv64_may_be_saved_before_every_step() {
    saved_before_every_step(AsteriscRv64, "rv64");
}

#[test]
#[ignore = "minutes: cargo test --release -p fpvm-conformance --test snapshots_resume -- --ignored"]
fn mips32_may_be_saved_before_every_step() {
    saved_before_every_step(CannonMips32::LATEST, "mips32");
}
