//! Compiled code and interpreter take turns at every point of a run where they can.

use std::ops::{AddAssign, Range};

use engine::Vm;
use isa_traits::{Oracle, Target, Trap};
use jit::{Options, Schedule};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use super::SCHEDULES;
use super::turns::set_turns;
use crate::machine::{Preimages, run_with, same_memory};
use crate::random::{Random, SplitMix64};

/// Random programs of each instruction set, and the steps after which those that go on are cut off.
const PROGRAMS: u64 = 16;
const CUT_OFF: u64 = 300;

/// Points at which tiers took turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Points {
    /// Steps before which they did.
    pub(crate) steps: u64,
    /// Jumps after which they did.
    pub(crate) jumps: u64,
    /// Steps that compiled code made in all these runs.
    pub(crate) compiled: u64,
}

impl AddAssign for Points {
    fn add_assign(&mut self, more: Self) {
        self.steps += more.steps;
        self.jumps += more.jumps;
        self.compiled += more.compiled;
    }
}

/// How a run ends that is interpreted.
struct End<T: Target> {
    vm: Vm<T>,
    trap: Option<Trap>,
    until: u64,
}

impl<T: Target> End<T> {
    /// Has a compiled tier hear of some of the times it is asked, and expects the same end. Yields the steps in compiled
    /// code.
    fn is_that_of<O: Oracle>(
        &self,
        mut vm: Vm<T>,
        oracle: &mut O,
        (options, heard): (Options, Range<u64>),
    ) -> u64 {
        let context = format!("{options:?}, {heard:?} from step {}", vm.state().step);
        let counts = set_turns(&mut vm, options, heard);
        assert_eq!(run_with(&mut vm, self.until, oracle), self.trap, "{context}");
        assert_eq!(vm.state(), self.vm.state(), "{context}");
        assert!(same_memory(vm.memory(), self.vm.memory()), "{context}");
        counts.made()
    }
}

/// A run up to step `until` comes to the same end whether compiled code begins or ends before any of its steps, in a delay
/// slot too, whether it is ready, begins or ends after any of its jumps, and whether it is there for one jump only.
pub(crate) fn every_switch_point<T: Target, O: Oracle>(start: &Vm<T>, until: u64, oracle: &mut O) -> Points {
    const ALWAYS: Range<u64> = 0..u64::MAX;
    const NEVER: Range<u64> = 0..0;
    let at_once = SCHEDULES[0];
    let mut vm = start.clone();
    let counts = set_turns(&mut vm, at_once, NEVER);
    let trap = run_with(&mut vm, until, oracle);
    let end = End { vm, trap, until };

    let (first, last) = (start.state().step, end.vm.state().step);
    let mut points = Points { steps: last - first, jumps: counts.asked(), compiled: 0 };
    let mut walk = start.clone();
    for step in first..last {
        assert_eq!(run_with(&mut walk, step, oracle), None);
        points.compiled += end.is_that_of(walk.clone(), oracle, (at_once, ALWAYS));
        let mut vm = start.clone();
        let counts = set_turns(&mut vm, at_once, ALWAYS);
        assert_eq!(run_with(&mut vm, step, oracle), None, "step {step}");
        points.compiled += counts.made();
        assert_eq!(vm.state(), walk.state(), "step {step}");
        assert!(same_memory(vm.memory(), walk.memory()), "step {step}");
        end.is_that_of(vm, oracle, (at_once, NEVER));
    }
    for jump in 0..=points.jumps {
        let late = Options { schedule: Schedule::Delayed(jump.try_into().unwrap()), ..at_once };
        let turns =
            [(late, ALWAYS), (at_once, jump..u64::MAX), (at_once, 0..jump), (at_once, jump..jump + 1)];
        for turn in turns {
            points.compiled += end.is_that_of(start.clone(), oracle, turn);
        }
    }
    points
}

fn tiers_take_turns_anywhere<T: Random>() {
    let mut points = Points::default();
    for seed in 1..=PROGRAMS {
        let start = T::program(&mut SplitMix64::new(seed));
        points += every_switch_point(&start.vm(), start.state.step + CUT_OFF, &mut Preimages);
    }
    println!("{}: {points:?}", T::NAME);
    assert!(points.steps > 1000 && points.jumps > 300, "{points:?}");
    assert!(points.compiled > 10_000 || !jit::supported(), "{points:?}");
}

#[test]
fn tiers_take_turns_anywhere_in_random_programs_of_rv64() {
    tiers_take_turns_anywhere::<AsteriscRv64>();
}

#[test]
fn tiers_take_turns_anywhere_in_random_programs_of_mips32() {
    tiers_take_turns_anywhere::<CannonMips32>();
}
