//! `cargo xtask fuzz`: random instructions here and on Unicorn.

use crate::{Task, report, root};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub(crate) const TASK: Task = Task {
    name: "fuzz",
    about: "random instructions against Unicorn, into conformance/REPORT.md; [--instructions N] [--minutes N] \
            [--isa rv64|mips32] [--seed S] [--check: write nothing] [--prepare: only install] [--record: for the tests] \
            [--from FILE: only the report, from what fpvm-fuzz printed]",
    run,
};

/// The model, from PyPI.
const UNICORN: &str = "unicorn==2.1.4";
const ISAS: [&str; 2] = ["rv64", "mips32"];

struct Options {
    instructions: u64,
    minutes: u64,
    isas: Vec<String>,
    seed: u64,
    check: bool,
    prepare: bool,
    record: bool,
    /// Files with findings of campaigns that were run elsewhere.
    from: Vec<String>,
}

/// What `fpvm-fuzz campaign` prints.
#[derive(Deserialize)]
struct Findings {
    origin: String,
    isa: String,
    model: String,
    seed: u64,
    programs: u64,
    encodings: u64,
    instructions: u64,
    refused: u64,
    endless: u64,
    crashes: u64,
    quirks: BTreeMap<String, Quirk>,
    differences: Vec<serde_json::Value>,
    seconds: f64,
}

/// A quirk that was met.
#[derive(Deserialize)]
struct Quirk {
    count: u64,
    about: String,
}

fn run(args: &[String]) -> Result<()> {
    let options = parse(args)?;
    if !options.from.is_empty() {
        let read = |path: &String| -> Result<Findings> {
            Ok(serde_json::from_slice(&fs::read(path).with_context(|| path.clone())?)?)
        };
        return conclude(&options.from.iter().map(read).collect::<Result<Vec<_>>>()?, true);
    }
    let target = root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let python = python(&target.join("fuzz-venv"))?;
    if options.prepare {
        return Ok(());
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let status =
        cargo.args(["build", "--release", "--locked", "-p", "fpvm-fuzz"]).current_dir(root()).status()?;
    ensure!(status.success(), "fpvm-fuzz does not build");
    let origin = report::origin()?;
    let Options { instructions, minutes, seed, .. } = options;
    let task = if options.record {
        "record".to_owned()
    } else {
        format!("campaign --instructions {instructions} --minutes {minutes} --seed {seed} --origin")
    };
    // The instruction sets side by side.
    let start = |isa: &String| {
        let mut fuzz = Command::new(target.join("release/fpvm-fuzz"));
        fuzz.arg("--python").arg(&python).args(["--isa", isa]).args(task.split(' '));
        if !options.record {
            fuzz.arg(&origin);
        }
        fuzz.stdout(Stdio::piped()).spawn().context("fpvm-fuzz")
    };
    let mut all = Vec::new();
    for running in options.isas.iter().map(start).collect::<Result<Vec<_>>>()? {
        let output = running.wait_with_output()?;
        ensure!(output.status.success(), "fpvm-fuzz {task} failed");
        if !options.record {
            all.push(serde_json::from_slice::<Findings>(&output.stdout)?);
        }
    }
    if options.record {
        return Ok(());
    }
    conclude(&all, !options.check)
}

/// Prints the section, writes it where wanted, and fails where there are differences.
fn conclude(all: &[Findings], write: bool) -> Result<()> {
    let text = text(all);
    println!("{text}");
    if write {
        report::write("fuzz", &text)?;
    }
    let differences: usize = all.iter().map(|findings| findings.differences.len()).sum();
    ensure!(differences == 0, "{differences} differences; they are kept in conformance/regressions");
    Ok(())
}

fn parse(args: &[String]) -> Result<Options> {
    let mut options = Options {
        instructions: 100_000_000,
        minutes: 60,
        isas: ISAS.map(Into::into).into(),
        seed: 1,
        check: false,
        prepare: false,
        record: false,
        from: Vec::new(),
    };
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--check" => options.check = true,
            "--prepare" => options.prepare = true,
            "--record" => options.record = true,
            "--instructions" | "--minutes" | "--isa" | "--seed" | "--from" => {
                let value = args.next().with_context(|| format!("a value is missing after {flag}"))?;
                let number = || value.parse::<u64>().with_context(|| format!("{flag} {value}"));
                match flag.as_str() {
                    "--instructions" => options.instructions = number()?,
                    "--minutes" => options.minutes = number()?,
                    "--seed" => options.seed = number()?,
                    "--from" => options.from.push(value.clone()),
                    _ if ISAS.contains(&value.as_str()) => options.isas = vec![value.clone()],
                    _ => bail!("--isa {value}: not one of {ISAS:?}"),
                }
            }
            _ => bail!("no such argument: {flag}"),
        }
    }
    Ok(options)
}

/// A Python with the model, installed where it is missing.
fn python(venv: &Path) -> Result<PathBuf> {
    let python = venv.join("bin/python");
    let version = UNICORN.rsplit('=').next().unwrap_or_default();
    let check = format!("import unicorn, sys; sys.exit(unicorn.__version__ != {version:?})");
    let ready = || Command::new(&python).args(["-c", &check]).output().is_ok_and(|out| out.status.success());
    if ready() {
        return Ok(python);
    }
    let absent =
        || format!("NOT CHECKED: Unicorn is absent; it needs python3 with venv, and {UNICORN} from PyPI");
    let made = Command::new("python3").args(["-m", "venv"]).arg(venv).status().with_context(absent)?;
    ensure!(made.success(), absent());
    let mut pip = Command::new(&python);
    let installed = pip.args(["-m", "pip", "install", "--quiet", UNICORN]).stdout(Stdio::null()).status();
    ensure!(installed.with_context(absent)?.success() && ready(), absent());
    Ok(python)
}

fn text(all: &[Findings]) -> String {
    let spaced = report::spaced;
    let mut text = String::from("## Random instructions (`cargo xtask fuzz`)\n\n");
    text += "Random programs and single encodings run here and on a model that shares no code with us. Registers, memory \
             and, where the model tells it, the pc are compared at the end; where both refuse an instruction, before \
             it.\n\n";
    text += "| | of | model | seed | instructions | programs | encodings | refused by both | model crashed | left out, \
             endless | quirks | **differences** | minutes |\n|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for findings in all {
        let quirks: u64 = findings.quirks.values().map(|quirk| quirk.count).sum();
        let numbers = [
            findings.instructions,
            findings.programs,
            findings.encodings,
            findings.refused,
            findings.crashes,
            findings.endless,
            quirks,
        ];
        text +=
            &format!("| {} | {} | {} | {} |", findings.isa, findings.origin, findings.model, findings.seed);
        for number in numbers {
            text += &format!(" {} |", spaced(number));
        }
        text += &format!(" **{}** | {:.0} |\n", findings.differences.len(), findings.seconds / 60.0);
    }
    text += "\nQuirks are differences that are meant to be: each was shrunk to the instructions that matter, and a \
             predicate of that name holds for it (`fuzz/src/*/quirks.rs`).\n\n| | quirk | times | |\n|---|---|---:|---|\n";
    for findings in all {
        for (name, Quirk { count, about }) in &findings.quirks {
            text += &format!("| {} | `{name}` | {} | {about} |\n", findings.isa, spaced(*count));
        }
    }
    text += "\nThe model has no memory above 0xbfff_ffff on MIPS32 and does not tell where it refused an instruction \
             there. System calls are not the model's matter.\n";
    text
}
