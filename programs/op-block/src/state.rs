//! The parent's state, read from the oracle piece by piece.

use alloc::{format, string::String, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use core::{cell::RefCell, fmt};
use fpvm_guest::{Hash, Oracle, hex};
use kona_executor::TrieDBProvider;
use kona_mpt::{TrieNode, TrieProvider};

/// Finds headers, nodes and code by hash. kona asks through a shared reference.
pub(crate) struct State<'a>(RefCell<&'a mut dyn Oracle>);

impl<'a> State<'a> {
    pub(crate) fn new(oracle: &'a mut dyn Oracle) -> Self {
        Self(RefCell::new(oracle))
    }

    /// The header of a block.
    ///
    /// # Panics
    /// Where the bytes with this hash are no header.
    pub(crate) fn header(&self, hash: &Hash) -> Header {
        self.decoded("l2-block-header", hash)
    }

    /// The RLP value with this hash, which the host knows as a `kind`.
    fn decoded<T: Decodable>(&self, kind: &str, hash: &Hash) -> T {
        let bytes = self.bytes(kind, hash);
        alloy_rlp::decode_exact(&bytes)
            .unwrap_or_else(|error| panic!("{kind} 0x{} is malformed: {error}", hex(hash)))
    }

    /// The bytes with this hash; the oracle sees to that.
    fn bytes(&self, kind: &str, hash: &Hash) -> Vec<u8> {
        let mut oracle = self.0.borrow_mut();
        oracle.hint(&format!("{kind} 0x{}", hex(hash)));
        oracle.keccak256(hash)
    }
}

/// It does not fail: a program without its inputs panics.
impl TrieProvider for State<'_> {
    type Error = String;

    fn trie_node_by_hash(&self, hash: B256) -> Result<TrieNode, String> {
        Ok(self.decoded("l2-state-node", &hash))
    }
}

impl TrieDBProvider for State<'_> {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, String> {
        Ok(self.bytes("l2-code", &hash).into())
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, String> {
        Ok(self.header(&hash))
    }
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
