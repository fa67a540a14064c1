//! System calls and start-up as Cannon has them.

use isa_traits::{Abi, ByteOrder, Call, Elf, Mmap, Reg};

/// Register `r29`, the stack pointer, and where it points at first (`program/patch.go:59-68`).
const SP: Reg = Reg::dest(29);
const STACK: u32 = 0x7fff_d000;

/// Cannon's error codes (`exec/mips_syscalls.go:34-40`).
const EBADF: u64 = 9;
const EINVAL: u64 = 0x16;

/// The system calls of single-threaded Cannon (`singlethreaded/mips.go:15-53`): Linux's numbers in the o32 ABI,
/// and a result in v0; the error code is in r7, where o32 has only a flag (`exec/mips_syscalls.go:283-289`).
pub(crate) static ABI: Abi = LATEST;

/// The same where `fcntl` does not know `F_GETFD`.
pub(crate) static ABI_WITHOUT_GETFD: Abi = Abi { f_getfd: false, ..LATEST };

const LATEST: Abi = Abi {
    number: Reg::source(2),
    // No call reads more than three; o32 passes the fifth and the sixth on the stack.
    args: [Reg::source(4), Reg::source(5), Reg::source(6), Reg::source(7), Reg::source(8), Reg::source(9)],
    result: Reg::dest(2),
    error: Reg::dest(7),
    calls: &[
        (4003, Call::Read),
        (4004, Call::Write),
        (4045, Call::Constant(0x4000_0000)), // brk
        (4055, Call::Fcntl),
        (4090, Call::Mmap),
        (4120, Call::Constant(1)), // clone: nothing is spawned
        (4246, Call::Exit),        // exit_group
    ],
    exit_retires: false,
    transfer_bytes: 4,
    bad_fd: EBADF,
    invalid: EINVAL,
    f_getfd: true,
    mmap: Mmap { anonymous: None, heap_end: Some(0x6000_0000) },
};

/// How Cannon loads a program (`program/load.go`, `program/patch.go`).
pub(crate) static ELF: Elf = Elf {
    machine: 8, // EM_MIPS
    is_64: false,
    byte_order: ByteOrder::Big,
    skipped_header: 0x7000_0003, // PT_MIPS_ABIFLAGS
    image_end: Some(0x0500_0000),
    heap: 0x0500_0000,
    return_stub: &[0x03, 0xe0, 0x00, 0x08, 0, 0, 0, 0], // jr ra; nop
    zeroed_symbol: None,
    stack: (SP, STACK as u64),
    // What Go's start code finds there (`program/patch.go:59-102`), on pages that are made first.
    stack_image: &[
        (above(0) - 0x4000, &[0; 0x5000]),
        (above(0), &1_u32.to_be_bytes()), // argc
        (above(4), &(STACK + 84).to_be_bytes()),
        (above(8), &0_u32.to_be_bytes()), // end of the arguments
        (above(12), &(STACK + 56).to_be_bytes()),
        (above(16), &0_u32.to_be_bytes()), // end of the environment
        (above(20), &6_u32.to_be_bytes()), // AT_PAGESZ
        (above(24), &4096_u32.to_be_bytes()),
        (above(28), &25_u32.to_be_bytes()), // AT_RANDOM
        (above(32), &(STACK + 40).to_be_bytes()),
        (above(36), &0_u32.to_be_bytes()), // AT_NULL
        (above(40), b"4;byfairdiceroll"),
        (above(56), b"GODEBUG=memprofilerate=0\0\0\0\0"),
        (above(84), b"op-program\0\0"),
    ],
};

/// The address `offset` bytes above the initial stack pointer.
const fn above(offset: u32) -> u64 {
    (STACK + offset) as u64
}

#[cfg(test)]
mod tests {
    use isa_traits::{Hart as _, Trap};

    use crate::testing::{Before, DATA, HelloWorld, PC, WORD, word, x};

    const SYSCALL: u32 = 0x0000_000c;
    const MINUS_ONE: u32 = u32::MAX;

