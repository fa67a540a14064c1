//! Files that are written at a step.

use std::path::Path;

use anyhow::{Context, Result};
use engine::StepProof;

use crate::files;

/// A file name with the step in place of `%d`.
pub(super) fn step_name(format: &str, step: u64) -> String {
    format.replace("%d", &step.to_string())
}

/// Writes a step proof.
pub(super) fn write_proof(path: &Path, proof: &StepProof) -> Result<()> {
    files::write(path, |to| {
        serde_json::to_writer(&mut *to, proof).context("JSON")?;
        Ok(to.write_all(b"\n")?)
    })
}
