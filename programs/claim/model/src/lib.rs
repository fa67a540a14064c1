//! What `claim` must find, computed another way: a map of balances, and a tree built from all its leaves at once.
//!
//! It shares no code with the program. It also makes the program's inputs: [`checked_in`] is what
//! `programs/claim/preimages` holds, and [`Chain`] makes others.

mod scenario;

pub use scenario::checked_in;

use sha3::Digest;
use std::collections::BTreeMap;

/// A Keccak-256 digest.
pub type Hash = [u8; 32];
/// An account's address.
pub type Address = [u8; 20];
/// Pre-images by their keys.
pub type Preimages = BTreeMap<Hash, Vec<u8>>;

/// The Keccak-256 digest of `bytes`.
pub fn keccak256(bytes: &[u8]) -> Hash {
    sha3::Keccak256::digest(bytes).into()
}

/// The key of local input `index`.
pub const fn local_key(index: u8) -> Hash {
    let mut key = [0; 32];
    (key[0], key[31]) = (1, index);
    key
}

/// One posted transaction.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The chain it is for.
    pub chain_id: u64,
    /// How many transfers the sender is supposed to have made before.
    pub nonce: u64,
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much.
    pub amount: u64,
}

/// A chain whose accounts are known in full, and the pre-images of everything in it.
#[derive(Clone, Debug)]
pub struct Chain {
    id: u64,
    number: u64,
    header: Hash,
    /// Balance and nonce of each account.
    accounts: BTreeMap<Address, (u64, u64)>,
    preimages: Preimages,
}

impl Chain {
    /// A chain that starts with block `number` and these balances.
    pub fn new(id: u64, number: u64, balances: impl IntoIterator<Item = (Address, u64)>) -> Self {
        let accounts = balances.into_iter().map(|(address, balance)| (address, (balance, 0))).collect();
        let mut chain = Self { id, number, header: [0; 32], accounts, preimages: Preimages::new() };
        chain.append(number, &[]);
        chain
    }

    /// Appends a block of transfers and carries out those that are good.
    pub fn block(&mut self, transfers: &[Transfer]) {
        self.append(self.number + 1, transfers);
        for transfer in transfers {
            self.apply(transfer);
        }
    }

    fn append(&mut self, number: u64, transfers: &[Transfer]) {
        let mut list = vec![4];
        for t in transfers {
            list.extend(t.chain_id.to_be_bytes());
            list.extend(t.nonce.to_be_bytes());
            list.extend(t.from);
            list.extend(t.to);
            list.extend(t.amount.to_be_bytes());
        }
        let transactions = self.publish(list);
        let parent = self.header;
        self.header = self.publish([&[2], &parent[..], &number.to_be_bytes(), &transactions].concat());
        self.number = number;
    }

    fn apply(&mut self, t: &Transfer) {
        let Some(&(balance, nonce)) = self.accounts.get(&t.from) else { return };
        let to_balance = self.accounts.get(&t.to).map_or(0, |account| account.0);
        let overflows =
            t.from != t.to && u128::from(to_balance) + u128::from(t.amount) > u128::from(u64::MAX);
        if t.chain_id != self.id || t.nonce != nonce || t.amount > balance || overflows {
            return;
        }
        self.accounts.insert(t.from, (balance - t.amount, nonce + 1));
        self.accounts.entry(t.to).or_default().0 += t.amount;
    }

    /// The last block's number.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The last block's hash.
    pub const fn head(&self) -> Hash {
        self.header
    }

    /// The next nonce of `address`.
    pub fn nonce(&self, address: &Address) -> u64 {
        self.accounts.get(address).map_or(0, |account| account.1)
    }

    /// The output root after the last block.
    pub fn output_root(&self) -> Hash {
        keccak256(&self.output(tree(&self.leaves(), 0, &mut |_, _| {})))
    }

    /// As [`Self::output_root`], and publishes the state, for a program to start from.
    pub fn publish_output(&mut self) -> Hash {
        let mut nodes = Preimages::new();
        let state = tree(&self.leaves(), 0, &mut |hash, bytes| {
            nodes.insert(hash, bytes);
        });
        nodes.into_values().for_each(|bytes| {
            self.publish(bytes);
        });
        let output = self.output(state);
        self.publish(output)
    }

    /// Everything published, and the local inputs of a dispute about `claim` after block `number`.
    pub fn dispute(&self, agreed: Hash, claim: Hash, number: u64) -> Preimages {
        let mut preimages = self.preimages.clone();
        let (number, id) = (number.to_be_bytes(), self.id.to_be_bytes());
        let inputs: [&[u8]; 5] = [&self.header, &agreed, &claim, &number, &id];
        preimages.extend((1..).map(local_key).zip(inputs.map(<[u8]>::to_vec)));
        preimages
    }

    fn output(&self, state: Hash) -> Vec<u8> {
        [&[3], &self.number.to_be_bytes()[..], &self.header, &state].concat()
    }

    /// The key and the node of each account, by ascending key.
    fn leaves(&self) -> Vec<(Hash, Vec<u8>)> {
        let by_key: BTreeMap<_, _> = self
            .accounts
            .iter()
            .map(|(address, (balance, nonce))| {
                let key = keccak256(address);
                (key, [&[0], &key[..], &balance.to_be_bytes(), &nonce.to_be_bytes()].concat())
            })
            .collect();
        by_key.into_iter().collect()
    }

    fn publish(&mut self, bytes: Vec<u8>) -> Hash {
        let hash = keccak256(&bytes);
        let mut key = hash;
        key[0] = 2;
        self.preimages.insert(key, bytes);
        hash
    }
}

/// The root of sorted `leaves` whose keys agree in the first `depth` bits; `visit` gets each node.
fn tree(leaves: &[(Hash, Vec<u8>)], depth: usize, visit: &mut dyn FnMut(Hash, Vec<u8>)) -> Hash {
    let node = match leaves {
        [] => return [0; 32],
        [(_, leaf)] => leaf.clone(),
        _ => {
            let ones = leaves.partition_point(|(key, _)| key[depth / 8] << (depth % 8) & 0x80 == 0);
            let (zero, one) = leaves.split_at(ones);
            [&[1], &tree(zero, depth + 1, visit)[..], &tree(one, depth + 1, visit)].concat()
        }
    };
    let hash = keccak256(&node);
    visit(hash, node);
    hash
}
