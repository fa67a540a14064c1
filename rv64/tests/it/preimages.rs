//! Reading pre-images and writing keys.

use std::convert::Infallible;

use isa_traits::{Hash, Oracle, Trap};
use rv64::Op;

use crate::testing::{Before, DATA, HelloWorld, RD, same_memory, set};

/// Knows this value under every key.
struct Known<'a>(&'a [u8]);

impl Oracle for Known<'_> {
    type Error = Infallible;

    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(self.0)
    }
}

/// A key that is no hash of anything: 0x20, 0x21, and so on.
fn key() -> Hash {
    std::array::from_fn(|n| 0x20 + n as u8)
}

/// A machine about to move bytes through file descriptor 5 (call 63) or 6 (call 64).
fn transfer(number: u64, fd: u64, at: u64, count: u64, offset: u64) -> Before {
    Before::new(Op::Ecall.row().bits)
        .x(17, number)
        .x(10, fd)
        .x(11, at)
        .x(12, count)
        .with(|state| (state.preimage_key, state.preimage_offset) = (key(), offset))
}

fn value(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| 0x80 | n as u8).collect()
}

/// The length and the value, from which a read takes what fits in the leaf, at most 32 bytes
/// (rvgo/fast/vm.go:301-336).
fn window(value: &[u8], at: u64, count: u64, offset: u64) -> Option<Vec<u8>> {
    let stream = [&(value.len() as u64).to_be_bytes(), value].concat();
    let rest = stream.get(offset as usize..).filter(|rest| !rest.is_empty())?;
    let fits = count.min(32 - at % 32).min(rest.len() as u64);
    Some(rest[..fits as usize].to_vec())
}

/// The read does what the model says, or is refused where the model has nothing.
fn reads(value: &[u8], at: u64, count: u64, offset: u64) {
    let before = transfer(63, 5, at, count, offset).bytes(DATA, &[0xee; 128]);
    let case = format!("{count} bytes to {at:#x} from {offset} of {}", value.len());
    let Some(moved) = window(value, at, count, offset) else {
        assert_eq!(before.step_with(&mut Known(value)).err(), Some(Trap::PreimageOffset), "{case}");
        return;
    };
    let after = before.step_with(&mut Known(value)).unwrap();
    let wanted = before.retired(|state| {
        set(state, RD, moved.len() as u64);
        set(state, 11, 0);
        state.preimage_offset = offset + moved.len() as u64;
    });
    assert_eq!(after.state(), &wanted, "{case}");
    assert!(same_memory(after.memory(), &before.bytes(at, &moved).memory), "{case}");
}

#[test]
fn every_small_read_moves_what_fits() {
    let value = value(32);
    for offset in 0..=40 {
        for count in 0..=40 {
            for at in DATA..=DATA + 40 {
                reads(&value, at, count, offset);
            }
        }
    }
}

#[test]
fn reads_end_where_the_preimage_ends() {
    for bytes in [0, 1, 7, 8, 11, 23, 24, 25, 31, 32, 33, 100] {
        let value = value(bytes);
        let bytes = bytes as u64;
        let edges =
            [0, 1, 7, 8, 9, bytes.saturating_sub(1), bytes, bytes + 1, bytes + 7, bytes + 8, bytes + 9];
        for offset in edges {
            for (at, count) in [(DATA, 32), (DATA, u64::MAX), (DATA, 0), (DATA + 5, 100), (DATA + 31, 32)] {
                reads(&value, at, count, offset);
            }
        }
    }
    for offset in [1 << 32, 1 << 63, u64::MAX] {
        let before = transfer(63, 5, DATA, 32, offset);
        assert_eq!(before.step_with(&mut Known(b"")).err(), Some(Trap::PreimageOffset), "{offset:#x}");
    }
}

