//! The on-chain verifiers of `fpvm`: what the compiler made of them, the calldata they take, the machine that emits
//! their instruction sets from the definitions, and disputes.

mod artifact;
pub mod calldata;
#[cfg(feature = "dispute")]
pub mod chain;
#[cfg(feature = "dispute")]
pub mod dispute;
pub mod emit;

pub use artifact::{Artifact, ArtifactError};
