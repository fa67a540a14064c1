//! Campaigns of `fpvm-fuzz`; `cargo xtask fuzz` prepares what they need.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use fpvm_fuzz::campaign::{self, Findings, Limits};
use fpvm_fuzz::regression::{self, Regression};
use fpvm_fuzz::{Subject, recorded};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

#[derive(Parser)]
#[command(about = "Hold fpvm against random instructions")]
struct Arguments {
    /// A Python that has the module unicorn.
    #[arg(long)]
    python: PathBuf,
    /// The instruction set.
    #[arg(long)]
    isa: IsaName,
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Copy, ValueEnum)]
enum IsaName {
    Rv64,
    Mips32,
}

#[derive(Subcommand)]
enum Task {
    /// Run random cases here and on the model, and print what came of it as JSON.
    Campaign {
        /// Instructions to execute.
        #[arg(long)]
        instructions: u64,
        /// Minutes to spend.
        #[arg(long)]
        minutes: u64,
        /// What the random numbers start from.
        #[arg(long)]
        seed: u64,
        /// What is tested: commit and day, for the report.
        #[arg(long)]
        origin: String,
    },
    /// Write down what the model makes of the recorded programs, and one case of each quirk, for the tests.
    Record,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.isa {
        IsaName::Rv64 => run::<AsteriscRv64>(&arguments),
        IsaName::Mips32 => run::<CannonMips32>(&arguments),
    }
}

fn run<T: Subject>(arguments: &Arguments) -> Result<()> {
    let python = arguments.python.as_path();
    match &arguments.task {
        &Task::Campaign { instructions, minutes, seed, ref origin } => {
            let limits = Limits { instructions, time: Duration::from_secs(60 * minutes) };
            let findings =
                Findings { origin: origin.clone(), ..campaign::run::<T>(python, seed, limits, progress())? };
            for difference in &findings.differences {
                let name = format!("{}-{:016x}", T::ISA, recorded::digest(&difference.outcome));
                keep(&regression::directory(), &name, difference)?;
            }
            println!("{}", serde_json::to_string_pretty(&findings)?);
        }
        Task::Record => {
            fs::write(recorded::file::<T>(), recorded::record::<T>(python)?)?;
            let limits = Limits { instructions: 20_000_000, time: Duration::from_secs(600) };
            let findings = campaign::run::<T>(python, recorded::SEED, limits, progress())?;
            for (name, sample) in &findings.samples {
                keep(&regression::directory(), &format!("{}-quirk-{name}", T::ISA), sample)?;
            }
        }
    }
    Ok(())
}

fn keep(directory: &Path, name: &str, regression: &Regression) -> Result<()> {
    let path = directory.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(regression)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Says now and then how far it is.
fn progress() -> impl FnMut(&Findings) {
    let mut last = Instant::now();
    move |findings| {
        if last.elapsed() > Duration::from_secs(10) {
            last = Instant::now();
            let Findings { isa, instructions, seconds, quirks, differences, .. } = findings;
            let (quirks, differences) =
                (quirks.values().map(|met| met.count).sum::<u64>(), differences.len());
            eprintln!(
                "{isa}: {instructions} instructions in {seconds:.0} s, {quirks} quirks, {differences} differences"
            );
        }
    }
}
