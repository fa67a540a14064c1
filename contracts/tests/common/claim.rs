//! The program `claim`, whose claim is right, as a machine that disputes are about.

use std::path::Path;

use alloy_primitives::Address;
use conformance::vectors::preimages_above;
use engine::trace::{Limits, Trace};
use engine::{StepProof, Vm};
use fpvm_contracts::chain::{Chain as _, Evm, SpecId};
use fpvm_contracts::dispute::{Bug, Game, Locals, Machine, Terms};
use isa_traits::{Hash, Oracle as _, Target};
use oracle::{Memory, Verified};

pub const CLAIMANT: Address = Address::repeat_byte(0xc1);
pub const CHALLENGER: Address = Address::repeat_byte(0xc2);
pub const BOND: u64 = 1000;
pub const PERIOD: u64 = 3600;
pub const START: u64 = 1_000_000;

pub const RV64_ELF: &[u8] = include_bytes!("../../../programs/prebuilt/claim.rv64.elf");
pub const MIPS32_ELF: &[u8] = include_bytes!("../../../programs/prebuilt/claim.mips32.elf");

/// Close enough that answers are quick.
const LIMITS: Limits = Limits { memory: 1 << 28, interval: 1 << 16 };

fn preimages() -> Memory {
    preimages_above(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/claim")).unwrap()
}

/// The program before its first step.
pub fn loaded<T: Target>(target: T, elf: &[u8]) -> Vm<T> {
    let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
    Vm::new(target, loaded.state, loaded.memory, Vec::new())
}

pub fn locals() -> Locals {
    let mut oracle = Verified::new(preimages());
    Locals([1, 2, 3, 4, 5].map(|index| {
        let mut key = [0; 32];
        (key[0], key[31]) = (1, index);
        let value = oracle.get(&key).unwrap();
        let mut word = [0; 32];
        word[..value.len()].copy_from_slice(value);
        word
    }))
}

/// A chain of today with two who can pay, and a game about a program on it.
pub fn game<T: Target>(start: &Vm<T>) -> (Evm, Game) {
    let mut chain = Evm::new(SpecId::OSAKA);
    chain.enrich(CLAIMANT);
    chain.enrich(CHALLENGER);
    chain.wait(START).unwrap();
    let game = another_game(&mut chain, start);
    (chain, game)
}

pub fn another_game<T: Target>(chain: &mut Evm, start: &Vm<T>) -> Game {
    let prestate = start.clone().state_hash();
    let terms = Terms { prestate, locals: locals(), bond: BOND, period: PERIOD };
    Game::deploy::<T>(chain, CLAIMANT, terms).unwrap()
}

/// A machine that runs, and answers for what it has done.
pub struct Run<T: Target> {
    trace: Trace<T>,
    oracle: Verified<Memory>,
    /// It is stopped after so many steps, if it does not end before.
    pub limit: u64,
    steps: Option<u64>,
}

impl<T: Target> Run<T> {
    pub fn new(start: Vm<T>, limit: u64) -> Self {
        Self { trace: Trace::new(start, LIMITS), oracle: Verified::new(preimages()), limit, steps: None }
    }

    fn seek(&mut self, steps: u64) -> Result<&Vm<T>, String> {
        self.trace.seek(steps, &mut self.oracle, &mut ()).map_err(|error| error.to_string())?;
        Ok(self.trace.vm())
    }

    /// The machine after one more step, made wrong.
    pub fn wrong(&mut self, step: u64, bug: Bug, seed: u64, limit: u64) -> Self {
        let mut oracle = Verified::new(preimages());
        let wrong = bug.make(self.seek(step).unwrap(), &mut oracle, seed);
        Self::new(wrong.unwrap_or_else(|error| panic!("{bug} at step {step}: {error}")), limit)
    }

    /// The steps that read pre-images.
    pub fn reads(start: &Vm<T>) -> Vec<u64> {
        let (mut vm, mut oracle, mut reads) = (start.clone(), Verified::new(preimages()), Vec::new());
        while let Some(contact) = vm.run_to_contact(u64::MAX, &mut oracle, &mut ()).unwrap() {
            reads.extend(contact.read.map(|_| contact.step));
        }
        reads
    }
}

impl<T: Target> Machine for Run<T> {
    type Error = String;

    /// Where it cannot go on it stays.
    fn steps(&mut self) -> Result<u64, String> {
        if let Some(steps) = self.steps {
            return Ok(steps);
        }
        let _ = self.trace.run(self.limit, &mut self.oracle, &mut ());
        let steps = self.trace.vm().state().step;
        self.steps = Some(steps);
        Ok(steps)
    }

    fn state_hash(&mut self, steps: u64) -> Result<Hash, String> {
        self.seek(steps)?;
        Ok(self.trace.state_hash())
    }

    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, String> {
        self.seek(steps)?;
        Ok(self.trace.prove(&mut self.oracle, &mut ()).ok())
    }
}
