//! `cargo xtask compare`: fpvm beside qemu-user, on the same programs, in one interleaved run.

pub(crate) mod guests;
pub(crate) mod measure;
pub(crate) mod report;

use crate::{Task, blocks, questions, root};
use anyhow::{Context, Result, bail, ensure};
use guests::{GUESTS, Guest, ISAS, Isa, TOUCH};
use measure::median;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const TASK: Task = Task {
    name: "compare",
    about: "measure fpvm beside qemu-user and write BENCHMARKS.md; [--runs N] [--isa rv64|mips32] [--stop-at STEP]",
    run,
};

/// The engines of `fpvm run`.
pub(crate) const INTERPRETED: &str = "interp";
pub(crate) const COMPILED: &str = "auto";

/// What is asked for.
struct Options {
    /// Measurements of each guest.
    runs: usize,
    /// The instruction set to measure; none for all.
    isa: Option<String>,
    /// The step to stop fpvm at.
    stop_at: Option<u64>,
}

/// An instruction set, measured.
struct Measured {
    isa: &'static Isa,
    /// Why it could not be measured, if so.
    outcome: Result<(Vec<Speed>, Footprint)>,
}

/// How fast a guest ran, in steps per CPU second.
struct Speed {
    guest: &'static Guest,
    /// Steps from start to end.
    steps: u64,
    /// The interpreter.
    interpreted: f64,
    /// The interpreter and compiled code.
    compiled: f64,
    /// None where qemu-user is not installed.
    qemu: Option<f64>,
}

/// What a run needs that touches much memory.
struct Footprint {
    touched_bytes: u64,
    peak_bytes: u64,
    /// Seconds of making steps, on one core.
    run_seconds: f64,
    /// Seconds of the whole process.
    wall_seconds: f64,
    /// CPU seconds of the whole process.
    cpu_seconds: f64,
}

fn run(args: &[String]) -> Result<()> {
    let options = parse(args)?;
    let target = target_dir();
    let binary = release_binary()?;
    cargo(&["bench", "--no-run", "--package", "fpvm-bench", "--bench", "memory"])?;
    let dir = target.join("bench-guests");
    fs::create_dir_all(&dir)?;
    let load_before = report::load();

    let wanted = |isa: &&Isa| options.isa.as_ref().is_none_or(|name| name == isa.name);
    let measured: Vec<_> = ISAS
        .iter()
        .filter(wanted)
        .map(|isa| Measured { isa, outcome: measure_isa(isa, &binary, &dir, &options) })
        .collect();
    let library = cargo(&["bench", "--package", "fpvm-bench", "--bench", "memory"])?;

    let mut text = report::write(&options, &measured, &library, &load_before);
    text += "\n";
    text += &questions::section()?;
    text += "\n";
    text += &blocks::section()?;
    println!("{text}");
    fs::write(root().join("BENCHMARKS.md"), text)?;
    for Measured { isa, outcome } in measured {
        outcome.with_context(|| format!("{} could not be measured", isa.name))?;
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Options> {
    let mut options = Options { runs: 5, isa: None, stop_at: None };
    let (pairs, rest) = args.as_chunks();
    for [flag, value] in pairs {
        match flag.as_str() {
            "--runs" => options.runs = value.parse().with_context(|| format!("--runs {value}"))?,
            "--stop-at" => {
                let step = value.trim_start_matches('=').parse();
                options.stop_at = Some(step.with_context(|| format!("--stop-at {value}"))?);
            }
            "--isa" if ISAS.iter().any(|isa| isa.name == value) => options.isa = Some(value.clone()),
            _ => bail!("no such argument: {flag} {value}"),
        }
    }
    ensure!(rest.is_empty(), "a value is missing after {rest:?}");
    ensure!(options.runs > 0, "--runs must be at least 1");
    Ok(options)
}

fn measure_isa(isa: &Isa, fpvm: &Path, dir: &Path, options: &Options) -> Result<(Vec<Speed>, Footprint)> {
    let speeds = GUESTS
        .iter()
        .map(|guest| {
            eprintln!("{} {}", isa.name, guest.name);
            measure_guest(guest, isa, fpvm, &guest.build_full(isa, dir)?, options)
        })
        .collect::<Result<_>>()?;
    let footprint = measure_footprint(fpvm, &TOUCH.build_full(isa, dir)?, options.runs)?;
    Ok((speeds, footprint))
}

/// Runs a guest under all engines in turn: A B C A B C. A run to the end comes first, for the count of steps and to
/// see that all print the same.
fn measure_guest(
    guest: &'static Guest,
    isa: &Isa,
    fpvm: &Path,
    elf: &Path,
    options: &Options,
) -> Result<Speed> {
    let whole = measure::fpvm(fpvm, COMPILED, elf, None)?;
    ensure!(whole.report.exited, "{} did not come to its end", guest.name);
    let steps = whole.report.steps;
    let with_qemu = installed(isa.qemu);
    let (mut interpreted, mut compiled, mut by_qemu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        for (engine, speeds) in [(INTERPRETED, &mut interpreted), (COMPILED, &mut compiled)] {
            let run = measure::fpvm(fpvm, engine, elf, options.stop_at)?;
            speeds.push(run.report.steps as f64 / run.process.cpu_seconds);
        }
        if with_qemu {
            let (seconds, output) = measure::qemu(isa.qemu, elf)?;
            ensure!(
                output == whole.output(),
                "{} prints {:?} under fpvm and {output:?} under {}",
                guest.name,
                whole.output(),
                isa.qemu
            );
            by_qemu.push(steps as f64 / seconds);
        }
    }
    let qemu = with_qemu.then(|| median(by_qemu));
    Ok(Speed { guest, steps, interpreted: median(interpreted), compiled: median(compiled), qemu })
}

fn measure_footprint(fpvm: &Path, elf: &Path, runs: usize) -> Result<Footprint> {
    let runs = (0..runs).map(|_| measure::fpvm(fpvm, COMPILED, elf, None)).collect::<Result<Vec<_>>>()?;
    let of = |value: fn(&measure::Run) -> f64| median(runs.iter().map(value).collect());
    Ok(Footprint {
        touched_bytes: of(|run| run.report.pages as f64 * 4096.0) as u64,
        peak_bytes: of(|run| run.process.peak_bytes as f64) as u64,
        run_seconds: of(|run| run.report.seconds),
        wall_seconds: of(|run| run.process.wall_seconds),
        cpu_seconds: of(|run| run.process.cpu_seconds),
    })
}

/// Builds `fpvm` as users have it.
pub(crate) fn release_binary() -> Result<PathBuf> {
    cargo(&["build", "--release", "--package", "fpvm"])?;
    Ok(target_dir().join("release/fpvm"))
}

/// Whether a program is there and says its version.
fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs cargo in the repository; yields what it printed.
fn cargo(args: &[&str]) -> Result<String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = cargo.args(args).current_dir(root()).stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "cargo {} failed", args.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

pub(crate) fn target_dir() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
