//! Compiled code reaches the states of the interpreter: at random steps of the vectors' programs and of random ones,
//! whenever code is ready, with roots, proofs and state files in between.

mod aliases;
mod budgets;
pub(crate) mod switches;
mod turns;
mod windows;

use engine::Vm;
use engine::snapshot::Format;
use fpvm_conformance::vectors::Program;
use isa_traits::{Hart as _, Reg, Target, Trap};
use jit::{Jit, Options, Schedule};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use self::switches::every_switch_point;
use crate::machine::{Preimages, Start, reloaded, run, runs_as_it_walks, same_memory};
use crate::mips32::encoding as mips;
use crate::random::{Random, SplitMix64};
use crate::rv64::encoding;
use crate::steps::{PROGRAMS, beta, load, oracle};

/// Stops of each program and schedule.
const STOPS: u64 = 1000;

/// Code that is ready at once, late, or when another thread has it ready.
const SCHEDULES: [Options; 4] = [
    Options { threshold: 1, schedule: Schedule::Immediate },
    Options { threshold: 20, schedule: Schedule::Immediate },
    Options { threshold: 2, schedule: Schedule::Delayed(50) },
    Options { threshold: 2, schedule: Schedule::Background },
];

fn compiled<T: Target>(mut vm: Vm<T>, options: Options) -> Vm<T> {
    vm.set_tier(Box::new(Jit::new(options)));
    vm
}

/// Compiled code reaches the state of the interpreter after so many steps, whenever it is ready.
fn runs_as_interpreted<T: Target>(start: &Start<T>, steps: u64, context: &str) {
    let until = start.state.step + steps;
    let mut plain = start.vm();
    assert_eq!(run(&mut plain, until), None, "{context}");
    for options in SCHEDULES {
        let mut vm = compiled(start.vm(), options);
        assert_eq!(run(&mut vm, until), None, "{context}, {options:?}");
        assert_eq!(vm.state(), plain.state(), "{context}, {options:?}");
        assert!(same_memory(vm.memory(), plain.memory()), "{context}, {options:?}");
    }
}

/// How far to the next stop: mostly a few steps, seldom many, so that some stops lie deep in compiled code.
fn stride(rng: &mut SplitMix64) -> u64 {
    let bits = rng.below(14);
    1 + rng.below(1 << bits)
}

fn agrees_with_the_interpreter<T: Target>(target: T, isa: &str) {
    for name in PROGRAMS {
        let Program { elf, manifest, .. } = Program::read(isa, name).unwrap();
        for (seed, options) in (1..).zip(SCHEDULES) {
            let mut rng = SplitMix64::new(seed);
            // The first machine that is made has its memory where code reaches it without a register.
            let (first, second) = (load(target, &elf), load(target, &elf));
            let (mut plain, vm) = if seed % 2 == 0 { (first, second) } else { (second, first) };
            let mut vm = compiled(vm, options);
            let (mut plain_oracle, mut oracle) = (oracle(), oracle());
            for _ in 0..STOPS {
                let until = plain.state().step + stride(&mut rng);
                plain.run(until, &mut plain_oracle, &mut ()).unwrap();
                vm.run(until, &mut oracle, &mut ()).unwrap();
                let context = || format!("{name}, {options:?}, step {until}");
                assert_eq!(vm.state(), plain.state(), "{}", context());
                if plain.state().exited {
                    break;
                }
                match rng.below(40) {
                    0 => assert_eq!(vm.state_hash(), plain.state_hash(), "{}", context()),
                    1 => {
                        let proofs = [
                            plain.prove(&mut plain_oracle, &mut ()).unwrap(),
                            vm.prove(&mut oracle, &mut ()).unwrap(),
                        ];
                        assert_eq!(proofs[0].post, proofs[1].post, "{}", context());
                        assert_eq!(proofs[0].proof, proofs[1].proof, "{}", context());
                    }
                    2 => vm = compiled(reloaded(&mut vm, Format::Binary), options),
                    3 => vm = vm.clone(),
                    4 => assert!(same_memory(vm.memory(), plain.memory()), "{}", context()),
                    _ => {}
                }
            }
            vm.run(u64::MAX, &mut oracle, &mut ()).unwrap();
            assert_eq!(vm.state().step, manifest.final_step, "{name}, {options:?}");
            assert_eq!(vm.state_hash(), manifest.final_hash.0, "{name}, {options:?}");
            assert_eq!(vm.memory().page_count(), manifest.final_pages, "{name}, {options:?}");
        }
    }
}

#[test]
fn asterisc_programs_stop_anywhere() {
    agrees_with_the_interpreter(AsteriscRv64, "rv64");
}

#[test]
fn cannon_programs_stop_anywhere() {
    agrees_with_the_interpreter(beta(), "mips32");
}

/// Random programs run in a circle: their instructions are compiled, and fall back to the interpreter, many times.
/// Yields the steps that were made.
fn random_program<T: Random>(seed: u64) -> u64 {
    let mut rng = SplitMix64::new(seed);
    let start = T::program(&mut rng);
    let options = rng.pick(&SCHEDULES);
    let (mut vm, mut plain) = (compiled(start.vm(), options), start.vm());
    for _ in 0..20 {
        let until = plain.state().step + stride(&mut rng);
        let stopped = [run(&mut plain, until), run(&mut vm, until)];
        assert_eq!(stopped[0], stopped[1], "seed {seed}, step {until}");
        assert_eq!(vm.state(), plain.state(), "seed {seed}, step {until}");
        assert!(same_memory(vm.memory(), plain.memory()), "seed {seed}, step {until}");
        if stopped[0].is_some() {
            break;
        }
        if rng.below(4) == 0 {
            assert_eq!(vm.state_hash(), plain.state_hash(), "seed {seed}, step {until}");
        }
    }
    vm.state().step
}

