//! Suites of test programs that lie in files a user names.
//!
//! Every case is run plain, recorded and replayed ([`run_in_every_mode`]), from an image that is loaded bare: the
//! segments, and nothing patched. Which files of a directory are cases is each suite's naming rule; what is named
//! itself is always one.

mod arch_test;
mod extensions;
mod files;
mod open_mips;
mod quirks;
mod recorded;
mod riscv_tests;
mod rv64;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ::rv64::AsteriscRv64;
use isa_traits::{Oracle, Target};
use mips32::CannonMips32;
use rayon::prelude::*;
use thiserror::Error;

use crate::modes::{Ran, Trace, run_in_every_mode};
use crate::report::{Case, Outcome};

/// A suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// github.com/riscv-software-src/riscv-tests: ELF files with `-p-` in their names, those with `-v-` being
    /// refused. A program passes by exiting with code 0, or by writing 1 to its symbol `tohost`.
    RiscvTests,
    /// github.com/riscv-non-isa/riscv-arch-test: ELF files with a reference signature beside them.
    ///
    /// For `DIR/x.elf` that is `DIR/x.signature`, `DIR/x.elf.signature`, `DIR/x.reference_output` or
    /// `DIR/x.elf.reference_output`, or else the only file `DIR/Reference-*.signature`, as riscof leaves it. An
    /// ELF file without one is refused. A signature is what lies between the symbols `begin_signature` and
    /// `end_signature`, as lines of hex, each a little-endian number.
    ArchTest,
    /// Cannon's open MIPS tests: files `*.bin`, code at address 0 that returns after reporting at the end of
    /// segment kseg1.
    OpenMips,
    /// What the references made of programs: directories with `manifest.json`, an ELF file and step proofs, and
    /// files `quirks.json` with many tiny programs, each of them a case.
    Vectors,
}

/// What a suite is run on, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The RV64 machine.
    pub rv64: AsteriscRv64,
    /// The MIPS32 machine.
    pub mips32: CannonMips32,
    /// Steps after which a case has failed; the suite's own number if none.
    pub max_steps: Option<u64>,
}

/// How far a suite is, for whoever waits.
#[derive(Debug, Default)]
pub struct Progress {
    /// Cases that are done.
    pub cases: AtomicUsize,
    /// All cases; 0 until they are found.
    pub all: AtomicUsize,
    /// Steps made in every mode, in all cases together.
    pub steps: AtomicU64,
}

/// How long a case may run, and who is told.
#[derive(Clone, Copy)]
struct Limit<'a> {
    max_steps: u64,
    progress: &'a Progress,
}

/// Why a suite could not be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl SuiteError {
    fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }
}

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 4] = [Self::RiscvTests, Self::ArchTest, Self::OpenMips, Self::Vectors];

    /// The name users give.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RiscvTests => "riscv-tests",
            Self::ArchTest => "arch-test",
            Self::OpenMips => "open-mips",
            Self::Vectors => "vectors",
        }
    }

    /// Steps a case may take where the setting tells none.
    const fn max_steps(self) -> u64 {
        match self {
            // Asterisc `rvgo/test/vm_test.go:49`.
            Self::RiscvTests => 10_000,
            Self::ArchTest => 1_000_000,
            // Cannon `cannon/mipsevm/testutil/vmtests.go:72`.
            Self::OpenMips => 1000,
            Self::Vectors => u64::MAX,
        }
    }

    /// Whether a file in a directory is a case.
    fn picks(self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self {
            Self::RiscvTests => (name.contains("-p-") || name.contains("-v-")) && files::is_elf(path),
            Self::ArchTest => files::is_elf(path),
            Self::OpenMips => name.ends_with(".bin"),
            Self::Vectors => recorded::MANIFESTS.contains(&&*name) || quirks::FILES.contains(&&*name),
        }
    }

    /// Runs the cases in some files and directories.
    ///
    /// # Errors
    /// [`SuiteError`] where one of them cannot be read.
    pub fn run(
        self,
        paths: &[PathBuf],
        setting: Setting,
        progress: &Progress,
    ) -> Result<Vec<Case>, SuiteError> {
        let max_steps = setting.max_steps.unwrap_or(self.max_steps());
        let limit = Limit { max_steps, progress };
        let files = files::find(paths, |path| self.picks(path))?;
        let tests: Vec<_> = files.into_iter().flat_map(|file| self.tests(file, setting)).collect();
        progress.all.store(tests.len(), Ordering::Relaxed);
        let run = |(name, test): (String, Test)| {
            let (outcome, trace) = test(limit)?;
            progress.cases.fetch_add(1, Ordering::Relaxed);
            Ok(Case { name, outcome, trace })
        };
        // One by one, so that no thread keeps several long cases to itself.
        tests.into_par_iter().with_max_len(1).map(run).collect()
    }

    /// The cases of a file, by name.
    fn tests(self, files::Found { path, name }: files::Found, setting: Setting) -> Vec<(String, Test)> {
        let Setting { rv64, mips32, .. } = setting;
        let test: Test = match self {
            Self::RiscvTests => Box::new(move |limit| riscv_tests::run(rv64, &path, limit)),
            Self::ArchTest => Box::new(move |limit| arch_test::run(rv64, &path, limit)),
            Self::OpenMips => Box::new(move |limit| open_mips::run(mips32, &path, limit)),
            Self::Vectors if quirks::are_in(&path) => return quirks::tests(&path, &name, setting),
            Self::Vectors => {
                let name = recorded::name(&name, &path);
                return vec![(name, Box::new(move |limit| Ok(recorded::run(setting, &path, limit))))];
            }
        };
        vec![(name, test)]
    }
}

/// A case that is ready to run.
type Test = Box<dyn FnOnce(Limit<'_>) -> Result<Judged, SuiteError> + Send>;

/// What became of a case, and its run.
type Judged = (Outcome, Option<Trace>);

/// A case that failed or is refused before there is a run.
fn without_run(outcome: Outcome) -> Judged {
    (outcome, None)
}

/// Runs a machine in every mode and has the end of the run judged.
fn judge<T: Target, O: Oracle>(
    vm: engine::Vm<T>,
    oracle: &mut O,
    limit: Limit<'_>,
    mut stop: impl FnMut(&engine::Vm<T>) -> bool,
    judgement: impl FnOnce(&mut Ran<T, O::Error>) -> Outcome,
) -> Judged {
    let stop = |vm: &engine::Vm<T>| {
        limit.progress.steps.fetch_add(1, Ordering::Relaxed);
        stop(vm)
    };
    match run_in_every_mode(vm, oracle, limit.max_steps, stop) {
        Ok(mut ran) => (judgement(&mut ran), Some(ran.trace)),
        Err(disagreement) => without_run(Outcome::Failed(disagreement.to_string())),
    }
}

/// Why a run that came to no end has failed.
fn unfinished<T: Target, E: std::fmt::Display>(ran: &Ran<T, E>) -> Outcome {
    Outcome::Failed(match &ran.error {
        Some(error) => error.to_string(),
        None => format!("came to no end in {} steps", ran.trace.steps),
    })
}
