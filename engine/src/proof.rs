//! Step proofs: what a verifier needs for one step.

use std::vec::Vec;

use isa_traits::Hash;

/// One step with all that a verifier needs to repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProof {
    /// The step counter before the step.
    pub step: u64,
    /// The state hash before the step.
    pub pre: Hash,
    /// The state hash after the step.
    pub post: Hash,
    /// The witness before the step.
    pub state: Vec<u8>,
    /// The Merkle path of each leaf touched, in order: the leaf, then its siblings up to the root's child.
    pub proof: Vec<u8>,
    /// The pre-image read by the step: its key, its value without length prefix, and the offset read from,
    /// which counts the 8-byte prefix.
    pub preimage: Option<(Hash, Vec<u8>, u64)>,
}