/// Ten million instructions, or as many as `FPVM_COMPILED_INSTRUCTIONS` says.
fn random_programs<T: Random>() {
    let wanted = std::env::var("FPVM_COMPILED_INSTRUCTIONS").map_or(10_000_000, |text| text.parse().unwrap());
    let (mut steps, mut programs) = (0, 0);
    while steps < wanted {
        programs += 1;
        steps += random_program::<T>(programs);
    }
    println!("{}: {programs} programs, {steps} steps", T::NAME);
}

#[test]
fn millions_of_random_instructions_of_rv64_agree() {
    random_programs::<AsteriscRv64>();
}

#[test]
fn millions_of_random_instructions_of_mips32_agree() {
    random_programs::<CannonMips32>();
}

/// A trap that depends on a value ends a loop that was compiled, before the instruction: all was as it is there.
#[test]
fn a_trap_on_a_condition_is_that_of_the_interpreter() {
    const MAIN: u64 = 0x1000;
    const ROUNDS: u64 = 40;
    let (counter, at) = (5, 8);
    let round = {
        use rv64::Op::*;
        // In the last rounds the address is no multiple of 4.
        let next = [encoding::i(Sltiu, 9, counter, 3), encoding::r(Add, at, at, 9)];
        let counts = [encoding::i(Addi, counter, counter, -1), encoding::b(Bne, counter, 0, -16)];
        [&[encoding::r(AmoaddW, 0, at, counter)][..], &next, &counts].concat()
    };
    let start = encoding::at(MAIN).x(counter, ROUNDS).x(at, 0x2000).code(MAIN, &round);
    assert_eq!(runs_as_it_walks(&start, 10 * ROUNDS).trap, Some(Trap::MisalignedAtomic));
    let round = {
        use mips::{b, i, r};
        use mips32::Op::*;
        // The divisor counts down to 0.
        [r(Divu, 0, at, counter), i(Addiu, at, at, 3), b(Bne, 0, at, -3), i(Addiu, counter, counter, -1)]
    };
    let start = mips::at(MAIN).x(counter, ROUNDS).x(at, 7).code(MAIN, &round);
    assert_eq!(runs_as_it_walks(&start, 10 * ROUNDS).trap, Some(Trap::DivisionByZero));
}

/// What is loaded and combined with words that are extended with their sign is not always so itself.
#[test]
fn short_words_are_extended_as_by_the_interpreter() {
    use rv64::Op::*;
    const MAIN: u64 = 0x1000;
    const DATA: u64 = 0x2000;
    const ROUNDS: u64 = 20;
    let (counter, at, signed, loaded, sum) = (5, 6, 7, 8, 9);
    for load in [Lb, Lbu, Lh, Lhu, Lw, Lwu, Ld] {
        for combine in [And, Or, Xor, Add, Sub] {
            let round = [
                encoding::i(Lw, signed, at, 0),
                encoding::i(load, loaded, at, 8),
                encoding::r(combine, 10, signed, loaded),
                encoding::r(Srlw, 11, 10, counter),
                encoding::r(Xor, 12, 11, loaded),
                encoding::r(Add, sum, sum, 10),
                encoding::r(Sub, sum, sum, 12),
                encoding::i(Addi, counter, counter, -1),
                encoding::b(Bne, counter, 0, -32),
            ];
            let start = encoding::at(MAIN).x(counter, ROUNDS).x(at, DATA).code(MAIN, &round);
            let walk =
                runs_as_it_walks(&start.code(DATA, &[0x9876_5432, 0, 0x89ab_cdef, 0x1234_5678]), 9 * ROUNDS);
            assert_eq!(walk.states[walk.states.len() - 1].0.hart.x()[Reg::source(counter)].0, 0);
        }
    }
}

/// A loop calls a function of another page and, from the middle on, overwrites its first instruction: both are compiled
/// by then, or tiers take turns on the way.
#[test]
fn overwritten_code_is_compiled_anew() {
    use rv64::Op::*;
    const MAIN: u64 = 0x1000;
    const TARGET: u64 = 0x2000;
    const ROUNDS: u64 = 20;
    let (link, counter, target, new, late, sum) = (1, 5, 6, 7, 9, 10);
    let add = |value| encoding::i(Addi, sum, sum, value);
    let round = [
        encoding::i(Jalr, link, target, 0),
        encoding::i(Addi, counter, counter, -1),
        encoding::i(Sltiu, late, counter, ROUNDS as i32 / 2),
        encoding::b(Beq, late, 0, 8),
        encoding::s(Sw, target, new, 0),
        encoding::b(Bne, counter, 0, -20),
    ];
    let start = encoding::at(MAIN).x(counter, ROUNDS).x(target, TARGET).x(new, add(0x40).into());
    let start = start.code(MAIN, &round).code(TARGET, &[add(1), encoding::i(Jalr, 0, link, 0)]);
    let walk = runs_as_it_walks(&start, 200);
    let (state, _) = &walk.states[walk.states.len() - 1];
    assert_eq!(state.hart.x()[Reg::source(sum)].0, 11 + 9 * 0x40);
    let points = every_switch_point(&start.vm(), u64::MAX, &mut Preimages);
    assert!(points.compiled > 1000 || !jit::supported(), "{points:?}");
}
