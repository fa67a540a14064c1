//! When code is asked for and entered.

use engine::{Ground, Tier};
use isa_traits::{Concrete, Hart, Target};

use crate::code::Compiled;

/// Counters of jumps and stops: several addresses may share one, which is then full a little sooner.
const COUNTERS: usize = 1 << 16;

/// How often a place must be jumped to before it is worth compiling, where nothing else is asked for: less than what
/// compiling an instruction costs, in executions by the interpreter, for what was executed so often is likely to go on.
const THRESHOLD: u16 = 2000;

/// When code is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// By another thread, while the interpreter goes on.
    Background,
    /// At once.
    Immediate,
    /// At once, but ready only after so many more jumps.
    Delayed(u32),
}

/// What is compiled when. None of it changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How often a place must be jumped to before it is compiled.
    pub threshold: u16,
    /// When that is done.
    pub schedule: Schedule,
}

impl Default for Options {
    fn default() -> Self {
        Self { threshold: THRESHOLD, schedule: Schedule::Background }
    }
}

/// The compiled tier of a machine.
#[derive(Debug)]
pub struct Jit<T: Target> {
    options: Options,
    counters: Vec<u16>,
    state: State<T>,
}

#[derive(Debug)]
enum State<T: Target> {
    /// Nothing was worth compiling yet: a short run pays for no more than the counters.
    Idle,
    Compiling(Box<Compiled<T>>),
    /// This host, or the machine's memory, is none to compile for.
    Off,
}

impl<T: Target> Jit<T> {
    /// A tier with nothing compiled yet.
    pub fn new(options: Options) -> Self {
        Self { options, counters: vec![0; COUNTERS], state: State::Idle }
    }
}

impl<T: Target> Tier<T> for Jit<T> {
    fn run(&mut self, ground: &mut Ground<'_, T>, mut left: u64) -> u64 {
        match &mut self.state {
            State::Compiling(compiled) => compiled.keep_up(ground),
            // It concerns no region, and must not pile up.
            State::Idle | State::Off => drop(ground.take_overwritten()),
        }
        // Code takes register 0 to be 0, and a witness may hold something else.
        while left > 0 && ground.hart.x().general()[0].get() == 0 {
            let pc = ground.hart.pc().get();
            if !self.is_compiled(pc) {
                self.count(ground, pc);
            }
            let State::Compiling(compiled) = &mut self.state else { return left };
            let Some(end) = compiled.enter(ground, left) else { return left };
            left = end.steps;
            // Code that stopped by itself has met something for the interpreter.
            if !end.missed {
                self.count_stop(ground);
                return left;
            }
        }
        left
    }

    fn fresh(&self) -> Box<dyn Tier<T>> {
        Box::new(Self::new(self.options))
    }
}

impl<T: Target> Jit<T> {
    fn is_compiled(&self, pc: u64) -> bool {
        matches!(&self.state, State::Compiling(compiled) if compiled.is_ready(pc))
    }

    /// Counts a jump to `pc`, and asks for code once there were enough.
    fn count(&mut self, ground: &mut Ground<'_, T>, pc: u64) {
        if self.is_full(pc) {
            self.want(ground, pc);
        }
    }

    /// Asks for code. It stays out of the way of what is done at every jump, which it would make pay for its stack.
    #[cold]
    #[inline(never)]
    fn want(&mut self, ground: &mut Ground<'_, T>, pc: u64) {
        if let State::Idle = self.state {
            self.state = match Compiled::new(self.options.schedule, ground) {
                Some(compiled) => State::Compiling(Box::new(compiled)),
                None => State::Off,
            };
        }
        if let State::Compiling(compiled) = &mut self.state {
            compiled.want(ground, pc);
        }
    }

    /// Counts a stop of code, and asks for code that stops less often once there were enough.
    fn count_stop(&mut self, ground: &Ground<'_, T>) {
        let pc = ground.hart.pc().get();
        if self.is_full(pc)
            && let State::Compiling(compiled) = &mut self.state
        {
            compiled.want_all_windows(ground, pc);
        }
    }

    /// Counts what happened at `pc`; whether it was the last time of so many as are waited for.
    fn is_full(&mut self, pc: u64) -> bool {
        // Programs have their code below 2^32; none that is compiled ends where addresses do.
        if pc >> 32 != 0 {
            return false;
        }
        let counter = &mut self.counters[(pc / 4) as usize % COUNTERS];
        *counter = counter.saturating_add(1);
        let is_full = *counter >= self.options.threshold;
        if is_full {
            *counter = 0;
        }
        is_full
    }
}
