//! One step: fetch, decode, execute, and the kernel where the instruction asks for it.

use isa_traits::{ByteOrder, Concrete, Hart, HartOf, InsnOf, Isa, State, Target, Trap};

use crate::bus::Bus;
use crate::cpu::Cpu;
use crate::kernel::{self, Environment, StepError};

/// Makes one step. An exited machine stays as it is.
///
/// # Errors
/// [`StepError`]; then the state is as it was, and nothing was written to memory that a proof could show.
pub fn step<T: Target, B: Bus, E: Environment>(
    target: &T,
    state: &mut State<HartOf<T>>,
    bus: &mut B,
    world: &mut E,
) -> Result<(), StepError<E::Error>> {
    if !state.exited {
        transition(target, state, bus, world)?;
        state.step = state.step.wrapping_add(1);
    }
    Ok(())
}

/// Fetches, decodes and executes; whether the guest has exited, and the step counter, are the caller's.
pub(crate) fn transition<T: Target, B: Bus, E: Environment>(
    target: &T,
    state: &mut State<HartOf<T>>,
    bus: &mut B,
    world: &mut E,
) -> Result<(), StepError<E::Error>> {
    let pc = state.hart.pc();
    T::Isa::fetchable(pc)?;
    let raw = instruction::<T>(bus.fetch(pc.get())?);
    execute(target, target.decode(raw)?, state, bus, world)
}

/// The instruction word of four bytes of memory.
pub(crate) fn instruction<T: Target>(bytes: [u8; 4]) -> u32 {
    match T::Isa::BYTE_ORDER {
        ByteOrder::Little => u32::from_le_bytes(bytes),
        ByteOrder::Big => u32::from_be_bytes(bytes),
    }
}

/// Executes a decoded instruction and moves the pc; the step counter is the caller's.
#[inline(always)]
pub(crate) fn execute<T: Target, B: Bus, E: Environment>(
    target: &T,
    insn: InsnOf<T>,
    state: &mut State<HartOf<T>>,
    bus: &mut B,
    world: &mut E,
) -> Result<(), StepError<E::Error>> {
    let mut cpu = Cpu::<T::Isa, B>::new(&mut state.hart, bus);
    match T::Isa::execute(&mut cpu, insn) {
        Ok(()) => {
            cpu.retire();
            Ok(())
        }
        Err(Trap::EnvironmentCall) => kernel::syscall(target, state, bus, world),
        Err(trap) => Err(trap.into()),
    }
}
