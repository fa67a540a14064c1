//! The on-chain verifiers of `fpvm`: what the compiler made of them, the calldata they take, and the machine that emits
//! their instruction sets from the definitions.

mod artifact;
pub mod calldata;
pub mod emit;

pub use artifact::{Artifact, ArtifactError};
