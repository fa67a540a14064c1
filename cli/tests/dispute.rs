//! `dispute`, in memory and on a node.

#![cfg(feature = "dispute")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use common::elf::{Ending, tiny};
use common::process::Running;
use common::{ISAS, claim, claim_preimages, field, folder, run};
use rustix::process::Signal;
use serde_json::Value;

const SIDES: [&str; 2] = ["claimant", "challenger"];

/// Plays about the program `claim`.
fn about_claim(isa: &str, more: &[&str]) -> common::Run {
    let (elf, preimages) = (claim(isa), claim_preimages());
    let args = ["dispute", elf.to_str().unwrap(), "--preimages", preimages.to_str().unwrap()];
    run(Path::new("/"), args.iter().chain(more))
}

/// Plays about a program of three steps.
fn about_tiny(isa: &str, ending: Ending, more: &[&str]) -> common::Run {
    let folder = folder();
    let elf = tiny(folder.path(), isa, ending);
    run(folder.path(), ["dispute", elf.to_str().unwrap()].iter().chain(more))
}

/// The first step from `step` on that reads a pre-image, which an error names.
fn next_read(isa: &str, step: u64) -> u64 {
    let text = about_claim(isa, &["--bug", "preimage", "--bug-at", &step.to_string()]).exits(1).stderr();
    let (_, next) = text.split_once("reads no pre-image; the next one that does is ").unwrap();
    next.trim().parse().unwrap()
}

/// The second step that reads a pre-image. The first one reads zeros on MIPS32, the upper half of a length, and no value
/// of another length makes that wrong.
fn second_read(isa: &str) -> u64 {
    next_read(isa, next_read(isa, 0) + 1)
}

/// Checks that the honest side won at a step; yields the names of the moves.
fn honest_won(report: &Value, honest: &str, step: u64) -> Vec<String> {
    let outcome = &report["outcome"];
    assert_eq!(outcome["honestWon"], true, "{report}");
    assert_eq!((field(outcome, "winner").as_str(), &outcome["step"]), (honest, &step.into()), "{report}");
    let moves = report["moves"].as_array().unwrap();
    let gas = |side: &str| -> u64 {
        let of_side = moves.iter().filter(|made| side.is_empty() || made["by"] == side);
        of_side.map(|made| made["gas"].as_u64().unwrap()).sum()
    };
    for (name, side) in [("claimant", "claimant"), ("challenger", "challenger"), ("total", "")] {
        assert_eq!(report["gas"][name], gas(side), "{name}: {report}");
    }
    moves.iter().map(|made| field(made, "move")).collect()
}

#[test]
fn honest_wins_on_both_sides_of_a_step_that_reads() {
    for isa in ISAS {
        let step = second_read(isa);
        for honest in SIDES {
            let at = step.to_string();
            let more = ["--honest", honest, "--bug", "preimage", "--bug-at", &at, "--json"];
            let report = about_claim(isa, &more).exits(0).json();
            let moves = honest_won(&report, honest, step);
            assert_eq!(moves[moves.len() - 2..], ["load", "step"], "{isa}");
            assert_eq!(moves[..3], ["claim", "challenge", "propose"], "{isa}");
        }
    }
}

#[test]
fn a_person_is_told_how_it_goes() {
    let text = about_claim("rv64", &["--bug", "skip", "--bug-at", "0"]).exits(0).stdout();
    let wanted = [
        "target      asterisc-rv64@1.3.0, ends at step",
        "honest      challenger; the other side makes step 0 wrong (skip)",
        "   1  claimant    claims the end: step",
        "   2  challenger  challenges that",
        "disagrees at step 1 ",
        "challenger  proves step 0: 0x03",
        "disputed    step 0, pc 0x",
        "winner      challenger, the honest side",
        "gas         claimant ",
    ];
    for part in wanted {
        assert!(text.contains(part), "lacks '{part}':\n{text}");
    }
}

