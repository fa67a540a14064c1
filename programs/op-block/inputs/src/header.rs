//! A block's header, from JSON to RLP.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U64, U256};
use alloy_rlp::RlpEncodable;
use serde::Deserialize;

/// The fields in the order of their encoding; each fork added some at the end. Ethereum Yellow Paper, 4.4, and EIPs
/// 1559, 4895 (whose root is the OP Stack's of withdrawals to L1), 4844, 4788 and 7685.
///
/// A field that is not known here would be missing in the encoding, so it is an error.
#[derive(Deserialize, RlpEncodable)]
#[rlp(trailing)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Header {
    parent_hash: B256,
    #[serde(rename = "sha3Uncles")]
    ommers_hash: B256,
    #[serde(rename = "miner")]
    beneficiary: Address,
    state_root: B256,
    transactions_root: B256,
    receipts_root: B256,
    logs_bloom: Bloom,
    difficulty: U256,
    number: U64,
    gas_limit: U64,
    gas_used: U64,
    timestamp: U64,
    extra_data: Bytes,
    mix_hash: B256,
    nonce: B64,
    base_fee_per_gas: Option<U64>,
    withdrawals_root: Option<B256>,
    blob_gas_used: Option<U64>,
    excess_blob_gas: Option<U64>,
    parent_beacon_block_root: Option<B256>,
    requests_hash: Option<B256>,
}

impl Header {
    pub(crate) fn number(&self) -> u64 {
        self.number.to()
    }
}
