//! `fpvm conformance` and `fpvm trace-digest`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs;
use std::path::Path;

use alloy_primitives::{B256, keccak256};
use common::elf::{Ending, tiny};
use common::{ISAS, field, folder, recorded_elf, run};
use engine::Vm;
use isa_traits::Target;
use loader::Options;
use mips32::CannonMips32;
use rv64::AsteriscRv64;
use serde_json::json;

/// A folder with tests for RV64 that end so.
fn riscv_tests(endings: &[(&str, Ending)]) -> tempfile::TempDir {
    let folder = folder();
    for &(name, ending) in endings {
        fs::rename(tiny(folder.path(), "rv64", ending), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn a_suite_that_passes_is_counted() {
    let folder = riscv_tests(&[("rv64ui-p-a", Ending::Exit(0)), ("rv64ui-p-b", Ending::Exit(0))]);
    let run = run(folder.path(), ["conformance", "riscv-tests", ".", "--expect", "2"]).exits(0).says(&[]);
    let table =
        "suite         executed  passed  failed  refused\nriscv-tests          2       2       0        0\n";
    assert_eq!(run.stdout(), table);
}

#[test]
fn a_test_that_fails_is_named_and_exits_with_1() {
    let folder = riscv_tests(&[
        ("rv64ui-p-a", Ending::Exit(0)),
        ("rv64ui-p-b", Ending::Exit(5)),
        ("rv64ui-p-c", Ending::Trap),
        ("rv64ui-p-d", Ending::Loop),
        ("rv64ui-v-e", Ending::Exit(0)),
    ]);
    let text = run(folder.path(), ["conformance", "riscv-tests", ".", "--max-steps", "50"]).exits(1).stdout();
    for line in [
        "failed   rv64ui-p-b: reports 5: its case 2 failed\n",
        "failed   rv64ui-p-c: step 1, pc 0x10004: illegal instruction: unknown opcode\n",
        "failed   rv64ui-p-d: came to no end in 50 steps\n",
        "refused  rv64ui-v-e: virtual memory, the target has none\n",
        "riscv-tests          4       1       3        1\n",
    ] {
        assert!(text.contains(line), "lacks {line}: {text}");
    }
}

#[test]
fn too_few_cases_exit_with_1() {
    let folder = riscv_tests(&[("rv64ui-p-a", Ending::Exit(0))]);
    let text = run(folder.path(), ["conformance", "riscv-tests", ".", "--expect", "2"]).exits(1).stdout();
    assert!(text.ends_with("too few: 1 cases were executed, wanted at least 2\n"), "{text}");
}

#[test]
fn a_folder_without_a_case_exits_with_1_whatever_is_expected() {
    let folder = folder();
    for suite in ["riscv-tests", "arch-test", "open-mips", "vectors"] {
        let text = run(folder.path(), ["conformance", suite, ".", "--expect", "0"]).exits(1).stdout();
        assert!(text.contains("too few: 0 cases were executed, wanted at least 1\n"), "{text}");
    }
    run(folder.path(), ["conformance", "riscv-tests", "none"]).exits(1).says(&["cannot read none"]);
    run(folder.path(), ["conformance", "riscv-test", "."]).exits(1).says(&["possible values: riscv-tests"]);
}

#[test]
fn the_report_is_one_json_object() {
    let folder = riscv_tests(&[("rv64ui-p-a", Ending::Exit(0)), ("rv64ui-p-b", Ending::Exit(3))]);
    let report = run(folder.path(), ["conformance", "riscv-tests", ".", "--json"]).exits(1).json();
    for (name, count) in [("executed", 2), ("passed", 1), ("failed", 1), ("refused", 0), ("expected", 1)] {
        assert_eq!(report[name], count, "{name}");
    }
    assert_eq!((&report["suite"], &report["ok"]), (&json!("riscv-tests"), &json!(false)));
    let [passed, failed] = [0, 1].map(|i| &report["cases"][i]);
    assert_eq!(
        (&passed["name"], &passed["outcome"], &passed["steps"]),
        (&json!("rv64ui-p-a"), &json!("passed"), &json!(3))
    );
    assert_eq!(
        (field(failed, "outcome"), field(failed, "reason")),
        ("failed".into(), "reports 3: its case 1 failed".into())
    );
    assert_eq!(
        field(passed, "digest"),
        digest(AsteriscRv64, &fs::read(folder.path().join("rv64ui-p-a")).unwrap()).to_string()
    );
}

#[test]
fn the_report_is_written_as_junit_too() {
    let folder = riscv_tests(&[("rv64ui-p-a", Ending::Exit(0)), ("rv64ui-v-b", Ending::Exit(0))]);
    let args = ["conformance", "riscv-tests", ".", "--junit", "report.xml"];
    run(folder.path(), args).exits(0).says(&[]);
    let text = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    for part in [r#"name="riscv-tests" tests="2" skipped="1""#, r#"name="rv64ui-p-a""#, "trace digest 0x"] {
        assert!(text.contains(part), "lacks {part}: {text}");
    }
    let args = ["conformance", "riscv-tests", ".", "--junit", "none/report.xml"];
    run(folder.path(), args).exits(1).says(&["cannot write none/report.xml"]).prints_nothing();
}

#[test]
fn what_is_refused_for_one_reason_takes_one_line() {
    let names = ["rv64ui-v-a", "rv64ui-v-b", "rv64ui-v-c"];
    let folder = riscv_tests(&names.map(|name| (name, Ending::Exit(0))));
    let text = run(folder.path(), ["conformance", "riscv-tests", "."]).exits(1).stdout();
    assert!(text.starts_with("refused  rv64ui-v-a and 2 more: virtual memory"), "{text}");
}

#[test]
fn recorded_programs_are_a_suite_for_the_version_that_is_named() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors/mips32/exit1");
    let args = ["conformance", "vectors", "exit1", "--target", "cannon-mips32@1.2.1-beta.6"];
    run(recorded.parent().unwrap(), args).exits(0);
}

/// The digest of a program's steps, by the definition.
fn digest<T: Target>(target: T, elf: &[u8]) -> B256 {
    let loaded = loader::load(&target, elf, Options { bare: true }).unwrap();
    let mut vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    let mut digest = B256::ZERO;
    while !vm.state().exited {
        let step = vm.prove(&mut oracle::Verified::new(()), &mut ()).unwrap();
        let (state, proof) = (keccak256(step.state), keccak256(step.proof));
        digest = keccak256([digest.0, state.0, proof.0, step.post].concat());
    }
    digest
}

#[test]
fn the_digest_of_a_program_is_that_of_its_steps() {
    let folder = folder();
    for isa in ISAS {
        let path = recorded_elf(folder.path(), isa, "exit1");
        let elf = fs::read(&path).unwrap();
        let wanted =
            if isa == "rv64" { digest(AsteriscRv64, &elf) } else { digest(CannonMips32::LATEST, &elf) };
        let path = path.to_str().unwrap();
        let text = run(folder.path(), ["trace-digest", path]).exits(0).says(&[]).stdout();
        assert!(text.ends_with(&format!("digest  {wanted}\n")), "{text}");
        let report = run(folder.path(), ["trace-digest", path, "--json"]).exits(0).json();
        assert_eq!(field(&report, "digest"), wanted.to_string());
        assert_eq!((&report["exited"], &report["exitCode"]), (&json!(true), &json!(1)));
    }
}

#[test]
fn a_digest_ends_at_the_limit_of_steps_and_at_a_trap() {
    let folder = folder();
    let endless = tiny(folder.path(), "rv64", Ending::Loop);
    let args = ["trace-digest", endless.to_str().unwrap(), "--max-steps", "7", "--json"];
    let report = run(folder.path(), args).exits(0).json();
    assert_eq!((&report["steps"], &report["exited"]), (&json!(7), &json!(false)));
    let trap = tiny(folder.path(), "rv64", Ending::Trap);
    let run = run(folder.path(), ["trace-digest", trap.to_str().unwrap(), "--json"]).exits(2);
    assert_eq!(run.says(&["illegal instruction"]).json()["steps"], 1);
}
