//! What the game's contract allows, to whom and when.

use alloy_primitives::{Address, U256};
use fpvm_contracts::calldata::{self, call, word};
use fpvm_contracts::chain::{Chain as _, ChainError, Evm, Message};
use fpvm_contracts::dispute::{Game, Machine as _, Player, Side, play};
use isa_traits::Hash;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::common::claim::{
    BOND, CHALLENGER, CLAIMANT, MIPS32_ELF, PERIOD, RV64_ELF, Run, START, game, loaded,
};

/// What somebody sends to a game.
fn message(game: &Game, from: Address, value: u64, data: Vec<u8>) -> Message {
    Message { from, to: Some(game.address), value, data }
}

#[track_caller]
fn send(chain: &mut Evm, game: &Game, from: Address, value: u64, data: Vec<u8>) {
    chain.send(&message(game, from, value, data)).unwrap();
}

#[track_caller]
fn refused(chain: &mut Evm, game: &Game, from: Address, value: u64, data: Vec<u8>, why: &str) {
    match chain.send(&message(game, from, value, data)) {
        Err(ChainError::Reverted(reason)) if reason.starts_with(why) => {}
        other => panic!("{other:?}, wanted {why}"),
    }
}

pub(crate) fn balance(chain: &mut Evm, game: &Game, who: Address) -> u64 {
    let data = call("balances(address)", &[who.into_word().0]);
    U256::from_be_slice(&chain.call(&message(game, CLAIMANT, 0, data)).unwrap()).to()
}

pub(crate) fn is_proven(chain: &mut Evm, game: &Game) -> bool {
    let data = call("proven(bytes32)", &[game.terms.locals.statement()]);
    chain.call(&message(game, CLAIMANT, 0, data)).unwrap()[31] == 1
}

pub(crate) fn claim(game: &Game, post: Hash, steps: u64) -> Vec<u8> {
    call("claim(bytes32,bytes32,uint64)", &[game.terms.locals.statement(), post, word(steps)])
}

fn challenge(claim: u64) -> Vec<u8> {
    call("challenge(uint256)", &[word(claim)])
}

fn propose(hash: Hash) -> Vec<u8> {
    call("propose(uint256,bytes32)", &[word(0), hash])
}

fn respond() -> Vec<u8> {
    call("respond(uint256,bool)", &[word(0), word(1)])
}

fn timeout(challenge: u64) -> Vec<u8> {
    call("timeout(uint256)", &[word(challenge)])
}

fn settle() -> Vec<u8> {
    call("settle(uint256)", &[word(0)])
}

/// A claim that was challenged in vain stands after its period, and gives back its bond and the challenger's.
#[test]
fn a_claim_that_won_stands() {
    let start = loaded(CannonMips32::LATEST, MIPS32_ELF);
    let (mut chain, game) = game(&start);
    let mut right = Run::new(start.clone(), u64::MAX);
    let steps = right.steps().unwrap();
    let mut wrong =
        fpvm_contracts::dispute::Forged { machine: Run::new(start, u64::MAX), steps, post: [7; 32] };
    let mut claimant = Player { account: CLAIMANT, machine: &mut right };
    let mut challenger = Player { account: CHALLENGER, machine: &mut wrong };
    let outcome = play(&mut chain, &game, &mut claimant, &mut challenger, &mut |_| ()).unwrap().unwrap();
    assert_eq!(outcome.winner, Side::Claimant);
    assert_eq!((balance(&mut chain, &game, CLAIMANT), balance(&mut chain, &game, CHALLENGER)), (BOND, 0));
    refused(&mut chain, &game, CLAIMANT, 0, settle(), "TooEarly()");
    assert!(!is_proven(&mut chain, &game));
    chain.wait(START + PERIOD).unwrap();
    send(&mut chain, &game, CLAIMANT, 0, settle());
    assert!(is_proven(&mut chain, &game));
    assert_eq!(balance(&mut chain, &game, CLAIMANT), 2 * BOND);
    send(&mut chain, &game, CLAIMANT, 0, call("withdraw()", &[]));
    assert_eq!(balance(&mut chain, &game, CLAIMANT), 0);
}

