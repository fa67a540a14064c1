//! The system underneath: `read`, `write`, the heap's `map`, and `run`, which starts a program and ends it.
//!
//! `machine` is written over one `syscall` function and a few numbers; `rv64` and `mips32` give those, and the first
//! instructions of a program, for one ABI each. `host` stands in for all of it in a native process.

#[cfg(all(target_os = "none", target_arch = "mips"))]
#[path = "mips32.rs"]
mod abi;
#[cfg(all(target_os = "none", target_arch = "riscv64"))]
#[path = "rv64.rs"]
mod abi;
#[cfg(not(target_os = "none"))]
mod host;
#[cfg(target_os = "none")]
mod machine;

#[cfg(not(target_os = "none"))]
pub use host::run;
#[cfg(not(target_os = "none"))]
pub(crate) use host::{Error, read, write};
#[cfg(target_os = "none")]
pub use machine::run;
#[cfg(target_os = "none")]
pub(crate) use machine::{Error, map, read, write};
