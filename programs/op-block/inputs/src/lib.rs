//! What the program `op-block` reads, and how to make it from a block's JSON.
//!
//! The program's [`local`] values name everything else by Keccak-256 hash. [`import`] makes both from a block as
//! kona's stateless-execution fixtures have it:
//!
//! ```json
//! {
//!   "block_number": 26207960,
//!   "rollup_config": {"l2_chain_id": 11155420, "isthmus_time": 1744905600, ...},
//!   "parent_header": {"parentHash": "0x…", "stateRoot": "0x…", ...},
//!   "executing_payload": {"timestamp": "0x67f6a95c", "transactions": ["0x…", ...], "gasLimit": "0x3938700", ...},
//!   "expected_block_hash": "0x…",
//!   "preimages": {"0x<Keccak-256 of the bytes>": "0x<bytes>", ...}
//! }
//! ```
//!
//! `preimages` has every trie node, contract code and ancestor's header that the execution reads.
#![no_std]

extern crate alloc;

mod header;

use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{B256, Bytes};
use fpvm_guest::{Hash, Key, hex, keccak256};
use header::Header;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Indices of the program's local values, 32 bytes each.
///
/// Where the OP Stack's programs have a value of the same meaning the index is theirs (fault-proof spec, «Bootstrapping»).
/// Local values of the chain's contract are no longer than 32 bytes, so longer ones are named by their hash.
pub mod local {
    /// The Keccak-256 hash of the block's payload attributes, as JSON of the engine API. They stand where a program that
    /// derives them has the L1 head.
    pub const PAYLOAD: u64 = 1;
    /// The hash of the parent's header, on which everyone agrees.
    pub const AGREED: u64 = 2;
    /// The hash of the block's header, as claimed.
    pub const CLAIM: u64 = 3;
    /// The Keccak-256 hash of the rollup configuration, as JSON; it has the chain's id.
    pub const ROLLUP_CONFIG: u64 = 7;
}

/// Everything the program reads about one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Local values and pre-images by Keccak-256, by the keys that the program asks for.
    pub values: BTreeMap<Key, Vec<u8>>,
}

impl Inputs {
    /// Claims that the block's header has this hash.
    pub fn set_claim(&mut self, claim: Hash) {
        self.values.insert(Key::local(local::CLAIM), claim.into());
    }

    /// Adds a value that is reached by its hash, which it gives back.
    fn add(&mut self, value: Vec<u8>) -> Hash {
        let hash = keccak256(&value);
        self.values.insert(Key::keccak256(&hash), value);
        hash
    }
}

/// A block that [`import`] does not understand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not the JSON that is wanted.
    #[error("the block is no stateless-execution fixture: {0}")]
    Json(#[from] serde_json::Error),
    /// A pre-image does not have the hash it is filed under.
    #[error("the pre-image filed under 0x{} hashes to 0x{}", hex(.filed), hex(.found))]
    Preimage {
        /// The hash in the file.
        filed: Hash,
        /// The hash of the bytes.
        found: Hash,
    },
    /// The block does not follow its parent.
    #[error("the block's number is {block} and its parent's is {parent}, wanted the number before")]
    Number {
        /// The block's number.
        block: u64,
        /// The number in the parent's header.
        parent: u64,
    },
}

/// The JSON of a block. What is not named here is ignored.
#[derive(Deserialize)]
struct Block<'a> {
    block_number: u64,
    #[serde(borrow)]
    rollup_config: &'a RawValue,
    parent_header: Header,
    #[serde(borrow)]
    executing_payload: &'a RawValue,
    expected_block_hash: B256,
    preimages: BTreeMap<B256, Bytes>,
}

/// Makes the program's inputs from the JSON of a block. The claim is the block's own hash.
///
/// Configuration and payload go into the pre-images byte for byte, and it is for the program to understand them. The
/// parent's header is encoded here.
///
/// # Errors
/// Where the JSON is of another form, a pre-image has another hash, or the block's number does not follow its parent's.
pub fn import(json: &[u8]) -> Result<Inputs, ImportError> {
    let block: Block<'_> = serde_json::from_slice(json)?;
    let parent = block.parent_header.number();
    if parent.checked_add(1) != Some(block.block_number) {
        return Err(ImportError::Number { block: block.block_number, parent });
    }
    let mut inputs = Inputs { values: BTreeMap::new() };
    for (filed, value) in block.preimages {
        let found = inputs.add(value.into());
        if filed != found {
            return Err(ImportError::Preimage { filed: filed.0, found });
        }
    }
    let text = |part: &RawValue| Vec::from(part.get());
    let hashes = [
        (local::PAYLOAD, inputs.add(text(block.executing_payload))),
        (local::AGREED, inputs.add(alloy_rlp::encode(&block.parent_header))),
        (local::CLAIM, block.expected_block_hash.0),
        (local::ROLLUP_CONFIG, inputs.add(text(block.rollup_config))),
    ];
    inputs.values.extend(hashes.map(|(index, hash)| (Key::local(index), hash.into())));
    Ok(inputs)
}
