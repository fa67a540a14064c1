use proptest::prelude::*;

use super::*;
use crate::hash::keccak256;

/// Every number of pairs up to four full registers of the widest kernel.
const MOST: usize = 33;

/// The kernels this processor can run. One that it cannot is not tested, and says so.
fn kernels() -> impl Iterator<Item = &'static Kernel> {
    KERNELS.iter().filter(|kernel| {
        let detected = (kernel.detected)();
        if !detected {
            eprintln!("NOT TESTED: the {} kernel, this processor lacks it", kernel.name);
        }
        detected
    })
}

fn check(kernel: &Kernel, pairs: &[Pair]) {
    let mut parents = vec![[0xa5; 32]; pairs.len()];
    kernel.hash(pairs, &mut parents);
    for (i, (pair, parent)) in pairs.iter().zip(&parents).enumerate() {
        assert_eq!(*parent, keccak256(pair), "{}: pair {i} of {}", kernel.name, pairs.len());
    }
}

#[test]
fn each_kernel_hashes_any_number_of_pairs_as_sha3_does() {
    let pairs: Vec<Pair> = (0..MOST).map(|i| std::array::from_fn(|byte| (i * 7 + byte * 31) as u8)).collect();
    for kernel in kernels() {
        for count in 0..=MOST {
            check(kernel, &pairs[..count]);
            check(kernel, &pairs[MOST - count..]);
        }
    }
}

#[test]
fn each_kernel_hashes_every_single_bit_as_sha3_does() {
    let pairs: Vec<Pair> = (0..8 * PAIR_BYTES)
        .map(|bit| {
            let mut pair = [0; PAIR_BYTES];
            pair[bit / 8] = 1 << (bit % 8);
            pair
        })
        .collect();
    kernels().for_each(|kernel| check(kernel, &pairs));
}

proptest! {
    #[test]
    fn each_kernel_hashes_random_pairs_as_sha3_does(
        bytes in prop::collection::vec(any::<u8>(), 0..MOST * PAIR_BYTES)
    ) {
        let pairs = bytes.as_chunks().0;
        kernels().for_each(|kernel| check(kernel, pairs));
    }
}
