//! The checked-in inputs: a right claim over a busy chain.

use crate::{Address, Chain, Preimages, Transfer, keccak256};

const CHAIN_ID: u64 = 901;
const ACCOUNTS: u64 = 64;
const BLOCKS: usize = 6;
const TRANSFERS: u64 = 12;

/// The inputs of a right claim: the agreed block 100, six blocks of transfers after it, and two more up to the head.
///
/// Of twelve transfers in a block one each is for another chain, out of order and beyond the sender's means; some make
/// new accounts.
pub fn checked_in() -> Preimages {
    let mut random = Random(0);
    let address = |index: u64| -> Address {
        let mut address = [0; 20];
        address.copy_from_slice(&keccak256(&index.to_be_bytes())[12..]);
        address
    };
    let balances = (0..ACCOUNTS).map(|index| (address(index), 1_000 + index));
    let mut chain = Chain::new(CHAIN_ID, 100, balances);
    let agreed = chain.publish_output();

    let mut block = |chain: &mut Chain| {
        let mut transfers = Vec::new();
        for index in 0..TRANSFERS {
            // Distinct senders within a block, so that the nonce is the one after the last block.
            let from = address(random.below(ACCOUNTS / TRANSFERS) * TRANSFERS + index);
            let to = address(random.below(ACCOUNTS + 8));
            let nonce = chain.nonce(&from);
            let good = Transfer { chain_id: CHAIN_ID, nonce, from, to, amount: 1 + random.below(99) };
            transfers.push(match index {
                0 => Transfer { chain_id: CHAIN_ID + 1, ..good },
                5 => Transfer { nonce: nonce + 1, ..good },
                10 => Transfer { amount: 1_000_000, ..good },
                _ => good,
            });
        }
        chain.block(&transfers);
    };
    for _ in 0..BLOCKS {
        block(&mut chain);
    }
    let (claim, number) = (chain.output_root(), chain.number());
    block(&mut chain);
    block(&mut chain);
    chain.dispute(agreed, claim, number)
}

/// The same numbers on every machine: digests of a counter.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 += 1;
        let [a, b, c, d, ..] = keccak256(&self.0.to_be_bytes());
        u64::from(u32::from_be_bytes([a, b, c, d])) % bound
    }
}
