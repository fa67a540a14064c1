//! The state: accounts in a binary Merkle trie, of which only the parts in use are read.
//!
//! An account is found by the bits of its key, the most significant bit of byte 0 first. A branch has at least two
//! accounts below it, so a leaf stands as near to the root as the other accounts let it.

use crate::{Fields, fetch, keccak256};
use alloc::boxed::Box;
use fpvm_guest::{Hash, Oracle};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) balance: u64,
    pub(crate) nonce: u64,
}

#[derive(Clone, Copy)]
struct Leaf {
    key: Hash,
    account: Account,
}

enum Node {
    Empty,
    /// A node the program has not needed yet.
    Unread(Hash),
    Leaf(Leaf),
    Branch(Box<[Node; 2]>),
}

/// The accounts below one root.
pub(crate) struct Trie {
    root: Node,
}

impl Trie {
    pub(crate) fn new(root: Hash) -> Self {
        Self { root: Node::from_hash(root) }
    }

    pub(crate) fn root(&self) -> Hash {
        self.root.hash()
    }

    /// The account of `key`, where there is one.
    pub(crate) fn get(&mut self, key: &Hash, oracle: &mut dyn Oracle) -> Option<Account> {
        match self.end_of_path(key, oracle) {
            (Node::Leaf(leaf), _) if leaf.key == *key => Some(leaf.account),
            _ => None,
        }
    }

    /// Makes `account` the account of `key`.
    pub(crate) fn set(&mut self, key: &Hash, account: Account, oracle: &mut dyn Oracle) {
        let new = Leaf { key: *key, account };
        let (node, depth) = self.end_of_path(key, oracle);
        *node = match node {
            Node::Leaf(old) if old.key != new.key => Node::fork(*old, new, depth),
            _ => Node::Leaf(new),
        };
    }

    /// The node without branches where the path of `key` ends, and its depth.
    fn end_of_path(&mut self, key: &Hash, oracle: &mut dyn Oracle) -> (&mut Node, usize) {
        let mut node = &mut self.root;
        for depth in 0.. {
            if let Node::Unread(hash) = node {
                *node = Node::read(oracle, hash);
            }
            node = match node {
                Node::Branch(children) => &mut children[bit(key, depth)],
                end => return (end, depth),
            };
        }
        unreachable!("a path has no more branches than a key has bits")
    }
}

impl Node {
    const LEAF: u8 = 0;
    const BRANCH: u8 = 1;

    fn from_hash(hash: Hash) -> Self {
        if hash == Hash::default() { Self::Empty } else { Self::Unread(hash) }
    }

    fn read(oracle: &mut dyn Oracle, hash: &Hash) -> Self {
        let bytes = fetch(oracle, "state-node", hash);
        if bytes.first() == Some(&Self::LEAF) {
            Fields::of_kind(Self::LEAF, "a leaf", &bytes).all(|fields| {
                let key = fields.bytes();
                Self::Leaf(Leaf { key, account: Account { balance: fields.u64(), nonce: fields.u64() } })
            })
        } else {
            Fields::of_kind(Self::BRANCH, "a state node", &bytes).all(|fields| {
                Self::Branch(Box::new([Self::from_hash(fields.bytes()), Self::from_hash(fields.bytes())]))
            })
        }
    }

    /// The branches at `depth` and below that hold two leaves whose keys agree up to there.
    fn fork(old: Leaf, new: Leaf, depth: usize) -> Self {
        let (old_bit, new_bit) = (bit(&old.key, depth), bit(&new.key, depth));
        let mut children = [Self::Empty, Self::Empty];
        if old_bit == new_bit {
            children[new_bit] = Self::fork(old, new, depth + 1);
        } else {
            children[old_bit] = Self::Leaf(old);
            children[new_bit] = Self::Leaf(new);
        }
        Self::Branch(Box::new(children))
    }

    fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::default(),
            Self::Unread(hash) => *hash,
            Self::Leaf(Leaf { key, account: Account { balance, nonce } }) => {
                keccak256(&[&[Self::LEAF], &key[..], &balance.to_be_bytes(), &nonce.to_be_bytes()].concat())
            }
            Self::Branch(children) => {
                keccak256(&[&[Self::BRANCH], &children[0].hash()[..], &children[1].hash()].concat())
            }
        }
    }
}

/// Bit `depth` of `key`, counted from the most significant bit of byte 0.
fn bit(key: &Hash, depth: usize) -> usize {
    usize::from(key[depth / 8] >> (7 - depth % 8) & 1)
}
