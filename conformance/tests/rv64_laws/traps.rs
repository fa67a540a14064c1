//! A step that is refused leaves no trace, and cannot be verified.

use engine::verify;
use rv64::{AsteriscRv64, Op};

use crate::machine::{Start, run, same_memory};
use crate::random::{CODE, SplitMix64, machine};

/// Makes the step; yields whether it was refused.
fn traps(start: &Start) -> bool {
    let mut vm = start.vm();
    let Some(trap) = run(&mut vm, start.state.step + 1) else { return false };
    assert_eq!(vm.state(), &start.state, "{trap}");
    assert!(same_memory(vm.memory(), &start.memory), "{trap}");
    let before = start.vm().state_hash();
    assert_eq!(vm.state_hash(), before, "{trap}");
    let mut proving = start.vm();
    assert!(proving.prove(&mut crate::machine::Preimages, &mut ()).is_err(), "{trap}");
    assert_eq!(proving.state_hash(), before, "{trap}");
    let mut proof = Vec::new();
    start.memory.clone().path(CODE, |hash| proof.extend_from_slice(hash));
    assert!(verify(&AsteriscRv64, &vm.witness(), &proof, None).is_err(), "{trap}");
    true
}

#[test]
fn a_trap_changes_nothing() {
    let mut rng = SplitMix64(11);
    let mut refused = 0;
    for &op in Op::ALL {
        for _ in 0..25 {
            let raw = rng.next() as u32 & !op.row().mask | op.row().bits;
            for raw in [raw, rng.instruction(op)] {
                refused += u32::from(traps(&machine(&mut rng, CODE, &[raw])));
            }
        }
    }
    for _ in 0..200 {
        let raw = rng.next() as u32;
        refused += u32::from(traps(&machine(&mut rng, CODE, &[raw])));
    }
    assert!(refused > 500, "{refused} were refused");
}
