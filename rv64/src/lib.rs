//! RV64IMA as Asterisc v1.3.0 runs it: encodings, meanings, system calls and the layout of its state.
//!
//! The instructions are those of the RISC-V Unprivileged ISA 20240411, chapters RV64I, M and A. Where Asterisc
//! (ethereum-optimism/asterisc at 52519dc) differs from the manual, a comment `Reference:` marks the place.
#![no_std]

mod abi;
pub mod ext;
mod format;
mod hart;
mod op;
mod target;

pub use hart::{Hart64, Pc, Special};
pub use op::{Hart, Op};
pub use target::{AsteriscRv64, Rv64};
