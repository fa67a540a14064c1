//! The program that is disputed.

use std::path::Path;

use conformance::vectors::preimages_above;
use engine::{StepProof, Vm, keccak256};
use isa_traits::{Hash, Oracle as _, Target};
use oracle::{Memory, Verified};

fn claim_preimages() -> Memory {
    preimages_above(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/claim")).unwrap()
}

/// The program and all its states, on one machine.
pub(crate) struct Program<T: Target> {
    start: Vm<T>,
    oracle: Verified<Memory>,
    pub(crate) steps: u64,
    pub(crate) locals: [Hash; 5],
}

impl<T: Target> Program<T> {
    pub(crate) fn new(target: T, elf: &[u8]) -> Self {
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

    pub(crate) fn hash(&mut self, step: u64) -> Hash {
        self.at(step).state_hash()
    }

    pub(crate) fn proof(&mut self, step: u64) -> StepProof {
        let mut vm = self.at(step);
        vm.prove(&mut self.oracle, &mut ()).unwrap()
    }

    pub(crate) fn statement(&self) -> Hash {
        keccak256(&self.locals.concat())
    }

    /// The first steps that read a local pre-image and one named by its hash.
    pub(crate) fn reads(&mut self) -> [u64; 2] {
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
