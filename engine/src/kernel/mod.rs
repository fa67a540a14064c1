//! The kernel: system calls.
//!
//! File descriptors, the pre-image window, hints and the heap work alike on every target; numbers, registers,
//! error codes and sizes are the target's [`Abi`]. System calls are concrete code: they are run and replayed,
//! never compiled.

mod fd;

use isa_traits::{Abi, Call, Concrete, Flow, Hart, HartOf, Hash, Isa, State, Stream, Target, Trap};

use crate::bus::Bus;

/// Bytes of a page, the unit in which `mmap` gives.
const MMAP_UNIT: u64 = 4096;

/// What a step sees of the world outside the machine.
pub trait Environment {
    /// Why the world did not answer.
    type Error;

    /// The pre-image of `key`, without a length prefix.
    ///
    /// # Errors
    /// Where it cannot be had.
    fn preimage(&mut self, key: &Hash) -> Result<&[u8], Self::Error>;
    /// Takes the next bytes of the hint stream, length prefixes included.
    ///
    /// # Errors
    /// Where the host cannot be reached.
    fn hint(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Takes the next bytes of the guest's output.
    fn output(&mut self, stream: Stream, bytes: &[u8]);
}

/// Why a step was not made. The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError<E> {
    /// The machine refuses the instruction or the system call.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The world outside did not answer.
    #[error("{0}")]
    World(E),
}

/// What a system call returns to the guest.
enum Answer {
    Success(u64),
    Failure(u64),
}

/// Answers the system call that the hart asks for, and retires the instruction.
///
/// # Errors
/// [`StepError`]; then nothing has been written.
pub fn syscall<T: Target, B: Bus, E: Environment>(
    target: &T,
    state: &mut State<HartOf<T>>,
    bus: &mut B,
    world: &mut E,
) -> Result<(), StepError<E::Error>> {
    let abi = target.abi();
    let number = state.hart.x()[abi.number].get();
    let args = abi.args.map(|register| state.hart.x()[register].get());
    let call = abi.calls.iter().find(|&&(n, _)| n == number).map_or(Call::Constant(0), |&(_, call)| call);
    let answer = match call {
        Call::Exit => {
            state.exited = true;
            state.exit_code = args[0] as u8;
            if abi.exit_retires {
                retire(&mut state.hart);
            }
            return Ok(());
        }
        Call::Constant(value) => Answer::Success(value),
        Call::Fail(code) => Answer::Failure(code),
        Call::Refuse => return Err(Trap::RefusedCall(number as u32).into()),
        Call::Mmap => mmap(abi, &mut state.heap, args),
        Call::Read => fd::read(abi, state, bus, world, args)?,
        Call::Write => fd::write(abi, state, bus, world, args)?,
        Call::Fcntl => fd::fcntl(abi, args),
        Call::Report { resource, words } => {
            if resource.is_some_and(|only| only != args[0]) {
                return Err(Trap::UnknownResource(args[0] as u32).into());
            }
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&words[0].to_le_bytes());
            bytes[8..].copy_from_slice(&words[1].to_le_bytes());
            bus.write(args[1], &bytes)?;
            Answer::Success(0)
        }
    };
    let (result, error) = match answer {
        Answer::Success(value) => (value, 0),
        Answer::Failure(code) => (u64::MAX, code),
    };
    let x = state.hart.x_mut();
    x[abi.result] = <T::Isa as Isa>::Word::of(result);
    x[abi.error] = <T::Isa as Isa>::Word::of(error);
    retire(&mut state.hart);
    Ok(())
}

fn retire<H: Hart>(hart: &mut H) {
    let flow = hart.flow();
    hart.set_flow(flow.then(flow.sequential()));
}

/// Hands out address space: at the hint if there is one, else from the heap. Touches no memory.
fn mmap(abi: &Abi, heap: &mut u64, [hint, bytes, _, flags, fd, _]: [u64; 6]) -> Answer {
    if abi.mmap.anonymous.is_some_and(|flag| flags & flag == 0 || fd != u64::MAX) {
        return Answer::Failure(abi.bad_fd);
    }
    if hint != 0 {
        return Answer::Success(hint);
    }
    let end = heap.wrapping_add(bytes.wrapping_add(MMAP_UNIT - 1) & !(MMAP_UNIT - 1));
    if abi.mmap.heap_end.is_some_and(|limit| end > limit) {
        return Answer::Failure(abi.invalid);
    }
    Answer::Success(core::mem::replace(heap, end))
}
