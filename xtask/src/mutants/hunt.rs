//! One mutant against the tests that should notice it.

use super::{
    data::{Mutant, Plan, TestTarget},
    scratch::{Built, Copy},
};
use anyhow::{Result, ensure};
use std::{
    fmt, fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// A test program that takes longer has noticed that something is wrong: without mutants each takes seconds.
const PATIENCE: Duration = Duration::from_secs(300);

/// What becomes of a mutant.
pub(crate) enum Fate {
    /// A test failed.
    Killed {
        /// The package, the target and the test.
        by: String,
    },
    /// Every test passed.
    Survived,
    /// It is no mutant: the code does not build with it, or the test fails without it.
    Invalid {
        /// Why.
        error: anyhow::Error,
    },
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed { by } => write!(f, "killed by {by}"),
            Self::Survived => f.write_str("SURVIVED"),
            Self::Invalid { error } => write!(f, "INVALID: {error:#}"),
        }
    }
}

/// What becomes of a mutant in a copy.
pub(crate) fn hunt(copy: &Copy, plan: &Plan, mutant: &Mutant, sound: &mut Vec<TestTarget>) -> Fate {
    try_hunt(copy, plan, mutant, sound).unwrap_or_else(|error| Fate::Invalid { error })
}

/// Puts a mutant into a copy, runs tests until one fails, and takes it out again.
///
/// The test must pass without the mutant: `sound` holds those that did.
fn try_hunt(copy: &Copy, plan: &Plan, mutant: &Mutant, sound: &mut Vec<TestTarget>) -> Result<Fate> {
    let healthy = copy.read(&mutant.file)?;
    copy.write(&mutant.file, &mutant.apply(&healthy)?)?;
    let failed = first_failure(copy, plan.tests(mutant)?);
    copy.write(&mutant.file, &healthy)?;
    let Some((test, failure)) = failed? else {
        return Ok(Fate::Survived);
    };
    if !sound.contains(test) {
        let failure = failure_of(&copy.build(test)?)?;
        ensure!(failure.is_none(), "{test} fails without a mutant: {}", failure.unwrap_or_default());
        sound.push(test.clone());
    }
    Ok(Fate::Killed { by: format!("{test}: {failure}") })
}

/// The first test program in which something fails, and what.
fn first_failure<'a>(copy: &Copy, tests: &'a [TestTarget]) -> Result<Option<(&'a TestTarget, String)>> {
    for test in tests {
        if let Some(failure) = failure_of(&copy.build(test)?)? {
            return Ok(Some((test, failure)));
        }
    }
    Ok(None)
}

/// Runs a test program; yields what failed, if anything did.
fn failure_of(built: &Built) -> Result<Option<String>> {
    let output = tempfile::NamedTempFile::new()?;
    let mut program = Command::new(&built.program);
    program
        .args(&built.filter)
        .current_dir(&built.folder)
        .env("CARGO_MANIFEST_DIR", &built.folder)
        .env("RUST_BACKTRACE", "0");
    let mut child = program.stdout(output.reopen()?).stderr(Stdio::null()).spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(Some("does not come to an end".to_owned()));
        }
        sleep(Duration::from_millis(20));
    };
    if status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&fs::read(output.path())?).into_owned();
    let failed = text.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    ensure!(failed.is_some() || status.code().is_none(), "{} ended with {status}", built.program.display());
    Ok(Some(failed.unwrap_or("the process died").to_owned()))
}
