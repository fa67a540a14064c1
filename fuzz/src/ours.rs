//! Our side: the machine as the product runs it, interpreted and compiled.

use std::convert::Infallible;

use engine::{Memory, RunError, Vm};
use isa_traits::{Concrete as _, Hart as _, HartOf, Hash, Isa, Oracle, State, Trap};
use jit::{Jit, Options, Schedule};

use crate::Subject;
use crate::case::{Case, End, Outcome, Window};

/// Steps after which a case is taken to have no end.
const MAX_STEPS: u64 = 20_000;

/// All that is jumped to is compiled, before it is executed.
const COMPILED: Options = Options { threshold: 1, schedule: Schedule::Immediate };

/// What our machine made of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The outcome; a refusal has the number 0 there.
    pub outcome: Outcome,
    /// Why an instruction was refused.
    pub trap: Option<Trap>,
    /// Steps made.
    pub steps: u64,
    /// Where compiled code does something else than the interpreter: what the interpreter made of it. The rest is then
    /// of the compiled code.
    pub interpreted: Option<Box<Self>>,
}

/// Runs cases, one after the other.
#[derive(Debug)]
pub struct Ours<T> {
    target: T,
    /// Made once: the roots of empty subtrees take a while.
    empty: Memory,
}

impl<T: Subject> Default for Ours<T> {
    fn default() -> Self {
        Self { target: T::default(), empty: Memory::new(T::ADDRESS_BITS) }
    }
}

impl<T: Subject> Ours<T> {
    /// Runs a case in the interpreter, and then in compiled code.
    ///
    /// # Panics
    /// If the machine writes where no window is: that is a defect no comparison of windows would show.
    pub fn run(&self, case: &Case) -> Ran {
        let interpreted = self.interpret(case);
        let compiled = self.run_with(case, Some(COMPILED));
        if compiled == interpreted {
            return interpreted;
        }
        Ran { interpreted: Some(Box::new(interpreted)), ..compiled }
    }

    /// Runs a case in the interpreter alone.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn interpret(&self, case: &Case) -> Ran {
        self.run_with(case, None)
    }

    fn run_with(&self, case: &Case, compiled: Option<Options>) -> Ran {
        let mut before = self.empty.clone();
        for Window { at, bytes } in case.runs(T::word).iter().chain(&case.windows) {
            before.write(*at, bytes);
        }
        let mut state = State::<HartOf<T>>::default();
        T::set_registers(&mut state.hart, &case.registers);
        state.hart.start_at(<T::Isa as Isa>::Word::of(case.start));
        if case.code.get(&case.start).is_some_and(|&raw| T::calls(raw)) {
            // What the kernel answers is no matter of the model.
            let memory = case.windows.iter().flat_map(|window| window.bytes.clone()).collect();
            let outcome =
                Outcome { end: End::Call, pc: case.start, registers: case.registers.clone(), memory };
            return Ran { outcome, trap: None, steps: 1, interpreted: None };
        }
        let mut vm = Vm::new(self.target, state, before.clone(), Vec::new());
        if let Some(options) = compiled {
            vm.set_tier(Box::new(Jit::new(options)));
        }
        let (end, trap) = match vm.run(MAX_STEPS, &mut NoOracle, &mut ()) {
            Ok(()) => (End::Endless, None),
            Err(RunError::Trap { pc, .. }) if pc == case.end => (End::Reached, None),
            Err(RunError::Trap { trap, .. }) => (End::Refused(0), Some(trap)),
            Err(_) => unreachable!("this oracle never fails"),
        };
        let mut memory = Vec::new();
        for Window { at, bytes } in &case.windows {
            let begin = memory.len();
            memory.resize(begin + bytes.len(), 0);
            vm.memory().read(*at, &mut memory[begin..]);
            before.write(*at, &memory[begin..]);
        }
        let bytes =
            |memory: &Memory| memory.pages().map(|(at, page)| (at, page[..].to_vec())).collect::<Vec<_>>();
        assert!(bytes(vm.memory()) == bytes(&before), "written outside the windows: {case:?}");
        let (pc, registers) = (vm.state().hart.pc().get(), T::registers(&vm.state().hart));
        let outcome = Outcome { end, pc, registers, memory };
        Ran { outcome, trap, steps: vm.state().step, interpreted: None }
    }
}

/// Whether the model came to the same as we, in both ways.
pub fn agree<T: Subject>(ours: &Ran, model: &Outcome) -> bool {
    let end = match (ours.outcome.end, ours.trap, model.end) {
        (End::Reached, _, End::Reached) => true,
        (End::Call, _, End::Refused(exception)) => T::is_call(exception),
        (End::Refused(_), Some(trap), End::Refused(exception)) => T::is_exception_of(trap, exception),
        _ => false,
    };
    end && ours.interpreted.is_none()
        && ours.outcome.registers == model.registers
        && ours.outcome.memory == model.memory
        && (ours.outcome.pc == model.pc || !T::MODEL_KNOWS_PC)
}

/// There is nothing to ask for: no case gets past a system call.
struct NoOracle;

impl Oracle for NoOracle {
    type Error = Infallible;

    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(&[])
    }
}
