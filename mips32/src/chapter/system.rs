//! The system call and the barrier.

use isa_traits::{Exec, Operands, Trap, define, reg_reg};

use crate::Hart;

/// SYSCALL: asks for a system call.
///
/// # Errors
/// Always [`Trap::EnvironmentCall`], which the kernel answers.
#[inline(always)]
pub const fn syscall<M: Hart>(_: &mut M, _: Operands<M::Word>) -> Exec {
    Err(Trap::EnvironmentCall)
}

define! { reg_reg:
    /// SYNC orders nothing on one hart. Reference: it moves `rs` to `rd`, which is 0 in the encoding of the
    /// manual (`exec/mips_instructions.go:227-228`).
    sync |a, _| a;
}
