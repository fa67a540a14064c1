//! File descriptors: the standard streams, hints and pre-images.

use isa_traits::{Abi, Hash, State, Stream, Trap};

use super::{Answer, Environment, StepError};
use crate::bus::{Bus, LEAF_BYTES};

const STDIN: u64 = 0;
const STDOUT: u64 = 1;
const STDERR: u64 = 2;
const HINT_READ: u64 = 3;
const HINT_WRITE: u64 = 4;
const PREIMAGE_READ: u64 = 5;
const PREIMAGE_WRITE: u64 = 6;

/// `fcntl` commands and the answer `O_WRONLY`, as Linux numbers them on every architecture.
const F_GETFD: u64 = 1;
const F_GETFL: u64 = 3;
const O_WRONLY: u64 = 1;

/// Bytes of the length that stands before a pre-image, big-endian.
const PREFIX_BYTES: usize = 8;

/// Of a single write of output or hints so many bytes are passed on; what follows is dropped. Such a write has no
/// effect on the state and cannot be refused, however many bytes it names; none that is meant has so many.
const TRANSFER_LIMIT: u64 = 64 << 20;

/// How many bytes one step moves at `at`: as many as `count` asks for, to the end of the aligned block at most.
fn window(abi: &Abi, at: u64, count: u64) -> u64 {
    count.min(abi.transfer_bytes - at % abi.transfer_bytes)
}

pub(super) fn read<H, B: Bus, E: Environment>(
    abi: &Abi,
    state: &mut State<H>,
    bus: &mut B,
    world: &mut E,
    [fd, at, count, ..]: [u64; 6],
) -> Result<Answer, StepError<E::Error>> {
    match fd {
        STDIN => Ok(Answer::Success(0)),
        // The guest reads an acknowledgement of its hint: any will do.
        HINT_READ => Ok(Answer::Success(count)),
        PREIMAGE_READ => {
            if state.preimage_key[0] == 0 {
                return Err(Trap::KeyType.into());
            }
            let value = world.preimage(&state.preimage_key).map_err(StepError::World)?;
            let mut bytes = [0; LEAF_BYTES];
            let available = part(value, state.preimage_offset, &mut bytes)?;
            let moved = window(abi, at, count).min(available as u64);
            bus.write(at, &bytes[..moved as usize])?;
            state.preimage_offset = state.preimage_offset.wrapping_add(moved);
            Ok(Answer::Success(moved))
        }
        _ => Ok(Answer::Failure(abi.bad_fd)),
    }
}

/// Takes up to 32 bytes of a pre-image, its length prefix included, from `offset`; yields how many there are.
fn part(value: &[u8], offset: u64, bytes: &mut [u8; LEAF_BYTES]) -> Result<usize, Trap> {
    let prefix = (value.len() as u64).to_be_bytes();
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = prefix.iter().chain(value).skip(offset).take(LEAF_BYTES);
    if offset >= PREFIX_BYTES + value.len() {
        return Err(Trap::PreimageOffset);
    }
    Ok(bytes.iter_mut().zip(rest).map(|(to, from)| *to = *from).count())
}

pub(super) fn write<H, B: Bus, E: Environment>(
    abi: &Abi,
    state: &mut State<H>,
    bus: &mut B,
    world: &mut E,
    [fd, at, count, ..]: [u64; 6],
) -> Result<Answer, StepError<E::Error>> {
    match fd {
        STDOUT | STDERR => {
            let stream = if fd == STDOUT { Stream::Output } else { Stream::Error };
            pass_on(bus, at, count, |bytes| {
                world.output(stream, bytes);
                Ok(())
            })?;
            Ok(Answer::Success(count))
        }
        HINT_WRITE => {
            pass_on(bus, at, count, |bytes| world.hint(bytes))?;
            Ok(Answer::Success(count))
        }
        PREIMAGE_WRITE => {
            let mut bytes = [0; LEAF_BYTES];
            let moved = window(abi, at, count);
            let written = &mut bytes[..moved as usize];
            bus.read(at, written)?;
            shift_in(&mut state.preimage_key, written);
            state.preimage_offset = 0;
            Ok(Answer::Success(moved))
        }
        _ => Ok(Answer::Failure(abi.bad_fd)),
    }
}

/// Shifts bytes into the low end of a key; as many leave at the high end.
fn shift_in(key: &mut Hash, bytes: &[u8]) {
    key.copy_within(bytes.len().., 0);
    key[LEAF_BYTES - bytes.len()..].copy_from_slice(bytes);
}

/// Hands the guest's bytes to the world outside, chunk by chunk. A verifier has nothing to hand on.
fn pass_on<B: Bus, Error>(
    bus: &B,
    at: u64,
    count: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), StepError<Error>> {
    let count = count.min(TRANSFER_LIMIT);
    let mut chunk = [0; 4096];
    let mut done = 0;
    while done < count {
        let part = &mut chunk[..(count - done).min(4096) as usize];
        if !bus.observe(at.wrapping_add(done), part) {
            break;
        }
        take(part).map_err(StepError::World)?;
        done += part.len() as u64;
    }
    Ok(())
}

pub(super) fn fcntl(abi: &Abi, [fd, command, ..]: [u64; 6]) -> Answer {
    match (command, fd) {
        (F_GETFD, STDIN..=PREIMAGE_WRITE) if abi.f_getfd => Answer::Success(0),
        (F_GETFL, STDIN | HINT_READ | PREIMAGE_READ) => Answer::Success(0),
        (F_GETFL, STDOUT | STDERR | HINT_WRITE | PREIMAGE_WRITE) => Answer::Success(O_WRONLY),
        (F_GETFD, _) if abi.f_getfd => Answer::Failure(abi.bad_fd),
        (F_GETFL, _) => Answer::Failure(abi.bad_fd),
        _ => Answer::Failure(abi.invalid),
    }
}
