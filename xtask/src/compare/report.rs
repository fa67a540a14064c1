//! `BENCHMARKS.md`.

use super::{Figures, Footprint, GoSpeed, Measured, Options, Speed, guests::Isa, installed};
use std::{fmt::Write as _, fs, path::Path, process::Command, thread};

const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo xtask compare`; `bench/README.md` tells what the guests are and how to measure again.
";

/// The whole file.
pub(super) fn write(options: &Options, measured: &[Measured], library: &str, load_before: &str) -> String {
    let mut text = INTRODUCTION.to_owned();
    text += "\n| | |\n|---|---|\n";
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let qemu = measured.iter().map(|measured| measured.isa.qemu).find(|qemu| installed(qemu));
    for (name, value) in [
        ("date", date()),
        ("commit", commit()),
        ("machine", format!("{}, {cores} cores", cpu_model())),
        ("load average before and after", format!("{load_before}; {}", load())),
        ("compiler", first_line("rustc", &["--version"])),
        ("qemu-user", qemu.map_or("not installed".into(), |qemu| first_line(qemu, &["--version"]))),
        ("measurements", format!("median of {}, engines in turn", options.runs)),
        ("ckb-vm", options.ckb_vm.as_ref().map_or("not built".into(), |peer| version(peer))),
    ] {
        push(&mut text, format_args!("| {name} | {value} |"));
    }
    for Measured { isa, outcome } in measured {
        push(&mut text, format_args!("\n## {}\n", isa.name));
        match outcome {
            Ok(Figures { speeds, go, footprint }) => {
                speed_table(&mut text, isa, speeds);
                match go {
                    Ok(go) => go_table(&mut text, isa, go),
                    Err(error) => {
                        push(&mut text, format_args!("\nThe Go program was not measured: {error:#}"))
                    }
                }
                memory_lines(&mut text, footprint);
            }
            Err(error) => push(&mut text, format_args!("Not measured: {error:#}")),
        }
    }
    push(
        &mut text,
        format_args!("\n## Roots, paths and proofs\n\n`cargo bench -p fpvm-bench --bench memory`:\n"),
    );
    push(&mut text, format_args!("```text\n{}\n```", library.trim_end()));
    text
}

fn version(program: &Path) -> String {
    first_line(&program.to_string_lossy(), &["--version"])
}

fn speed_table(text: &mut String, isa: &Isa, speeds: &[Speed]) {
    text.push_str(
        "Millions of steps per CPU second of the whole process, loading and the state hash included. The interpreter and \
         ckb-vm run a shorter version of each guest, which ckb-vm's memory suffices for.\n\n",
    );
    push(
        text,
        format_args!(
            "| guest | steps | compiled | {0} | compiled / {0} | interpreter | ckb-vm | interpreter / ckb-vm | compiled / ckb-vm |",
            isa.qemu
        ),
    );
    text.push_str("|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for speed in speeds {
        let steps = format!("{:.2} G", speed.steps as f64 / 1e9);
        speed_row(text, speed.guest.name, &steps, std::slice::from_ref(&speed));
    }
    let all: Vec<&Speed> = speeds.iter().collect();
    let yardstick: Vec<&Speed> = speeds.iter().filter(|speed| speed.guest.in_yardstick).collect();
    let first_five: Vec<&Speed> = speeds.iter().filter(|speed| speed.guest.name != "vm").collect();
    speed_row(text, "**geomean of all**", "", &all);
    speed_row(text, "**geomean of the first five**", "", &first_five);
    speed_row(text, "**geomean of the first four**", "", &yardstick);
    if let Some(ratio) = ratio(&yardstick) {
        push(
            text,
            format_args!(
                "\n**{:.1} times {}**, whose geomean on the first four is {} of {}'s speed (measured once, on another \
                 computer).",
                ratio / isa.peer_by_qemu,
                isa.peer,
                isa.peer_by_qemu,
                isa.qemu
            ),
        );
    }
}

/// A row of geomeans.
fn speed_row(text: &mut String, name: &str, steps: &str, speeds: &[&Speed]) {
    let of = |value: fn(&Speed) -> Option<f64>| geomean(speeds.iter().map(|speed| value(speed)));
    let (compiled, interpreted) = (of(|speed| Some(speed.compiled)), of(|speed| Some(speed.interpreted)));
    let (qemu, ckb_vm) = (of(|speed| speed.qemu), of(|speed| speed.ckb_vm));
    let millions = |speed: Option<f64>| or_dash(speed.map(|speed| speed / 1e6), 0);
    let by = |ours: Option<f64>, theirs: Option<f64>| or_dash(ours.zip(theirs).map(|(a, b)| a / b), 2);
    push(
        text,
        format_args!(
            "| {name} | {steps} | {} | {} | {} | {} | {} | {} | {} |",
            millions(compiled),
            millions(qemu),
            by(compiled, qemu),
            millions(interpreted),
            millions(ckb_vm),
            by(interpreted, ckb_vm),
            by(compiled, ckb_vm)
        ),
    );
}

fn go_table(text: &mut String, isa: &Isa, speeds: &[GoSpeed]) {
    text.push_str(
        "\nA Go program (`bench/guests/go`), compilation included; millions of steps per second.\n\n",
    );
    push(
        text,
        format_args!("| what | steps | by CPU time | {0} by CPU time | / {0} | by waiting |", isa.qemu),
    );
    text.push_str("|---|---:|---:|---:|---:|---:|\n");
    for GoSpeed { what, steps, compiled, qemu, by_wall } in speeds {
        push(
            text,
            format_args!(
                "| {what} | {:.2} G | {:.0} | {} | {} | {:.0} |",
                *steps as f64 / 1e9,
                compiled / 1e6,
                or_dash(qemu.map(|qemu| qemu / 1e6), 0),
                or_dash(qemu.map(|qemu| compiled / qemu), 2),
                by_wall / 1e6
            ),
        );
    }
}

fn memory_lines(text: &mut String, footprint: &Footprint) {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (touched, peak) = (footprint.touched_bytes, footprint.peak_bytes);
    push(
        text,
        format_args!(
            "\nA run that touches {:.0} MiB needs {:.0} MiB at its peak: {:.2} times the bytes touched. It takes {:.2} s, \
             {:.2} s of them for its steps and the rest for the first root, on all cores; in CPU time it takes {:.2} s.",
            mib(touched),
            mib(peak),
            peak as f64 / touched as f64,
            footprint.wall_seconds,
            footprint.run_seconds,
            footprint.cpu_seconds
        ),
    );
}

/// Geomean of the speed of compiled code by qemu-user's, where that was measured.
fn ratio(speeds: &[&Speed]) -> Option<f64> {
    geomean(speeds.iter().map(|speed| speed.qemu.map(|qemu| speed.compiled / qemu)))
}

fn geomean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let logs: Vec<f64> = values.map(|value| value.map(f64::ln)).collect::<Option<_>>()?;
    Some((logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

pub(crate) fn date() -> String {
    first_line("date", &["-u", "+%F %H:%M UTC"])
}

pub(crate) fn commit() -> String {
    first_line("git", &["describe", "--always", "--dirty"])
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

fn cpu_model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown", |(_, name)| name).to_owned()
}

/// The load averages of 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