/// Programs of three steps: every step, every bug, and both sides.
#[test]
fn honest_wins_wherever_the_bug_is() {
    for isa in ISAS {
        for honest in SIDES {
            // Step 1 sets a register to 0, which it is: to skip it changes nothing.
            let bugs = [("register", 0), ("register", 1), ("register", 2), ("skip", 0), ("skip", 2)];
            for (bug, step) in bugs.into_iter().chain([0, 1, 2].map(|step| ("memory", step))) {
                let at = step.to_string();
                let more = ["--honest", honest, "--bug", bug, "--bug-at", &at, "--json"];
                let report = about_tiny(isa, Ending::Exit(0), &more).exits(0).json();
                honest_won(&report, honest, step);
            }
        }
    }
}

#[test]
fn a_claim_of_another_hash_falls_and_a_right_one_is_left_alone() {
    let wrong = format!("0x00{}", "ab".repeat(31));
    for isa in ISAS {
        let against = |ending, more: &[&str]| {
            let args: Vec<&str> = ["--claim", &wrong, "--json"].iter().chain(more).copied().collect();
            about_tiny(isa, ending, &args).exits(0).json()
        };
        honest_won(&against(Ending::Exit(0), &[]), "challenger", 2);
        honest_won(&against(Ending::Exit(0), &["--claim-step", "2"]), "challenger", 1);
        // What has exited stays as it is.
        honest_won(&against(Ending::Exit(0), &["--claim-step", "9"]), "challenger", 8);
        honest_won(&against(Ending::Exit(1), &[]), "challenger", 2);
        // Nobody can prove the step that is refused, and the claimant's clock runs out.
        let report = against(Ending::Trap, &["--claim-step", "5"]);
        let moves = honest_won(&report, "challenger", 4);
        assert_eq!(moves.last().unwrap(), "timeout");
        assert_eq!(report["outcome"]["verified"], Value::Null);

        let folder = folder();
        let elf = tiny(folder.path(), isa, Ending::Exit(0));
        let report = run(folder.path(), ["run", elf.to_str().unwrap(), "--json"]).exits(0).json();
        let more = ["--claim", &field(&report, "stateHash"), "--json"];
        let report = about_tiny(isa, Ending::Exit(0), &more).exits(0).json();
        assert_eq!(report["outcome"], Value::Null);
        assert_eq!(report["moves"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn what_cannot_be_played_is_said() {
    let zeros = format!("0x00{}", "0".repeat(62));
    let three = format!("0x03{}", "0".repeat(62));
    let exit = Ending::Exit;
    let cases: [(Ending, &[&str], i32, &str); 9] = [
        (exit(0), &[], 1, "--bug-at"),
        (exit(0), &["--claim", &zeros, "--honest", "claimant"], 1, "what a wrong claimant says"),
        (exit(0), &["--claim", &three], 1, "begins with status 3"),
        (exit(0), &["--claim", &zeros, "--bug-at", "1"], 1, "cannot be used with"),
        (exit(0), &["--bug-at", "3"], 1, "makes the steps 0 to 2"),
        (exit(0), &["--bug-at", "1", "--bug", "typo"], 1, "one of register, memory, skip, preimage"),
        (exit(0), &["--bug-at", "1", "--bug", "preimage"], 1, "and none after it does"),
        (exit(1), &["--bug-at", "1", "--honest", "claimant"], 1, "the program ends invalid"),
        (Ending::Trap, &["--bug-at", "0", "--honest", "claimant"], 2, "trap at step 1"),
    ];
    for (ending, more, status, message) in cases {
        about_tiny("rv64", ending, more).exits(status).says(&[message]).prints_nothing();
    }
}

#[test]
fn the_contracts_verify_one_version() {
    let more = ["--bug-at", "1", "--target", "cannon-mips32@1.1.0"];
    about_tiny("mips32", Ending::Exit(0), &more).exits(1).says(&["verify steps of cannon-mips32@1.2.1"]);
}

#[test]
fn a_signal_ends_it() {
    let folder = folder();
    let elf = tiny(folder.path(), "rv64", Ending::Loop);
    let running = Running::start(folder.path(), ["dispute", elf.to_str().unwrap(), "--bug-at", "1"]);
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::INT);
    running.end().exits(130).says(&["interrupted"]).prints_nothing();
}

/// A node that gives the same answer to everything; it lives as long as the test.
fn node(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The request comes whole: it is short.
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
            stream.write_all(&[head.as_bytes(), answer.as_bytes()].concat()).unwrap();
        }
    });
    url
}