#[test]
fn nobody_moves_out_of_turn_or_proves_another_step() {
    let start = loaded(AsteriscRv64, RV64_ELF);
    let (mut chain, game) = game(&start);
    let mut run = Run::new(start, u64::MAX);
    send(&mut chain, &game, CLAIMANT, BOND, claim(&game, [0; 32], 2));
    send(&mut chain, &game, CHALLENGER, BOND, challenge(0));
    let proof = run.proof(1).unwrap().unwrap();
    let step = calldata::game_step(0, &proof.state, &proof.proof);
    refused(&mut chain, &game, CHALLENGER, 0, step.clone(), "NotYourTurn()");
    refused(&mut chain, &game, CHALLENGER, 0, propose([1; 32]), "NotYourTurn()");
    refused(&mut chain, &game, CHALLENGER, 0, respond(), "NotYourTurn()");
    send(&mut chain, &game, CLAIMANT, 0, propose(run.state_hash(1).unwrap()));
    refused(&mut chain, &game, CLAIMANT, 0, propose([1; 32]), "NotYourTurn()");
    refused(&mut chain, &game, CLAIMANT, 0, respond(), "NotYourTurn()");
    send(&mut chain, &game, CHALLENGER, 0, respond());
    refused(&mut chain, &game, CLAIMANT, 0, propose([1; 32]), "NotYourTurn()");

    let mut other = step.clone();
    other[4 + 3 * 32 + 32 + 100] ^= 1;
    refused(&mut chain, &game, CHALLENGER, 0, other, "WrongState()");
    let before = run.proof(0).unwrap().unwrap();
    let before = calldata::game_step(0, &before.state, &before.proof);
    refused(&mut chain, &game, CHALLENGER, 0, before, "WrongState()");
    refused(&mut chain, &game, CLAIMANT, 0, settle(), "TooEarly()");
    send(&mut chain, &game, CHALLENGER, 0, step.clone());
    refused(&mut chain, &game, CHALLENGER, 0, step, "NotYourTurn()");
    assert_eq!((balance(&mut chain, &game, CLAIMANT), balance(&mut chain, &game, CHALLENGER)), (0, 2 * BOND));
    chain.wait(START + 10 * PERIOD).unwrap();
    refused(&mut chain, &game, CLAIMANT, 0, settle(), "TooLate()");
    assert!(!is_proven(&mut chain, &game));
}

#[test]
fn who_lets_the_clock_run_out_loses() {
    for claimant_moves in [true, false] {
        let (mut chain, game) = game(&loaded(AsteriscRv64, RV64_ELF));
        send(&mut chain, &game, CLAIMANT, BOND, claim(&game, [0; 32], 100));
        send(&mut chain, &game, CHALLENGER, BOND, challenge(0));
        if !claimant_moves {
            send(&mut chain, &game, CLAIMANT, 0, propose([1; 32]));
        }
        chain.wait(START + PERIOD).unwrap();
        refused(&mut chain, &game, CHALLENGER, 0, timeout(0), "TooEarly()");
        chain.wait(START + PERIOD + 1).unwrap();
        let late = if claimant_moves { (CLAIMANT, propose([1; 32])) } else { (CHALLENGER, respond()) };
        refused(&mut chain, &game, late.0, 0, late.1, "TooLate()");
        send(&mut chain, &game, CHALLENGER, 0, timeout(0));
        let balances = (balance(&mut chain, &game, CLAIMANT), balance(&mut chain, &game, CHALLENGER));
        assert_eq!(balances, if claimant_moves { (0, 2 * BOND) } else { (BOND, 0) });
    }
}

#[test]
fn a_defeated_claim_gives_back_the_other_bonds() {
    let (mut chain, game) = game(&loaded(AsteriscRv64, RV64_ELF));
    let reclaim = call("reclaim(uint256)", &[word(1)]);
    send(&mut chain, &game, CLAIMANT, BOND, claim(&game, [0; 32], 100));
    send(&mut chain, &game, CHALLENGER, BOND, challenge(0));
    send(&mut chain, &game, CHALLENGER, BOND, challenge(0));
    refused(&mut chain, &game, CHALLENGER, 0, reclaim.clone(), "TooEarly()");
    chain.wait(START + PERIOD + 1).unwrap();
    send(&mut chain, &game, CHALLENGER, 0, timeout(0));
    refused(&mut chain, &game, CHALLENGER, 0, timeout(1), "Defeated()");
    send(&mut chain, &game, CHALLENGER, 0, reclaim.clone());
    refused(&mut chain, &game, CHALLENGER, 0, reclaim, "TooEarly()");
    assert_eq!((balance(&mut chain, &game, CLAIMANT), balance(&mut chain, &game, CHALLENGER)), (0, 3 * BOND));
}

#[test]
fn claims_and_challenges_are_bound_to_their_rules() {
    let (mut chain, game) = game(&loaded(AsteriscRv64, RV64_ELF));
    refused(&mut chain, &game, CLAIMANT, BOND - 1, claim(&game, [0; 32], 5), "WrongBond(");
    refused(&mut chain, &game, CLAIMANT, BOND, claim(&game, [3; 32], 5), "NotValid()");
    refused(&mut chain, &game, CLAIMANT, BOND, claim(&game, [0; 32], 0), "NotValid()");
    refused(&mut chain, &game, CHALLENGER, BOND, challenge(0), "0x4e487b71");
    send(&mut chain, &game, CLAIMANT, BOND, claim(&game, [0; 32], 5));
    refused(&mut chain, &game, CHALLENGER, 0, challenge(0), "WrongBond(");
    chain.wait(START + PERIOD).unwrap();
    refused(&mut chain, &game, CHALLENGER, BOND, challenge(0), "TooLate()");
}
