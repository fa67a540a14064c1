//! The gate in front of several proof systems.

use alloy_primitives::Address;
use fpvm_contracts::Artifact;
use fpvm_contracts::calldata::{call, word};
use fpvm_contracts::chain::{Chain as _, Evm, Message};
use fpvm_contracts::dispute::Machine as _;
use isa_traits::Hash;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::common::claim::{
    BOND, CLAIMANT, MIPS32_ELF, PERIOD, RV64_ELF, Run, START, another_game, game, loaded,
};
use crate::rules::claim;

const ATTESTER: Address = Address::repeat_byte(0xa7);

fn message(from: Address, to: Address, value: u64, data: Vec<u8>) -> Message {
    Message { from, to: Some(to), value, data }
}

/// One statement, proven by the game on each instruction set and by an attester; any two of them suffice.
#[test]
fn the_gate_counts_what_is_proven() {
    let (mut chain, rv64) = game(&loaded(AsteriscRv64, RV64_ELF));
    let start = loaded(CannonMips32::LATEST, MIPS32_ELF);
    let mips32 = another_game(&mut chain, &start);
    let statement = mips32.terms.locals.statement();
    assert_eq!(statement, rv64.terms.locals.statement(), "one statement on both");
    let deploy = |chain: &mut Evm, artifact: Artifact, arguments: &[Hash]| {
        let data = [&artifact.bytecode[..], &arguments.concat()].concat();
        chain
            .send(&Message { from: CLAIMANT, to: None, value: 0, data })
            .map(|receipt| receipt.created.unwrap())
    };
    let attestation = Artifact::attestation().unwrap();
    let attestation = deploy(&mut chain, attestation, &[ATTESTER.into_word().0]).unwrap();
    let gate_of = |chain: &mut Evm, systems: &[Address], quorum: u64| {
        let systems = systems.iter().map(|system| system.into_word().0);
        let arguments: Vec<Hash> =
            [word(64), word(quorum), word(systems.len() as u64)].into_iter().chain(systems).collect();
        deploy(chain, Artifact::proof_gate().unwrap(), &arguments)
    };
    let gate = gate_of(&mut chain, &[rv64.address, mips32.address, attestation], 2).unwrap();
    let game = mips32.address;
    for (systems, quorum) in [(&[game, game][..], 2), (&[game], 0), (&[game], 2)] {
        gate_of(&mut chain, systems, quorum).unwrap_err();
    }
    let accepted = |chain: &mut Evm| {
        chain.call(&message(CLAIMANT, gate, 0, call("accepted(bytes32)", &[statement]))).unwrap()[31] == 1
    };

    let attest = call("attest(bytes32)", &[statement]);
    chain.send(&message(CLAIMANT, attestation, 0, attest.clone())).unwrap_err();
    chain.send(&message(ATTESTER, attestation, 0, attest)).unwrap();
    assert!(!accepted(&mut chain), "one of three");

    let mut run = Run::new(start, u64::MAX);
    let steps = run.steps().unwrap();
    let claim = claim(&mips32, run.state_hash(steps).unwrap(), steps);
    chain.send(&message(CLAIMANT, mips32.address, BOND, claim)).unwrap();
    chain.wait(START + PERIOD).unwrap();
    assert!(!accepted(&mut chain), "a claim that is not settled");
    chain.send(&message(CLAIMANT, mips32.address, 0, call("settle(uint256)", &[word(0)]))).unwrap();
    assert!(accepted(&mut chain), "two of three");
}
