//! Why a contract refused, in words.

use alloy_primitives::{U256, hex, keccak256};

use crate::Artifact;

/// `Error(string)`, the selector of a reason in words.
const WORDS: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Behind the selector of a reason in words: where they stand, and how long they are.
const WORDS_AT: usize = 4 + 2 * 32;

/// What the data says with which a contract reverted.
pub(super) fn reason(data: &[u8]) -> String {
    let Some(selector) = data.first_chunk::<4>() else { return "it gives no reason".to_owned() };
    let named = (*selector == WORDS).then(|| words(data)).flatten().or_else(|| name(*selector));
    // Whatever else, its beginning says most.
    named.unwrap_or_else(|| hex::encode_prefixed(&data[..data.len().min(68)]))
}

fn words(data: &[u8]) -> Option<String> {
    let length = usize::try_from(U256::from_be_slice(data.get(WORDS_AT - 32..WORDS_AT)?)).ok()?;
    Some(String::from_utf8_lossy(data[WORDS_AT..].get(..length)?).into_owned())
}

/// The error of our contracts that has a selector.
fn name(selector: [u8; 4]) -> Option<String> {
    let contracts = [
        Artifact::dispute_game(),
        Artifact::rv64_step(),
        Artifact::mips32_step(),
        Artifact::preimage_oracle(),
        Artifact::proof_gate(),
        Artifact::attestation(),
    ];
    contracts.iter().flatten().find_map(|contract| {
        contract.abi.as_array()?.iter().find_map(|item| {
            let inputs = item["inputs"].as_array()?.iter();
            let types = inputs.map(|input| input["type"].as_str()).collect::<Option<Vec<_>>>()?.join(",");
            let signature = format!("{}({types})", item["name"].as_str()?);
            (item["type"] == "error" && keccak256(&signature)[..4] == selector).then_some(signature)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_by_name_or_in_words_or_as_they_are() {
        let mut said = [&WORDS[..], &crate::calldata::word(32), &crate::calldata::word(9)].concat();
        said.extend_from_slice(b"no so far, and more");
        let cases = [
            (&[][..], "it gives no reason"),
            (&keccak256("NotYourTurn()")[..4], "NotYourTurn()"),
            (&keccak256("WrongBond(uint256,uint256)")[..4], "WrongBond(uint256,uint256)"),
            (&keccak256("PartOffsetOOB()")[..4], "PartOffsetOOB()"),
            (&said, "no so far"),
            (&said[..70], "0x08c379a0"),
            (&[1, 2, 3, 4, 5], "0x0102030405"),
            (&[1], "it gives no reason"),
        ];
        for (data, wanted) in cases {
            let found = reason(data);
            assert!(found.starts_with(wanted), "{found}, wanted {wanted}");
        }
    }
}
