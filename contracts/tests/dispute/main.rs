//! Disputes played to their end, about the program `claim` on both instruction sets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

#[path = "../common/mod.rs"]
mod common;
mod game;
mod program;

use common::Chain;
use fpvm_contracts::Artifact;
use game::{BOND, CHALLENGER, CLAIMANT, Game, PERIOD, START, call, word};
use isa_traits::{Hash, Target};
use mips32::CannonMips32;
use program::Program;
use revm::primitives::Address;
use rv64::AsteriscRv64;

const ATTESTER: Address = Address::repeat_byte(0xa7);

const RV64_ELF: &[u8] = include_bytes!("../../../programs/prebuilt/claim.rv64.elf");
const MIPS32_ELF: &[u8] = include_bytes!("../../../programs/prebuilt/claim.mips32.elf");

fn a_true_claim_stands<T: Target>(target: T, elf: &[u8]) {
    let mut game = Game::new(target, elf);
    let [local, hashed] = game.program.reads();
    for from in [0, local, hashed, game.program.steps - 1] {
        let mut game = Game::new(target, elf);
        assert_eq!(game.play(false, from), from);
        game.step(from);
        assert_eq!((game.balance(CLAIMANT), game.balance(CHALLENGER)), (BOND, 0), "from {from}");
        game.refused(CLAIMANT, 0, call("settle(uint256)", &[word(0)]));
        game.chain.set_time(START + PERIOD);
        game.send(CLAIMANT, 0, call("settle(uint256)", &[word(0)]));
        assert!(game.proven());
        assert_eq!(game.balance(CLAIMANT), 2 * BOND);
        game.send(CLAIMANT, 0, call("withdraw()", &[]));
        assert_eq!(game.balance(CLAIMANT), 0);
    }
}

fn a_false_claim_falls<T: Target>(target: T, elf: &[u8]) {
    let mut game = Game::new(target, elf);
    let [local, hashed] = game.program.reads();
    for from in [0, local, hashed, game.program.steps - 1] {
        let mut game = Game::new(target, elf);
        assert_eq!(game.play(true, from), from);
        game.step(from);
        assert_eq!((game.balance(CLAIMANT), game.balance(CHALLENGER)), (0, 2 * BOND), "from {from}");
        game.chain.set_time(START + 10 * PERIOD);
        game.refused(CLAIMANT, 0, call("settle(uint256)", &[word(0)]));
        assert!(!game.proven());
    }
}

#[test]
fn true_claims_stand() {
    a_true_claim_stands(AsteriscRv64, RV64_ELF);
    a_true_claim_stands(CannonMips32::LATEST, MIPS32_ELF);
}

#[test]
fn false_claims_fall() {
    a_false_claim_falls(AsteriscRv64, RV64_ELF);
    a_false_claim_falls(CannonMips32::LATEST, MIPS32_ELF);
}

#[test]
fn who_lets_the_clock_run_out_loses() {
    let timeout = call("timeout(uint256)", &[word(0)]);
    for claimant_moves in [true, false] {
        let mut game = Game::new(AsteriscRv64, RV64_ELF);
        game.claim([0; 32]);
        game.challenge();
        if !claimant_moves {
            game.send(CLAIMANT, 0, call("propose(uint256,bytes32)", &[word(0), [1; 32]]));
        }
        game.chain.set_time(START + PERIOD);
        game.refused(CHALLENGER, 0, timeout.clone());
        game.chain.set_time(START + PERIOD + 1);
        game.refused(CLAIMANT, 0, call("propose(uint256,bytes32)", &[word(0), [1; 32]]));
        game.refused(CHALLENGER, 0, call("respond(uint256,bool)", &[word(0), word(1)]));
        game.send(CHALLENGER, 0, timeout.clone());
        let balances = (game.balance(CLAIMANT), game.balance(CHALLENGER));
        assert_eq!(balances, if claimant_moves { (0, 2 * BOND) } else { (BOND, 0) });
    }
}

