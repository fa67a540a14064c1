//! One run in every mode of the engine: plain, compiled, recorded and replayed.

use alloy_primitives::B256;
use engine::{RunError, StepProof, VerifyError, Vm, keccak256, verify};
use isa_traits::{Concrete, Hart, Hash, Oracle, Target};
use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

/// Proofs that are verified together: on all cores, while as many are recorded. One takes some KiB.
const BATCH: usize = 1024;

/// What a run left behind, in numbers that another implementation can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Steps made.
    pub steps: u64,
    /// Bytes of all step proofs together.
    pub proof_bytes: u64,
    /// The trace digest: from 32 zero bytes, for each step, Keccak-256 of the digest before, Keccak-256 of the
    /// witness before, Keccak-256 of the proof, and the state hash after.
    pub digest: B256,
}

impl Trace {
    /// Goes on by one step, whose witness and proof have these hashes.
    fn add(&mut self, step: &StepProof, [state, proof]: [Hash; 2]) {
        let parts: [Hash; 4] = [self.digest.0, state, proof, step.post];
        self.steps += 1;
        self.proof_bytes += step.proof.len() as u64;
        self.digest = keccak256(parts.as_flattened()).into();
    }
}

/// A run that came out the same in every mode.
#[derive(Debug)]
pub struct Ran<T: Target, E> {
    /// The machine where it stopped.
    pub vm: Vm<T>,
    /// Its steps.
    pub trace: Trace,
    /// Why the machine could not go on, if so.
    pub error: Option<RunError<E>>,
}

/// Two modes that do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// The proof of a step is refused.
    #[error("step {step}: the verifier refuses the proof: {error}")]
    Refused {
        /// Steps made before.
        step: u64,
        /// What the verifier said.
        error: VerifyError,
    },
    /// A step starts from another state than the last one ended in.
    #[error("step {step}: starts from {found}, and the step before ended in {wanted}")]
    Chain {
        /// Steps made before.
        step: u64,
        /// The state hash the step starts from.
        found: B256,
        /// The state hash it should start from.
        wanted: B256,
    },
    /// The verifier comes to another state than the recorder.
    #[error("step {step}: replayed to {found}, recorded as {wanted}")]
    Replayed {
        /// Steps made before.
        step: u64,
        /// The verifier's state hash.
        found: B256,
        /// The recorder's state hash.
        wanted: B256,
    },
    /// The plain run comes to another state than the recorded one.
    #[error("after step {step}: run to {found}, recorded as {wanted}")]
    Plain {
        /// Steps recorded.
        step: u64,
        /// The plain run's step counter, pc and state hash, and its error.
        found: String,
        /// The same of the recorded run.
        wanted: String,
    },
    /// Compiled code comes to another state than the recorded run.
    #[error("after step {step}: compiled code came to {found}, recorded as {wanted}")]
    Compiled {
        /// Steps recorded.
        step: u64,
        /// The compiled run's step counter, pc and state hash, and its error.
        found: String,
        /// The same of the recorded run.
        wanted: String,
    },
}

/// The machine with all its code compiled before it is run a second time; none where nothing can be compiled.
#[cfg(feature = "jit")]
fn with_compiled_code<T: Target>(mut vm: Vm<T>) -> Option<Vm<T>> {
    let options = jit::Options { threshold: 2, schedule: jit::Schedule::Immediate };
    vm.set_tier(Box::new(jit::Jit::new(options)));
    jit::supported().then_some(vm)
}

#[cfg(not(feature = "jit"))]
fn with_compiled_code<T: Target>(_: Vm<T>) -> Option<Vm<T>> {
    None
}

/// Runs `start` in every mode until the guest exits, the machine refuses to go on, `max_steps` steps are made, or
/// `stop` says of a machine before a step that it is enough.
///
/// Each step is recorded and its proof verified; then the same steps are run plainly, and in compiled code.
///
/// # Errors
/// The first [`Disagreement`].
pub fn run_in_every_mode<T: Target, O: Oracle>(
    start: Vm<T>,
    oracle: &mut O,
    max_steps: u64,
    mut stop: impl FnMut(&Vm<T>) -> bool,
) -> Result<Ran<T, O::Error>, Disagreement> {
    let (target, until) = (*start.target(), start.state().step.saturating_add(max_steps));
    let (mut plain, mut compiled) = (start.clone(), with_compiled_code(start.clone()));
    let mut vm = start;
    let (mut trace, mut error, mut ended) = (Trace::default(), None, false);
    let mut hash = vm.state_hash();
    let mut recorded = Vec::new();
    while !ended || !recorded.is_empty() {
        let (proofs, mut checks) = (std::mem::take(&mut recorded), Vec::new());
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| checks = proofs.par_iter().map(|proof| check(target, proof)).collect());
            while recorded.len() < BATCH && !ended {
                if vm.state().exited || vm.state().step >= until || stop(&vm) {
                    ended = true;
                } else {
                    match vm.prove(oracle, &mut ()) {
                        Ok(proof) => recorded.push(proof),
                        Err(found) => (ended, error) = (true, Some(found)),
                    }
                }
            }
        });
        for (proof, check) in proofs.iter().zip(checks) {
            let StepProof { step, pre, post, .. } = *proof;
            if pre != hash {
                return Err(Disagreement::Chain { step, found: pre.into(), wanted: hash.into() });
            }
            trace.add(proof, check?);
            hash = post;
        }
    }
    // A machine that refuses a step is asked for that step once more.
    let until = vm.state().step + u64::from(error.is_some());
    let plain_error = plain.run(until, oracle, &mut ()).err();
    let (found, wanted) = (standing(&mut plain, plain_error.as_ref()), standing(&mut vm, error.as_ref()));
    if found != wanted {
        return Err(Disagreement::Plain { step: vm.state().step, found, wanted });
    }
    if let Some(compiled) = &mut compiled {
        let error = compiled.run(until, oracle, &mut ()).err();
        let found = standing(compiled, error.as_ref());
        if found != wanted {
            return Err(Disagreement::Compiled { step: vm.state().step, found, wanted });
        }
    }
    Ok(Ran { vm, trace, error })
}

/// Verifies a step; yields the hashes of its witness and of its proof.
fn check<T: Target>(target: T, proof: &StepProof) -> Result<[Hash; 2], Disagreement> {
    let StepProof { step, post, .. } = *proof;
    let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
    let (witness, status) = verify(&target, &proof.state, &proof.proof, preimage)
        .map_err(|error| Disagreement::Refused { step, error })?;
    let found = witness.state_hash(status);
    if found != post {
        return Err(Disagreement::Replayed { step, found: found.into(), wanted: post.into() });
    }
    Ok([keccak256(&proof.state), keccak256(&proof.proof)])
}

/// Where a machine stands, in words.
fn standing<T: Target, E: std::fmt::Display>(vm: &mut Vm<T>, error: Option<&RunError<E>>) -> String {
    let hash = B256::from(vm.state_hash());
    let (step, pc) = (vm.state().step, vm.state().hart.pc().get());
    let error = error.map_or_else(String::new, |error| format!(", {error}"));
    format!("step {step}, pc {pc:#x}, state {hash}{error}")
}
