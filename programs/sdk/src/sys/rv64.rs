//! RV64: the Linux system calls that Asterisc implements.

use super::machine::Error;
use core::arch::{asm, global_asm};

pub(super) const READ: usize = 63;
pub(super) const WRITE: usize = 64;
pub(super) const EXIT_GROUP: usize = 94;
pub(super) const MMAP: usize = 222;
pub(super) const MAP_ANONYMOUS: usize = 0x20;

// The loader sets sp. Nothing is addressed relative to gp.
global_asm!(
    ".section .text._start, \"ax\"",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "    call fpvm_main",
    ".size _start, . - _start",
);

/// # Safety
/// `args` must be good for the call, and the memory it writes borrowed for that.
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> Result<usize, Error> {
    let [a0, a1, a2, a3, a4, a5] = args;
    let (result, error): (isize, usize);
    // SAFETY: a7 and a0 to a5 are the arguments by the ABI. Asterisc returns an error number in a1, which Linux would
    // keep; no other register changes.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a0 => result,
            inlateout("a1") a1 => error,
            in("a2") a2,
            in("a3") a3,
            in("a4") a4,
            in("a5") a5,
            options(nostack),
        );
    }
    usize::try_from(result).map_err(|_| Error(error))
}
