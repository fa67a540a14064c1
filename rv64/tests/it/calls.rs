//! System calls, but for those that move bytes.

use isa_traits::Trap;
use rv64::Op;

use crate::testing::{Before, DATA, same_memory, set};

const ONES: u64 = u64::MAX;
const EBADF: u64 = 0x4d;
const EINVAL: u64 = 0x16;
const EACCES: u64 = 0xd;
const ANONYMOUS: u64 = 0x20;
const HEAP: u64 = 0x7f00_0000_0000;

/// A machine about to make a system call.
fn call(number: u64, args: [u64; 5]) -> Before {
    let before = Before::new(Op::Ecall.row().bits).x(17, number).with(|state| state.heap = HEAP);
    (10..).zip(args).fold(before, |before, (register, value)| before.x(register, value))
}

/// The call returns `result` and `error`, writes `bytes` to `DATA`, and changes nothing else.
fn returns(before: &Before, result: u64, error: u64, bytes: &[u8]) {
    let wanted = before.retired(|state| {
        set(state, 10, result);
        set(state, 11, error);
    });
    let after = before.step().unwrap();
    assert_eq!(after.state(), &wanted);
    let wanted = if bytes.is_empty() { before.clone() } else { before.clone().bytes(DATA, bytes) };
    assert!(same_memory(after.memory(), &wanted.memory));
}

fn two(words: [u64; 2]) -> Vec<u8> {
    words.map(u64::to_le_bytes).concat()
}

/// rvgo/fast/vm.go:341-565: what is not in the list returns 0 and does nothing.
#[test]
fn every_number_is_implemented_refused_or_returns_0() {
    let beyond = [93 | 1 << 32, 101 | 1 << 63, u64::MAX];
    for number in (0..=600).chain(beyond) {
        // File descriptor, exit code, resource and hint 7.
        let before = call(number, [7, DATA, 3, ANONYMOUS, ONES]);
        match number {
            25 => returns(&before, ONES, EINVAL, &[]),
            56 => returns(&before, ONES, EACCES, &[]),
            63 | 64 => returns(&before, ONES, EBADF, &[]),
            93 | 94 => {
                let wanted = before.retired(|state| (state.exited, state.exit_code) = (true, 7));
                assert_eq!(before.step().unwrap().state(), &wanted, "{number}");
            }
            101 | 261 | 422 => {
                assert_eq!(before.step().err(), Some(Trap::RefusedCall(number as u32)));
            }
            113 => returns(&before, 0, 0, &two([1337, 42])),
            163 => returns(&before, 0, 0, &two([1024, 1024])),
            214 => returns(&before, 1 << 30, 0, &[]),
            220 => returns(&before, 1, 0, &[]),
            222 => returns(&before, 7, 0, &[]),
            _ => returns(&before, 0, 0, &[]),
        }
    }
}

#[test]
fn only_calls_that_move_bytes_prove_a_second_leaf() {
    for number in [25, 56, 93, 94, 98, 172, 214, 220, 222, 278] {
        assert_eq!(call(number, [0, DATA, 0, ANONYMOUS, ONES]).proven().1, 1, "{number}");
    }
}

#[test]
fn exit_keeps_the_low_byte_and_sets_the_status() {
    #[rustfmt::skip]
    let cases = [
        // a0, exit code, status
        (0, 0, 0), (1, 1, 1), (2, 2, 2), (255, 255, 2), (256, 0, 0), (0x1_0000_0001, 1, 1), (ONES, 255, 2),
    ];
    for number in [93, 94] {
        for (a0, code, status) in cases {
            let (after, _) = call(number, [a0; 5]).proven();
            let state = after.state();
            assert_eq!((state.exited, state.exit_code, state.status()), (true, code, status), "{a0:#x}");
        }
    }
}

