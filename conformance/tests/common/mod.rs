//! What the vectors ask of any target.

use alloy_primitives::{B256, hex};
use engine::{Replay, RunError, Vm, verify};
use fpvm_conformance::vectors::{self, Program, Proof, Quirk};
use isa_traits::{Concrete, Hart, Target};
use oracle::{Memory, Verified};

/// Steps after which a quirk that never ends is cut off, as the reference's runner did.
const CUT_OFF: u64 = 200_000;

fn load<T: Target>(target: T, elf: &[u8]) -> Vm<T> {
    let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
    Vm::new(target, loaded.state, loaded.memory, Vec::new())
}

fn oracle() -> Verified<Memory> {
    Verified::new(vectors::preimages().unwrap())
}

fn state_hash<T: Target>(vm: &mut Vm<T>) -> B256 {
    vm.state_hash().into()
}

/// Runs a program from checkpoint to checkpoint to its end.
pub(crate) fn reaches_every_checkpoint<T: Target>(target: T, isa: &str, name: &str) {
    let Program { elf, manifest, .. } = Program::read(isa, name).unwrap();
    assert!(!manifest.checkpoints.is_empty());
    let mut vm = load(target, &elf);
    assert_eq!(vm.memory().page_count(), manifest.load_pages, "pages after loading");
    assert_eq!(hex::encode(&*vm.witness()), hex::encode(&manifest.initial_witness), "witness after loading");
    assert_eq!(state_hash(&mut vm), manifest.initial_hash, "hash after loading");
    let mut oracle = oracle();
    for checkpoint in &manifest.checkpoints {
        vm.run(checkpoint.step, &mut oracle, &mut ()).unwrap();
        assert_eq!(vm.state().step, checkpoint.step);
        assert_eq!(vm.state().hart.pc().get(), checkpoint.pc.to::<u64>(), "pc at step {}", checkpoint.step);
        assert_eq!(state_hash(&mut vm), checkpoint.hash, "hash at step {}", checkpoint.step);
    }
    vm.run(u64::MAX, &mut oracle, &mut ()).unwrap();
    assert_eq!(vm.state().step, manifest.final_step, "last step");
    assert_eq!(hex::encode(&*vm.witness()), hex::encode(&manifest.final_witness), "last witness");
    assert_eq!(state_hash(&mut vm), manifest.final_hash, "last hash");
    assert_eq!((vm.state().exited, vm.state().exit_code), (true, manifest.exit_code));
    assert_eq!(vm.memory().page_count(), manifest.final_pages, "pages at the end");
}

/// Proves the recorded steps as the reference did, and verifies the recorded proofs and ours.
pub(crate) fn proves_and_verifies_as_the_reference<T: Target>(target: T, isa: &str, name: &str) {
    let Program { elf, proofs, .. } = Program::read(isa, name).unwrap();
    assert!(!proofs.is_empty());
    let mut vm = load(target, &elf);
    let mut oracle = oracle();
    for wanted in &proofs {
        vm.run(wanted.step, &mut oracle, &mut ()).unwrap();
        let found = vm.prove(&mut oracle, &mut ()).unwrap();
        let step = wanted.step;
        assert_eq!(found.step, step);
        assert_eq!(B256::from(found.pre), wanted.pre, "pre of step {step}");
        assert_eq!(B256::from(found.post), wanted.post, "post of step {step}");
        assert_eq!(hex::encode(&found.state), hex::encode(&wanted.state_data), "state of step {step}");
        assert_eq!(found.proof.len(), wanted.proof_data.len(), "bytes of proof {step}");
        let path_bytes = Replay::path_bytes(T::ADDRESS_BITS);
        for (found, wanted) in found.proof.chunks(path_bytes).zip(wanted.proof_data.chunks(path_bytes)) {
            // A path that the step does not need is zeros, and with the reference what an earlier step left.
            if found.iter().any(|&byte| byte != 0) {
                assert_eq!(hex::encode(found), hex::encode(wanted), "proof {step}");
            }
        }
        let prefixed = |(key, value, offset): (_, Vec<u8>, _)| {
            (B256::from(key), [(value.len() as u64).to_be_bytes().as_slice(), &value].concat(), offset)
        };
        let recorded = wanted
            .oracle_key
            .map(|key| (key, wanted.oracle_value.clone().unwrap_or_default().to_vec(), wanted.oracle_offset));
        assert_eq!(found.preimage.map(prefixed), recorded, "pre-image of step {step}");
        verifies(target, wanted, &wanted.proof_data);
        verifies(target, wanted, &found.proof);
    }
}

fn verifies<T: Target>(target: T, step: &Proof, proof: &[u8]) {
    let value = step.oracle_value.as_ref().map(|value| &value[8..]);
    let preimage = step.oracle_key.as_ref().map(|key| &key.0).zip(value);
    let (witness, status) = verify(&target, &step.state_data, proof, preimage).unwrap();
    assert_eq!(B256::from(witness.state_hash(status)), step.post, "step {}", step.step);
}

/// Runs every quirk: where the reference fails our machine refuses the same step, elsewhere the states agree.
/// On the way every step is proven, verified and compared with the run.
pub(crate) fn quirks_behave_as_recorded<T: Target>(target: T, isa: &str, expected: usize) {
    let quirks = vectors::quirks(isa).unwrap();
    assert_eq!(quirks.len(), expected);
    for quirk in &quirks {
        let mut vm = load(target, &quirk.elf);
        let result = vm.run(CUT_OFF, &mut oracle(), &mut ());
        let name = &quirk.name;
        if quirk.error.is_some() {
            let Err(RunError::Trap { step, pc, .. }) = result else { panic!("{name}: not refused") };
            assert_eq!((step + 1, pc), (quirk.steps, quirk.pc.to::<u64>()), "{name}");
        } else {
            result.unwrap();
            assert_eq!(vm.state().step, quirk.steps, "{name}");
            assert_eq!((vm.state().exited, vm.state().exit_code), (quirk.exited, quirk.exit), "{name}");
            assert_eq!(vm.state().hart.pc().get(), quirk.pc.to::<u64>(), "{name}");
            assert_eq!(vm.memory().page_count(), quirk.pages, "{name}");
            assert_eq!(state_hash(&mut vm), quirk.final_hash, "{name}");
        }
        proves_each_step(target, quirk, &mut vm);
    }
}

/// Walks a quirk step by step with proofs; ends in the state that the run ended in.
fn proves_each_step<T: Target>(target: T, quirk: &Quirk, ran: &mut Vm<T>) {
    let mut vm = load(target, &quirk.elf);
    let mut oracle = oracle();
    for _ in 0..ran.state().step.min(1000) {
        let proof = vm.prove(&mut oracle, &mut ()).unwrap();
        let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
        let (witness, status) = verify(&target, &proof.state, &proof.proof, preimage).unwrap();
        assert_eq!(witness.state_hash(status), proof.post, "{} step {}", quirk.name, proof.step);
    }
    if ran.state().step <= 1000 {
        assert_eq!(vm.state_hash(), ran.state_hash(), "{}", quirk.name);
    }
    if quirk.error.is_some() {
        let before = vm.state_hash();
        assert!(matches!(vm.prove(&mut oracle, &mut ()), Err(RunError::Trap { .. })), "{}", quirk.name);
        assert_eq!(vm.state_hash(), before, "{}: a trap changes nothing", quirk.name);
    }
}
