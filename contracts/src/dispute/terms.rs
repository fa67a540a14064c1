//! What a dispute is about.

use alloy_primitives::keccak256;
use isa_traits::Hash;

use crate::calldata::word;

/// How many local pre-images a program has.
pub const LOCALS: usize = 5;

/// The local pre-images 1 to 5 of a program, its inputs: each left-aligned, those that it has not are zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locals(pub [Hash; LOCALS]);

impl Locals {
    /// The name of what is claimed about these inputs.
    pub fn statement(&self) -> Hash {
        keccak256(self.0.concat()).0
    }

    /// The number of a key, if it names one of these and `value` is what it names.
    pub(super) fn ident(&self, key: &Hash, value: &[u8]) -> Option<u64> {
        let ident = (1..=LOCALS as u64).find(|&ident| {
            let mut wanted = word(ident);
            wanted[0] = 1;
            *key == wanted
        })?;
        // As the contract has it: hashes, then numbers of 8 bytes.
        let bytes = if ident < 4 { 32 } else { 8 };
        (self.0[ident as usize - 1].get(..bytes)? == value).then_some(ident)
    }
}

/// What a game is about, and what it is played for.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The state hash before the first step.
    pub prestate: Hash,
    /// The inputs of the program.
    pub locals: Locals,
    /// What a claim and a challenge cost, in wei; the winner takes both.
    pub bond: u64,
    /// How long a claim can be challenged, and how long each side may think in all, in seconds.
    pub period: u64,
}
