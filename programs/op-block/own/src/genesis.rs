//! The state before the block.

use crate::code;
use alloy_eips::{eip2935, eip4788};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_rlp::encode;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, KECCAK_EMPTY, Nibbles, TrieAccount, proof::ProofRetainer};
use std::collections::BTreeMap;

/// Predeploys of the OP Stack.
pub(crate) const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");

/// Contracts of the tests.
pub(crate) const COUNTER: Address = Address::repeat_byte(0xc0);
pub(crate) const REVERTS: Address = Address::repeat_byte(0xc1);
pub(crate) const CHECKER: Address = Address::repeat_byte(0xc2);

/// A state trie.
pub(crate) struct Genesis {
    pub(crate) root: B256,
    /// Nodes of the state trie and of storage tries, and code.
    pub(crate) preimages: Vec<Vec<u8>>,
}

impl Genesis {
    /// Accounts with money, the contracts, and what the OP Stack needs to be there.
    pub(crate) fn new() -> Self {
        let ether = U256::from(10).pow(U256::from(18));
        let slots = |slots: &[(u64, u64)]| -> BTreeMap<U256, U256> {
            slots.iter().map(|&(slot, value)| (U256::from(slot), U256::from(value))).collect()
        };
        let rich = |nonce| (nonce, ether * U256::from(100), Bytes::new(), BTreeMap::new());
        let contract = |code: &Bytes, storage| (1, U256::ZERO, code.clone(), storage);
        let mut accounts = BTreeMap::from([
            (crate::transactions::account(1), rich(0)),
            (crate::transactions::account(2), rich(7)),
            (L1_BLOCK, contract(&code::l1_block(), BTreeMap::new())),
            (MESSAGE_PASSER, contract(&code::REVERTS, BTreeMap::new())),
            (eip2935::HISTORY_STORAGE_ADDRESS, contract(&eip2935::HISTORY_STORAGE_CODE, BTreeMap::new())),
            (eip4788::BEACON_ROOTS_ADDRESS, contract(&eip4788::BEACON_ROOTS_CODE, BTreeMap::new())),
            // Enough slots for branches; two that share a branch, so that one's end leaves the other alone in it.
            (COUNTER, contract(&code::COUNTER, slots(&[(0, 41), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]))),
            (REVERTS, contract(&code::REVERTS, BTreeMap::new())),
            (CHECKER, contract(&code::CHECKER, BTreeMap::new())),
        ]);
        // Others, so that paths have a few nodes.
        for n in 0..60_u8 {
            let address = Address::from_word(keccak256([n]));
            accounts.insert(address, (0, U256::from(n) + U256::ONE, Bytes::new(), BTreeMap::new()));
        }
        let mut preimages = Vec::new();
        let leaves = accounts.into_iter().map(|(address, (nonce, balance, code, storage))| {
            let storage =
                storage.iter().map(|(slot, value)| (keccak256(slot.to_be_bytes::<32>()), encode(value)));
            let storage_root = trie(storage.collect(), &mut preimages);
            let code_hash = if code.is_empty() { KECCAK_EMPTY } else { keccak256(&code) };
            preimages.push(code.into());
            (keccak256(address), encode(TrieAccount { nonce, balance, storage_root, code_hash }))
        });
        let leaves = leaves.collect();
        let root = trie(leaves, &mut preimages);
        Self { root, preimages }
    }
}

/// The root over values by their hashed keys; adds the nodes.
fn trie(leaves: BTreeMap<B256, Vec<u8>>, nodes: &mut Vec<Vec<u8>>) -> B256 {
    if leaves.is_empty() {
        return EMPTY_ROOT_HASH;
    }
    let paths: Vec<_> = leaves.keys().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(paths));
    for (key, value) in &leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    nodes.extend(builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node.into()));
    root
}
