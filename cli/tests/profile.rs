//! Profiles: every step counted, known functions found, files that others can read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs;
use std::path::Path;

use common::elf::{Ending, tiny};
use common::{ISAS, Run, claim, claim_preimages, field, folder, initial_state, run};
use serde_json::Value;

fn profile(folder: &Path, elf: &Path, more: &[&str]) -> Run {
    let preimages = claim_preimages();
    let args = ["profile", elf.to_str().unwrap(), "--preimages", preimages.to_str().unwrap()];
    run(folder, args.iter().chain(more))
}

/// Stacks and their steps, from a file of folded stacks.
fn folded(path: &Path) -> Vec<(String, u64)> {
    let text = fs::read_to_string(path).unwrap();
    let split =
        |line: &str| line.rsplit_once(' ').map(|(stack, steps)| (stack.to_owned(), steps.parse().unwrap()));
    text.lines().map(|line| split(line).unwrap()).collect()
}

#[test]
fn every_step_of_claim_is_counted_under_its_callers() {
    let scratch = folder();
    for isa in ISAS {
        let files = ["--folded", "f", "--flamegraph", "f.svg", "--speedscope", "f.json", "--json"];
        let report = profile(scratch.path(), &claim(isa), &files).exits(0).json();
        let plain = run(
            scratch.path(),
            [
                "run",
                claim(isa).to_str().unwrap(),
                "--json",
                "--preimages",
                claim_preimages().to_str().unwrap(),
            ],
        );
        for key in ["steps", "stateHash", "status", "preimages", "pages"] {
            assert_eq!(field(&report, key), field(&plain.json(), key), "{isa} {key}");
        }
        let steps: u64 = field(&report, "steps").parse().unwrap();
        assert_eq!(
            (field(&report, "profiled"), field(&report, "complete")),
            (steps.to_string(), "true".to_owned())
        );

        let stacks = folded(&scratch.path().join("f"));
        assert_eq!(stacks.iter().map(|(_, steps)| steps).sum::<u64>(), steps, "{isa}");
        // The program hashes nodes of its trie, whoever inlined what; and all of it is called from the start.
        let keccak: u64 = stacks
            .iter()
            .filter(|(stack, _)| stack.contains("claim::trie") && stack.ends_with("keccak::p1600"))
            .map(|(_, steps)| steps)
            .sum();
        assert!(keccak > steps / 3, "{isa}: {keccak} of {steps}");
        let from_start = stacks.iter().filter(|(stack, _)| stack.starts_with('_'));
        assert_eq!(from_start.count(), stacks.len(), "{isa}: {:?}", &stacks[..3]);

        let rows = report["functions"].as_array().unwrap();
        let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
        assert_eq!(rows.iter().map(|row| number(row, "self")).sum::<u64>(), steps, "{isa}");
        assert_eq!(field(&rows[0], "function"), "keccak::p1600", "{isa}");
        let run = rows.iter().find(|row| row["function"] == "fpvm_main").unwrap();
        assert!(number(run, "total") > steps - 10, "{isa}: {run}");

        assert_speedscope(&scratch.path().join("f.json"), steps);
        assert_svg(&scratch.path().join("f.svg"), steps);
    }
}

/// Weights are the steps, and samples name frames that there are.
fn assert_speedscope(path: &Path, steps: u64) {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let frames = file["shared"]["frames"].as_array().unwrap().len() as u64;
    let profile = &file["profiles"][0];
    let weights = profile["weights"].as_array().unwrap();
    let samples = profile["samples"].as_array().unwrap();
    assert_eq!(weights.iter().map(|weight| weight.as_u64().unwrap()).sum::<u64>(), steps);
    assert_eq!(profile["endValue"], steps);
    assert_eq!(samples.len(), weights.len());
    let frame = |frame: &Value| frame.as_u64().unwrap();
    assert!(
        samples.iter().all(|stack| stack.as_array().unwrap().iter().map(frame).all(|frame| frame < frames))
    );
}

/// Elements are closed in the order they were opened in, and the picture is of so many steps.
fn assert_svg(path: &Path, steps: u64) {
    let text = fs::read_to_string(path).unwrap();
    let mut open = Vec::new();
    // What is between these is a program's text.
    let markup: String =
        text.split("<![CDATA[").map(|part| part.split_once("]]>").map_or(part, |(_, after)| after)).collect();
    for tag in markup.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("'<{tag}' does not end"));
        let name = tag.split([' ', '\n', '/']).find(|name| !name.is_empty()).unwrap();
        match tag {
            _ if tag.starts_with(['?', '!']) || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag}"),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty() && text.contains("<svg "), "{open:?}");
    let with_commas = |steps: u64| {
        let digits = steps.to_string();
        let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
        groups.collect::<Vec<_>>().join(",")
    };
    assert!(text.contains(&format!("all ({} steps, 100%)", with_commas(steps))));
}

#[test]
fn a_table_and_the_report_are_for_people() {
    let scratch = folder();
    let run = profile(scratch.path(), &claim("rv64"), &["--top", "3"]).exits(0).says(&[
        "valid: the guest exited",
        "pre-images  5 local",
        "as claimed",
    ]);
    let lines: Vec<_> = run.stdout().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].ends_with("function") && lines[1].ends_with("  keccak::p1600"), "{lines:?}");
}

#[test]
fn a_profile_stops_where_it_is_to_and_goes_on_from_a_state() {
    let scratch = folder();
    for isa in ISAS {
        for stop in ["=0", "=1", "=2", "=1000", "=1001", "=1002", "=1003"] {
            let report = profile(scratch.path(), &claim(isa), &["--json", "--stop-at", stop]).exits(0).json();
            assert_eq!(field(&report, "steps"), stop[1..]);
            assert_eq!(field(&report, "profiled"), stop[1..]);
        }
        let state = initial_state(scratch.path(), &claim(isa), &format!("{isa}.bin"));
        fs::write(scratch.path().join("meta"), r#"{"symbols":[{"name":"all","start":0,"size":0}]}"#).unwrap();
        let preimages = claim_preimages();
        let args = ["profile", "--input", state.to_str().unwrap(), "--meta", "meta", "--json", "--preimages"];
        let report =
            run(scratch.path(), args.iter().copied().chain([preimages.to_str().unwrap()])).exits(0).json();
        let functions = report["functions"].as_array().unwrap();
        assert_eq!(functions.len(), 1);
        assert_eq!(
            (field(&functions[0], "function"), field(&functions[0], "self")),
            ("all".to_owned(), field(&report, "steps"))
        );
    }
}

#[test]
fn what_was_done_before_a_trap_or_a_missing_pre_image_is_profiled() {
    let scratch = folder();
    for isa in ISAS {
        let elf = tiny(scratch.path(), isa, Ending::Trap);
        let run = profile(scratch.path(), &elf, &["--folded", "f", "--json"])
            .exits(2)
            .says(&["error: trap at step 1"]);
        assert_eq!(field(&run.json(), "status"), "trap");
        assert_eq!(folded(&scratch.path().join("f")), [("start".to_owned(), 1)]);
        let run = common::run(scratch.path(), ["profile", claim(isa).to_str().unwrap(), "--json"]).exits(1);
        let report = run.says(&["is missing"]).json();
        assert_eq!(field(&report, "profiled"), field(&report, "steps"));
    }
}
