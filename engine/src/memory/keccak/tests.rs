use proptest::prelude::*;

use super::*;
use crate::hash::keccak256;

/// Every number of pairs up to four full registers of the widest hasher.
const MOST: usize = 33;

/// The hashers this processor can run. One that it cannot is not tested, and says so.
fn hashers() -> impl Iterator<Item = PairHasher> {
    for hasher in HASHERS.iter().filter(|hasher| !(hasher.detected)()) {
        eprintln!("NOT TESTED: the {hasher} hasher, this processor lacks it");
    }
    PairHasher::detected()
}

fn check(hasher: PairHasher, pairs: &[Pair]) {
    let mut parents = vec![[0xa5; 32]; pairs.len()];
    hasher.hash(pairs, &mut parents);
    for (i, (pair, parent)) in pairs.iter().zip(&parents).enumerate() {
        assert_eq!(*parent, keccak256(pair), "{hasher}: pair {i} of {}", pairs.len());
    }
}

#[test]
fn each_hasher_hashes_any_number_of_pairs_as_sha3_does() {
    let pairs: Vec<Pair> = (0..MOST).map(|i| std::array::from_fn(|byte| (i * 7 + byte * 31) as u8)).collect();
    for hasher in hashers() {
        for count in 0..=MOST {
            check(hasher, &pairs[..count]);
            check(hasher, &pairs[MOST - count..]);
        }
    }
}

#[test]
fn each_hasher_hashes_every_single_bit_as_sha3_does() {
    let pairs: Vec<Pair> = (0..8 * PAIR_BYTES)
        .map(|bit| {
            let mut pair = [0; PAIR_BYTES];
            pair[bit / 8] = 1 << (bit % 8);
            pair
        })
        .collect();
    hashers().for_each(|hasher| check(hasher, &pairs));
}

proptest! {
    #[test]
    fn each_hasher_hashes_random_pairs_as_sha3_does(
        bytes in prop::collection::vec(any::<u8>(), 0..MOST * PAIR_BYTES)
    ) {
        let pairs = bytes.as_chunks().0;
        hashers().for_each(|hasher| check(hasher, pairs));
    }
}
