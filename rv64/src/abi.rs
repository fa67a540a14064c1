//! System calls and start-up as Asterisc has them.

use isa_traits::{Abi, ByteOrder, Call, Elf, Mmap, Reg};

/// Register `x2`, the stack pointer, and where it points at first (rvgo/fast/elf.go:105-107).
const SP: Reg = Reg::dest(2);
const STACK: u64 = 1 << 60;

/// Asterisc's error codes; its EBADF is Linux's EBADFD (rvgo/riscv/constants.go).
const EBADF: u64 = 0x4d;
const EINVAL: u64 = 0x16;
const EACCES: u64 = 0xd;

/// The system calls of Asterisc v1.3.0 (rvgo/fast/vm.go:341-565): Linux's numbers and argument registers, but
/// the result in a0 and the error code in a1.
pub(crate) static ABI: Abi = Abi {
    number: Reg::source(17),
    args: [
        Reg::source(10),
        Reg::source(11),
        Reg::source(12),
        Reg::source(13),
        Reg::source(14),
        Reg::source(15),
    ],
    result: Reg::dest(10),
    error: Reg::dest(11),
    calls: &[
        (25, Call::Fcntl),
        (56, Call::Fail(EACCES)), // openat
        (63, Call::Read),
        (64, Call::Write),
        (93, Call::Exit),
        (94, Call::Exit),    // exit_group
        (101, Call::Refuse), // nanosleep
        // clock_gettime: the clock stands still.
        (113, Call::Report { resource: None, words: [1337, 42] }),
        // getrlimit of RLIMIT_NOFILE: 1024 files.
        (163, Call::Report { resource: Some(7), words: [1024, 1024] }),
        (214, Call::Constant(1 << 30)), // brk
        (220, Call::Constant(1)),       // clone: nothing is spawned
        (222, Call::Mmap),
        (261, Call::Refuse), // prlimit64
        (422, Call::Refuse), // futex_time64
    ],
    exit_retires: true,
    transfer_bytes: 32,
    bad_fd: EBADF,
    invalid: EINVAL,
    f_getfd: true,
    // MAP_ANONYMOUS
    mmap: Mmap { anonymous: Some(0x20), heap_end: None },
};

/// How Asterisc v1.3.0 loads a program (rvgo/fast/elf.go).
pub(crate) static ELF: Elf = Elf {
    machine: 243, // EM_RISCV
    is_64: true,
    byte_order: ByteOrder::Little,
    skipped_header: 0x7000_0003, // PT_RISCV_ATTRIBUTES
    image_end: None,
    heap: 0x7f00_0000_0000,
    return_stub: &0x0000_8067_u32.to_le_bytes(), // jalr x0, x1, 0
    zeroed_symbol: Some("runtime.MemProfileRate"),
    stack: (SP, STACK),
    // What Go's start code finds there (rvgo/fast/elf.go:109-125). The words at 8 and 16 are no pointers:
    // with argc 0 nobody follows them.
    stack_image: &[
        (STACK + 8, &0x42_u64.to_le_bytes()),
        (STACK + 16, &0x35_u64.to_le_bytes()),
        (STACK + 24, &0_u64.to_le_bytes()), // end of the environment
        (STACK + 32, &6_u64.to_le_bytes()), // AT_PAGESZ
        (STACK + 40, &4096_u64.to_le_bytes()),
        (STACK + 48, &25_u64.to_le_bytes()), // AT_RANDOM
        (STACK + 56, &(STACK + 72).to_le_bytes()),
        (STACK + 64, &0_u64.to_le_bytes()), // AT_NULL
        (STACK + 72, &0x6f72_7020_646e_6172_u64.to_le_bytes()),
        (STACK + 80, &0x6164_626d_616c_6f74_u64.to_le_bytes()),
    ],
};
