//! Random programs whose outcomes were written down: the model as far as a test can have it without Python.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::Subject;
use crate::campaign::make;
use crate::case::{Case, Outcome};
use crate::model::Model;
use crate::ours::{Ours, agree};
use crate::regression;

/// The seed of the programs.
pub const SEED: u64 = 0xf0_2026;
/// How many there are.
pub const PROGRAMS: u64 = 512;
/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 8;

/// The recorded programs: every second case is a program.
pub fn programs<T: Subject>() -> impl Iterator<Item = Case> {
    (0..PROGRAMS).map(|number| make::<T>(SEED, 2 * number))
}

/// The file with the digests of an instruction set.
pub fn file<T: Subject>() -> PathBuf {
    regression::directory().join(format!("{}.digests", T::ISA))
}

/// The first 8 bytes of SHA-256 of registers and memory, little-endian.
pub fn digest(outcome: &Outcome) -> u64 {
    let mut hash = Sha256::new();
    for register in &outcome.registers {
        hash.update(register.to_le_bytes());
    }
    hash.update(&outcome.memory);
    hash.finalize().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// What the model makes of the programs, as digests in a row.
///
/// # Errors
/// Where the model cannot be asked, or our machine does not agree with it.
pub fn record<T: Subject>(python: &Path) -> Result<Vec<u8>> {
    let (ours, mut model) = (Ours::<T>::default(), Model::start::<T>(python)?);
    let mut digests = Vec::new();
    for (number, case) in programs::<T>().enumerate() {
        let outcome = model.ask::<T>(&[&case])?.pop().flatten();
        let outcome = outcome.with_context(|| format!("the model crashes on program {number}"))?;
        ensure!(agree::<T>(&ours.run(&case), &outcome), "program {number} differs: run a campaign first");
        digests.extend(digest(&outcome).to_le_bytes());
    }
    Ok(digests)
}
