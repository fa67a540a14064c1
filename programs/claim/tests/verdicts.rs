//! The program's verdicts against those of the model.

mod common;

use claim_model::{Address, Chain, Hash, Preimages, Transfer, local_key};
use common::verdict;

const CHAIN_ID: u64 = 7;
const ALICE: Address = [0xa1; 20];
const BOB: Address = [0xb0; 20];
const CAROL: Address = [0xca; 20];

const fn transfer(from: Address, to: Address, amount: u64, nonce: u64) -> Transfer {
    Transfer { chain_id: CHAIN_ID, nonce, from, to, amount }
}

/// A chain at block 9 whose state is agreed, and its output root.
fn agreed() -> (Chain, Hash) {
    let mut chain = Chain::new(CHAIN_ID, 9, [(ALICE, 100), (BOB, u64::MAX - 10)]);
    let root = chain.publish_output();
    (chain, root)
}

fn with(mut preimages: Preimages, index: u8, value: &[u8]) -> Preimages {
    preimages.insert(local_key(index), value.to_vec());
    preimages
}

#[test]
fn the_models_claim_is_right_and_any_other_wrong() {
    #[rustfmt::skip]
    let cases: [(&str, &[Transfer]); 11] = [
        ("no transfer",        &[]),
        ("a transfer",         &[transfer(ALICE, BOB, 5, 0)]),
        ("all one has",        &[transfer(ALICE, CAROL, 100, 0)]),
        ("more than one has",  &[transfer(ALICE, CAROL, 101, 0)]),
        ("a new account",      &[transfer(ALICE, CAROL, 5, 0), transfer(CAROL, BOB, 4, 0)]),
        ("an unknown sender",  &[transfer(CAROL, BOB, 0, 0)]),
        ("a repeated nonce",   &[transfer(ALICE, BOB, 1, 0), transfer(ALICE, BOB, 1, 0)]),
        ("a later nonce",      &[transfer(ALICE, BOB, 1, 1)]),
        ("another chain",      &[Transfer { chain_id: 8, ..transfer(ALICE, BOB, 1, 0) }]),
        ("to oneself",         &[transfer(ALICE, ALICE, 100, 0), transfer(BOB, BOB, 11, 0)]),
        ("beyond the largest", &[transfer(ALICE, BOB, 11, 0), transfer(ALICE, BOB, 10, 0)]),
    ];
    for (name, transfers) in cases {
        let (mut chain, agreed) = agreed();
        chain.block(transfers);
        let claim = chain.output_root();
        assert_eq!(verdict(chain.dispute(agreed, claim, 10)), Ok(0), "{name}");
        assert_eq!(verdict(chain.dispute(agreed, agreed, 10)), Ok(1), "{name}, not claimed");
    }
}

/// Long common beginnings of keys make deep tries: among a thousand accounts many agree in ten bits and more.
#[test]
fn many_accounts_make_the_models_tree() {
    let address = |index: u16| {
        let mut address = [0; 20];
        address[..2].copy_from_slice(&index.to_be_bytes());
        address
    };
    let mut chain = Chain::new(CHAIN_ID, 0, (0..500).map(|index| (address(index), 10)));
    let agreed = chain.publish_output();
    for block in 0..5_u16 {
        let index = |n: u16| n * 5 + block;
        let pay = |n: u16| transfer(address(index(n)), address(index(n) + 500), 3, 0);
        chain.block(&(0..100).map(pay).collect::<Vec<_>>());
    }
    assert_eq!(verdict(chain.dispute(agreed, chain.output_root(), 5)), Ok(0));
}

#[test]
fn the_claim_may_lie_anywhere_between_the_agreed_block_and_the_head() {
    let (mut chain, agreed) = agreed();
    let mut claims = vec![(9, agreed)];
    for number in 10..13 {
        chain.block(&[transfer(ALICE, BOB, 1, number - 10)]);
        claims.push((number, chain.output_root()));
    }
    for (number, claim) in claims {
        assert_eq!(verdict(chain.dispute(agreed, claim, number)), Ok(0), "block {number}");
    }
    for number in [0, 8, 13, u64::MAX] {
        assert_eq!(verdict(chain.dispute(agreed, chain.output_root(), number)), Ok(1), "block {number}");
    }
}

#[test]
fn malformed_inputs_are_no_verdict() {
    let (mut chain, agreed) = agreed();
    chain.block(&[transfer(ALICE, BOB, 1, 0)]);
    let good = chain.dispute(agreed, chain.output_root(), 10);
    let mut stranger = Chain::new(CHAIN_ID, 8, []);
    stranger.block(&[transfer(ALICE, BOB, 1, 0)]);
    stranger.block(&[]);
    let both = stranger.dispute(agreed, agreed, 10).into_iter().chain(good.clone()).collect::<Preimages>();
    assert_eq!(verdict(both.clone()), Ok(0), "the stranger's blocks alone change nothing");
    let header = Chain::new(CHAIN_ID, 8, []).dispute(agreed, agreed, 8);
    let earlier = header.into_iter().chain(good.clone()).collect::<Preimages>();

    let cases = [
        (with(good.clone(), 3, &[0; 31]), "local input 3 ends inside a field of 32 bytes"),
        (with(good.clone(), 4, &[0; 9]), "local input 4 has 1 bytes too many"),
        (with(both, 1, &stranger.head()), "the agreed block is not an ancestor of the head"),
        (with(earlier, 1, &Chain::new(CHAIN_ID, 8, []).head()), "the head is before the agreed block"),
        (with(good.clone(), 1, &agreed), "a header is of kind 3, not 2"),
        (with(good.clone(), 2, &chain.head()), "an output is of kind 2, not 3"),
    ];
    for (preimages, message) in cases {
        assert_eq!(verdict(preimages), Err(message.to_string()));
    }
}
