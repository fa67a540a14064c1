//! The L1 chain between the agreed block and the head.

use crate::{Fields, fetch, keccak256};
use alloc::vec::Vec;
use fpvm_guest::{Hash, Oracle};

/// What an output root commits to: the state after a block.
pub(crate) struct Output {
    pub(crate) number: u64,
    pub(crate) header: Hash,
    pub(crate) state: Hash,
}

impl Output {
    const KIND: u8 = 3;

    pub(crate) fn read(oracle: &mut dyn Oracle, root: &Hash) -> Self {
        let bytes = fetch(oracle, "output", root);
        Fields::of_kind(Self::KIND, "an output", &bytes).all(|fields| Self {
            number: fields.u64(),
            header: fields.bytes(),
            state: fields.bytes(),
        })
    }

    pub(crate) fn root(&self) -> Hash {
        keccak256(&[&[Self::KIND], &self.number.to_be_bytes()[..], &self.header, &self.state].concat())
    }
}

struct Header {
    parent: Hash,
    number: u64,
    transactions: Hash,
}

impl Header {
    fn read(oracle: &mut dyn Oracle, hash: &Hash) -> Self {
        let bytes = fetch(oracle, "l1-block-header", hash);
        Fields::of_kind(2, "a header", &bytes).all(|fields| Self {
            parent: fields.bytes(),
            number: fields.u64(),
            transactions: fields.bytes(),
        })
    }
}

/// The agreed block and those after it, up to the head.
pub(crate) struct Blocks {
    agreed: u64,
    /// Hash of the header and of the transactions, the agreed block's first.
    hashes: Vec<(Hash, Hash)>,
}

impl Blocks {
    /// Follows the headers back from `head`.
    pub(crate) fn between(oracle: &mut dyn Oracle, agreed: &Output, head: Hash) -> Self {
        let mut header = Header::read(oracle, &head);
        let mut hashes = Vec::from([(head, header.transactions)]);
        while header.number > agreed.number {
            let (hash, child) = (header.parent, header.number);
            header = Header::read(oracle, &hash);
            assert!(header.number == child - 1, "the parent of block {child} is block {}", header.number);
            hashes.push((hash, header.transactions));
        }
        assert!(header.number == agreed.number, "the head is before the agreed block");
        hashes.reverse();
        assert!(hashes[0].0 == agreed.header, "the agreed block is not an ancestor of the head");
        Self { agreed: agreed.number, hashes }
    }

    /// The hash of block `number`'s header.
    pub(crate) fn header(&self, number: u64) -> Option<Hash> {
        let index = usize::try_from(number.checked_sub(self.agreed)?).ok()?;
        self.hashes.get(index).map(|(header, _)| *header)
    }

    /// The hashes of the transactions after the agreed block, up to those of block `number`.
    pub(crate) fn transactions_to(&self, number: u64) -> impl Iterator<Item = Hash> + '_ {
        let later = self.hashes.iter().zip(self.agreed..=number).skip(1);
        later.map(|((_, transactions), _)| *transactions)
    }
}
