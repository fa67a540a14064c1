//! The compiled tier: native code for the hot parts of a guest, by Cranelift.
//!
//! The meaning of the instructions is not written again. A machine that records (`record`) executes the same
//! definitions as the interpreter does, on values that are not known yet, and what it has noted is lowered to
//! Cranelift's language (`lower`). The rest is about when and what: `region` finds the code that belongs
//! together, `tier` counts and asks, `code` has it made, enters it and gives it up, `memory` holds it.
//!
//! Code stops before any step it cannot make as it should be made: a system call, a trap, a page that is not open
//! for writing, an address outside of the windows of memory, the step to stop at. The interpreter makes that step.
//! Nothing depends on when code is ready, nor on whether there is any.

mod address;
mod code;
mod compile;
mod enter;
mod flow;
mod ir;
mod lower;
mod memory;
mod pointers;
mod record;
mod region;
mod short;
mod tier;
mod worker;

pub use tier::{Jit, Options, Schedule};

/// Whether this build can compile for the machine it runs on.
pub const fn supported() -> bool {
    cfg!(all(any(target_arch = "x86_64", target_arch = "aarch64"), target_os = "linux"))
}
