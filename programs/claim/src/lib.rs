//! A small fault-proof program: is the claimed result of a chain of transfers right?
//!
//! Everyone agrees on an *L1 chain* of blocks of transactions, named by the hash of its head, and on the state of
//! accounts after one of its blocks. A proposer claims the state after a later one. This program follows the headers
//! from the head back to the agreed block, carries out the transactions from there on, and compares.
//!
//! Its five local inputs are the OP Stack's: the L1 head's hash (1), the agreed and the claimed output root (2, 3),
//! the claimed block's number (4) and the chain id (5). All else is reached by Keccak-256 hashes. Numbers are u64 and
//! big-endian, and byte 0 of a pre-image names its kind, so that none can pass for another:
//!
//! | byte 0 | kind | what follows |
//! |---|---|---|
//! | 0 | leaf of the state | account key 32, balance 8, nonce 8 |
//! | 1 | branch of the state | hash of the child for bit 0, for bit 1; 32 each, zero for none |
//! | 2 | header | parent's hash 32, number 8, hash of the transactions 32 |
//! | 3 | output | number 8, header's hash 32, state root 32; its hash is an *output root* |
//! | 4 | transactions | any count of: chain id 8, nonce 8, sender 20, recipient 20, amount 8 |
#![no_std]
#![allow(clippy::panic, reason = "a panic is the verdict of a program that cannot go on: exit code 2")]

extern crate alloc;

mod chain;
mod fields;
mod transfer;
mod trie;

use alloc::{format, vec::Vec};
use chain::{Blocks, Output};
use fields::Fields;
use fpvm_guest::{Hash, Oracle, hex, keccak256, println};
use transfer::Transfer;
use trie::Trie;

/// Checks the claim: 0 where it is right, 1 where it is wrong.
///
/// # Panics
/// Where an input is malformed, or the agreed block is not an ancestor of the head: then there is nothing to decide.
pub fn run(oracle: &mut dyn Oracle) -> u8 {
    let head = Fields::new("local input 1", &oracle.local(1)).all(Fields::bytes);
    let agreed = Fields::new("local input 2", &oracle.local(2)).all(Fields::bytes);
    let claim = Fields::new("local input 3", &oracle.local(3)).all(Fields::bytes);
    let number = Fields::new("local input 4", &oracle.local(4)).all(Fields::u64);
    let chain_id = Fields::new("local input 5", &oracle.local(5)).all(Fields::u64);

    let computed = output_root(oracle, head, agreed, number, chain_id);
    match computed {
        Some(root) if root == claim => {
            println!("block {number}: output root 0x{} as claimed", hex(&root));
            0
        }
        Some(root) => {
            println!("block {number}: output root 0x{}, claimed 0x{}", hex(&root), hex(&claim));
            1
        }
        None => {
            println!("block {number}: not between the agreed block and the head");
            1
        }
    }
}

/// The output root after block `number`, or `None` where the chain from the agreed block to the head does not have it.
fn output_root(
    oracle: &mut dyn Oracle,
    head: Hash,
    agreed: Hash,
    number: u64,
    chain_id: u64,
) -> Option<Hash> {
    let agreed = Output::read(oracle, &agreed);
    let blocks = Blocks::between(oracle, &agreed, head);
    let header = blocks.header(number)?;

    let mut state = Trie::new(agreed.state);
    let (mut executed, mut refused) = (0, 0);
    for transactions in blocks.transactions_to(number) {
        for transfer in Transfer::read_all(oracle, &transactions) {
            match transfer.execute(chain_id, &mut state, oracle) {
                Some(()) => executed += 1,
                None => refused += 1,
            }
        }
    }
    println!("block {number}: {executed} transfers executed, {refused} refused");
    Some(Output { number, header, state: state.root() }.root())
}

/// Reads the pre-image of `hash`, announced to the host as a `kind`.
fn fetch(oracle: &mut dyn Oracle, kind: &str, hash: &Hash) -> Vec<u8> {
    oracle.hint(&format!("{kind} 0x{}", hex(hash)));
    oracle.keccak256(hash)
}
