//! The machinery every target shares: memory and its tree, the kernel, the machines that run, record and
//! replay, and the run loop.
//!
//! Without the feature `std` this is the core of a verifier: [`Cpu`], the [`kernel`], [`step`](step::step).
#![cfg_attr(not(feature = "std"), no_std)]

mod hash;
#[cfg(feature = "std")]
pub mod memory;

pub use hash::{keccak256, parent};
#[cfg(feature = "std")]
pub use memory::Memory;
