//! Executes a block of an OP chain: does it have the claimed hash?
//!
//! Everyone agrees on the parent's header, on the chain's rollup configuration and on the block's payload attributes:
//! time, gas limit, fee parameters, and the transactions, deposits first. A proposer claims the hash of the block's
//! header. This program executes the transactions by the rules of the OP Stack, on the parent's state, of which it reads
//! the parts it needs, makes the header and compares.
//!
//! Its local values, each a hash, are those of [`op_block_inputs::local`]. Everything is reached from them by Keccak-256
//! hashes, and checked against these. Before a pre-image that is no part of the configuration and payload, the program
//! tells the host what it is, as op-program does:
//!
//! | hint | what follows it |
//! |---|---|
//! | `l2-block-header 0x<hash>` | the RLP of the parent's header, or of an ancestor's for `BLOCKHASH` |
//! | `l2-state-node 0x<hash>` | the RLP of a node of the state trie, or of an account's storage trie |
//! | `l2-code 0x<hash>` | a contract's code |
//!
//! Forks up to Isthmus are known; a configuration by which a later one is active is refused. The verdict is 0 where the hash is
//! as claimed and 1 where it is another, or where a transaction may not be in any block.
#![no_std]
#![allow(clippy::panic, reason = "a panic is the verdict of a program that cannot go on: exit code 2")]

extern crate alloc;

// Named for one of its features; see the manifest.
use op_revm as _;

mod state;

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use alloy_consensus::{Header, Sealed};
use alloy_evm::block::BlockExecutionError;
use alloy_op_evm::OpEvmFactory;
use fpvm_guest::{Hash, Oracle, hex, println};
use kona_executor::{BlockBuildingOutcome, ExecutorError, StatelessL2Builder};
use kona_genesis::RollupConfig;
use kona_mpt::NoopTrieHinter;
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use op_block_inputs::local;
use serde::de::DeserializeOwned;
use serde_json::Value;
use state::State;

/// Checks the claim: 0 where it is right, 1 where it is wrong.
///
/// # Panics
/// Where an input is missing or malformed: then there is nothing to decide.
pub fn run(oracle: &mut dyn Oracle) -> u8 {
    let claim = hash(oracle, local::CLAIM);
    let block = match execute(oracle) {
        Ok(block) => block,
        Err(error) => {
            println!("no block has this payload: {error}");
            return 1;
        }
    };
    let Header { number, gas_used, state_root, receipts_root, .. } = block.header.inner();
    let (hash, transactions) = (block.header.seal(), block.execution_result.receipts.len());
    println!("block {number}: {transactions} transactions, {gas_used} gas");
    println!("block {number}: state root {state_root}, receipts root {receipts_root}");
    if hash == claim {
        println!("block {number}: hash {hash} as claimed");
        0
    } else {
        println!("block {number}: hash {hash}, claimed 0x{}", hex(&claim));
        1
    }
}

/// Makes the block; needs no claim.
///
/// # Errors
/// Where the payload has a transaction that may not be in a block, so that no block has this payload.
///
/// # Panics
/// Where an input is missing or malformed.
pub fn execute(oracle: &mut dyn Oracle) -> Result<BlockBuildingOutcome, ExecutorError> {
    let payload: OpPayloadAttributes = from_json("the payload attributes", &named(oracle, local::PAYLOAD));
    let config = named(oracle, local::ROLLUP_CONFIG);
    refuse_later_forks(&config, payload.payload_attributes.timestamp);
    let config: RollupConfig = from_json(CONFIG, &config);
    let agreed = hash(oracle, local::AGREED);
    let state = State::new(oracle);
    let parent = Sealed::new_unchecked(state.header(&agreed), agreed.into());
    let mut builder =
        StatelessL2Builder::new(&config, OpEvmFactory::default(), state, NoopTrieHinter, parent);
    match builder.build_block(payload) {
        Err(error) if !is_invalid(&error) => panic!("the block cannot be executed: {error}"),
        block => block,
    }
}

/// The forks whose rules are known, by their names in a configuration.
const FORKS: [&str; 9] = [
    "regolith_time",
    "canyon_time",
    "delta_time",
    "ecotone_time",
    "fjord_time",
    "granite_time",
    "holocene_time",
    "pectra_blob_schedule_time",
    "isthmus_time",
];

/// kona passes over a fork it does not know, and then executes the block by older rules.
///
/// # Panics
/// Where another fork is active at `time`.
fn refuse_later_forks(config: &[u8], time: u64) {
    let fields: BTreeMap<String, Value> = from_json(CONFIG, config);
    for (name, at) in fields {
        let is_fork = name.ends_with("_time") && name != "block_time";
        let is_active = !at.is_null() && at.as_u64().is_none_or(|at| at <= time);
        if is_fork && is_active && !FORKS.contains(&name.as_str()) {
            panic!("{CONFIG} has {name} {at}, and the rules of that fork are not known");
        }
    }
}

/// Whether the payload is at fault.
const fn is_invalid(error: &ExecutorError) -> bool {
    matches!(
        error,
        ExecutorError::ExecutionError(BlockExecutionError::Validation(_)) | ExecutorError::Recovery(_)
    )
}

/// The hash that is local value `index`.
fn hash(oracle: &mut dyn Oracle, index: u64) -> Hash {
    let value = oracle.local(index);
    let bytes = value.len();
    value.try_into().unwrap_or_else(|_| panic!("local value {index} has {bytes} bytes, wanted a hash of 32"))
}

/// The pre-image of the hash that is local value `index`.
fn named(oracle: &mut dyn Oracle, index: u64) -> Vec<u8> {
    let hash = hash(oracle, index);
    oracle.keccak256(&hash)
}

/// The name of an input in messages.
const CONFIG: &str = "the rollup configuration";

fn from_json<T: DeserializeOwned>(what: &str, json: &[u8]) -> T {
    serde_json::from_slice(json).unwrap_or_else(|error| panic!("{what} cannot be read: {error}"))
}
