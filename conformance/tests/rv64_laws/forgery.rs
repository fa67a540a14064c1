//! A forged state, proof or pre-image never shows another state than the true one.

use engine::{Replay, StepProof, keccak256};
use isa_traits::{Hash, Target as _};
use rv64::AsteriscRv64;

use crate::machine::{verified, walk};
use crate::random::{SplitMix64, program};

const PATH_BYTES: usize = Replay::path_bytes(AsteriscRv64::ADDRESS_BITS);

/// Steps of random programs that a dispute accepts.
fn steps() -> Vec<StepProof> {
    let proofs = (0..24).flat_map(|seed| walk(&program(&mut SplitMix64(seed << 40)), 12).proofs);
    proofs.filter(|proof| accepted(proof).is_some()).collect()
}

/// What a dispute accepts: the state is the one agreed on, and the pre-image has the hash that its key names.
fn accepted(step: &StepProof) -> Option<Hash> {
    let agreed = keccak256(&step.state)[1..] == step.pre[1..];
    let known = |(key, value, _): &(Hash, Vec<u8>, u64)| key[1..] == keccak256(value)[1..];
    if agreed && step.preimage.as_ref().is_none_or(known) { verified(step) } else { None }
}

const fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

#[test]
fn a_flipped_bit_never_shows_another_state() {
    let mut rng = SplitMix64(5);
    let steps = steps();
    let (mut flips, mut reads) = (0, 0);
    for step in &steps {
        assert_eq!(accepted(step), Some(step.post));
        let mut check = |forged: &StepProof, what: &str| {
            assert!(accepted(forged).is_none_or(|post| post == step.post), "{what} of step {}", step.step);
            flips += 1;
        };
        for _ in 0..8 {
            let mut forged = step.clone();
            flip(&mut forged.state, rng.below(8 * step.state.len() as u64) as usize);
            check(&forged, "state");
            // The machine itself, without the hash agreed on, sees a forged root.
            let mut forged = step.clone();
            flip(&mut forged.state[..32], rng.below(256) as usize);
            assert_eq!(verified(&forged), None, "root of step {}", step.step);
        }
        for _ in 0..24 {
            let mut forged = step.clone();
            flip(&mut forged.proof, rng.below(8 * step.proof.len() as u64) as usize);
            check(&forged, "proof");
            assert_eq!(verified(&forged), None, "every bit of the proof of step {} counts", step.step);
        }
        if let Some((key, value, offset)) = &step.preimage {
            reads += 1;
            for bit in 0..8 * (32 + value.len()) {
                let mut bytes = [key.as_slice(), value].concat();
                flip(&mut bytes, bit);
                let (key, value) = bytes.split_first_chunk().unwrap();
                let preimage = Some((*key, value.to_vec(), *offset));
                check(&StepProof { preimage, ..step.clone() }, "pre-image");
            }
        }
    }
    assert!(flips > 8000 && reads > 0, "{flips} flips, {reads} reads");
}

#[test]
fn a_proof_that_ends_early_shows_nothing_and_a_longer_one_the_same() {
    for step in steps() {
        let bytes = step.proof.len();
        for missing in [1, 32, PATH_BYTES, bytes] {
            let short = StepProof { proof: step.proof[..bytes - missing].to_vec(), ..step.clone() };
            assert_eq!(verified(&short), None, "{missing} bytes less at step {}", step.step);
        }
        let long = StepProof { proof: [step.proof.clone(), vec![7; PATH_BYTES]].concat(), ..step.clone() };
        assert_eq!(verified(&long), Some(step.post));
    }
}

#[test]
fn paths_in_another_order_show_nothing() {
    let mut swapped = 0;
    for step in steps().iter().filter(|step| step.proof.len() > PATH_BYTES) {
        let mut paths: Vec<&[u8]> = step.proof.chunks(PATH_BYTES).collect();
        if paths[0] == paths[1] {
            continue;
        }
        swapped += 1;
        paths.swap(0, 1);
        assert_eq!(verified(&StepProof { proof: paths.concat(), ..step.clone() }), None);
    }
    assert!(swapped > 5, "{swapped} were swapped");
}

/// Without its pre-image a reading step cannot be verified; one that reads none does not look at it.
#[test]
fn a_preimage_must_come_where_one_is_read() {
    for step in steps() {
        let without = StepProof { preimage: None, ..step.clone() };
        let other = StepProof { preimage: Some(([3; 32], vec![1], 0)), ..step.clone() };
        let wanted = if step.preimage.is_some() { None } else { Some(step.post) };
        assert_eq!((verified(&without), verified(&other)), (wanted, wanted), "step {}", step.step);
    }
}
