//! The model's side: a Python process with Unicorn.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::Subject;
use crate::case::{Case, Outcome};

/// What the process runs.
const DRIVER: &str = include_str!("model.py");

/// A model that runs.
#[derive(Debug)]
pub struct Model {
    python: PathBuf,
    process: Process,
    /// Name and version.
    pub name: String,
    /// How often it crashed or did not come to an end.
    pub crashes: u64,
}

#[derive(Debug)]
struct Process {
    child: Child,
    requests: ChildStdin,
    answers: ChildStdout,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It waits for requests and holds nothing worth saving.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start<T: Subject>(python: &Path) -> Result<(Self, String)> {
        let regions = T::REGIONS.iter().map(|(at, bytes)| format!("{at:x}:{bytes:x}"));
        let mut command = Command::new(python);
        command.args(["-c", DRIVER, T::ISA]).args(regions).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", python.display()))?;
        let (requests, answers) = (child.stdin.take(), child.stdout.take());
        let (requests, answers) = requests.zip(answers).context("the model's pipes are gone")?;
        let mut process = Self { child, requests, answers };
        let bytes = process.read(4)?;
        let bytes = bytes.first_chunk().map_or(0, |count| u32::from_le_bytes(*count) as usize);
        let name = String::from_utf8(process.read(bytes)?)?;
        Ok((process, name))
    }

    fn read(&mut self, bytes: usize) -> Result<Vec<u8>> {
        let mut buffer = vec![0; bytes];
        self.answers.read_exact(&mut buffer).context("the model does not answer")?;
        Ok(buffer)
    }

    fn ask<T: Subject>(&mut self, cases: &[&Case]) -> Result<Vec<Outcome>> {
        let mut batch = Vec::new();
        for case in cases {
            case.write(T::word, &mut batch);
        }
        self.requests.write_all(&(cases.len() as u32).to_le_bytes())?;
        self.requests.write_all(&(batch.len() as u32).to_le_bytes())?;
        self.requests.write_all(&batch)?;
        self.requests.flush()?;
        let mut outcomes = Vec::new();
        for case in cases {
            let answer = self.read(case.outcome_bytes())?;
            outcomes.push(Outcome::read(&answer, case.registers.len()).context("the answer is too short")?);
        }
        Ok(outcomes)
    }
}

impl Model {
    /// Starts the model with a Python that has the module `unicorn`.
    ///
    /// # Errors
    /// Where the process does not start or does not say its name.
    pub fn start<T: Subject>(python: &Path) -> Result<Self> {
        let (process, name) = Process::start::<T>(python).with_context(|| {
            format!("{} cannot run Unicorn; install it with: pip install unicorn", python.display())
        })?;
        Ok(Self { python: python.into(), process, name, crashes: 0 })
    }

    /// What the model makes of cases; none where it crashes.
    ///
    /// # Errors
    /// Where the process cannot be started again after a crash.
    pub fn ask<T: Subject>(&mut self, cases: &[&Case]) -> Result<Vec<Option<Outcome>>> {
        if cases.is_empty() {
            return Ok(Vec::new());
        }
        if let Ok(outcomes) = self.process.ask::<T>(cases) {
            return Ok(outcomes.into_iter().map(Some).collect());
        }
        // A crash comes with a signal; a status is the driver's own, and says that it or the batch is wrong.
        let status = self.process.child.wait()?;
        ensure!(status.code().is_none(), "the driver of the model failed: {status}");
        self.process = Process::start::<T>(&self.python)?.0;
        if cases.len() == 1 {
            self.crashes += 1;
            return Ok(vec![None]);
        }
        let (left, right) = cases.split_at(cases.len() / 2);
        let mut outcomes = self.ask::<T>(left)?;
        outcomes.extend(self.ask::<T>(right)?);
        Ok(outcomes)
    }
}