/// 100 bytes asked for at offset 5 of a leaf: the reference yields 19, the length and all of the value.
#[test]
fn the_length_and_the_value_come_together() {
    let before = transfer(63, 5, DATA + 5, 100, 0).with(|state| state.preimage_key = HelloWorld::key());
    let (after, paths) = before.proven();
    let mut bytes = [0; 19];
    after.memory().read(DATA + 5, &mut bytes);
    assert_eq!((&bytes, after.state().preimage_offset, paths), (b"\0\0\0\0\0\0\0\x0bhello world", 19, 2));
}

#[test]
fn reading_nothing_proves_the_leaf_and_makes_the_page() {
    let before = transfer(63, 5, 0x9_0000, 0, 8).with(|state| state.preimage_key = HelloWorld::key());
    let (after, paths) = before.proven();
    assert_eq!((after.memory().page_count(), after.state().preimage_offset, paths), (2, 8, 2));
}

#[test]
fn a_key_of_type_0_has_no_preimage() {
    for count in [0, 32] {
        let before = transfer(63, 5, DATA, count, 0).with(|state| state.preimage_key[0] = 0);
        assert_eq!(before.step_with(&mut Known(b"x")).err(), Some(Trap::KeyType));
    }
}

#[test]
fn a_read_at_the_end_of_the_address_space_stays_in_its_leaf() {
    for at in [u64::MAX, u64::MAX - 7, u64::MAX - 31] {
        reads(&value(32), at, 40, 0);
    }
}

/// The bytes up to the end of the leaf are shifted in at the low end of the key, and the offset is reset, by
/// nothing at all too (rvgo/fast/vm.go:272-299).
#[test]
fn every_small_write_shifts_the_key() {
    let pattern: [u8; 96] = std::array::from_fn(|n| 0x90 + n as u8);
    for count in (0..=40).chain([u64::MAX]) {
        for offset in 0..=40 {
            let before = transfer(64, 6, DATA + offset, count, 77).bytes(DATA, &pattern);
            let moved = count.min(32 - offset % 32) as usize;
            let written = &pattern[offset as usize..][..moved];
            let shifted = [&key(), written].concat();
            let wanted = before.retired(|state| {
                set(state, RD, moved as u64);
                set(state, 11, 0);
                state.preimage_key.copy_from_slice(&shifted[moved..]);
                state.preimage_offset = 0;
            });
            let after = before.step().unwrap();
            assert_eq!(after.state(), &wanted, "{count} bytes at {offset}");
            assert!(same_memory(after.memory(), &before.memory), "{count} bytes at {offset}");
        }
    }
}

#[test]
fn a_key_write_proves_its_leaf_even_where_it_moves_nothing() {
    for (at, count) in [(DATA, 32), (DATA + 31, 32), (DATA, 0), (u64::MAX, 32)] {
        assert_eq!(transfer(64, 6, at, count, 5).proven().1, 2, "{count} bytes at {at:#x}");
    }
}

#[test]
fn other_file_descriptors_move_nothing() {
    const EBADF: u64 = 0x4d;
    for fd in (0..=9).chain([1 << 32 | 5, u64::MAX]) {
        #[rustfmt::skip]
        let cases = [
            // call, result for the file descriptors that it knows
            (63, match fd { 0 => Some(0), 3 => Some(16), _ => None }),
            (64, match fd { 1 | 2 | 4 => Some(16), _ => None }),
        ];
        for (number, known) in cases {
            if (number, fd) == (63, 5) || (number, fd) == (64, 6) {
                continue;
            }
            let before = transfer(number, fd, DATA, 16, 3);
            let wanted = before.retired(|state| {
                set(state, RD, known.unwrap_or(u64::MAX));
                set(state, 11, if known.is_some() { 0 } else { EBADF });
            });
            let (after, paths) = before.proven();
            assert_eq!((after.state(), paths), (&wanted, 1), "call {number} of {fd:#x}");
            assert!(same_memory(after.memory(), &before.memory), "call {number} of {fd:#x}");
        }
    }
}
