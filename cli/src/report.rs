//! What became of a run.

use std::fmt;

use alloy_primitives::B256;
use anyhow::Result;
use engine::Vm;
use isa_traits::{Isa, Target};
use oracle::{Count, Counts, KeyType};
use serde::Serialize;

use crate::files;
use crate::log;
use crate::member::Outcome;
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
    /// What this run has asked for, by type of key: a pre-image as often as it was fetched.
    preimages: Vec<Preimages>,
    /// Hints that this run has passed on.
    hints: u64,
    /// Why the run stopped before its end.
    error: Option<String>,
}

/// The pre-images of one type of key.
#[derive(Debug, Serialize)]
pub(crate) struct Preimages {
    #[serde(rename = "type")]
    kind: String,
    count: u64,
    bytes: u64,
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

impl Verdict {
    /// The verdict of a status byte, unless a trap stopped the machine.
    pub(crate) const fn of(status: u8, trapped: bool) -> Self {
        match status {
            _ if trapped => Self::Trap,
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Panic,
            _ => Self::Unfinished,
        }
    }

    /// The verdict in a table of several machines.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Panic => "panic",
            Self::Unfinished => "did not finish",
            Self::Trap => "trap",
        }
    }
}

/// Prints what several machines did, one a line.
pub(crate) fn table(outcomes: &[&Outcome]) -> Result<()> {
    let files: Vec<String> = outcomes.iter().map(|outcome| outcome.file.display().to_string()).collect();
    let width = files.iter().map(String::len).max().unwrap_or(0).max("program".len());
    files::print(format_args!(
        "{:width$}  {:4}  {:14}  {:>4}  {:>14}  {:>9}  {:>9}",
        "program", "isa", "verdict", "exit", "steps", "seconds", "steps/s"
    ))?;
    for (file, outcome) in files.iter().zip(outcomes) {
        let Outcome { isa, verdict, exit_code, steps, seconds, .. } = outcome;
        let exit = exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
        let speed = scaled(*steps as f64 / seconds.max(1e-9));
        files::print(format_args!(
            "{file:width$}  {isa:4}  {:14}  {exit:>4}  {steps:>14}  {seconds:>9.3}  {speed:>9}",
            verdict.words()
        ))?;
    }
    Ok(())
}

impl Preimages {
    fn of((kind, count): (&KeyType, &Count)) -> Self {
        Self { kind: kind.to_string(), count: count.preimages, bytes: count.bytes }
    }
}

impl fmt::Display for Preimages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.count, self.kind, self.bytes)
    }
}

impl Report {
    pub(crate) fn new<T: Target>(
        vm: &mut Vm<T>,
        counts: &Counts,
        seconds: f64,
        steps_made: u64,
        trapped: bool,
        error: Option<String>,
    ) -> Self {
        let state = vm.state();
        let status = Verdict::of(state.status(), trapped);
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
            preimages: counts.by_type.iter().map(Preimages::of).collect(),
            hints: counts.hints,
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
        log::line(format_args!("verdict     {verdict}"));
        log::line(format_args!(
            "steps       {} in {:.3} s, {} steps/s, {} pages",
            self.steps,
            self.seconds,
            scaled(self.steps_per_second),
            self.pages
        ));
        let preimages: Vec<String> = self.preimages.iter().map(Preimages::to_string).collect();
        let preimages = if preimages.is_empty() { "none".to_owned() } else { preimages.join(", ") };
        log::line(format_args!("pre-images  {preimages}; {} hints", self.hints));
        log::line(format_args!("state hash  {}", self.state_hash));
    }
}
