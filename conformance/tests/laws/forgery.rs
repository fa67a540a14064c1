//! A forged state, proof or pre-image never shows another state than the true one.

use engine::{Replay, StepProof, keccak256};
use isa_traits::{Hash, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::machine::{verified, walk};
use crate::random::{Random, SplitMix64};

/// A proven step and its target.
struct Step<T> {
    target: T,
    proof: StepProof,
}

/// Steps of random programs that a dispute accepts, but for those of a machine that has exited: they need no proof.
fn steps<T: Random>() -> Vec<Step<T>> {
    let starts = (0..24).map(|seed| T::program(&mut SplitMix64::new(seed << 40)));
    let steps = starts.flat_map(|start| {
        let target = start.target;
        walk(&start, 12).proofs.into_iter().map(move |proof| Step { target, proof })
    });
    steps.filter(|step| !step.proof.proof.is_empty() && step.accepted(&step.proof).is_some()).collect()
}

impl<T: Target> Step<T> {
    /// What a dispute accepts: the state is the one agreed on, and the pre-image has the hash its key names.
    fn accepted(&self, forged: &StepProof) -> Option<Hash> {
        let agreed = keccak256(&forged.state)[1..] == forged.pre[1..];
        let known = |(key, value, _): &(Hash, Vec<u8>, u64)| key[1..] == keccak256(value)[1..];
        if agreed && forged.preimage.as_ref().is_none_or(known) { self.verified(forged) } else { None }
    }

    fn verified(&self, forged: &StepProof) -> Option<Hash> {
        verified(self.target, forged)
    }

    /// The bytes of the paths the step needs: one that it has room for and does not need is zeros.
    fn used(&self) -> usize {
        let used = |path: &&[u8]| T::PROOF_PATHS.is_none() || path.iter().any(|&byte| byte != 0);
        self.proof.proof.chunks(Self::PATH_BYTES).take_while(used).map(<[u8]>::len).sum()
    }

    const PATH_BYTES: usize = Replay::path_bytes(T::ADDRESS_BITS);
}

const fn flip(bytes: &mut [u8], bit: u64) {
    bytes[bit as usize / 8] ^= 1 << (bit % 8);
}

fn a_flipped_bit_never_shows_another_state<T: Random>() {
    let mut rng = SplitMix64::new(5);
    let (mut flips, mut reads) = (0, 0);
    for step in steps::<T>() {
        let proof = &step.proof;
        assert_eq!(step.accepted(proof), Some(proof.post));
        let mut check = |forged: &StepProof, what: &str| {
            let accepted = step.accepted(forged);
            assert!(accepted.is_none_or(|post| post == proof.post), "{what} of step {}", proof.step);
            flips += 1;
        };
        for _ in 0..8 {
            let mut forged = proof.clone();
            flip(&mut forged.state, rng.below(8 * proof.state.len() as u64));
            check(&forged, "state");
            // The machine itself, without the hash agreed on, sees a forged root.
            let mut forged = proof.clone();
            flip(&mut forged.state[..32], rng.below(256));
            assert_eq!(step.verified(&forged), None, "root of step {}", proof.step);
        }
        for _ in 0..24 {
            let mut forged = proof.clone();
            flip(&mut forged.proof, rng.below(8 * step.used() as u64));
            check(&forged, "proof");
            assert_eq!(step.verified(&forged), None, "every bit of the proof of step {} counts", proof.step);
        }
        if let Some((key, value, offset)) = &proof.preimage {
            reads += 1;
            for bit in 0..8 * (32 + value.len() as u64) {
                let mut bytes = [key.as_slice(), value].concat();
                flip(&mut bytes, bit);
                let (key, value) = bytes.split_first_chunk().unwrap();
                let preimage = Some((*key, value.to_vec(), *offset));
                check(&StepProof { preimage, ..proof.clone() }, "pre-image");
            }
        }
    }
    assert!(flips > 6000 && reads > 0, "{flips} flips, {reads} reads");
}

#[test]
fn a_flipped_bit_never_shows_another_state_of_rv64() {
    a_flipped_bit_never_shows_another_state::<AsteriscRv64>();
}

#[test]
fn a_flipped_bit_never_shows_another_state_of_mips32() {
    a_flipped_bit_never_shows_another_state::<CannonMips32>();
}

fn a_proof_that_ends_early_shows_nothing_and_a_longer_one_the_same<T: Random>() {
    for step in steps::<T>() {
        let (proof, bytes) = (&step.proof, step.used());
        for missing in [1, 32, Step::<T>::PATH_BYTES, bytes] {
            let short = StepProof { proof: proof.proof[..bytes - missing].to_vec(), ..proof.clone() };
            assert_eq!(step.verified(&short), None, "{missing} bytes less at step {}", proof.step);
        }
        let surplus = vec![7; Step::<T>::PATH_BYTES];
        let long = StepProof { proof: [proof.proof.clone(), surplus].concat(), ..proof.clone() };
        assert_eq!(step.verified(&long), Some(proof.post));
    }
}

#[test]
fn a_proof_of_rv64_that_ends_early_shows_nothing_and_a_longer_one_the_same() {
    a_proof_that_ends_early_shows_nothing_and_a_longer_one_the_same::<AsteriscRv64>();
}

#[test]
fn a_proof_of_mips32_that_ends_early_shows_nothing_and_a_longer_one_the_same() {
    a_proof_that_ends_early_shows_nothing_and_a_longer_one_the_same::<CannonMips32>();
}

fn paths_in_another_order_show_nothing<T: Random>() {
    let mut swapped = 0;
    for step in steps::<T>() {
        let mut paths: Vec<&[u8]> = step.proof.proof.chunks(Step::<T>::PATH_BYTES).collect();
        if paths.len() < 2 || paths[0] == paths[1] {
            continue;
        }
        swapped += 1;
        paths.swap(0, 1);
        assert_eq!(step.verified(&StepProof { proof: paths.concat(), ..step.proof.clone() }), None);
    }
    assert!(swapped > 5, "{swapped} were swapped");
}

#[test]
fn paths_in_another_order_show_nothing_on_rv64() {
    paths_in_another_order_show_nothing::<AsteriscRv64>();
}

#[test]
fn paths_in_another_order_show_nothing_on_mips32() {
    paths_in_another_order_show_nothing::<CannonMips32>();
}

/// Without its pre-image a reading step cannot be verified; one that reads none does not look at it.
fn a_preimage_must_come_where_one_is_read<T: Random>() {
    let mut reads = 0;
    for step in steps::<T>() {
        let proof = &step.proof;
        let without = StepProof { preimage: None, ..proof.clone() };
        let other = StepProof { preimage: Some(([3; 32], vec![1], 0)), ..proof.clone() };
        let reading = proof.preimage.is_some();
        let wanted = if reading { None } else { Some(proof.post) };
        let found = (step.verified(&without), step.verified(&other));
        assert_eq!(found, (wanted, wanted), "step {}", proof.step);
        reads += u32::from(reading);
    }
    assert!(reads > 0);
}

#[test]
fn a_preimage_must_come_where_rv64_reads_one() {
    a_preimage_must_come_where_one_is_read::<AsteriscRv64>();
}

#[test]
fn a_preimage_must_come_where_mips32_reads_one() {
    a_preimage_must_come_where_one_is_read::<CannonMips32>();
}