#[test]
fn fcntl_knows_two_commands() {
    for command in (0..=12).chain([1 << 32 | 1, ONES]) {
        for fd in (0..=12).chain([1 << 32, ONES]) {
            let (result, error) = match (command, fd) {
                (1, 0..=6) | (3, 0 | 3 | 5) => (0, 0),
                (3, 1 | 2 | 4 | 6) => (1, 0),
                (1 | 3, _) => (ONES, EBADF),
                _ => (ONES, EINVAL),
            };
            returns(&call(25, [fd, command, 9, 9, 9]), result, error, &[]);
        }
    }
}

#[test]
fn mmap_takes_from_the_heap_where_there_is_no_hint() {
    #[rustfmt::skip]
    let cases = [
        // hint, bytes, flags, fd, a0, a1, what the heap grows by
        (0,          0,           ANONYMOUS, ONES,        HEAP, 0,     0),
        (0,          1,           ANONYMOUS, ONES,        HEAP, 0,     4096),
        (0,          4096,        ANONYMOUS, ONES,        HEAP, 0,     4096),
        (0,          4097,        ANONYMOUS, ONES,        HEAP, 0,     8192),
        (0,          1 << 40,     0x22,      ONES,        HEAP, 0,     1 << 40),
        (0,          1,           ONES,      ONES,        HEAP, 0,     4096),
        // The rounding wraps, and so does the heap.
        (0,          ONES,        ANONYMOUS, ONES,        HEAP, 0,     0),
        (0,          ONES - 4095, ANONYMOUS, ONES,        HEAP, 0,     ONES - 4095),
        (0xc0 << 32, 1 << 26,     0x32,      ONES,        0xc0 << 32, 0, 0),
        (1,          1,           ANONYMOUS, ONES,        1,    0,     0),
        (ONES,       ONES,        ANONYMOUS, ONES,        ONES, 0,     0),
        // Not anonymous, or with a file.
        (0,          1,           0,         ONES,        ONES, EBADF, 0),
        (0,          1,           0x02,      ONES,        ONES, EBADF, 0),
        (0,          1,           !ANONYMOUS, ONES,       ONES, EBADF, 0),
        (0,          1,           ANONYMOUS, 0,           ONES, EBADF, 0),
        (0,          1,           ANONYMOUS, 3,           ONES, EBADF, 0),
        (0,          1,           ANONYMOUS, 0xffff_ffff, ONES, EBADF, 0),
        (7,          1,           0,         3,           ONES, EBADF, 0),
    ];
    for (hint, bytes, flags, fd, result, error, growth) in cases {
        let before = call(222, [hint, bytes, 3, flags, fd]);
        let wanted = before.retired(|state| {
            set(state, 10, result);
            set(state, 11, error);
            state.heap = HEAP.wrapping_add(growth);
        });
        let (after, _) = before.proven();
        assert_eq!(after.state(), &wanted, "mmap {hint:#x} {bytes:#x} {flags:#x} {fd:#x}");
        assert!(same_memory(after.memory(), &before.memory), "no memory is touched");
    }
}

#[test]
fn reports_are_written_at_any_address() {
    for (number, a0, words) in [(113, 1, [1337, 42]), (113, ONES, [1337, 42]), (163, 7, [1024, 1024])] {
        for at in (DATA..=DATA + 32).chain([DATA + 0xff0, DATA + 0xff8, DATA + 0xfff, ONES - 7, ONES]) {
            let before = call(number, [a0, at, 9, 9, 9]);
            let (after, paths) = before.proven();
            let wanted = before.clone().bytes(at, &two(words));
            assert!(same_memory(after.memory(), &wanted.memory), "{number} at {at:#x}");
            assert_eq!(paths, if at % 32 > 16 { 3 } else { 2 }, "{number} at {at:#x}");
        }
    }
    for resource in [0, 6, 8, 1 << 32 | 7, ONES] {
        let before = call(163, [resource, DATA, 0, 0, 0]);
        assert_eq!(before.step().err(), Some(Trap::UnknownResource(resource as u32)));
    }
}
