//! Blocks of our own making, executed on this machine, and what becomes of them when they are changed.

use crate::common::Memory;
use alloy_consensus::{Header, TxReceipt};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use fpvm_guest::Key;
use op_block_inputs::{Inputs, import, local};
use serde_json::{Value, json};

const TRANSFERS: &str = include_str!("../../blocks/transfers.json");
const PRECOMPILES: &str = include_str!("../../blocks/precompiles.json");

fn block(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn inputs(block: &Value) -> Inputs {
    import(block.to_string().as_bytes()).unwrap()
}

fn verdict(block: &Value) -> Result<u8, String> {
    Memory::new(inputs(block)).verdict()
}

/// Which transactions succeed.
fn statuses(block: &Value) -> Vec<bool> {
    let made = op_block::execute(&mut Memory::new(inputs(block))).unwrap();
    made.execution_result.receipts.iter().map(TxReceipt::status).collect()
}

#[test]
fn a_block_has_its_hash_and_no_other() {
    for json in [TRANSFERS, PRECOMPILES] {
        let mut block = block(json);
        assert_eq!(verdict(&block), Ok(0));
        block["expected_block_hash"] = json!(B256::ZERO);
        assert_eq!(verdict(&block), Ok(1));
    }
}

#[test]
fn transactions_fail_where_they_should_and_precompiled_contracts_answer_as_others_compute() {
    let failing = statuses(&block(TRANSFERS))
        .iter()
        .enumerate()
        .filter(|(_, ok)| !**ok)
        .map(|(i, _)| i)
        .collect::<Vec<_>>();
    assert_eq!(failing, [2, 7], "the deposit that sends too much, and the call that reverts");
    let calls = include_str!("../../own/precompiles.txt").lines().count();
    assert_eq!(statuses(&block(PRECOMPILES)), vec![true; 1 + calls]);
}

/// Each of them has a transaction that may not be in a block.
#[test]
fn a_payload_that_no_block_has_makes_every_claim_wrong() {
    let transactions = |change: fn(&mut Vec<Value>)| {
        let mut block = block(TRANSFERS);
        change(block["executing_payload"]["transactions"].as_array_mut().unwrap());
        verdict(&block)
    };
    let without_a_nonce = transactions(|all| drop(all.remove(3)));
    let twice = transactions(|all| all.push(all[9].clone()));
    let too_much_gas = {
        let mut block = block(TRANSFERS);
        block["executing_payload"]["gasLimit"] = json!("0x100000");
        verdict(&block)
    };
    assert_eq!([without_a_nonce, twice, too_much_gas], [Ok(1), Ok(1), Ok(1)]);
}

#[test]
fn a_fork_of_later_changes_nothing_yet() {
    let mut block = block(TRANSFERS);
    block["rollup_config"]["jovian_time"] = json!(1_750_000_001);
    block["rollup_config"]["interop_time"] = Value::Null;
    assert_eq!(verdict(&block), Ok(0));
}

#[test]
fn an_input_that_decides_nothing_ends_the_program_with_the_reason() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 4] = [
        ("has jovian_time 1750000000, and the rules of that fork are not known", |block| {
            block["rollup_config"]["jovian_time"] = json!(1_750_000_000)
        }),
        ("the payload attributes cannot be read", |block| {
            block["executing_payload"]["timestamp"] = json!("soon")
        }),
        ("Missing EIP-1559 parameters", |block| drop(block["executing_payload"]["eip1559Params"].take())),
        ("Invalid `extraData`", |block| block["parent_header"]["extraData"] = json!("0x")),
    ];
    for (says, change) in cases {
        let mut block = block(TRANSFERS);
        change(&mut block);
        let error = verdict(&block).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    let mut short = Memory::new(inputs(&block(TRANSFERS)));
    short.value(local::AGREED).pop();
    assert_eq!(short.verdict().unwrap_err(), "local value 2 has 31 bytes, wanted a hash of 32");
}

/// The encoding of `op-block-inputs` against alloy's, for every fork that added a field.
#[test]
fn a_parents_header_is_encoded_as_alloy_encodes_it() {
    let whole = block(TRANSFERS)["parent_header"].clone();
    let later = [
        "requestsHash",
        "parentBeaconBlockRoot",
        "excessBlobGas",
        "blobGasUsed",
        "withdrawalsRoot",
        "baseFeePerGas",
    ];
    for left_out in 0..=later.len() {
        let mut block = block(TRANSFERS);
        let header = block["parent_header"].as_object_mut().unwrap();
        later[..left_out].iter().for_each(|name| drop(header.remove(*name)));
        // Fields of other lengths than in the block.
        header.insert("difficulty".into(), json!(U256::from(1) << 200));
        header.insert("gasUsed".into(), json!("0x0"));
        header.insert("extraData".into(), json!(Bytes::from(vec![7; 60])));
        let wanted: Header = serde_json::from_value(block["parent_header"].clone()).unwrap();
        let agreed = &inputs(&block).values[&Key::local(local::AGREED)];
        assert_eq!(
            *agreed,
            keccak256(alloy_rlp::encode(&wanted)).to_vec(),
            "without {:?}",
            &later[..left_out]
        );
    }
    assert!(later.iter().all(|name| whole.get(*name).is_some()), "{whole}");
}
