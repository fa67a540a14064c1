//! Machines that make one step wrong.

use std::fmt;
use std::str::FromStr;

use engine::{RunError, Vm};
use isa_traits::{Concrete, Flow, Hart, Hash, Oracle, State, Target};

/// What goes wrong in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A register gets a wrong bit: the one the step writes, or if it writes none, any.
    Register,
    /// A bit of memory changes that the step does not touch.
    Memory,
    /// The instruction is not executed.
    Skip,
    /// The bytes of the pre-image that the step reads are wrong.
    Preimage,
}

/// Why a step could not be made wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BugError<E> {
    /// The step reads no pre-image.
    #[error("step {step} reads no pre-image; {}", match next {
        Some(next) => format!("the next one that does is {next}"),
        None => "and none after it does".to_owned(),
    })]
    NoRead {
        /// The step.
        step: u64,
        /// The next one that reads, if there is one.
        next: Option<u64>,
    },
    /// The machine has ended.
    #[error("step {step} is none: the guest has exited")]
    Exited {
        /// The step.
        step: u64,
    },
    /// The machine cannot make the step.
    #[error(transparent)]
    Run(#[from] RunError<E>),
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Register, Self::Memory, Self::Skip, Self::Preimage];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Memory => "memory",
            Self::Skip => "skip",
            Self::Preimage => "preimage",
        }
    }

    /// The machine after its next step, made wrong. `seed` picks registers, bits and pages.
    ///
    /// # Errors
    /// [`BugError`].
    pub fn make<T: Target, O: Oracle>(
        self,
        vm: &Vm<T>,
        oracle: &mut O,
        seed: u64,
    ) -> Result<Vm<T>, BugError<O::Error>> {
        let step = vm.state().step;
        if vm.state().exited {
            return Err(BugError::Exited { step });
        }
        let mut after = vm.clone();
        match self {
            Self::Preimage => {
                let contact = loop {
                    match after.run_to_contact(u64::MAX, oracle, &mut ())? {
                        Some(contact) if contact.read.is_some() => break Some(contact.step),
                        Some(_) => {}
                        None => break None,
                    }
                };
                if contact != Some(step) {
                    return Err(BugError::NoRead { step, next: contact });
                }
                after = vm.clone();
                after.run(step + 1, &mut Wrong { oracle, value: Vec::new() }, &mut ())?;
                Ok(after)
            }
            Self::Skip => {
                let mut state = vm.state().clone();
                let flow = state.hart.flow();
                state.hart.set_flow(flow.then(flow.sequential()));
                state.step += 1;
                Ok(with_state(vm, state))
            }
            Self::Register => {
                after.run(step + 1, oracle, &mut ())?;
                let mut state = after.state().clone();
                let before = vm.state().hart.x().general();
                let registers = state.hart.x_mut().general_mut();
                let written = (1..32).find(|&register| registers[register] != before[register]);
                // Register 0 is always zero.
                let register = written.unwrap_or(1 + (seed % 31) as usize);
                let bit = 1 << (seed / 31 % u64::from(T::ADDRESS_BITS));
                registers[register] = Concrete::of(registers[register].get() ^ bit);
                Ok(with_state(&after, state))
            }
            Self::Memory => {
                after.run(step + 1, oracle, &mut ())?;
                let mut memory = after.memory().clone();
                let mut pages: Vec<u64> = memory.pages().map(|(number, _)| number).collect();
                pages.sort_unstable();
                let page_bytes = engine::memory::PAGE_BYTES as u64;
                let at = pages[(seed % pages.len() as u64) as usize] * page_bytes + seed / 7 % page_bytes;
                let [byte] = memory.load::<1>(at);
                memory.write(at, &[byte ^ 1 << (seed % 8)]);
                Ok(Vm::new(*vm.target(), after.state().clone(), memory, after.last_hint().to_vec()))
            }
        }
    }
}

fn with_state<T: Target>(vm: &Vm<T>, state: State<isa_traits::HartOf<T>>) -> Vm<T> {
    Vm::new(*vm.target(), state, vm.memory().clone(), vm.last_hint().to_vec())
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|bug| bug.name() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("'{text}' is no bug; wanted: one of {known}")
        })
    }
}

/// An oracle whose values are one byte longer, and all their bytes wrong.
struct Wrong<'a, O> {
    oracle: &'a mut O,
    value: Vec<u8>,
}

impl<O: Oracle> Oracle for Wrong<'_, O> {
    type Error = O::Error;

    fn hint(&mut self, hint: &[u8]) -> Result<(), O::Error> {
        self.oracle.hint(hint)
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], O::Error> {
        let value = self.oracle.get(key)?;
        self.value = value.iter().map(|byte| !byte).chain([0]).collect();
        Ok(&self.value)
    }
}
