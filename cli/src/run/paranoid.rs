//! `--paranoid`: a proof that is not trusted to hold.

use std::path::Path;

use anyhow::{Context, Result};
use engine::{StepProof, verify};
use isa_traits::Target;

use crate::files;

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

/// Writes a step proof.
pub(super) fn write_proof(path: &Path, proof: &StepProof) -> Result<()> {
    files::write(path, |to| {
        serde_json::to_writer(&mut *to, proof).context("JSON")?;
        Ok(to.write_all(b"\n")?)
    })
}

/// A file name with the step in place of `%d`.
pub(super) fn step_name(format: &str, step: u64) -> String {
    format.replace("%d", &step.to_string())
}
