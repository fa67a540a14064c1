//! Every step of the programs of the vectors proves, verifies and comes to the state of a run.
//!
//! The tests of every day take all system calls, the first steps of every instruction and some steps of all. Every
//! single step, about two minutes of CPU time:
//!
//! ```text
//! cargo test --release -p fpvm-conformance --test laws -- --ignored every_step
//! ```

use std::collections::HashMap;

use engine::Vm;
use fpvm_conformance::vectors::{self, Program};
use isa_traits::{Isa, Target};
use mips32::CannonMips32;
use oracle::{Memory, Verified};
use rv64::AsteriscRv64;

use crate::machine::verified;

pub(crate) const PROGRAMS: [&str; 3] = ["isa", "preimg", "exit1"];
/// One of so many steps is proven whatever the instruction; prime, so that no loop keeps in step with it.
const STRIDE: u64 = 797;
/// So many steps of each instruction are proven.
const FIRST: u32 = 4;

/// The version the vectors were made by.
pub(crate) fn beta() -> CannonMips32 {
    CannonMips32::version_named("1.2.1-beta.6").unwrap()
}

pub(crate) fn load<T: Target>(target: T, elf: &[u8]) -> Vm<T> {
    let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
    Vm::new(target, loaded.state, loaded.memory, Vec::new())
}

pub(crate) fn oracle() -> Verified<Memory> {
    Verified::new(vectors::preimages().unwrap())
}

/// The name of the instruction at the pc.
pub(crate) fn mnemonic<T: Target>(vm: &Vm<T>) -> &'static str {
    vm.target().decode(vm.instruction()).map_or("none", |insn| T::Isa::mnemonic(insn.op))
}

fn is_call(name: &str) -> bool {
    matches!(name, "ecall" | "syscall")
}

/// Which steps are proven.
trait Choice {
    fn takes(&mut self, step: u64, name: &'static str) -> bool;
}

/// All of them.
struct Every;

impl Choice for Every {
    fn takes(&mut self, _: u64, _: &'static str) -> bool {
        true
    }
}

/// Those that a test of every day has time for.
#[derive(Default)]
struct Chosen {
    seen: HashMap<&'static str, u32>,
}

impl Choice for Chosen {
    fn takes(&mut self, step: u64, name: &'static str) -> bool {
        let seen = self.seen.entry(name).or_default();
        *seen += 1;
        is_call(name) || *seen <= FIRST || step.is_multiple_of(STRIDE)
    }
}

/// How many steps were proven, and how many of them were system calls.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    steps: u64,
    calls: u64,
}

/// Two machines walk through a program: one proves the chosen steps, the other just runs.
fn proves_and_verifies<T: Target>(target: T, isa: &str, name: &str, choice: &mut impl Choice) -> Counts {
    let Program { elf, manifest, .. } = Program::read(isa, name).unwrap();
    let (mut proving, mut running) = (load(target, &elf), load(target, &elf));
    let (mut its_oracle, mut oracle) = (oracle(), oracle());
    let mut counts = Counts::default();
    while !proving.state().exited {
        let step = proving.state().step;
        let instruction = mnemonic(&proving);
        if !choice.takes(step, instruction) {
            proving.run(step + 1, &mut its_oracle, &mut ()).unwrap();
            continue;
        }
        running.run(step, &mut oracle, &mut ()).unwrap();
        let pre = running.state_hash();
        running.run(step + 1, &mut oracle, &mut ()).unwrap();
        let proof = proving.prove(&mut its_oracle, &mut ()).unwrap();
        assert_eq!((proof.step, proof.pre), (step, pre), "{isa}, {name}, before step {step}");
        assert_eq!(proof.post, running.state_hash(), "{isa}, {name}, after step {step}");
        assert_eq!(proving.state(), running.state(), "{isa}, {name}, after step {step}");
        assert_eq!(verified(target, &proof), Some(proof.post), "{isa}, {name}, step {step}");
        counts.steps += 1;
        counts.calls += u64::from(is_call(instruction));
    }
    assert_eq!(proving.state().step, manifest.final_step, "{isa}, {name}");
    assert_eq!(proving.state_hash(), manifest.final_hash.0, "{isa}, {name}");
    let idle = proving.prove(&mut its_oracle, &mut ()).unwrap();
    assert_eq!((idle.proof.len(), idle.post), (0, manifest.final_hash.0), "{isa}, {name}: the end");
    assert_eq!(verified(target, &idle), Some(idle.post), "{isa}, {name}: the end");
    counts
}

/// `least` has every system call of the three programs.
fn chosen_steps<T: Target>(target: T, isa: &str, least: Counts) {
    let mut sum = Counts::default();
    for name in PROGRAMS {
        let counts = proves_and_verifies(target, isa, name, &mut Chosen::default());
        sum = Counts { steps: sum.steps + counts.steps, calls: sum.calls + counts.calls };
    }
    assert!(sum.steps >= least.steps && sum.calls == least.calls, "{sum:?}");
}

fn every_step<T: Target>(target: T, isa: &str) {
    for name in PROGRAMS {
        let counts = proves_and_verifies(target, isa, name, &mut Every);
        println!("{isa}, {name}: {} steps, {} system calls", counts.steps, counts.calls);
    }
}

#[test]
fn chosen_steps_of_rv64_prove_and_verify() {
    chosen_steps(AsteriscRv64, "rv64", Counts { steps: 900, calls: 197 });
}

#[test]
fn chosen_steps_of_mips32_prove_and_verify() {
    chosen_steps(beta(), "mips32", Counts { steps: 1800, calls: 921 });
}

#[test]
#[ignore = "takes minutes"]
fn every_step_of_rv64_proves_and_verifies() {
    every_step(AsteriscRv64, "rv64");
}

#[test]
#[ignore = "takes minutes"]
fn every_step_of_mips32_proves_and_verifies() {
    every_step(beta(), "mips32");
}
