//! `cargo xtask compare`: fpvm beside qemu-user and ckb-vm, on the same programs, in one interleaved run.

pub(crate) mod guests;
pub(crate) mod measure;
pub(crate) mod report;

use crate::{Task, blocks, questions, root};
use anyhow::{Context, Result, anyhow, bail, ensure};
use guests::{GO_ROUNDS, GUESTS, Guest, ISAS, Isa, TOUCH};
use measure::median;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const TASK: Task = Task {
    name: "compare",
    about: "measure fpvm beside qemu-user and ckb-vm and write BENCHMARKS.md; [--runs N] [--isa rv64|mips32] [--ckb-vm PEER]",
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
    /// `bench/peers/ckb-vm`, built; or why it could not be.
    ckb_vm: Result<PathBuf>,
}

/// An instruction set, measured.
struct Measured {
    isa: &'static Isa,
    /// Why it could not be measured, if so.
    outcome: Result<Figures>,
}

struct Figures {
    speeds: Vec<Speed>,
    /// Of the Go program; or why it was not measured.
    go: Result<Vec<GoSpeed>>,
    footprint: Footprint,
}

/// How fast a guest ran, in steps per CPU second.
struct Speed {
    guest: &'static Guest,
    /// Steps from start to end, at full size.
    steps: u64,
    /// The interpreter, at the short size.
    interpreted: f64,
    /// The interpreter and compiled code.
    compiled: f64,
    /// None where qemu-user is not installed.
    qemu: Option<f64>,
    /// At the short size; none where there is no such peer.
    ckb_vm: Option<f64>,
}

/// How fast the Go program ran, in steps per second.
struct GoSpeed {
    what: &'static str,
    steps: u64,
    /// Per CPU second of the interpreter and compiled code, and of qemu-user.
    compiled: f64,
    qemu: Option<f64>,
    /// Per second of waiting.
    by_wall: f64,
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
    let mut options = parse(args)?;
    let target = target_dir();
    let binary = release_binary()?;
    if options.ckb_vm.is_err() {
        options.ckb_vm = build_ckb_vm();
    }
    if let Err(error) = &options.ckb_vm {
        eprintln!("NOT MEASURED: ckb-vm: {error:#}");
    }
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
    let mut options = Options { runs: 5, isa: None, ckb_vm: Err(anyhow!("not built")) };
    let (pairs, rest) = args.as_chunks();
    for [flag, value] in pairs {
        match flag.as_str() {
            "--runs" => options.runs = value.parse().with_context(|| format!("--runs {value}"))?,
            "--ckb-vm" => options.ckb_vm = Ok(value.into()),
            "--isa" if ISAS.iter().any(|isa| isa.name == value) => options.isa = Some(value.clone()),
            _ => bail!("no such argument: {flag} {value}"),
        }
    }
    ensure!(rest.is_empty(), "a value is missing after {rest:?}");
    ensure!(options.runs > 0, "--runs must be at least 1");
    Ok(options)
}

/// Builds the peer, which is a workspace of its own.
fn build_ckb_vm() -> Result<PathBuf> {
    let dir = target_dir().join("ckb-vm");
    let into = dir.to_str().context("the target directory has no name in UTF-8")?;
    let manifest = "bench/peers/ckb-vm/Cargo.toml";
    cargo(&["build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", into])?;
    Ok(dir.join("release/ckb-vm-peer"))
}

fn measure_isa(isa: &Isa, fpvm: &Path, dir: &Path, options: &Options) -> Result<Figures> {
    let speeds = GUESTS
        .iter()
        .map(|guest| {
            eprintln!("{} {}", isa.name, guest.name);
            measure_guest(guest, isa, fpvm, dir, options)
        })
        .collect::<Result<_>>()?;
    let go = GO_ROUNDS.into_iter().map(|(rounds, what)| {
        eprintln!("{} go {rounds}", isa.name);
        let elf = guests::build_go(isa, rounds, dir)?;
        measure_go(what, isa, fpvm, &elf, options.runs)
    });
    let go = go.collect::<Result<_>>();
    if let Err(error) = &go {
        eprintln!("NOT MEASURED: the Go program on {}: {error:#}", isa.name);
    }
    let footprint = measure_footprint(fpvm, &TOUCH.build_full(isa, dir)?, options.runs)?;
    Ok(Figures { speeds, go, footprint })
}

