//! Compiled code makes exactly the steps it is asked for, in every program of the vectors, quirks too.
//!
//! It is asked for random numbers of steps, from wherever it stands or a checkpoint to a random place. In the short
//! programs it also takes turns with the interpreter at every point.

use engine::Vm;
use engine::trace::{Limits, Trace};
use fpvm_conformance::vectors::{self, Program};
use isa_traits::Target;
use jit::{Options, Schedule};
use rv64::AsteriscRv64;

use super::switches::{Points, every_switch_point};
use super::turns::set_turns;
use crate::machine::{run_with, same_memory};
use crate::random::SplitMix64;
use crate::steps::{PROGRAMS, beta, load, oracle};

/// Random budgets that the long programs of an instruction set share, and those that a short one has for itself.
const BUDGETS: u64 = 10_000;
const BUDGETS_OF_SHORT: u64 = 100;
/// Machines that share the budgets of a program: each has its code at other times.
const MACHINES: u64 = 10;
/// Steps from one checkpoint to the next.
const INTERVAL: u64 = 10_000;
/// A program of so many steps is a long one.
const LONG: u64 = 1000;
/// Where a program that never ends is cut off.
const CUT_OFF: u64 = 1_000_000;

/// A program before its first step.
struct Case<T: Target> {
    name: String,
    start: Vm<T>,
    /// How many steps it makes.
    steps: u64,
}

/// Every program of the vectors.
fn cases<T: Target>(target: T, isa: &str) -> Vec<Case<T>> {
    let programs = PROGRAMS.map(|name| (name.to_owned(), Program::read(isa, name).unwrap().elf));
    let quirks = vectors::quirks(isa).unwrap().into_iter().map(|quirk| (quirk.name, quirk.elf.to_vec()));
    let mut oracle = oracle();
    let case = |(name, elf): (_, Vec<u8>)| {
        let start = load(target, &elf);
        let mut vm = start.clone();
        run_with(&mut vm, CUT_OFF, &mut oracle);
        Case { name, start, steps: vm.state().step }
    };
    programs.into_iter().chain(quirks).map(case).collect()
}

/// When code is compiled, and when it is ready.
fn any_options(rng: &mut SplitMix64) -> Options {
    let late = Schedule::Delayed(rng.below(2000) as u32);
    let schedule = rng.pick(&[Schedule::Immediate, Schedule::Background, late]);
    Options { threshold: rng.pick(&[1, 2, 20]), schedule }
}

/// A machine with compiled code and one without, both with checkpoints, go to random steps of a program, here and there
/// with a root or a proof. Yields the steps that were made in compiled code.
fn comes_to_any_step<T: Target>(case: &Case<T>, budgets: u64, rng: &mut SplitMix64) -> u64 {
    let (options, mut vm) = (any_options(rng), case.start.clone());
    let counts = set_turns(&mut vm, options, 0..u64::MAX);
    let limits = Limits { interval: INTERVAL, ..Limits::default() };
    let (mut trace, mut plain) = (Trace::new(vm, limits), Trace::new(case.start.clone(), limits));
    let (mut its_oracle, mut oracle) = (oracle(), oracle());
    for _ in 0..budgets {
        let step = rng.below(case.steps + 1);
        let context = || format!("{}, {options:?}, step {step}", case.name);
        trace.seek(step, &mut its_oracle, &mut ()).unwrap();
        plain.seek(step, &mut oracle, &mut ()).unwrap();
        assert_eq!(trace.vm().state(), plain.vm().state(), "{}", context());
        assert!(same_memory(trace.vm().memory(), plain.vm().memory()), "{}", context());
        match rng.below(8) {
            0 => assert_eq!(trace.state_hash(), plain.state_hash(), "{}", context()),
            1 => {
                let proofs = [trace.prove(&mut its_oracle, &mut ()), plain.prove(&mut oracle, &mut ())];
                let [found, wanted] = proofs.map(|proof| proof.map_err(|error| error.to_string()));
                assert_eq!(found, wanted, "{}", context());
            }
            _ => {}
        }
    }
    counts.made()
}

fn makes_the_steps_it_is_asked_for<T: Target>(target: T, isa: &str, programs: usize) {
    let (mut rng, mut oracle) = (SplitMix64::new(1), oracle());
    let cases = cases(target, isa);
    assert_eq!(cases.len(), programs);
    let (long, short): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.steps >= LONG);
    let mut random_budgets = |cases: &[&Case<T>], each: u64| {
        let (mut budgets, mut compiled) = (0, 0);
        for case in cases.iter().flat_map(|case| [case; MACHINES as usize]) {
            budgets += each;
            compiled += comes_to_any_step(case, each, &mut rng);
        }
        println!("{isa}: {} programs, {budgets} budgets, {compiled} steps in compiled code", cases.len());
        (budgets, compiled)
    };
    let (budgets, compiled) = random_budgets(&long, BUDGETS.div_ceil(long.len() as u64 * MACHINES));
    assert!(budgets >= BUDGETS);
    assert!(compiled > 1000 * BUDGETS || !jit::supported(), "{compiled} steps in compiled code");
    let (_, compiled) = random_budgets(&short, BUDGETS_OF_SHORT / MACHINES);
    assert!(compiled > 0 || !jit::supported(), "no steps in compiled code");

    let mut points = Points::default();
    for case in short {
        points += every_switch_point(&case.start, u64::MAX, &mut oracle);
    }
    println!("{isa}: {points:?}");
    assert!(points.steps > 150 && points.jumps > 40, "{points:?}");
}

#[test]
fn compiled_code_of_rv64_makes_the_steps_it_is_asked_for() {
    makes_the_steps_it_is_asked_for(AsteriscRv64, "rv64", 3 + 34);
}

#[test]
fn compiled_code_of_mips32_makes_the_steps_it_is_asked_for() {
    makes_the_steps_it_is_asked_for(beta(), "mips32", 3 + 37);
}
