//! MIPS32 as single-threaded Cannon runs it: encodings, meanings, system calls and the layout of its state.
//!
//! The instructions are those of the MIPS32 Architecture For Programmers, Volume II (MD00086), in big-endian
//! order, without floating point, coprocessors and traps. Where Cannon differs from the manual, a
//! comment `Reference:` marks the place. Its files are cited at ethereum-optimism/optimism d317e96: `exec/`,
//! `singlethreaded/`, `memory/` and `program/` lie in `cannon/mipsevm/`, `MIPS.sol` and its libraries in
//! `packages/contracts-bedrock/src/cannon/`.
#![no_std]

#[cfg(test)]
extern crate std;

mod abi;
pub mod chapter;
mod format;
mod hart;
#[cfg(test)]
mod known_answers;
mod op;
mod target;
#[cfg(test)]
mod testing;

pub use hart::{Hart32, Pcs, Special};
pub use op::{Hart, Op};
pub use target::{CannonMips32, Features, Mips32};
