//! One step: fetch, decode, execute, and the kernel where the instruction asks for it.

use isa_traits::{ByteOrder, Concrete, Hart, HartOf, Isa, State, Target, Trap};

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
    if state.exited {
        return Ok(());
    }
    let pc = state.hart.pc();
    T::Isa::fetchable(pc)?;
    let insn = target.decode(instruction::<T>(bus.fetch(pc.get())?))?;
    let mut cpu = Cpu::<T::Isa, B>::new(&mut state.hart, bus);
    match T::Isa::execute(&mut cpu, &insn) {
        Ok(()) => cpu.retire(),
        Err(Trap::EnvironmentCall) => kernel::syscall(target, state, bus, world)?,
        Err(trap) => return Err(trap.into()),
    }
    state.step = state.step.wrapping_add(1);
    Ok(())
}

/// The instruction word of four bytes of memory.
pub(crate) fn instruction<T: Target>(bytes: [u8; 4]) -> u32 {
    match T::Isa::BYTE_ORDER {
        ByteOrder::Little => u32::from_le_bytes(bytes),
        ByteOrder::Big => u32::from_be_bytes(bytes),
    }
}
