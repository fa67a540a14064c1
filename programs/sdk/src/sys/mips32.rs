//! MIPS32: the Linux system calls (o32) that Cannon implements.

use super::machine::Error;
use core::arch::{asm, global_asm};

pub(super) const READ: usize = 4003;
pub(super) const WRITE: usize = 4004;
pub(super) const MMAP: usize = 4090;
pub(super) const EXIT_GROUP: usize = 4246;
pub(super) const MAP_ANONYMOUS: usize = 0x800;

// The loader sets $sp. Nothing is addressed relative to $gp. The frame is the argument area o32 gives every callee.
global_asm!(
    ".section .text.__start, \"ax\"",
    ".set push",
    ".set noreorder",
    ".globl __start",
    ".type __start, @function",
    "__start:",
    "    jal fpvm_main",
    "    addiu $sp, $sp, -16",
    ".size __start, . - __start",
    ".set pop",
);

/// # Safety
/// `args` must be good for the call, and the memory it writes borrowed for that.
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> Result<usize, Error> {
    let [a0, a1, a2, a3, fifth, sixth] = args;
    let (result, error): (usize, usize);
    // SAFETY: $v0 and $a0 to $a3 and the stack are the arguments by the ABI; the frame is given back. The clobbers are
    // what Linux may change; Cannon changes $v0 and $a3 only.
    unsafe {
        asm!(
            "addiu $sp, $sp, -32",
            "sw $8, 16($sp)",
            "sw $9, 20($sp)",
            "syscall",
            "addiu $sp, $sp, 32",
            inlateout("$2") number => result,
            in("$4") a0,
            in("$5") a1,
            in("$6") a2,
            inlateout("$7") a3 => error,
            lateout("$3") _,
            inlateout("$8") fifth => _,
            inlateout("$9") sixth => _,
            lateout("$10") _,
            lateout("$11") _,
            lateout("$12") _,
            lateout("$13") _,
            lateout("$14") _,
            lateout("$15") _,
            lateout("$24") _,
            lateout("$25") _,
        );
    }
    if error == 0 { Ok(result) } else { Err(Error(error)) }
}