#[test]
fn a_defeated_claim_gives_back_the_other_bonds() {
    let mut game = Game::new(AsteriscRv64, RV64_ELF);
    game.claim([0; 32]);
    game.challenge();
    game.challenge();
    game.refused(CHALLENGER, 0, call("reclaim(uint256)", &[word(1)]));
    game.chain.set_time(START + PERIOD + 1);
    game.send(CHALLENGER, 0, call("timeout(uint256)", &[word(0)]));
    game.refused(CHALLENGER, 0, call("timeout(uint256)", &[word(1)]));
    game.send(CHALLENGER, 0, call("reclaim(uint256)", &[word(1)]));
    game.refused(CHALLENGER, 0, call("reclaim(uint256)", &[word(1)]));
    assert_eq!((game.balance(CLAIMANT), game.balance(CHALLENGER)), (0, 3 * BOND));
}

#[test]
fn claims_and_challenges_are_bound_to_their_rules() {
    let mut game = Game::new(AsteriscRv64, RV64_ELF);
    let claim = |post: Hash, steps| call("claim(bytes32,bytes32,uint64)", &[[9; 32], post, word(steps)]);
    game.refused(CLAIMANT, BOND - 1, claim([0; 32], 5));
    game.refused(CLAIMANT, BOND, claim([3; 32], 5));
    game.refused(CLAIMANT, BOND, claim([0; 32], 0));
    game.refused(CHALLENGER, BOND, call("challenge(uint256)", &[word(0)]));
    game.claim([0; 32]);
    game.refused(CHALLENGER, 0, call("challenge(uint256)", &[word(0)]));
    game.chain.set_time(START + PERIOD);
    game.refused(CHALLENGER, BOND, call("challenge(uint256)", &[word(0)]));
}

/// One statement, proven by the game on each instruction set and by an attester; any two of them suffice.
#[test]
fn the_gate_counts_what_is_proven() {
    let mut rv64 = Game::new(AsteriscRv64, RV64_ELF);
    let mut program = Program::new(CannonMips32::LATEST, MIPS32_ELF);
    assert_eq!(program.statement(), rv64.program.statement(), "one statement on both");
    let mips32 = Game::<CannonMips32>::deploy(&mut rv64.chain, &mut program);
    let attester = ATTESTER.into_word().0;
    let attestation = rv64.chain.deploy(&Artifact::attestation().unwrap().bytecode, &attester);
    let gate_of = |systems: &[Address], quorum: u64| {
        let systems: Vec<Hash> = systems.iter().map(|system| system.into_word().0).collect();
        [&[word(64), word(quorum), word(systems.len() as u64)], &systems[..]].concat().concat()
    };
    let code = Artifact::proof_gate().unwrap().bytecode;
    let gate = rv64.chain.deploy(&code, &gate_of(&[rv64.address, mips32, attestation], 2));
    for (systems, quorum) in [(&[mips32, mips32][..], 2), (&[mips32], 0), (&[mips32], 2)] {
        assert!(!rv64.chain.deploys(&code, &gate_of(systems, quorum)));
    }

    let statement = program.statement();
    let accepted = |chain: &mut Chain| {
        chain.call(gate, call("accepted(bytes32)", &[statement])).output.unwrap()[31] == 1
    };
    let attest = call("attest(bytes32)", &[statement]);
    assert!(rv64.chain.send_from(CLAIMANT, attestation, 0, attest.clone()).output.is_err());
    assert!(rv64.chain.send_from(ATTESTER, attestation, 0, attest).output.is_ok());
    assert!(!accepted(&mut rv64.chain), "one of three");

    let post = program.hash(program.steps);
    let claim = call("claim(bytes32,bytes32,uint64)", &[statement, post, word(program.steps)]);
    assert!(rv64.chain.send_from(CLAIMANT, mips32, BOND, claim).output.is_ok());
    rv64.chain.set_time(START + PERIOD);
    assert!(!accepted(&mut rv64.chain), "a claim that is not settled");
    assert!(rv64.chain.send(mips32, call("settle(uint256)", &[word(0)])).output.is_ok());
    assert!(accepted(&mut rv64.chain), "two of three");
}
