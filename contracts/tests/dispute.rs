//! Disputes played to their end, about the program `claim` on both instruction sets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::path::Path;

use common::Chain;
use conformance::vectors::preimages_above;
use engine::{StepProof, Vm, keccak256};
use fpvm_contracts::{Artifact, calldata};
use isa_traits::{Hash, Oracle as _, Target};
use mips32::CannonMips32;
use oracle::{Memory, Verified};
use revm::primitives::{Address, U256};
use rv64::AsteriscRv64;

const CLAIMANT: Address = Address::repeat_byte(0xc1);
const CHALLENGER: Address = Address::repeat_byte(0xc2);
const ATTESTER: Address = Address::repeat_byte(0xa7);
const BOND: u64 = 1000;
const PERIOD: u64 = 3600;
const START: u64 = 1_000_000;

const RV64_ELF: &[u8] = include_bytes!("../../programs/prebuilt/claim.rv64.elf");
const MIPS32_ELF: &[u8] = include_bytes!("../../programs/prebuilt/claim.mips32.elf");

fn word(value: u64) -> Hash {
    U256::from(value).to_be_bytes()
}

/// The calldata of a call whose arguments are all words.
fn call(signature: &str, words: &[Hash]) -> Vec<u8> {
    [&keccak256(signature.as_bytes())[..4], &words.concat()].concat()
}

