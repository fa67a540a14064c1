//! What a run tells: the object of `run --json`, traps, and streams that nobody reads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use common::elf::{Ending, tiny};
use common::{ISAS, claim, claim_preimages, field, folder, recorded, recorded_elf, run};
use serde_json::Value;

/// The text of a report, with the two figures that differ from run to run taken out.
fn without_times(report: &str) -> String {
    let (before, rest) = report.split_once("\"seconds\":").unwrap();
    let (times, after) = rest.split_once(",\"pages\":").unwrap();
    let (seconds, speed) = times.split_once(",\"stepsPerSecond\":").unwrap();
    for figure in [seconds, speed] {
        assert!(figure.parse::<f64>().unwrap() > 0.0, "{report}");
    }
    format!("{before}\"seconds\":…,\"stepsPerSecond\":…,\"pages\":{after}")
}

fn run_elf(elf: &Path, more: &[&str]) -> common::Run {
    run(Path::new("/"), [OsStr::new("run"), elf.as_os_str()].into_iter().chain(more.iter().map(OsStr::new)))
}

#[test]
fn the_report_is_one_object_of_these_keys_in_this_order() {
    let scratch = folder();
    let texts = ISAS.map(|isa| {
        let run = run_elf(&recorded_elf(scratch.path(), isa, "exit1"), &["--json"]).exits(0);
        assert_eq!(field(&run.json(), "stateHash"), recorded(isa, "exit1").manifest.final_hash.to_string());
        without_times(&run.stdout())
    });
    insta::assert_snapshot!(texts.concat(), @r#"
    {"isa":"rv64","target":"asterisc-rv64@1.3.0","steps":28,"exited":true,"exitCode":1,"status":"invalid","stateHash":"0x0128f14f190ae5ab0490a29d61c58c1827504e6c5ed438fe8f326ea45c52b21c","seconds":…,"stepsPerSecond":…,"pages":4,"preimages":[],"hints":0,"error":null}
    {"isa":"mips","target":"cannon-mips32@1.2.1","steps":35,"exited":true,"exitCode":1,"status":"invalid","stateHash":"0x0182f2b1a144d1d1d83868354835f676a0e7110d9110cad5f3cde7826b342362","seconds":…,"stepsPerSecond":…,"pages":8,"preimages":[],"hints":0,"error":null}
    "#);
}

#[test]
fn with_json_the_guests_output_goes_to_standard_error() {
    for isa in ISAS {
        let args = ["--json", "--preimages", claim_preimages().to_str().unwrap()].map(str::to_owned);
        let run = run_elf(&claim(isa), &args.each_ref().map(String::as_str)).exits(0);
        assert_eq!(field(&run.json(), "status"), "valid");
        run.says(&["as claimed\n"]);
    }
}

#[test]
fn every_exit_code_has_its_status_and_none_is_the_processs_unless_asked_for() {
    let scratch = folder();
    for isa in ISAS {
        for (code, status) in [(0, "valid"), (1, "invalid"), (2, "panic"), (3, "panic"), (255, "panic")] {
            let elf = tiny(scratch.path(), isa, Ending::Exit(code));
            let report = run_elf(&elf, &["--json"]).exits(0).json();
            assert_eq!(field(&report, "status"), status, "{isa} {code}");
            assert_eq!(
                (field(&report, "exitCode"), field(&report, "exited")),
                (code.to_string(), "true".into())
            );
            assert_eq!(field(&report, "steps"), "3");
            run_elf(&elf, &["--guest-exit-code"]).exits(code.into());
        }
    }
}

#[test]
fn a_run_that_stops_early_is_unfinished_and_no_guest_exit_code_is_taken_from_it() {
    let scratch = folder();
    for isa in ISAS {
        let elf = tiny(scratch.path(), isa, Ending::Exit(7));
        let report = run_elf(&elf, &["--json", "--stop-at", "=2", "--guest-exit-code"]).exits(0).json();
        assert_eq!(field(&report, "status"), "unfinished");
        assert_eq!((field(&report, "exited"), field(&report, "steps")), ("false".into(), "2".into()));
        assert!(field(&report, "stateHash").starts_with("0x03"), "{report}");
        assert_eq!(report["error"], Value::Null);
    }
}

#[test]
fn a_trap_exits_with_2_and_names_pc_instruction_and_symbol() {
    let scratch = folder();
    for (isa, word, name) in
        [("rv64", "0x00000000", "0xf001c0de"), ("mips32", "0xffffffff", "invalid instruction")]
    {
        let run = run_elf(&tiny(scratch.path(), isa, Ending::Trap), &["--json"]).exits(2);
        let report = run.json();
        assert_eq!(field(&report, "status"), "trap");
        assert_eq!((field(&report, "steps"), field(&report, "exited")), ("1".into(), "false".into()));
        let error = field(&report, "error");
        for part in ["trap at step 1", "pc 0x10004 (start+0x4)", word, name] {
            assert!(error.contains(part), "{isa}: '{error}' lacks '{part}'");
        }
        run.says(&[&format!("error: {error}")]);
    }
}

#[test]
fn a_trap_writes_no_state_as_with_the_references() {
    let scratch = folder();
    for isa in ISAS {
        let elf = tiny(scratch.path(), isa, Ending::Trap);
        let out = scratch.path().join("out.bin");
        run_elf(&elf, &["--output", out.to_str().unwrap()]).exits(2);
        assert!(!out.exists());
    }
}

#[test]
fn a_failed_run_still_prints_its_object() {
    for isa in ISAS {
        let run = run_elf(&claim(isa), &["--json"]).exits(1);
        let report = run.json();
        assert_eq!(field(&report, "status"), "unfinished");
        assert!(field(&report, "error").contains("is missing"), "{report}");
    }
}

#[test]
fn a_full_standard_output_is_an_error_and_no_panic() {
    let scratch = folder();
    let elf = tiny(scratch.path(), "rv64", Ending::Exit(0));
    let state = common::initial_state(scratch.path(), &elf, "state.bin");
    let commands: [&[&OsStr]; 2] = [
        &["run".as_ref(), "--json".as_ref(), elf.as_ref()],
        &["witness".as_ref(), "--input".as_ref(), state.as_ref()],
    ];
    for args in commands {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_fpvm")).args(args).stdout(full).output().unwrap();
        common::Run(output).exits(1).says(&["cannot write to standard output"]);
    }
}

#[test]
fn a_full_standard_error_does_not_stop_a_run() {
    let scratch = folder();
    let elf = tiny(scratch.path(), "rv64", Ending::Exit(0));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fpvm"));
    let output =
        command.args(["run", "--json", "--info-at", "always"]).arg(&elf).stderr(full).output().unwrap();
    let report = common::Run(output).exits(0).json();
    assert_eq!(field(&report, "status"), "valid");
}