    fn call(number: u32, args: [u32; 3]) -> Before {
        let [a0, a1, a2] = args;
        Before::new(SYSCALL).x(2, number).x(4, a0).x(5, a1).x(6, a2).x(7, 0xdead)
    }

    #[test]
    fn results_and_error_codes() {
        #[rustfmt::skip]
        let cases = [
            // number, arguments, v0, r7
            (4045, [9, 9, 9], 0x4000_0000, 0),            // brk
            (4120, [9, 9, 9], 1, 0),                      // clone
            (4003, [0, 0, 9], 0, 0),                      (4003, [3, 0, 9], 9, 0),
            (4003, [1, 0, 9], MINUS_ONE, 9),              (4003, [2, 0, 9], MINUS_ONE, 9),
            (4003, [4, 0, 9], MINUS_ONE, 9),              (4003, [6, 0, 9], MINUS_ONE, 9),
            (4003, [0x105, 0, 9], MINUS_ONE, 9),
            (4004, [1, 0, 9], 9, 0),                      (4004, [2, 0, 9], 9, 0),
            (4004, [4, 0, 9], 9, 0),                      (4004, [0, 0, 9], MINUS_ONE, 9),
            (4004, [3, 0, 9], MINUS_ONE, 9),              (4004, [5, 0, 9], MINUS_ONE, 9),
            (4055, [0, 1, 0], 0, 0),                      (4055, [6, 1, 0], 0, 0),
            (4055, [7, 1, 0], MINUS_ONE, 9),              (4055, [MINUS_ONE, 1, 0], MINUS_ONE, 9),
            (4055, [0, 3, 0], 0, 0),                      (4055, [1, 3, 0], 1, 0),
            (4055, [2, 3, 0], 1, 0),                      (4055, [3, 3, 0], 0, 0),
            (4055, [4, 3, 0], 1, 0),                      (4055, [5, 3, 0], 0, 0),
            (4055, [6, 3, 0], 1, 0),                      (4055, [7, 3, 0], MINUS_ONE, 9),
            (4055, [0, 2, 0], MINUS_ONE, 0x16),           (4055, [7, 2, 0], MINUS_ONE, 0x16),
            // Unknown calls succeed: munmap, open, futex, clock_gettime, getrandom, none at all.
            (4091, [9, 9, 9], 0, 0),                      (4005, [9, 9, 9], 0, 0),
            (4238, [9, 9, 9], 0, 0),                      (4263, [9, 9, 9], 0, 0),
            (4353, [9, 9, 9], 0, 0),                      (0, [9, 9, 9], 0, 0),
        ];
        for (number, args, result, error) in cases {
            let after = call(number, args).step().unwrap();
            assert_eq!((x(&after, 2), x(&after, 7)), (result, error), "{number} {args:x?}");
            assert_eq!(after.state().hart.pc().0, PC + 4, "{number}");
        }
    }

    #[test]
    fn the_first_version_has_no_getfd() {
        let after = call(4055, [0, 1, 0]).version("1.1.0").step().unwrap();
        assert_eq!((x(&after, 2), x(&after, 7)), (MINUS_ONE, 0x16));
    }