#[test]
fn nodes_that_are_of_no_use_are_named() {
    let nowhere = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let cases = [
        (nowhere, "is a node running there"),
        ("https://localhost".to_owned(), "eth_accounts to https://localhost"),
        (node(r#"{"jsonrpc":"2.0","id":1,"result":[]}"#), "has 0 unlocked accounts, wanted 2"),
        (node("what?"), "wanted an object of JSON-RPC"),
        (
            node(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}"#),
            "no such method",
        ),
    ];
    for (url, message) in cases {
        let more = ["--bug-at", "1", "--rpc", &url, "--rpc-timeout", "10"];
        about_tiny("rv64", Ending::Exit(0), &more).exits(1).says(&[message]).prints_nothing();
    }
}

/// A node with a chain of its own.
struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    /// Starts one, where there is one: `FPVM_ANVIL` names it, or npm has installed it in `contracts/anvil`.
    fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("FPVM_ANVIL").map(PathBuf::from).or_else(installed) else {
            // Past the test harness, which keeps what tests print.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: no dispute is played on a node, as there is no anvil: npm ci in contracts/anvil installs it"
            );
            return None;
        };
        let mut process = Command::new(&program)
            .args(["--port", "0", "--hardfork", "osaka"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("Listening on ") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "anvil has ended");
        }
        let url = format!("http://{}", line["Listening on ".len()..].trim());
        thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        Some(Self { process, url })
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/anvil/node_modules/@foundry-rs");
    let found = fs::read_dir(folder).ok()?.map(|package| package.unwrap().path().join("bin/anvil"));
    found.into_iter().find(|program| program.exists())
}

/// The moves of a dispute, but for their gas.
fn moves(report: &Value) -> Vec<Value> {
    let mut moves = report["moves"].as_array().unwrap().clone();
    moves.iter_mut().for_each(|made| drop(made.as_object_mut().unwrap().remove("gas")));
    moves
}

/// Whole games on a chain that we did not write go as they go in memory.
#[test]
fn a_node_plays_the_same_games() {
    let Some(anvil) = Anvil::start() else { return };
    for isa in ISAS {
        let read = second_read(isa);
        let games = [
            ("claimant", "preimage", read),
            ("challenger", "preimage", next_read(isa, read + 1)),
            ("challenger", "memory", 1_000_000),
            ("claimant", "memory", 0),
        ];
        for (honest, bug, at) in games {
            let at = at.to_string();
            let more = ["--honest", honest, "--bug", bug, "--bug-at", &at, "--json"];
            let memory = about_claim(isa, &more).exits(0).json();
            let on_node: Vec<&str> = more.into_iter().chain(["--rpc", &anvil.url]).collect();
            let node = about_claim(isa, &on_node).exits(0).json();
            let names = honest_won(&node, honest, at.parse().unwrap());
            assert_eq!(moves(&node), moves(&memory), "{isa} {honest} {bug} {at}");
            assert_eq!(names.contains(&"load".to_owned()), bug == "preimage");
            assert_eq!(node["outcome"], memory["outcome"]);
            // Time passes there, and is stored.
            let [total, in_memory] = [&node, &memory].map(|report| report["gas"]["total"].as_u64().unwrap());
            assert!(total.abs_diff(in_memory) < in_memory / 50, "{total} and {in_memory}");
        }
        // Clocks run in seconds there.
        let hash = format!("0x00{}", "ab".repeat(31));
        let past_a_trap = ["--claim", &hash, "--claim-step", "5", "--rpc", &anvil.url, "--json"];
        let quick: Vec<&str> = past_a_trap.into_iter().chain(["--period", "1"]).collect();
        let report = about_tiny(isa, Ending::Trap, &quick).exits(0).json();
        assert_eq!(honest_won(&report, "challenger", 4).last().unwrap(), "timeout");
        let slow: Vec<&str> = past_a_trap.into_iter().chain(["--rpc-timeout", "2"]).collect();
        about_tiny(isa, Ending::Trap, &slow).exits(1).says(&["wait for the claimant's clock", "at most 2 s"]);
    }
}
