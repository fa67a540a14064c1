//! Keccak-256, the one hash of states, trees and most pre-images.

use isa_traits::Hash;
use sha3::{Digest, Keccak256};

/// Keccak-256 of some bytes.
pub fn keccak256(bytes: &[u8]) -> Hash {
    Keccak256::digest(bytes).into()
}

/// The parent of two nodes of the memory tree: Keccak-256 of their 64 bytes.
pub fn parent(left: &Hash, right: &Hash) -> Hash {
    Keccak256::new().chain_update(left).chain_update(right).finalize().into()
}
