//! A game, and those who play it.

use engine::keccak256;
use fpvm_contracts::{Artifact, calldata};
use isa_traits::{Hash, Target};
use revm::primitives::{Address, U256};

use crate::common::Chain;
use crate::program::Program;

pub(crate) const CLAIMANT: Address = Address::repeat_byte(0xc1);
pub(crate) const CHALLENGER: Address = Address::repeat_byte(0xc2);
pub(crate) const BOND: u64 = 1000;
pub(crate) const PERIOD: u64 = 3600;
pub(crate) const START: u64 = 1_000_000;

pub(crate) fn word(value: u64) -> Hash {
    U256::from(value).to_be_bytes()
}

/// The calldata of a call whose arguments are all words.
pub(crate) fn call(signature: &str, words: &[Hash]) -> Vec<u8> {
    [&keccak256(signature.as_bytes())[..4], &words.concat()].concat()
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
pub(crate) struct Game<T: Target> {
    pub(crate) chain: Chain,
    pub(crate) program: Program<T>,
    pub(crate) address: Address,
}

impl<T: Target> Game<T> {
    pub(crate) fn new(target: T, elf: &[u8]) -> Self {
        let mut chain = Chain::new();
        chain.enrich(CLAIMANT);
        chain.enrich(CHALLENGER);
        chain.set_time(START);
        let mut program = Program::new(target, elf);
        let address = Self::deploy(&mut chain, &mut program);
        Self { chain, program, address }
    }

    pub(crate) fn deploy(chain: &mut Chain, program: &mut Program<T>) -> Address {
        let stepper = chain.stepper::<T>().into_word().0;
        let arguments = [stepper, program.hash(0), word(BOND), word(PERIOD)].concat();
        chain.deploy(&Artifact::dispute_game().unwrap().bytecode, &arguments)
    }

    pub(crate) fn send(&mut self, from: Address, value: u64, data: Vec<u8>) {
        let called = self.chain.send_from(from, self.address, value, data);
        assert!(called.output.is_ok(), "refused: {called:?}");
    }

    pub(crate) fn refused(&mut self, from: Address, value: u64, data: Vec<u8>) {
        let called = self.chain.send_from(from, self.address, value, data);
        assert!(called.output.is_err(), "accepted");
    }

    pub(crate) fn claim(&mut self, post: Hash) {
        let claim = [self.program.statement(), post, word(self.program.steps)];
        self.send(CLAIMANT, BOND, call("claim(bytes32,bytes32,uint64)", &claim));
    }

    pub(crate) fn challenge(&mut self) {
        self.send(CHALLENGER, BOND, call("challenge(uint256)", &[word(0)]));
    }

    /// Claims and challenges, the one party lying from the state after step `from` on, and halves the steps until one
    /// is left; yields which.
    pub(crate) fn play(&mut self, claimant_lies: bool, from: u64) -> u64 {
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
    pub(crate) fn step(&mut self, step: u64) {
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

    pub(crate) fn balance(&mut self, who: Address) -> u64 {
        let balance = self.chain.call(self.address, call("balances(address)", &[who.into_word().0]));
        U256::from_be_slice(&balance.output.unwrap()).to()
    }

    pub(crate) fn proven(&mut self) -> bool {
        let proven = self.chain.call(self.address, call("proven(bytes32)", &[self.program.statement()]));
        proven.output.unwrap()[31] == 1
    }
}
