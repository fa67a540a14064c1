//! SIGINT and SIGTERM: the state is saved, and no process stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use common::elf::{Ending, tiny};
use common::process::{Running, leaves_no_process, wait_for};
use common::{ISAS, field, folder, recorded, recorded_elf, recorded_preimages, run, state_hash};
use rustix::process::Signal;

const SIGNALS: [Signal; 2] = [Signal::INT, Signal::TERM];

/// The state of a tiny program that loops, after so many steps of a run that nothing interrupts.
fn uninterrupted(folder: &Path, isa: &str, steps: u64) -> String {
    let elf = tiny(folder, isa, Ending::Loop);
    let until = format!("={steps}");
    let args = ["run".as_ref(), elf.as_os_str(), "--json".as_ref(), "--stop-at".as_ref(), until.as_ref()];
    field(&run(folder, args).exits(0).json(), "stateHash")
}

#[test]
fn a_signal_while_the_guest_loops_saves_the_state_and_exits_with_130() {
    for isa in ISAS {
        for signal in SIGNALS {
            let scratch = folder();
            let elf = tiny(scratch.path(), isa, Ending::Loop);
            let args =
                ["run".as_ref(), elf.as_os_str(), "--json".as_ref(), "--output".as_ref(), "out.bin".as_ref()];
            let running = Running::start(scratch.path(), args);
            // Long enough for the run to begin, and for a line of progress if there were one.
            thread::sleep(Duration::from_millis(500));
            running.signal(signal);
            let run = running.end().exits(130).says(&["error: interrupted"]);
            assert!(!run.stderr().contains(['\x1b', '\r']), "progress in a pipe: {}", run.stderr());
            let report = run.json();
            assert_eq!(
                (field(&report, "status"), field(&report, "error")),
                ("unfinished".into(), "interrupted".into())
            );
            let steps = report["steps"].as_u64().unwrap();
            assert!(steps > 0, "{report}");
            let saved = state_hash(&scratch.path().join("out.bin"));
            assert_eq!(saved, field(&report, "stateHash"));
            assert_eq!(saved, uninterrupted(scratch.path(), isa, steps));
        }
    }
}

#[test]
fn a_signal_while_a_host_hangs_saves_a_state_from_which_the_run_goes_on_to_the_same_end() {
    for (isa, out) in [("rv64", "out.json.gz"), ("mips32", "out.bin.gz")] {
        for signal in SIGNALS {
            let scratch = folder();
            let elf = recorded_elf(scratch.path(), isa, "preimg");
            let preimages = recorded_preimages(scratch.path());
            let server = "echo $$ > pid; head -c 32 <&5 >/dev/null; touch asked; exec sleep 600";
            let args: [OsString; 8] = [
                "run".into(),
                elf.into(),
                "--output".into(),
                out.into(),
                "--".into(),
                "sh".into(),
                "-c".into(),
                server.into(),
            ];
            let running = Running::start(scratch.path(), args);
            wait_for("a question to the server", || scratch.path().join("asked").exists());
            running.signal(signal);
            running.end().exits(130).says(&["error: interrupted", "unfinished"]).prints_nothing();
            leaves_no_process(scratch.path());

            let args = ["run", "--input", out, "--meta", "", "--output", "last.bin", "--preimages"];
            let args = args.map(OsString::from).into_iter().chain([preimages.into()]);
            run(scratch.path(), args).exits(0);
            let last = recorded(isa, "preimg").manifest.final_hash.to_string();
            assert_eq!(state_hash(&scratch.path().join("last.bin")), last, "{isa}");
        }
    }
}

#[test]
fn a_signal_ends_a_server_that_ignores_signals_and_its_children() {
    let scratch = folder();
    let elf = recorded_elf(scratch.path(), "rv64", "preimg");
    let server = "trap '' INT TERM; sleep 600 & echo $! > pid; head -c 32 <&5 >/dev/null; touch asked; wait";
    let args =
        ["run".as_ref(), elf.as_os_str(), "--".as_ref(), "sh".as_ref(), "-c".as_ref(), server.as_ref()];
    let running = Running::start(scratch.path(), args);
    wait_for("a question to the server", || scratch.path().join("asked").exists());
    running.signal(Signal::INT);
    running.end().exits(130);
    leaves_no_process(scratch.path());
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let scratch = folder();
    let elf = recorded_elf(scratch.path(), "rv64", "preimg");
    // The end of such a server is waited for, for some seconds.
    let server =
        "exec 2>/dev/null; trap '' INT TERM; echo $$ > pid; head -c 32 <&5 >&2; touch asked; sleep 5 >&2";
    let args = ["run".as_ref(), elf.as_os_str(), "--output".as_ref(), "out.bin".as_ref(), "--".as_ref()];
    let args = args.into_iter().chain(["sh".as_ref(), "-c".as_ref(), server.as_ref()]);
    let running = Running::start(scratch.path(), args);
    wait_for("a question to the server", || scratch.path().join("asked").exists());
    running.signal(Signal::TERM);
    wait_for("the state", || scratch.path().join("out.bin").exists());
    running.signal(Signal::TERM);
    running.end().exits(130);
    let server = fs::read_to_string(scratch.path().join("pid")).unwrap();
    assert!(Path::new("/proc").join(server.trim()).exists(), "its end was waited for");
    assert!(state_hash(&scratch.path().join("out.bin")).starts_with("0x03"));
}