/// A machine on its way through a guest.
struct Contender<'a> {
    /// CPU seconds, and what was printed.
    run: Box<dyn Fn() -> Result<(f64, String)> + 'a>,
    /// What it has to do, and to print.
    whole: &'a measure::Run,
}

/// Runs all in turn: A B C A B C. Yields the speed of each, in steps per CPU second.
fn race(contenders: &[Contender<'_>], runs: usize) -> Result<Vec<f64>> {
    let mut speeds = vec![Vec::new(); contenders.len()];
    for _ in 0..runs {
        for (contender, speeds) in contenders.iter().zip(&mut speeds) {
            let ((seconds, output), wanted) = ((contender.run)()?, contender.whole.output());
            ensure!(output == wanted, "one machine prints {output:?} and another {wanted:?}");
            speeds.push(contender.whole.report.steps as f64 / seconds);
        }
    }
    Ok(speeds.into_iter().map(median).collect())
}

fn by_fpvm<'a>(binary: &'a Path, engine: &'a str, elf: &'a Path, whole: &'a measure::Run) -> Contender<'a> {
    let run = move || {
        let run = measure::fpvm(binary, engine, elf)?;
        Ok((run.process.cpu_seconds, run.output().to_owned()))
    };
    Contender { run: Box::new(run), whole }
}

fn by_peer<'a>(binary: &'a Path, elf: &'a Path, whole: &'a measure::Run) -> Contender<'a> {
    Contender { run: Box::new(move || measure::peer(binary, elf)), whole }
}

/// Runs a guest under all engines in turn. Runs of each size come first, for the count of steps and what is printed.
fn measure_guest(
    guest: &'static Guest,
    isa: &Isa,
    fpvm: &Path,
    dir: &Path,
    options: &Options,
) -> Result<Speed> {
    let (full, short) = (guest.build_full(isa, dir)?, guest.build_short(isa, dir)?);
    let (whole, brief) = (measure::fpvm(fpvm, COMPILED, &full)?, measure::fpvm(fpvm, COMPILED, &short)?);
    let mut contenders =
        vec![by_fpvm(fpvm, INTERPRETED, &short, &brief), by_fpvm(fpvm, COMPILED, &full, &whole)];
    let ckb_vm = options.ckb_vm.as_ref().ok().filter(|_| isa.name == "rv64");
    let with_qemu = installed(isa.qemu);
    contenders.extend(ckb_vm.map(|peer| by_peer(peer, &short, &brief)));
    contenders.extend(with_qemu.then(|| by_peer(Path::new(isa.qemu), &full, &whole)));
    let mut speeds = race(&contenders, options.runs).with_context(|| guest.name)?.into_iter();
    let mut next = || speeds.next().context("every contender has a speed");
    Ok(Speed {
        guest,
        steps: whole.report.steps,
        interpreted: next()?,
        compiled: next()?,
        ckb_vm: ckb_vm.map(|_| next()).transpose()?,
        qemu: with_qemu.then(next).transpose()?,
    })
}

fn measure_go(what: &'static str, isa: &Isa, fpvm: &Path, elf: &Path, runs: usize) -> Result<GoSpeed> {
    let whole = measure::fpvm(fpvm, COMPILED, elf)?;
    let mut contenders = vec![by_fpvm(fpvm, COMPILED, elf, &whole)];
    let with_qemu = installed(isa.qemu);
    contenders.extend(with_qemu.then(|| by_peer(Path::new(isa.qemu), elf, &whole)));
    let speeds = race(&contenders, runs)?;
    let walls = (0..runs).map(|_| Ok(measure::fpvm(fpvm, COMPILED, elf)?.process.wall_seconds));
    let steps = whole.report.steps;
    Ok(GoSpeed {
        what,
        steps,
        compiled: speeds[0],
        qemu: speeds.get(1).copied(),
        by_wall: steps as f64 / median(walls.collect::<Result<_>>()?),
    })
}

fn measure_footprint(fpvm: &Path, elf: &Path, runs: usize) -> Result<Footprint> {
    let runs = (0..runs).map(|_| measure::fpvm(fpvm, COMPILED, elf)).collect::<Result<Vec<_>>>()?;
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
