//! Blocks become inputs, or are refused with a reason.
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use flate2::read::GzDecoder;
use fpvm_guest::{Key, hex, keccak256};
use op_block_inputs::{Inputs, import, local};
use std::{fs, io::Read, path::Path};

/// The header of OP Sepolia's block 26207960, and its hash on that chain.
const HEADER: &str = include_str!("header-26207960.json");
const HASH: &str = "db32d9ddfa5fd26c9fb0260bbfa53da88326aa2a465e34d75180564aa31b851e";

/// A block after `HEADER`, with one pre-image.
fn block() -> String {
    let value = b"a node";
    format!(
        r#"{{"source": "ignored", "block_number": 26207961, "rollup_config": {{"l2_chain_id": 901}},
            "parent_header": {HEADER}, "executing_payload": {{"timestamp":  "0x1"}},
            "expected_block_hash": "0x{}", "preimages": {{"0x{}": "0x{}"}}}}"#,
        "c1".repeat(32),
        hex(&keccak256(value)),
        hex(value),
    )
}

fn local(inputs: &Inputs, index: u64) -> String {
    hex(&inputs.values[&Key::local(index)]).to_string()
}

/// The pre-image that a local value names.
fn named(inputs: &Inputs, index: u64) -> &[u8] {
    let hash = inputs.values[&Key::local(index)].as_slice().try_into().unwrap();
    &inputs.values[&Key::keccak256(hash)]
}

#[test]
fn a_block_becomes_local_values_and_what_they_name() {
    let mut inputs = import(block().as_bytes()).unwrap();
    assert_eq!(local(&inputs, local::AGREED), HASH);
    assert_eq!(keccak256(named(&inputs, local::AGREED)), keccak_of(HASH));
    assert_eq!(local(&inputs, local::CLAIM), "c1".repeat(32));
    assert_eq!(named(&inputs, local::PAYLOAD), br#"{"timestamp":  "0x1"}"#, "as it stands in the block");
    assert_eq!(named(&inputs, local::ROLLUP_CONFIG), br#"{"l2_chain_id": 901}"#);
    assert_eq!(inputs.values[&Key::keccak256(&keccak256(b"a node"))], b"a node");
    assert_eq!(inputs.values.len(), 8);
    inputs.set_claim([7; 32]);
    assert_eq!(local(&inputs, local::CLAIM), "07".repeat(32));
}

/// The bytes of 64 hex digits.
fn keccak_of(digits: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn what_is_no_block_is_refused_with_the_reason() {
    let cases = [
        ("{", "", "no stateless-execution fixture: EOF"),
        ("26207961", "26207962", "number is 26207962 and its parent's is 26207960"),
        ("\"parent_header\"", "\"parent\"", "missing field `parent_header`"),
        ("\"baseFeePerGas\"", "\"baseFee\"", "unknown field `baseFee`"),
        ("\"miner\"", "\"sha3Uncles\"", "duplicate field `sha3Uncles`"),
        ("0x61206e6f6465", "0x61206e6f6466", "the pre-image filed under 0x"),
        ("0x61206e6f6465", "0x61206e6f646", "valid hex string"),
        ("0xc1c1", "0xc1", "invalid string length"),
    ];
    for (from, to, says) in cases {
        let text = if to.is_empty() { from.to_owned() } else { block().replacen(from, to, 1) };
        let error = import(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{from} as {to}: {error}");
    }
}

/// The real blocks are not in this repository.
#[test]
fn real_blocks_are_understood_and_the_parent_of_one_is_the_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/op-sepolia-blocks");
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("SKIPPED: there are no blocks in {}", folder.display());
        return;
    };
    let mut count = 0;
    for file in files {
        let mut json = Vec::new();
        let path = file.unwrap().path();
        GzDecoder::new(fs::File::open(&path).unwrap()).read_to_end(&mut json).unwrap();
        let inputs = import(&json).unwrap();
        if path.ends_with("26207961.json.gz") {
            assert_eq!(local(&inputs, local::AGREED), HASH);
        }
        if path.ends_with("26207960.json.gz") {
            assert_eq!(local(&inputs, local::CLAIM), HASH);
        }
        count += 1;
    }
    assert!(count >= 4, "{count} blocks in {}", folder.display());
}
