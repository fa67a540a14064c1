//! Where a run writes, and what it does when it cannot.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::elf::{Ending, tiny};
use common::{
    ISAS, Run, folder, initial_state, names, recorded, recorded_elf, recorded_preimages, run, state_hash,
};

/// Runs a tiny program that prints nothing and exits in its third step.
fn run_tiny(folder: &Path, isa: &str, more: &[&str]) -> Run {
    let args: [OsString; 2] = ["run".into(), tiny(folder, isa, Ending::Exit(0)).into()];
    run(folder, args.into_iter().chain(more.iter().map(OsString::from)))
}

#[test]
fn a_name_that_cannot_be_written_fails_before_the_run() {
    let scratch = folder();
    fs::create_dir(scratch.path().join("folder.bin")).unwrap();
    let cases: [&[&str]; 9] = [
        &["--output", "no/such/state.bin"],
        &["--output", "folder.bin"],
        &["--output", "/proc/state.bin"],
        &["--debug-info", "no/such/info.json"],
        &["--snapshot-at", "=1", "--snapshot-fmt", "no/such/%d.bin"],
        &["--snapshot-at", "=1", "--snapshot-fmt", "-"],
        &["--proof-at", "=1", "--proof-fmt", "no/such/%d.json"],
        &["--proof-at", "symbol:start", "--proof-fmt", "/proc/%d.json"],
        &["--proof-at", "=1", "--proof-fmt", ""],
    ];
    for isa in ISAS {
        for args in cases {
            // Had it run, the guest's verdict would be told.
            let run = run_tiny(scratch.path(), isa, args).exits(1).says(&["error: "]).prints_nothing();
            assert!(!run.stderr().contains("verdict"), "{args:?}: {}", run.stderr());
        }
    }
    let left = names(scratch.path());
    assert_eq!(left, ["Exit-0-.mips32.elf", "Exit-0-.rv64.elf", "folder.bin"], "checks leave nothing behind");
}

#[test]
fn names_of_files_that_no_step_asks_for_are_not_looked_at() {
    let scratch = folder();
    run_tiny(scratch.path(), "mips32", &["--snapshot-fmt", "no/such/%d.json", "--proof-fmt", "no/such/%d"])
        .exits(0);
}

#[test]
fn a_disk_that_is_full_at_a_snapshot_ends_the_run_and_keeps_the_state() {
    for isa in ISAS {
        let scratch = folder();
        // A device takes the place of the folder's only file: it opens, and then takes nothing.
        symlink("/dev/full", scratch.path().join("2.bin")).unwrap();
        let args = ["--snapshot-at", "=2", "--snapshot-fmt", "%d.bin", "--output", "out.bin", "--json"];
        let run = run_tiny(scratch.path(), isa, &args).exits(1);
        assert!(run.json()["error"].as_str().unwrap().contains("cannot write 2.bin"), "{run:?}");
        assert_eq!(run.json()["steps"], 2);
        run.says(&["cannot write 2.bin", "the state up to there is in out.bin"]);
        let saved = scratch.path().join("out.bin");
        run_tiny(scratch.path(), isa, &["--stop-at", "=2", "--output", "again.bin"]).exits(0);
        assert_eq!(state_hash(&saved), state_hash(&scratch.path().join("again.bin")));
    }
}

#[test]
fn an_output_that_cannot_be_written_at_the_end_is_in_the_report() {
    let scratch = folder();
    symlink("/dev/full", scratch.path().join("out.bin")).unwrap();
    let run = run_tiny(scratch.path(), "rv64", &["--output", "out.bin", "--json"]).exits(1);
    assert!(run.json()["error"].as_str().unwrap().contains("cannot write out.bin"), "{run:?}");
    assert_eq!(run.json()["status"], "valid", "the guest did exit");
}

#[test]
fn devices_are_written_to_and_files_are_replaced_whole() {
    for isa in ISAS {
        let scratch = folder();
        run_tiny(scratch.path(), isa, &["--debug-info", "/dev/null"]).exits(0);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let out = scratch.path().join("out.bin");
        fs::write(&out, "an older file").unwrap();
        // Another name of the older file shows whether it was written over.
        let older = scratch.path().join("older");
        fs::hard_link(&out, &older).unwrap();
        run_tiny(scratch.path(), isa, &["--output", "out.bin"]).exits(0);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o644);
        assert!(state_hash(&out).starts_with("0x00"));
        assert_eq!(fs::read_to_string(older).unwrap(), "an older file");
        assert_eq!(names(scratch.path()).len(), 3, "no temporary file stays");
    }
    run_tiny(folder().path(), "rv64", &["--output", "/dev/null"]).exits(0);
}

#[test]
fn an_elf_file_writes_nothing_and_a_state_has_the_references_defaults() {
    for (isa, default) in [("rv64", "out.json"), ("mips32", "out.bin.gz")] {
        let scratch = folder();
        let elf = recorded_elf(scratch.path(), isa, "exit1");
        run(scratch.path(), ["run".as_ref(), elf.as_os_str()]).exits(0).prints_nothing();
        assert_eq!(names(scratch.path()).len(), 1, "nothing but the program");
        let state = initial_state(scratch.path(), &elf, "state.bin.gz");
        // meta.json is the default and not there.
        run(scratch.path(), ["run".as_ref(), "--input".as_ref(), state.as_os_str()])
            .exits(1)
            .says(&["cannot open the metadata meta.json", "--meta \"\""]);
        run(scratch.path(), ["load-elf".as_ref(), "--path".as_ref(), elf.as_os_str()]).exits(0);
        let run = run(scratch.path(), ["run", "--input", "state.bin.gz"]).exits(0);
        assert!(run.stderr().starts_with("level=info msg=processing step=0 "), "{}", run.stderr());
        let last = recorded(isa, "exit1").manifest.final_hash.to_string();
        assert_eq!(state_hash(&scratch.path().join(default)), last);
    }
}

#[test]
fn no_output_is_written_for_an_empty_name() {
    let scratch = folder();
    let elf = recorded_elf(scratch.path(), "rv64", "exit1");
    initial_state(scratch.path(), &elf, "state.bin");
    run(scratch.path(), ["run", "--input", "state.bin", "--meta", "", "--output", ""]).exits(0);
    assert_eq!(names(scratch.path()), ["exit1.rv64.elf", "state.bin"]);
}

#[test]
fn a_state_on_standard_output_is_alone_there() {
    let scratch = folder();
    let preimages = recorded_preimages(scratch.path());
    let elf = recorded_elf(scratch.path(), "rv64", "preimg");
    let args =
        ["run".as_ref(), elf.as_os_str(), "--preimages".as_ref(), preimages.as_os_str(), "--output".as_ref()];
    let run = run(scratch.path(), args.into_iter().chain(["-".as_ref()])).exits(0);
    assert_eq!(run.json()["exited"], true);
    let last = recorded("rv64", "preimg").manifest.final_hash.to_string();
    assert_eq!(run.json()["stateHash"], last);
}

#[test]
fn one_standard_output_does_not_take_both_a_state_and_a_report() {
    let scratch = folder();
    run_tiny(scratch.path(), "rv64", &["--output", "-", "--json"]).exits(1).says(&["both"]).prints_nothing();
    run_tiny(scratch.path(), "mips32", &["--output", "-"])
        .exits(1)
        .says(&["have no JSON form"])
        .prints_nothing();
}
