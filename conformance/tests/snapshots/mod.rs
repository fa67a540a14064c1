//! Machines in the middle of a run, and their files.

#![allow(dead_code, reason = "each test file takes the helpers it needs")]

pub(crate) mod files;

use alloy_primitives::B256;
use engine::Vm;
use fpvm_conformance::vectors::{self, Program};
use isa_traits::Target;
use oracle::{Memory, Verified};

pub(crate) fn oracle() -> Verified<Memory> {
    Verified::new(vectors::preimages().unwrap())
}

pub(crate) fn load<T: Target>(target: T, elf: &[u8]) -> Vm<T> {
    let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
    Vm::new(target, loaded.state, loaded.memory, Vec::new())
}

pub(crate) fn state_hash<T: Target>(vm: &mut Vm<T>) -> B256 {
    vm.state_hash().into()
}

/// `preimg` in the middle of its run.
pub(crate) fn halfway<T: Target>(target: T, isa: &str) -> Vm<T> {
    let program = Program::read(isa, "preimg").unwrap();
    let mut vm = load(target, &program.elf);
    vm.run(program.manifest.final_step / 2, &mut oracle(), &mut ()).unwrap();
    vm
}
