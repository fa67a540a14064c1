//! The machinery every target shares: memory and its tree, the kernel, the machines that run, record and
//! replay, and the run loop.
//!
//! Without the feature `std` this is the core of a verifier: [`verify`] needs a witness and a proof, and no
//! allocator.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod bus;
#[cfg(feature = "std")]
mod code;
mod cpu;
#[cfg(feature = "std")]
mod direct;
#[cfg(feature = "std")]
mod handler;
mod hash;
pub mod kernel;
#[cfg(feature = "std")]
pub mod memory;
#[cfg(feature = "std")]
mod plain;
#[cfg(feature = "std")]
mod proof;
#[cfg(feature = "std")]
mod record;
mod replay;
#[cfg(feature = "std")]
pub mod snapshot;
mod step;
#[cfg(feature = "std")]
mod tier;
#[cfg(feature = "std")]
pub mod trace;
mod verify;
#[cfg(feature = "std")]
mod vm;
mod witness;

pub use cpu::Cpu;
pub use hash::{keccak256, parent};
#[cfg(feature = "std")]
pub use memory::Memory;
#[cfg(feature = "std")]
pub use proof::{ProofFileError, StepProof};
pub use replay::{ProofError, Replay};
pub use step::step;
#[cfg(feature = "std")]
pub use tier::{Ground, Tier};
pub use verify::{VerifyError, verify};
#[cfg(feature = "std")]
pub use vm::{Contact, RunError, Vm};
pub use witness::{Witness, WitnessError};
