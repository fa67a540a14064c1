//! System calls and start-up as Cannon has them.

use isa_traits::{Abi, ByteOrder, Call, Elf, Mmap, Reg};

/// Register `r29`, the stack pointer, and where it points at first (`program/patch.go:59-68`).
const SP: Reg = Reg::dest(29);
const STACK: u32 = 0x7fff_d000;

/// Cannon's error codes (`exec/mips_syscalls.go:34-40`).
const EBADF: u64 = 9;
const EINVAL: u64 = 0x16;

/// The system calls where `fcntl` knows `F_GETFD`, and where it does not.
pub(crate) static ABI: Abi = abi(true);
pub(crate) static ABI_WITHOUT_GETFD: Abi = abi(false);

/// The system calls of single-threaded Cannon (`singlethreaded/mips.go:15-53`): Linux's numbers in the o32 ABI,
/// and a result in v0; the error code is in r7, where o32 has only a flag (`exec/mips_syscalls.go:283-289`).
const fn abi(f_getfd: bool) -> Abi {
    Abi {
        number: Reg::source(2),
        // No call reads more than three; o32 passes the fifth and the sixth on the stack.
        args: [
            Reg::source(4),
            Reg::source(5),
            Reg::source(6),
            Reg::source(7),
            Reg::source(8),
            Reg::source(9),
        ],
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
        f_getfd,
        mmap: Mmap { anonymous: None, heap_end: Some(0x6000_0000) },
    }
}

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
