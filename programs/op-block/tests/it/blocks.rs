//! Blocks of OP Sepolia, executed on this machine.

use crate::common::{Memory, real_blocks};
use fpvm_guest::{Key, hex, keccak256};
use op_block_inputs::local;

#[test]
fn a_block_has_the_hash_it_has_on_its_chain_and_no_other() {
    for (name, inputs) in real_blocks() {
        let mut memory = Memory::new(inputs.clone());
        assert_eq!(memory.verdict(), Ok(0), "{name}");
        for bit in [0, 100, 255] {
            let mut wrong = Memory::new(inputs.clone());
            wrong.value(local::CLAIM)[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(wrong.verdict(), Ok(1), "{name}, bit {bit} of the claim");
        }
    }
}

#[test]
fn a_pre_image_that_is_missing_or_altered_ends_the_program_and_is_named() {
    let Some((_, inputs)) = real_blocks().into_iter().next() else { return };
    let mut memory = Memory::new(inputs.clone());
    memory.verdict().unwrap();
    let asked: Vec<Key> = memory.keys();
    // One of each kind is early, and others later.
    for key in [asked[0], asked[1], asked[5], asked[asked.len() / 2], asked[asked.len() - 1]] {
        let mut missing = inputs.clone();
        missing.values.remove(&key);
        let error = Memory::new(missing).verdict().unwrap_err();
        assert_eq!(error, format!("no pre-image {key}"));
        if key.as_bytes()[0] == 2 {
            let mut altered = inputs.clone();
            altered.values.get_mut(&key).unwrap()[0] ^= 1;
            let found = hex(&keccak256(&altered.values[&key])).to_string();
            let error = Memory::new(altered).verdict().unwrap_err();
            assert!(error.contains("a pre-image hashes to") && error.contains(&found), "{key}: {error}");
        }
    }
}

#[test]
fn each_pre_image_by_hash_after_the_first_two_is_announced() {
    let Some((_, inputs)) = real_blocks().into_iter().next() else { return };
    let mut memory = Memory::new(inputs);
    memory.verdict().unwrap();
    let mut hints = 0;
    let mut announced = String::new();
    for event in &memory.events {
        if event.contains(' ') {
            announced.clone_from(event);
            hints += 1;
        } else if event.starts_with("02") && hints > 0 {
            let (kind, hash) = announced.split_once(" 0x").unwrap();
            assert!(["l2-block-header", "l2-state-node", "l2-code"].contains(&kind), "{announced}");
            assert_eq!(hash[2..], event[2..], "{announced}");
        }
    }
    assert!(hints > 100, "{hints} hints");
}
