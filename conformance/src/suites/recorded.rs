//! `vectors`: what the references did on recorded programs.

use std::path::Path;

use alloy_primitives::{B256, hex};
use engine::{Replay, RunError, Vm, verify};
use isa_traits::{Concrete, Hart, Target};
use loader::{Kind, Options};
use oracle::{Memory, Verified};

use super::{Judged, Limit, Setting, judge, unfinished, without_run};
use crate::report::Outcome;
use crate::vectors::{self, Manifest, Program, Proof};

/// What a directory with a recorded program holds one of.
pub(super) const MANIFESTS: [&str; 2] = ["manifest.json", "manifest.json.gz"];

/// The name of a program whose manifest is at `path` and called `name`: that of its folder.
pub(super) fn name(name: &str, path: &Path) -> String {
    let folder = match Path::new(name).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => path.parent().and_then(Path::file_name).unwrap_or_default().into(),
    };
    folder.display().to_string()
}

/// The program whose manifest is at `path`.
pub(super) fn run(setting: Setting, path: &Path, limit: Limit<'_>) -> Judged {
    let folder = path.parent().unwrap_or(Path::new("."));
    let read = Program::read_in(folder).and_then(|program| Ok((vectors::preimages_above(folder)?, program)));
    let (preimages, program) = match read {
        Ok(read) => read,
        Err(error) => return without_run(Outcome::Failed(format!("cannot be read: {error}"))),
    };
    match Kind::of(&program.elf) {
        Ok(kind) if kind == Kind::from(setting.rv64.elf()) => on(setting.rv64, &program, preimages, limit),
        _ => on(setting.mips32, &program, preimages, limit),
    }
}

fn on<T: Target>(target: T, program: &Program, preimages: Memory, limit: Limit<'_>) -> Judged {
    let steps = program.manifest.final_step;
    if steps > limit.max_steps {
        let reason = format!("takes {steps} steps, and {} are allowed", limit.max_steps);
        return without_run(Outcome::Failed(reason));
    }
    let vm = match loader::load(&target, &program.elf, Options::default()) {
        Ok(loaded) => Vm::new(target, loaded.state, loaded.memory, Vec::new()),
        Err(error) => return without_run(Outcome::Failed(error.to_string())),
    };
    let mut oracle = Verified::new(preimages);
    let mut walked = vm.clone();
    if let Err(reason) = walk(&mut walked, program, &mut oracle) {
        return without_run(Outcome::Failed(reason));
    }
    judge(
        vm,
        &mut oracle,
        Limit { max_steps: steps, ..limit },
        |_| false,
        |ran| match ran.vm.state().exited {
            true => same("the state at the end", hash(&mut ran.vm), program.manifest.final_hash)
                .map_or_else(Outcome::Failed, |()| Outcome::Passed),
            false => unfinished(ran),
        },
    )
}

/// Runs from each recorded step to the next, comparing what is recorded there, and to the end.
fn walk<T: Target>(vm: &mut Vm<T>, program: &Program, oracle: &mut Verified<Memory>) -> Result<(), String> {
    let Manifest { load_pages, initial_hash, final_step, final_pages, exit_code, .. } = program.manifest;
    same("pages after loading", vm.memory().page_count(), load_pages)?;
    same("the state after loading", hash(vm), initial_hash)?;
    let mut proofs = program.proofs.iter().peekable();
    for checkpoint in &program.manifest.checkpoints {
        while let Some(proof) = proofs.next_if(|proof| proof.step < checkpoint.step) {
            run_to(vm, oracle, proof.step)?;
            prove(vm, oracle, proof)?;
        }
        let step = checkpoint.step;
        run_to(vm, oracle, step)?;
        same(&format!("the pc at step {step}"), vm.state().hart.pc().get(), checkpoint.pc.to())?;
        same(&format!("the state at step {step}"), hash(vm), checkpoint.hash)?;
    }
    for proof in proofs {
        run_to(vm, oracle, proof.step)?;
        prove(vm, oracle, proof)?;
    }
    run_to(vm, oracle, final_step)?;
    same("the last step", vm.state().step, final_step)?;
    same("the exit code", vm.state().exit_code, exit_code)?;
    same("pages at the end", vm.memory().page_count(), final_pages)
}

fn run_to<T: Target>(vm: &mut Vm<T>, oracle: &mut Verified<Memory>, step: u64) -> Result<(), String> {
    vm.run(step, oracle, &mut ()).map_err(|error: RunError<_>| error.to_string())
}

/// Makes a recorded step; its proof should be the recorded one, and both should be verified.
fn prove<T: Target>(vm: &mut Vm<T>, oracle: &mut Verified<Memory>, wanted: &Proof) -> Result<(), String> {
    let step = wanted.step;
    let found = vm.prove(oracle, &mut ()).map_err(|error| error.to_string())?;
    same("the step proven", found.step, step)?;
    same(&format!("pre of step {step}"), B256::from(found.pre), wanted.pre)?;
    same(&format!("post of step {step}"), B256::from(found.post), wanted.post)?;
    same(&format!("state-data of step {step}"), hex::encode(&found.state), hex::encode(&wanted.state_data))?;
    same(&format!("bytes of the proof of step {step}"), found.proof.len(), wanted.proof_data.len())?;
    let path_bytes = Replay::path_bytes(T::ADDRESS_BITS);
    for (found, wanted) in found.proof.chunks(path_bytes).zip(wanted.proof_data.chunks(path_bytes)) {
        // A path that the step does not need is zeros, and with the reference what an earlier step left.
        if found.iter().any(|&byte| byte != 0) {
            same(&format!("proof-data of step {step}"), hex::encode(found), hex::encode(wanted))?;
        }
    }
    same(&format!("the key of step {step}"), found.preimage.map(|(key, ..)| key.into()), wanted.oracle_key)?;
    for proof in [&found.proof, &wanted.proof_data.to_vec()] {
        verifies(vm.target(), wanted, proof)?;
    }
    Ok(())
}

fn verifies<T: Target>(target: &T, step: &Proof, proof: &[u8]) -> Result<(), String> {
    let value = step.oracle_value.as_ref().and_then(|value| value.get(vectors::PREFIX_BYTES..));
    let preimage = step.oracle_key.as_ref().map(|key| &key.0).zip(value);
    let (witness, status) = verify(target, &step.state_data, proof, preimage)
        .map_err(|error| format!("the proof of step {}: {error}", step.step))?;
    same(&format!("step {} replayed", step.step), B256::from(witness.state_hash(status)), step.post)
}

pub(super) fn hash<T: Target>(vm: &mut Vm<T>) -> B256 {
    vm.state_hash().into()
}

pub(super) fn same<V: PartialEq + std::fmt::Debug>(what: &str, found: V, wanted: V) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, recorded is {wanted:?}")) }
}
