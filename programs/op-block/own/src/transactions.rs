//! What happens in the blocks.

use crate::{CHAIN_ID, code, genesis};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex, keccak256};
use k256::ecdsa::SigningKey;
use op_alloy_consensus::TxDeposit;

/// One thousandth of an ether.
const MILLIETHER: u128 = 1_000_000_000_000_000;

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).unwrap()
}

/// The address of the account with a number.
pub(crate) fn account(number: u8) -> Address {
    Address::from_public_key(key(number).verifying_key())
}

/// A deposit with the L1 attributes, deposits by users, transfers, calls and a creation.
///
/// Of the ten, the third and the eighth fail.
pub(crate) fn transfers() -> Vec<Bytes> {
    let new = Address::repeat_byte(0x99);
    let word = |number: u64| B256::from(U256::from(number));
    vec![
        l1_attributes(),
        deposit(1, account(2), 5 * MILLIETHER, 3 * MILLIETHER),
        // Mints, and then has not enough to send.
        deposit(2, new, MILLIETHER, 1_000_000 * MILLIETHER),
        call(1, 0, TxKind::Call(new), MILLIETHER, Bytes::new()),
        legacy(2, 7, account(1), 2 * MILLIETHER),
        call(1, 1, TxKind::Create, 0, code::CREATION),
        call(1, 2, TxKind::Call(genesis::COUNTER), 0, word(4).into()),
        call(1, 3, TxKind::Call(genesis::REVERTS), 0, Bytes::new()),
        call(2, 8, TxKind::Call(genesis::COUNTER), 0, word(6).into()),
        call(2, 9, TxKind::Call(account(1)), 7, Bytes::from_static(b"a note")),
    ]
}

/// After the L1 attributes, a call of each precompiled contract, whose answer the checker compares.
pub(crate) fn precompiles() -> Vec<Bytes> {
    let bytes = |digits: &str| hex::decode(digits.trim_start_matches('-')).unwrap();
    let calls = include_str!("../precompiles.txt").lines().enumerate().map(|(nonce, line)| {
        let (_, call_and_answer) = line.split_once(": 0x").unwrap();
        let [address, given, answer]: [&str; 3] =
            call_and_answer.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let address = B256::from(U256::from_str_radix(address, 16).unwrap());
        let input = [address.as_slice(), keccak256(bytes(answer)).as_slice(), &bytes(given)].concat();
        call(1, nonce.try_into().unwrap(), TxKind::Call(genesis::CHECKER), 0, input.into())
    });
    [l1_attributes()].into_iter().chain(calls).collect()
}

/// The first transaction of every block. OP Stack spec, «Isthmus: L1 attributes».
fn l1_attributes() -> Bytes {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let input = [
        // setL1BlockValuesIsthmus()
        &hex!("098999be")[..],
        // Scalars of base fee and blob base fee, sequence number, time, number.
        &7600_u32.to_be_bytes(),
        &862_000_u32.to_be_bytes(),
        &3_u64.to_be_bytes(),
        &1_749_999_990_u64.to_be_bytes(),
        &8_000_000_u64.to_be_bytes(),
        // Base fee, blob base fee, hash, batcher.
        &word(5_000_000_000),
        &word(12_345_678),
        &[0x11; 32],
        &word(0xba7c),
        // Scalar and constant of the operator's fee.
        &25_000_u32.to_be_bytes(),
        &1234_u64.to_be_bytes(),
    ];
    encoded(&TxDeposit {
        source_hash: B256::repeat_byte(1),
        from: address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001"),
        to: TxKind::Call(genesis::L1_BLOCK),
        gas_limit: 1_000_000,
        input: input.concat().into(),
        ..TxDeposit::default()
    })
}

/// A user's deposit from L1, by an account that is not on L2 before.
fn deposit(number: u8, to: Address, mint: u128, value: u128) -> Bytes {
    encoded(&TxDeposit {
        source_hash: keccak256([number]),
        from: Address::repeat_byte(0x50 + number),
        to: TxKind::Call(to),
        mint,
        value: U256::from(value),
        gas_limit: 100_000,
        ..TxDeposit::default()
    })
}

fn call(from: u8, nonce: u64, to: TxKind, value: u128, input: Bytes) -> Bytes {
    let value = U256::from(value);
    signed(
        from,
        TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 1_000_000,
            max_fee_per_gas: 3_000_000,
            max_priority_fee_per_gas: 1000,
            to,
            value,
            input,
            ..TxEip1559::default()
        },
    )
}

fn legacy(from: u8, nonce: u64, to: Address, value: u128) -> Bytes {
    let (chain_id, to, value) = (Some(CHAIN_ID), TxKind::Call(to), U256::from(value));
    signed(
        from,
        TxLegacy {
            chain_id,
            nonce,
            gas_price: 2_000_000,
            gas_limit: 21_000,
            to,
            value,
            ..TxLegacy::default()
        },
    )
}

fn signed<T>(from: u8, transaction: T) -> Bytes
where
    T: SignableTransaction<Signature>,
    alloy_consensus::Signed<T>: Encodable2718,
{
    let hash = transaction.signature_hash();
    let signature = key(from).sign_prehash_recoverable(hash.as_slice()).unwrap();
    encoded(&transaction.into_signed(signature.into()))
}

fn encoded(transaction: &impl Encodable2718) -> Bytes {
    transaction.encoded_2718().into()
}