    #[test]
    fn mmap_moves_the_heap_up_to_its_end() {
        const END: u32 = 0x6000_0000;
        #[rustfmt::skip]
        let cases = [
            // hint, bytes, heap, v0, r7, heap after
            (0x1234, MINUS_ONE, 0x0500_0000, 0x1234, 0, 0x0500_0000),
            (0, 0,           0x0500_0000, 0x0500_0000, 0, 0x0500_0000),
            (0, 1,           0x0500_0000, 0x0500_0000, 0, 0x0500_1000),
            (0, 0x1000,      0x0500_0000, 0x0500_0000, 0, 0x0500_1000),
            (0, 0x1001,      0x0500_0000, 0x0500_0000, 0, 0x0500_2000),
            (0, 0x1000,      END - 0x1000, END - 0x1000, 0, END),
            (0, 0x1001,      END - 0x1000, MINUS_ONE, 0x16, END - 0x1000),
            (0, 0,           END, END, 0, END),
            (0, 1,           END, MINUS_ONE, 0x16, END),
            (0, 0,           END + 0x1000, MINUS_ONE, 0x16, END + 0x1000),
            (0, 0xffff_f000, 0x0500_0000, MINUS_ONE, 0x16, 0x0500_0000),
            // Rounding up wraps.
            (0, 0xffff_f001, 0x0500_0000, MINUS_ONE, 0x16, 0x0500_0000),
            (0, MINUS_ONE,   0, MINUS_ONE, 0x16, 0),
        ];
        for (hint, bytes, heap, result, error, heap_after) in cases {
            let before = call(4090, [hint, bytes, 0]).with(|state| state.heap = heap.into());
            let after = before.step().unwrap();
            assert_eq!((x(&after, 2), x(&after, 7)), (result, error), "{bytes:x} {heap:x}");
            assert_eq!(after.state().heap, u64::from(heap_after), "{bytes:x} {heap:x}");
        }
    }

    #[test]
    fn exit_leaves_the_pc() {
        let after = call(4246, [0x102, 0, 0]).step().unwrap();
        let state = after.state();
        assert_eq!((state.exited, state.exit_code, state.hart.pc().0), (true, 2, PC));
        assert_eq!((x(&after, 2), x(&after, 7), state.step), (4246, 0xdead, 1));
    }

    #[test]
    fn a_pre_image_is_read_word_by_word() {
        #[rustfmt::skip]
        let cases = [
            // address in the word, bytes, offset, v0, word
            (0, 4, 0,  4, 0x0000_0000),    (0, 9, 4, 4, 0x0000_000b),    (1, 2, 8,  2, 0xaa68_65dd),
            (3, 9, 8,  1, 0xaabb_cc68),    (0, 4, 16, 3, 0x726c_64dd),   (0, 0, 8,  0, WORD),
        ];
        for (n, count, offset, read, result) in cases {
            let before = call(4003, [5, DATA + n, count]).word(DATA, WORD).with(|state| {
                (state.preimage_key, state.preimage_offset) = (HelloWorld::key(), offset);
            });
            let after = before.step().unwrap();
            assert_eq!((x(&after, 2), word(&after, DATA)), (read, result), "{n} {count} {offset}");
            assert_eq!(after.state().preimage_offset, offset + u64::from(read));
        }
        let past = call(4003, [5, DATA, 0]).with(|state| {
            (state.preimage_key, state.preimage_offset) = (HelloWorld::key(), 19);
        });
        assert_eq!(past.step().err(), Some(Trap::PreimageOffset));
        assert_eq!(call(4003, [5, DATA, 4]).step().err(), Some(Trap::KeyType));
    }

    #[test]
    fn reading_nothing_makes_the_page() {
        let before = call(4003, [5, 0x8000_0000, 0]).with(|state| state.preimage_key = HelloWorld::key());
        assert_eq!(before.step().unwrap().memory().page_count(), 2);
    }

    #[test]
    fn a_key_is_shifted_in_word_by_word() {
        let key: isa_traits::Hash = core::array::from_fn(|i| i as u8);
        for (n, count, written) in
            [(0, 9, &[0xaa, 0xbb, 0xcc, 0xdd][..]), (1, 9, &[0xbb, 0xcc, 0xdd]), (2, 1, &[0xcc]), (3, 0, &[])]
        {
            let before = call(4004, [6, DATA + n, count])
                .word(DATA, WORD)
                .with(|state| (state.preimage_key, state.preimage_offset) = (key, 7));
            let after = before.step().unwrap();
            let state = after.state();
            assert_eq!(x(&after, 2) as usize, written.len());
            assert_eq!(state.preimage_key[..32 - written.len()], key[written.len()..]);
            assert_eq!(&state.preimage_key[32 - written.len()..], written);
            assert_eq!(state.preimage_offset, 0, "also where nothing is written");
        }
    }
}
