//! Pre-images from a server process: a good one, and the ways in which one can fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use common::process::leaves_no_process;
use common::{
    ISAS, Run, claim, claim_preimages, copied_claim_preimages, field, folder, host, local_key, run,
};

fn run_under(isa: &str, folder: &Path, flags: &[&str], server: impl IntoIterator<Item = OsString>) -> Run {
    let mut args: Vec<OsString> = vec!["run".into(), claim(isa).into()];
    args.extend(flags.iter().map(OsString::from));
    args.push("--".into());
    args.extend(server);
    run(folder, args)
}

/// The server of the example over a directory.
fn good(preimages: &Path) -> [OsString; 3] {
    [host().into(), "--datadir".into(), preimages.into()]
}

/// A server of a few lines of shell. It notes the number of its process in the file `pid`.
fn shell(script: &str) -> [OsString; 3] {
    ["sh".into(), "-c".into(), format!("echo $$ > pid\n{script}").into()]
}

#[test]
fn a_server_serves_pre_images_and_gets_every_hint() {
    for isa in ISAS {
        let from_directory = {
            let args = ["run".into(), claim(isa), "--json".into(), "--preimages".into(), claim_preimages()];
            run(Path::new("/"), args).exits(0).json()
        };
        let scratch = folder();
        let info = scratch.path().join("info.json");
        let flags = ["--json", "--debug-info", info.to_str().unwrap()];
        let run = run_under(isa, scratch.path(), &flags, good(&claim_preimages())).exits(0);
        let report = run.json();
        assert_eq!(field(&report, "status"), "valid");
        assert_eq!(
            field(&report, "stateHash"),
            field(&from_directory, "stateHash"),
            "the source does not count"
        );
        let hints = run.stderr().lines().filter(|line| line.starts_with("host: hint ")).count();
        let info: serde_json::Value = serde_json::from_slice(&fs::read(info).unwrap()).unwrap();
        // The program announces everything but its five local inputs.
        assert_eq!(info["num_preimage_requests"], hints + 5, "{info}");
    }
}

#[test]
fn arguments_reach_the_server_untouched_and_its_output_never_standard_output() {
    let scratch = folder();
    let script =
        r#"printf '<%s>\n' "$@" > arguments; echo chatter; echo more >&2; exec "$0" --datadir "$PREIMAGES""#;
    let server = ["sh".into(), "-c".into(), script.into(), host().into()];
    let arguments = ["--l1", "http://node?key=a b", "", "--output", "-", "--", "--json"].map(OsString::from);
    let mut args: Vec<OsString> = vec!["run".into(), claim("rv64").into(), "--json".into(), "--".into()];
    args.extend(server.into_iter().chain(arguments));
    let output =
        common::fpvm(scratch.path()).args(args).env("PREIMAGES", claim_preimages()).output().unwrap();
    let run = Run(output).exits(0).says(&["chatter\n", "more\n"]);
    assert_eq!(field(&run.json(), "status"), "valid");
    let arguments = fs::read_to_string(scratch.path().join("arguments")).unwrap();
    assert_eq!(arguments, "<--l1>\n<http://node?key=a b>\n<>\n<--output>\n<->\n<-->\n<--json>\n");
}

#[test]
fn a_server_that_lies_is_caught_by_the_hash() {
    let scratch = folder();
    let preimages = copied_claim_preimages(scratch.path());
    for file in fs::read_dir(&preimages).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("02") {
            fs::write(path, "not this").unwrap();
        }
    }
    for isa in ISAS {
        run_under(isa, scratch.path(), &[], good(&preimages))
            .exits(1)
            .says(&["(keccak256) is corrupt", "the 8 bytes from the server", "step "])
            .prints_nothing();
    }
}

#[test]
fn a_server_that_dies_in_the_middle_of_an_answer_ends_the_run() {
    for isa in ISAS {
        let scratch = folder();
        let script = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\40abc' >&6; exit 3";
        run_under(isa, scratch.path(), &[], shell(script))
            .exits(1)
            .says(&["error: step ", &local_key(1), "exit status: 3", "3 of 32 bytes received", "unfinished"])
            .prints_nothing();
        leaves_no_process(scratch.path());
    }
}

#[test]
fn a_server_that_sends_garbage_ends_the_run_without_taking_memory_for_it() {
    for isa in ISAS {
        let scratch = folder();
        let script = r"head -c 32 <&5 >/dev/null; tr '\0' '\377' < /dev/zero >&6";
        run_under(isa, scratch.path(), &[], shell(script))
            .exits(1)
            .says(&["error: step ", &local_key(1), "is too long", "18446744073709551615 bytes"])
            .prints_nothing();
        leaves_no_process(scratch.path());
    }
}

#[test]
fn a_server_that_hangs_is_given_up_after_the_timeout() {
    for isa in ISAS {
        let scratch = folder();
        let start = Instant::now();
        // The child of the server is ended as well.
        run_under(isa, scratch.path(), &["--host-timeout", "0.5"], shell("sleep 600 & echo $! > pid; wait"))
            .exits(1)
            .says(&["did not answer", &local_key(1), "within 500ms", "0 of 8 bytes received", "step "])
            .prints_nothing();
        assert!(start.elapsed() >= Duration::from_millis(500));
        leaves_no_process(scratch.path());
    }
}

#[test]
fn a_server_that_acknowledges_no_hint_is_given_up_naming_the_hint() {
    let scratch = folder();
    // Local inputs come first; the hint for the head's header is the first one.
    let answers: String = (1..=5).map(|index| format!("answer {index}; ")).collect();
    let script = format!(
        "answer() {{ head -c 32 <&5 >/dev/null; f=\"$0/{}$1\"; n=$(wc -c < \"$f\"); \
         printf \"\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\$(printf %o \"$n\")\" >&6; cat \"$f\" >&6; }}; {answers} sleep 600",
        &local_key(1)[..63]
    );
    let server = ["sh".into(), "-c".into(), script.into(), claim_preimages().into()];
    run_under("rv64", scratch.path(), &["--host-timeout", "0.5"], server)
        .exits(1)
        .says(&["did not answer hint \"", "step "])
        .prints_nothing();
}

#[test]
fn a_server_that_cannot_be_started_fails_before_the_run() {
    run_under("rv64", Path::new("/"), &[], ["/no/such/server".into()])
        .exits(1)
        .says(&["cannot start the server `/no/such/server`"])
        .prints_nothing();
}

#[test]
fn a_server_that_nobody_asks_does_not_keep_the_run_from_its_end() {
    let scratch = folder();
    let elf = common::elf::tiny(scratch.path(), "rv64", common::elf::Ending::Exit(0));
    let mut args: Vec<OsString> = vec!["run".into(), elf.into(), "--".into()];
    args.extend(shell("exec sleep 600"));
    // The shell may not have got to the number of its process; it is gone all the same.
    run(scratch.path(), args).exits(0);
}
