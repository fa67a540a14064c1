//! `--paranoid`: a proof that is not trusted to hold.

use anyhow::Result;
use engine::{StepProof, verify};
use isa_traits::Target;

use super::per_step::{step_name, write_proof};

/// Where the evidence goes when a step and its verification disagree.
const EVIDENCE: &str = "paranoid-%d.json";

/// Verifies a step just made. Yields what is wrong with it, if anything, once the proof is kept.
pub(super) fn check<T: Target>(target: &T, proof: &StepProof) -> Result<Option<String>> {
    let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
    let wrong = match verify(target, &proof.state, &proof.proof, preimage) {
        Ok((witness, status)) if witness.state_hash(status) == proof.post => return Ok(None),
        Ok(_) => "its proof leads to another state".to_owned(),
        Err(error) => format!("its proof does not verify: {error}"),
    };
    let name = step_name(EVIDENCE, proof.step);
    write_proof(name.as_ref(), proof)?;
    Ok(Some(format!("step {}: {wrong}; the proof is kept in {name}; this is a bug of fpvm", proof.step)))
}
