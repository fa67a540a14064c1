//! Transactions: transfers between accounts.

use crate::{Fields, Trie, fetch, keccak256};
use alloc::vec::Vec;
use fpvm_guest::{Hash, Oracle};

/// An account's address.
type Address = [u8; 20];

pub(crate) struct Transfer {
    chain_id: u64,
    nonce: u64,
    sender: Address,
    recipient: Address,
    amount: u64,
}

impl Transfer {
    /// The transfers of one block.
    pub(crate) fn read_all(oracle: &mut dyn Oracle, hash: &Hash) -> Vec<Self> {
        let bytes = fetch(oracle, "l1-transactions", hash);
        let mut fields = Fields::of_kind(4, "a list of transactions", &bytes);
        let mut transfers = Vec::new();
        while !fields.is_empty() {
            transfers.push(Self {
                chain_id: fields.u64(),
                nonce: fields.u64(),
                sender: fields.bytes(),
                recipient: fields.bytes(),
                amount: fields.u64(),
            });
        }
        transfers
    }

    /// Moves the amount, or gives `None` and changes nothing: anyone may post a transfer, so a bad one is no error.
    ///
    /// It must be for this chain, from an account that exists and has the amount, with the sender's next nonce.
    pub(crate) fn execute(&self, chain_id: u64, state: &mut Trie, oracle: &mut dyn Oracle) -> Option<()> {
        if self.chain_id != chain_id {
            return None;
        }
        let (from, to) = (keccak256(&self.sender), keccak256(&self.recipient));
        let mut sender = state.get(&from, oracle)?;
        if self.nonce != sender.nonce {
            return None;
        }
        sender.balance = sender.balance.checked_sub(self.amount)?;
        sender.nonce = sender.nonce.checked_add(1)?;
        let mut recipient = if from == to { sender } else { state.get(&to, oracle).unwrap_or_default() };
        recipient.balance = recipient.balance.checked_add(self.amount)?;
        // In this order: where they are one account, the recipient has both changes.
        state.set(&from, sender, oracle);
        state.set(&to, recipient, oracle);
        Some(())
    }
}
