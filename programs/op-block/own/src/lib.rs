//! Blocks of our own making, for those who do not have real ones.
//!
//! Each is the first block after a state that is written down here, on a chain where all forks up to Isthmus are active.
//! The program's own library executes it for its hash: so a wrong rule of the EVM would not show in it, as it does in a
//! real block. What shows is whether a machine executes it as this computer does, and in `precompiles.json` also whether
//! each precompiled contract gives the answer that others compute.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it makes what is written down here, or nothing")]

mod code;
mod genesis;
mod transactions;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes, U64, address, b256, bytes};
use alloy_trie::EMPTY_ROOT_HASH;
use fpvm_guest::{Key, Oracle};
use genesis::Genesis;
use kona_genesis::{BaseFeeConfig, HardForkConfig, RollupConfig};
use op_block_inputs::{Inputs, import};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const CHAIN_ID: u64 = 901;
const PARENT: u64 = 41;
const TIME: u64 = 1_750_000_000;
const GAS_LIMIT: u64 = 60_000_000;
/// Where the fees for the sequencer go.
const SEQUENCER_VAULT: Address = address!("4200000000000000000000000000000000000011");

/// Where the blocks are checked in.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../blocks")
}

/// The blocks as JSON, by the names of their files.
#[must_use]
pub fn blocks() -> BTreeMap<String, String> {
    [("transfers.json", transactions::transfers()), ("precompiles.json", transactions::precompiles())]
        .map(|(name, transactions)| (name.to_owned(), block(transactions)))
        .into()
}

/// Puts transactions on the state; keeps those pre-images that the program reads.
fn block(transactions: Vec<Bytes>) -> String {
    let genesis = Genesis::new();
    let grandparent = header(PARENT - 1, B256::ZERO, EMPTY_ROOT_HASH);
    let parent = header(PARENT, grandparent.hash_slow(), genesis.root);
    let mut nodes = genesis.preimages;
    nodes.push(alloy_rlp::encode(&grandparent));
    let preimages: BTreeMap<B256, Bytes> =
        nodes.into_iter().map(|node| (alloy_primitives::keccak256(&node), node.into())).collect();

    let mut block = json!({
        "source": "made by op-block-own",
        "block_number": PARENT + 1,
        "rollup_config": config(),
        "parent_header": parent,
        "executing_payload": payload(transactions),
        "expected_block_hash": B256::ZERO,
        "preimages": preimages,
    });
    let mut memory = Memory { inputs: import(block.to_string().as_bytes()).unwrap(), asked: Vec::new() };
    let made = op_block::execute(&mut memory).unwrap();
    block["expected_block_hash"] = json!(made.header.seal());
    let asked = |hash: &B256| memory.asked.contains(&Key::keccak256(hash));
    let read: BTreeMap<_, _> = preimages.into_iter().filter(|(hash, _)| asked(hash)).collect();
    block["preimages"] = json!(read);
    format!("{block:#}\n")
}

fn config() -> RollupConfig {
    let hardforks = HardForkConfig {
        regolith_time: Some(0),
        canyon_time: Some(0),
        delta_time: Some(0),
        ecotone_time: Some(0),
        fjord_time: Some(0),
        granite_time: Some(0),
        holocene_time: Some(0),
        isthmus_time: Some(0),
        ..HardForkConfig::default()
    };
    RollupConfig {
        block_time: 2,
        l1_chain_id: 900,
        l2_chain_id: CHAIN_ID.into(),
        hardforks,
        chain_op_config: BaseFeeConfig::optimism(),
        ..RollupConfig::default()
    }
}

/// A header of the chain before the block.
fn header(number: u64, parent_hash: B256, state_root: B256) -> Header {
    Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: SEQUENCER_VAULT,
        state_root,
        number,
        gas_limit: GAS_LIMIT,
        gas_used: GAS_LIMIT / 3,
        timestamp: TIME - 2 * (PARENT + 1 - number),
        // Version, denominator, elasticity: Holocene's parameters of the base fee.
        extra_data: bytes!("00000000fa00000006"),
        base_fee_per_gas: Some(1_000_000),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::repeat_byte(0xbe)),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

fn payload(transactions: Vec<Bytes>) -> Value {
    json!({
        "timestamp": U64::from(TIME),
        "prevRandao": b256!("7a0d000000000000000000000000000000000000000000000000000000000001"),
        "suggestedFeeRecipient": SEQUENCER_VAULT,
        "parentBeaconBlockRoot": B256::repeat_byte(0xbf),
        "transactions": transactions,
        "gasLimit": U64::from(GAS_LIMIT),
        "eip1559Params": "0x000000fa00000006",
    })
}

/// Serves inputs and notes which.
struct Memory {
    inputs: Inputs,
    asked: Vec<Key>,
}

impl Oracle for Memory {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        self.asked.push(*key);
        self.inputs.values.get(key).unwrap_or_else(|| panic!("no pre-image {key}")).clone()
    }

    fn hint(&mut self, _: &str) {}
}