fn claim_preimages() -> Memory {
    preimages_above(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/claim")).unwrap()
}

/// The program and all its states, on one machine.
struct Program<T: Target> {
    start: Vm<T>,
    oracle: Verified<Memory>,
    steps: u64,
    locals: [Hash; 5],
}

impl<T: Target> Program<T> {
    fn new(target: T, elf: &[u8]) -> Self {
        let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
        let start = Vm::new(target, loaded.state, loaded.memory, Vec::new());
        let mut oracle = Verified::new(claim_preimages());
        let mut local = |index: u8| {
            let mut key = [0; 32];
            (key[0], key[31]) = (1, index);
            let value = oracle.get(&key).unwrap();
            let mut word = [0; 32];
            word[..value.len()].copy_from_slice(value);
            word
        };
        let locals = [1, 2, 3, 4, 5].map(&mut local);
        let mut program = Self { start, oracle, steps: 0, locals };
        let end = program.at(u64::MAX);
        program.steps = end.state().step;
        assert_eq!((end.state().exited, end.state().exit_code), (true, 0), "the claim is right");
        program
    }

    fn at(&mut self, step: u64) -> Vm<T> {
        let mut vm = self.start.clone();
        vm.run(step, &mut self.oracle, &mut ()).unwrap();
        vm
    }

    fn hash(&mut self, step: u64) -> Hash {
        self.at(step).state_hash()
    }

    fn proof(&mut self, step: u64) -> StepProof {
        let mut vm = self.at(step);
        vm.prove(&mut self.oracle, &mut ()).unwrap()
    }

    fn statement(&self) -> Hash {
        keccak256(&self.locals.concat())
    }

    /// The first steps that read a local pre-image and one named by its hash.
    fn reads(&mut self) -> [u64; 2] {
        let mut vm = self.start.clone();
        let mut found = [None; 2];
        while found.contains(&None) {
            let contact = vm.run_to_contact(u64::MAX, &mut self.oracle, &mut ()).unwrap().unwrap();
            if let Some((key, _)) = contact.read {
                found[usize::from(key[0] != 1)].get_or_insert(contact.step);
            }
        }
        found.map(Option::unwrap)
    }
}

/// What a liar says of the state at `step`, where it lies from the state after step `from` on: a hash of a valid end.
fn lie(truth: Hash, step: u64, from: u64) -> Hash {
    if step <= from {
        return truth;
    }
    let mut hash = keccak256(&truth);
    hash[0] = truth[0];
    hash
}

/// A game about a program, on a chain.
struct Game<T: Target> {
    chain: Chain,
    program: Program<T>,
    address: Address,
}

impl<T: Target> Game<T> {
    fn new(target: T, elf: &[u8]) -> Self {
        let mut chain = Chain::new();
        chain.enrich(CLAIMANT);
        chain.enrich(CHALLENGER);
        chain.set_time(START);
        let mut program = Program::new(target, elf);
        let address = Self::deploy(&mut chain, &mut program);
        Self { chain, program, address }
    }

    fn deploy(chain: &mut Chain, program: &mut Program<T>) -> Address {
        let stepper = chain.stepper::<T>().into_word().0;
        let arguments = [stepper, program.hash(0), word(BOND), word(PERIOD)].concat();
        chain.deploy(&Artifact::dispute_game().unwrap().bytecode, &arguments)
    }

    fn send(&mut self, from: Address, value: u64, data: Vec<u8>) {
        let called = self.chain.send_from(from, self.address, value, data);
        assert!(called.output.is_ok(), "refused: {called:?}");
    }

    fn refused(&mut self, from: Address, value: u64, data: Vec<u8>) {
        let called = self.chain.send_from(from, self.address, value, data);
        assert!(called.output.is_err(), "accepted");
    }

    fn claim(&mut self, post: Hash) {
        let claim = [self.program.statement(), post, word(self.program.steps)];
        self.send(CLAIMANT, BOND, call("claim(bytes32,bytes32,uint64)", &claim));
    }

    fn challenge(&mut self) {
        self.send(CHALLENGER, BOND, call("challenge(uint256)", &[word(0)]));
    }

    /// Claims and challenges, the one party lying from the state after step `from` on, and halves the steps until one
    /// is left; yields which.
    fn play(&mut self, claimant_lies: bool, from: u64) -> u64 {
        let steps = self.program.steps;
        let end = self.program.hash(steps);
        self.claim(if claimant_lies { lie(end, steps, from) } else { end });
        self.challenge();
        let (mut low, mut high) = (0, steps);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let truth = self.program.hash(middle);
            let lied = lie(truth, middle, from);
            let (claimed, believed) = if claimant_lies { (lied, truth) } else { (truth, lied) };
            self.refused(CHALLENGER, 0, call("propose(uint256,bytes32)", &[word(0), claimed]));
            self.send(CLAIMANT, 0, call("propose(uint256,bytes32)", &[word(0), claimed]));
            self.refused(CLAIMANT, 0, call("respond(uint256,bool)", &[word(0), word(1)]));
            let agrees = claimed == believed;
            self.send(CHALLENGER, 0, call("respond(uint256,bool)", &[word(0), word(agrees.into())]));
            (low, high) = if agrees { (middle, high) } else { (low, middle) };
        }
        low
    }

    /// The one step that is left.
    fn step(&mut self, step: u64) {
        let proof = self.program.proof(step);
        match &proof.preimage {
            Some((key, _, offset)) if key[0] == 1 => {
                let mut words = self.program.locals.to_vec();
                words.extend([word(key[31].into()), word(*offset)]);
                self.send(CHALLENGER, 0, call("loadLocal(bytes32[5],uint256,uint256)", &words));
            }
            Some(preimage) => self.chain.load(preimage, &[0; 32]),
            None => {}
        }
        // step(uint256,bytes,bytes): the tail of a stepper's calldata, behind two offsets and the challenge.
        let tail = calldata::step(&proof.state, &proof.proof, &[0; 32])[100..].to_vec();
        let head =
            [word(0), word(96), word(96 + 32 + proof.state.len().next_multiple_of(32) as u64)].concat();
        let data = [&keccak256(b"step(uint256,bytes,bytes)")[..4], &head, &tail].concat();
        let mut other = data.clone();
        other[4 + 3 * 32 + 32 + 100] ^= 1;
        self.refused(CHALLENGER, 0, other);
        self.send(CHALLENGER, 0, data.clone());
        self.refused(CHALLENGER, 0, data);
    }

    fn balance(&mut self, who: Address) -> u64 {
        let balance = self.chain.call(self.address, call("balances(address)", &[who.into_word().0]));
        U256::from_be_slice(&balance.output.unwrap()).to()
    }

    fn proven(&mut self) -> bool {
        let proven = self.chain.call(self.address, call("proven(bytes32)", &[self.program.statement()]));
        proven.output.unwrap()[31] == 1
    }
}

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
