//! `riscv-tests`.

use std::path::Path;

use ::rv64::AsteriscRv64;

use super::rv64::{self, Ending};
use super::{Judged, Limit, SuiteError, files, without_run};
use crate::report::Outcome;

/// The exit code, and the word at `tohost` (riscv-test-env `p/riscv_test.h`, `RVTEST_PASS`), are
/// `case << 1 | 1` for a case that fails; of success, 0 and 1.
pub(super) fn run(target: AsteriscRv64, path: &Path, limit: Limit<'_>) -> Result<Judged, SuiteError> {
    if path.file_name().unwrap_or_default().to_string_lossy().contains("-v-") {
        return Ok(without_run(Outcome::Refused("virtual memory, the target has none".to_owned())));
    }
    let elf = files::read(path)?;
    Ok(rv64::run(target, &elf, limit, |_, _, ending| match ending {
        Ending::Exit(0) | Ending::ToHost(1) => Outcome::Passed,
        Ending::Exit(code) => failed(code.into()),
        Ending::ToHost(word) => failed(word),
    }))
}

fn failed(code: u64) -> Outcome {
    Outcome::Failed(format!("reports {code}: its case {} failed", code >> 1))
}
