//! Flipped bits in the files of step proofs: none is accepted with another post-state than the recorded one.
//!
//! The tests of every day flip 20,000 bits a target. A million each, about a minute of CPU time:
//!
//! ```text
//! cargo test --release -p fpvm-conformance --test laws -- --ignored --nocapture a_million_flips
//! ```

use std::collections::BTreeMap;

use engine::{StepProof, keccak256};
use fpvm_conformance::vectors::{Program, Proof};
use isa_traits::{Hash, Target};
use oracle::Key;
use rv64::AsteriscRv64;
use serde_json::Value;

use crate::machine::verified;
use crate::random::SplitMix64;
use crate::steps::{beta, load, oracle};

const FLIPS: u64 = 20_000;
const MANY: u64 = 1_000_000;
/// Steps that read a pre-image are few among the recorded ones: so many are proven here, from all over the run.
const READS: usize = 40;
/// The fields of a file that are flipped, and how often.
const FIELDS: [&str; 8] = [
    "state-data",
    "state-data",
    "proof-data",
    "proof-data",
    "proof-data",
    "oracle-key",
    "oracle-value",
    "oracle-offset",
];

/// The name of an oracle value under a key that is no hash.
const TOLD: &str = "oracle-value without a hash";

/// The recorded proofs of the vectors, and proofs of steps that read a pre-image.
fn proofs<T: Target>(target: T, isa: &str) -> Vec<StepProof> {
    let programs = ["isa", "preimg", "exit1"].map(|name| Program::read(isa, name).unwrap());
    let recorded = programs.iter().flat_map(|program| &program.proofs).map(recorded);
    let mut proofs: Vec<StepProof> = recorded.collect();
    let mut vm = load(target, &programs[1].elf);
    let (mut host, mut reads) = (oracle(), Vec::new());
    while !vm.state().exited {
        let contact = vm.run_to_contact(u64::MAX, &mut host, &mut ()).unwrap();
        reads.extend(contact.filter(|contact| contact.read.is_some()).map(|contact| contact.step));
    }
    let mut vm = load(target, &programs[1].elf);
    for &step in reads.iter().step_by(reads.len().div_ceil(READS)) {
        vm.run(step, &mut host, &mut ()).unwrap();
        proofs.push(vm.prove(&mut host, &mut ()).unwrap());
    }
    proofs
}

fn recorded(proof: &Proof) -> StepProof {
    let value = proof.oracle_value.as_ref().map(|value| value[8..].to_vec());
    StepProof {
        step: proof.step,
        pre: proof.pre.0,
        post: proof.post.0,
        state: proof.state_data.to_vec(),
        proof: proof.proof_data.to_vec(),
        preimage: proof.oracle_key.zip(value).map(|(key, value)| (key.0, value, proof.oracle_offset)),
    }
}

/// The post-state with which `fpvm verify` accepts a file, if it does.
fn accepted<T: Target>(target: T, file: &Value) -> Option<Hash> {
    let proof: StepProof = serde_json::from_value(file.clone()).ok()?;
    if keccak256(&proof.state)[1..] != proof.pre[1..] {
        return None;
    }
    if let Some((key, value, _)) = &proof.preimage {
        let key = Key::from(*key);
        if key.recomputed(value).is_some_and(|found| found != key) {
            return None;
        }
    }
    let post = verified(target, &proof)?;
    (proof.post == Hash::default() || proof.post == post).then_some(post)
}

/// Flips a bit of a field; yields whether the file has such a field.
fn flip(file: &mut Value, field: &str, rng: &mut SplitMix64) -> bool {
    match file.get_mut(field) {
        Some(Value::String(text)) if text.len() > 2 => {
            let digit = 2 + rng.below(text.len() as u64 - 2) as usize;
            let value = u8::from_str_radix(&text[digit..=digit], 16).unwrap() ^ 1 << rng.below(4);
            text.replace_range(digit..=digit, &format!("{value:x}"));
            true
        }
        Some(Value::Number(number)) => {
            *number = (number.as_u64().unwrap() ^ 1 << rng.below(64)).into();
            true
        }
        _ => false,
    }
}

/// What became of the flips in one field.
#[derive(Clone, Copy, Debug, Default)]
struct Flips {
    tried: u64,
    /// Accepted with the recorded post-state.
    same: u64,
}

/// Flips `wanted` bits, spread over all proofs.
fn no_flip_shows_another_state<T: Target>(
    target: T,
    isa: &str,
    wanted: u64,
) -> BTreeMap<&'static str, Flips> {
    let mut rng = SplitMix64::new(wanted);
    let proofs = proofs(target, isa);
    let files: Vec<Value> = proofs.iter().map(|proof| serde_json::to_value(proof).unwrap()).collect();
    for (proof, file) in proofs.iter().zip(&files) {
        assert_eq!(accepted(target, file), Some(proof.post), "{isa}, step {}", proof.step);
    }
    let mut found = BTreeMap::<_, Flips>::new();
    let mut tried = 0;
    for (proof, file) in proofs.iter().zip(&files).cycle() {
        let field = rng.pick(&FIELDS);
        let mut forged = file.clone();
        if !flip(&mut forged, field, &mut rng) {
            continue;
        }
        // Without a post-state to compare with, so that the proof alone must tell. Only a pre-image whose key is
        // no hash is whatever the file says.
        let hashed = proof
            .preimage
            .as_ref()
            .is_some_and(|(key, value, _)| Key::from(*key).recomputed(value).is_some());
        let field = if field == "oracle-value" && !hashed { TOLD } else { field };
        if field != TOLD {
            forged.as_object_mut().unwrap().remove("post");
        }
        let post = accepted(target, &forged);
        assert!(post.is_none_or(|post| post == proof.post), "{isa}, step {}: {field}", proof.step);
        let flips = found.entry(field).or_default();
        flips.tried += 1;
        flips.same += u64::from(post.is_some());
        tried += 1;
        if tried == wanted {
            break;
        }
    }
    println!("{isa}, {} proofs: {found:?}", files.len());
    found
}

/// Which flips leave the post-state as it is: none of a state or a pre-image with a hash. Of a pre-image without one
/// a step reads some bytes, the offset tells nobody anything, and MIPS32 has room for a path that not every step
/// needs.
fn only_idle_bytes_are_accepted(found: &BTreeMap<&'static str, Flips>, idle: &[&str]) {
    for (field, flips) in found {
        assert_eq!(flips.same > 0, idle.contains(field), "{field}: {flips:?}");
        assert!(flips.tried > 20, "{field}: {flips:?}");
    }
    assert_eq!(found.len(), 6);
}

fn flips_on_rv64(wanted: u64) {
    let found = no_flip_shows_another_state(AsteriscRv64, "rv64", wanted);
    only_idle_bytes_are_accepted(&found, &[TOLD, "oracle-offset"]);
}

fn flips_on_mips32(wanted: u64) {
    let found = no_flip_shows_another_state(beta(), "mips32", wanted);
    only_idle_bytes_are_accepted(&found, &[TOLD, "oracle-offset", "proof-data"]);
}

#[test]
fn no_flip_shows_another_state_of_rv64() {
    flips_on_rv64(FLIPS);
}

#[test]
fn no_flip_shows_another_state_of_mips32() {
    flips_on_mips32(FLIPS);
}

#[test]
#[ignore = "takes minutes"]
fn a_million_flips_show_no_other_state_of_rv64() {
    flips_on_rv64(MANY);
}

#[test]
#[ignore = "takes minutes"]
fn a_million_flips_show_no_other_state_of_mips32() {
    flips_on_mips32(MANY);
}
