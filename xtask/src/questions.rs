//! `cargo xtask questions`: how long `fpvm serve` takes to answer for any step of a long run.

use crate::{Task, compare, root};
use anyhow::{Context, Result, bail, ensure};
use compare::guests::{GUESTS, ISAS};
use compare::measure::median;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

pub(crate) const TASK: Task = Task {
    name: "questions",
    about: "time the answers of `fpvm serve` for steps of runs of more than 10^9",
    run: |args| {
        ensure!(args.is_empty(), "there are no arguments, found {args:?}");
        println!("{}", section()?);
        Ok(())
    },
};

/// Those that make more than 10^9 steps, and no more than 2 * 10^9.
const LONG: [&str; 2] = ["calls", "vm"];
/// Questions of each kind.
const QUESTIONS: u64 = 100;
/// 2^64 by the golden ratio: multiples of it, modulo 2^64, lie all over the place, and none is near an earlier one.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The table, with its heading.
pub(crate) fn section() -> Result<String> {
    let fpvm = compare::release_binary()?;
    let dir = compare::target_dir().join("bench-guests");
    std::fs::create_dir_all(&dir)?;
    let mut text = format!(
        "## Questions about a run\n\n`fpvm serve` after the first pass: {QUESTIONS} questions of each kind for steps all \
         over the run, one after the other, each answer awaited; milliseconds, median and longest. By `cargo xtask \
         questions` on {}, commit {}, load average before {}.\n\n\
         | machine | guest | engine | million steps | first pass, s | checkpoints | state hash | proof |\n\
         |---|---|---|---:|---:|---:|---:|---:|\n",
        compare::report::date(),
        compare::report::commit(),
        compare::report::load(),
    );
    for isa in &ISAS {
        for guest in GUESTS.iter().filter(|guest| LONG.contains(&guest.name)) {
            let elf = guest.build_full(isa, &dir)?;
            for engine in [compare::INTERPRETED, compare::COMPILED] {
                eprintln!("{} {} {engine}", isa.name, guest.name);
                let row = ask(&fpvm, &elf, engine).with_context(|| elf.display().to_string())?;
                text += &format!("| {} | {} | {engine} | {row} |\n", isa.name, guest.name);
            }
        }
    }
    Ok(text)
}

/// Asks one server; yields what the table has of it.
fn ask(fpvm: &Path, elf: &Path, engine: &str) -> Result<String> {
    let mut server = Server::start(fpvm, elf, engine)?;
    let start = Instant::now();
    let info = loop {
        let info = server.call("info", &Value::Null)?;
        if info["finished"] == true {
            break info;
        }
        thread::sleep(Duration::from_millis(100));
    };
    let first_pass = start.elapsed().as_secs_f64();
    let last = info["reachedStep"].as_u64().context("info has no reachedStep")?;
    ensure!(info["error"].is_null() && last > 1_000_000_000, "the run ended early: {info}");
    let mut times = [Vec::new(), Vec::new()];
    for question in 1..=2 * QUESTIONS {
        let step = (u128::from(question.wrapping_mul(GOLDEN)) * u128::from(last)) >> 64;
        let method = if question % 2 == 0 { "stateHash" } else { "proof" };
        let start = Instant::now();
        server.call(method, &json!({ "step": step as u64 }))?;
        times[(question % 2) as usize].push(start.elapsed().as_secs_f64() * 1e3);
    }
    server.call("shutdown", &Value::Null)?;
    let [hashes, proofs] = times.map(|times| {
        let longest = times.iter().copied().fold(0.0, f64::max);
        format!("{:.1}, {longest:.1}", median(times))
    });
    Ok(format!("{:.0} | {first_pass:.1} | {} | {hashes} | {proofs}", last as f64 / 1e6, info["checkpoints"]))
}

/// `fpvm serve`, which ends with this.
struct Server {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Server {
    fn start(fpvm: &Path, elf: &Path, engine: &str) -> Result<Self> {
        let mut command = Command::new(fpvm);
        command.current_dir(root()).args(["serve", "--engine", engine]).arg(elf);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            bail!("a server without pipes");
        };
        Ok(Self { process, to, from: BufReader::new(from) })
    }

    /// Asks, and yields the result.
    fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let mut request = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
        if !params.is_null() {
            request["params"] = params.clone();
        }
        writeln!(self.to, "{request}")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        let mut answer: Value =
            serde_json::from_str(&line).with_context(|| format!("{method}: found {line:?}"))?;
        ensure!(answer["error"].is_null(), "{method} {params}: {}", answer["error"]);
        Ok(answer["result"].take())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where it was told to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
