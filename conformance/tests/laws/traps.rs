//! A step that is refused leaves no trace, and cannot be verified.

use engine::verify;
use isa_traits::Target;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::machine::{Preimages, Start, run, same_memory};
use crate::random::{CODE, Random, SplitMix64};

/// Makes the step; yields whether it was refused.
fn traps<T: Target>(start: &Start<T>) -> bool {
    let mut vm = start.vm();
    let Some(trap) = run(&mut vm, start.state.step + 1) else { return false };
    assert_eq!(vm.state(), &start.state, "{trap}");
    assert!(same_memory(vm.memory(), &start.memory), "{trap}");
    let before = start.vm().state_hash();
    assert_eq!(vm.state_hash(), before, "{trap}");
    let mut proving = start.vm();
    assert!(proving.prove(&mut Preimages, &mut ()).is_err(), "{trap}");
    assert_eq!(proving.state_hash(), before, "{trap}");
    let mut proof = Vec::new();
    start.memory.clone().path(CODE, |hash| proof.extend_from_slice(hash));
    assert!(verify(&start.target, &vm.witness(), &proof, None).is_err(), "{trap}");
    true
}

fn a_trap_changes_nothing<T: Random>(least: usize) {
    let mut rng = SplitMix64::new(11);
    let instructions = T::instructions(&mut rng);
    let refused = instructions.iter().filter(|&&raw| traps(&T::machine(&mut rng, &[raw]))).count();
    assert!(refused > least, "{refused} of {} were refused", instructions.len());
}

#[test]
fn a_trap_changes_nothing_on_rv64() {
    a_trap_changes_nothing::<AsteriscRv64>(300);
}

#[test]
fn a_trap_changes_nothing_on_mips32() {
    a_trap_changes_nothing::<CannonMips32>(300);
}
