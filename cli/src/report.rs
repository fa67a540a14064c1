//! What became of a run.

use alloy_primitives::B256;
use engine::Vm;
use isa_traits::{Isa, Target};
use serde::Serialize;

use crate::screen::scaled;

/// The one object that `run --json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The instruction set: `rv64`.
    isa: &'static str,
    /// The target and its version: `asterisc-rv64@1.3.0`.
    target: String,
    /// The step counter of the state.
    steps: u64,
    exited: bool,
    /// The guest's exit code; 0 while it has not exited.
    exit_code: u8,
    status: Verdict,
    state_hash: B256,
    /// Time spent running, without loading, hashing and writing.
    seconds: f64,
    /// Steps of this run by that time.
    steps_per_second: f64,
    /// Pages of 4096 bytes the guest has touched.
    pages: usize,
    /// Why the run stopped before its end.
    error: Option<String>,
}

/// The state of the guest in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Exited with code 0.
    Valid,
    /// Exited with code 1.
    Invalid,
    /// Exited with any other code.
    Panic,
    /// Not exited.
    Unfinished,
    /// Stopped by a trap.
    Trap,
}

impl Report {
    pub(crate) fn new<T: Target>(
        vm: &mut Vm<T>,
        seconds: f64,
        steps_made: u64,
        trapped: bool,
        error: Option<String>,
    ) -> Self {
        let state = vm.state();
        let status = match state.status() {
            _ if trapped => Verdict::Trap,
            0 => Verdict::Valid,
            1 => Verdict::Invalid,
            2 => Verdict::Panic,
            _ => Verdict::Unfinished,
        };
        Self {
            isa: T::Isa::NAME,
            target: format!("{}@{}", T::NAME, vm.target().version()),
            steps: state.step,
            exited: state.exited,
            exit_code: state.exit_code,
            status,
            state_hash: vm.state_hash().into(),
            seconds,
            steps_per_second: if steps_made == 0 { 0.0 } else { steps_made as f64 / seconds },
            pages: vm.memory().page_count(),
            error,
        }
    }

    /// The report for people.
    pub(crate) fn print(&self) {
        let verdict = match self.status {
            Verdict::Valid => "valid: the guest exited with code 0".to_owned(),
            Verdict::Invalid => "invalid: the guest exited with code 1".to_owned(),
            Verdict::Panic => format!("panic: the guest exited with code {}", self.exit_code),
            Verdict::Unfinished => "unfinished: the guest has not exited".to_owned(),
            Verdict::Trap => "trap: the machine refused an instruction".to_owned(),
        };
        eprintln!("verdict     {verdict}");
        eprintln!(
            "steps       {} in {:.3} s, {} steps/s, {} pages",
            self.steps,
            self.seconds,
            scaled(self.steps_per_second),
            self.pages
        );
        eprintln!("state hash  {}", self.state_hash);
    }
}
