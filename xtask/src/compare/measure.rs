//! Whole processes, with the CPU time and memory the kernel counts for them.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::{
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};
use wait4::Wait4;

/// A process that ended.
pub(crate) struct Ended {
    /// User and system time, all threads.
    pub(crate) cpu_seconds: f64,
    pub(crate) wall_seconds: f64,
    /// The most memory that was resident.
    pub(crate) peak_bytes: u64,
    success: bool,
    stdout: String,
    stderr: String,
}

/// What `fpvm run --json` prints, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Report {
    pub(crate) steps: u64,
    pub(crate) exited: bool,
    /// Time spent running, without loading and hashing.
    pub(crate) seconds: f64,
    pub(crate) pages: u64,
}

/// A run of `fpvm`.
pub(crate) struct Run {
    pub(crate) process: Ended,
    pub(crate) report: Report,
}

impl Run {
    /// What the guest printed.
    pub(crate) fn output(&self) -> &str {
        &self.process.stderr
    }
}

/// Runs `elf` under `fpvm --engine` to its end.
pub(super) fn fpvm(binary: &Path, engine: &str, elf: &Path) -> Result<Run> {
    let mut command = Command::new(binary);
    command.args(["run", "--json", "--engine", engine]).arg(elf);
    let run = report(command, elf)?;
    ensure!(run.report.exited, "{} did not come to its end", elf.display());
    Ok(run)
}

/// Runs `elf` under `fpvm` to its end, with pre-images from a directory.
pub(crate) fn fpvm_over(binary: &Path, elf: &Path, preimages: &Path) -> Result<Run> {
    let mut command = Command::new(binary);
    command.args(["run", "--json"]).arg(elf).arg("--preimages").arg(preimages);
    report(command, elf)
}

fn report(command: Command, elf: &Path) -> Result<Run> {
    let process = run(command)?;
    let said = process.stderr.trim_end();
    if !process.success {
        bail!("fpvm could not run {}: {said}", elf.display());
    }
    let report = serde_json::from_str(&process.stdout).with_context(|| format!("fpvm run --json: {said}"))?;
    Ok(Run { process, report })
}

/// Runs `elf` under another machine; yields its CPU seconds and what the guest printed.
pub(super) fn peer(binary: &Path, elf: &Path) -> Result<(f64, String)> {
    let mut command = Command::new(binary);
    command.arg(elf);
    let process = run(command)?;
    if !process.success {
        bail!("{} could not run {}: {}", binary.display(), elf.display(), process.stderr.trim_end());
    }
    Ok((process.cpu_seconds, process.stdout))
}

/// The middle one of some measurements, of two the mean.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    (values[lower] + values[upper]) / 2.0
}

/// Runs a program that prints little: less than a pipe holds.
fn run(mut command: Command) -> Result<Ended> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.with_context(|| format!("cannot start {name}"))?;
    let (stdout, stderr) = read_both(&mut child)?;
    let ended = child.wait4().with_context(|| format!("cannot wait for {name}"))?;
    Ok(Ended {
        cpu_seconds: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
        wall_seconds: start.elapsed().as_secs_f64(),
        peak_bytes: ended.rusage.maxrss,
        success: ended.status.success(),
        stdout,
        stderr,
    })
}

fn read_both(child: &mut Child) -> Result<(String, String)> {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    if let Some(pipe) = &mut child.stdout {
        pipe.read_to_string(&mut stdout)?;
    }
    if let Some(pipe) = &mut child.stderr {
        pipe.read_to_string(&mut stderr)?;
    }
    Ok((stdout, stderr))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
    }
}
