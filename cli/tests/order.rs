//! What happens at a step, and in which order: the log, the stop, the snapshot, the proof, the stop at a pre-image.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs;
use std::path::Path;

use alloy_primitives::B256;
use common::elf::{Ending, tiny};
use common::{
    ISAS, Run, field, folder, initial_state, names, recorded, recorded_elf, recorded_preimages, run, unpacked,
};
use engine::Vm;
use isa_traits::{Oracle, Target};
use mips32::CannonMips32;
use oracle::{Directory, Verified};
use rv64::AsteriscRv64;
use serde_json::Value;

/// Runs a recorded program in a folder, where its pre-images are.
fn run_recorded(folder: &Path, isa: &str, name: &str, flags: &[&str]) -> Run {
    let elf = recorded_elf(folder, isa, name);
    let args = ["run", "--json", "--preimages", "recorded", elf.to_str().unwrap()];
    run(folder, args.into_iter().chain(flags.iter().copied()))
}

fn proof(folder: &Path, step: u64) -> Value {
    serde_json::from_slice(&unpacked(&folder.join(format!("proof-{step}.json")))).unwrap()
}

#[test]
fn at_one_step_the_log_comes_first_and_a_stop_before_the_snapshot_and_the_proof() {
    for isa in ISAS {
        let scratch = folder();
        recorded_preimages(scratch.path());
        let all = [
            "--info-at",
            "=1000",
            "--snapshot-at",
            "=1000",
            "--snapshot-fmt",
            "%d.bin",
            "--proof-at",
            "=1000",
        ];
        let stopped =
            run_recorded(scratch.path(), isa, "preimg", &[&all[..], &["--stop-at", "=1000"]].concat());
        assert_eq!(stopped.exits(0).says(&["msg=processing step=1000 "]).json()["steps"], 1000);
        assert!(!names(scratch.path()).iter().any(|name| name == "1000.bin" || name.starts_with("proof")));

        let done = run_recorded(scratch.path(), isa, "preimg", &[&all[..], &["--stop-at", "=1001"]].concat());
        let after = field(&done.exits(0).says(&["msg=processing step=1000 "]).json(), "stateHash");
        // The snapshot is of the state before the step, which the proof starts from.
        let proof = proof(scratch.path(), 1000);
        assert_eq!(common::state_hash(&scratch.path().join("1000.bin")), field(&proof, "pre"));
        assert_eq!(field(&proof, "post"), after);
    }
}

#[test]
fn patterns_name_the_steps_at_which_files_are_written() {
    let cases: [(&str, &[u64]); 9] = [
        ("never", &[]),
        ("", &[]),
        ("=0", &[0]),
        ("=27", &[27]),
        // The step after the last is not made.
        ("=28", &[]),
        ("%10", &[0, 10, 20]),
        ("=0x5,3,3", &[3, 5]),
        ("25..99", &[25, 26, 27]),
        (
            "always",
            &[
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                26, 27,
            ],
        ),
    ];
    for (pattern, steps) in cases {
        let scratch = folder();
        fs::create_dir(scratch.path().join("recorded")).unwrap();
        fs::create_dir(scratch.path().join("out")).unwrap();
        let flags = ["--proof-at", pattern, "--proof-fmt", "out/%d.json.gz", "--snapshot-at", pattern];
        let more = ["--snapshot-fmt", "out/%d.bin.gz", "--info-at", pattern];
        let run = run_recorded(scratch.path(), "rv64", "exit1", &[&flags[..], &more].concat()).exits(0);
        let mut wanted: Vec<_> =
            steps.iter().flat_map(|step| [format!("{step}.bin.gz"), format!("{step}.json.gz")]).collect();
        wanted.sort();
        assert_eq!(names(&scratch.path().join("out")), wanted, "{pattern}");
        let logged = run.stderr().lines().filter(|line| line.contains("msg=processing")).count();
        assert_eq!(logged, steps.len(), "{pattern}");
        assert_eq!(
            field(&run.json(), "stateHash"),
            recorded("rv64", "exit1").manifest.final_hash.to_string()
        );
    }
}

#[test]
fn a_symbol_stands_for_every_step_that_enters_it() {
    for (isa, wanted) in [("rv64", vec![0, 1, 2, 3, 4, 5, 6]), ("mips32", vec![0, 2, 4, 6])] {
        let scratch = folder();
        let elf = tiny(scratch.path(), isa, Ending::Loop);
        let args = ["run", elf.to_str().unwrap(), "--stop-at", "=7", "--proof-at"];
        run(scratch.path(), args.into_iter().chain(["symbol:start"])).exits(0);
        let wanted = wanted.into_iter().map(|step| format!("proof-{step}.json"));
        assert_eq!(names(scratch.path())[1..], wanted.collect::<Vec<_>>());
        run(scratch.path(), args.into_iter().chain(["symbol:end"]))
            .exits(1)
            .says(&["no symbol of this name"]);
    }
}

/// A read from a pre-image in an undisturbed run: the step after it, key, offset, and bytes with the length.
type Read = (u64, B256, u64, u64);

fn reads<T: Target>(target: T, isa: &str, preimages: &Path) -> Vec<Read> {
    let loaded = loader::load(&target, &recorded(isa, "preimg").elf, loader::Options::default()).unwrap();
    let mut vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    let (mut oracle, mut reads) = (Verified::new(Directory::open(preimages).unwrap()), Vec::new());
    while !vm.state().exited {
        let contact = vm.run_to_contact(u64::MAX, &mut oracle, &mut ()).unwrap();
        if let Some((key, offset)) = contact.and_then(|contact| contact.read) {
            reads.push((vm.state().step, key.into(), offset, oracle.get(&key).unwrap().len() as u64 + 8));
        }
    }
    assert!(reads.len() > 50, "{}", reads.len());
    reads
}

fn stops_at_pre_images<T: Target>(target: T, isa: &str) {
    let scratch = folder();
    let reads = reads(target, isa, &recorded_preimages(scratch.path()));
    let (_, key, offset, _) = *reads.iter().find(|read| read.1[0] == 2 && read.2 > 8).unwrap();
    let (whole, prefix) = (format!("{key}@{offset}"), format!("{key:x}")[..4].to_owned());
    let first = |of: &dyn Fn(&Read) -> bool| reads.iter().copied().find(|read| of(read)).map(|read| read.0);
    let cases: [(&[&str], Option<u64>); 10] = [
        (&["--stop-at-preimage", &whole], first(&|read| read.1 == key && read.2 == offset)),
        (&["--stop-at-preimage", &prefix], first(&|read| read.1[..2] == key[..2] && read.2 == 0)),
        (&["--stop-at-preimage", "02"], first(&|read| read.1[0] == 2 && read.2 == 0)),
        (&["--stop-at-preimage", "0x05"], None),
        (&["--stop-at-preimage-type", "local"], first(&|read| read.1[0] == 1 && read.2 == 0)),
        (&["--stop-at-preimage-type", "keccak"], first(&|read| read.1[0] == 2 && read.2 == 0)),
        (&["--stop-at-preimage-type", "sha256"], first(&|read| read.1[0] == 4 && read.2 == 0)),
        (&["--stop-at-preimage-type", "any"], Some(reads[0].0)),
        (&["--stop-at-preimage-larger-than", "500"], first(&|read| read.3 > 500)),
        // The first flag sets aside the second.
        (
            &["--stop-at-preimage", &whole, "--stop-at-preimage-type", "any"],
            first(&|read| read.1 == key && read.2 == offset),
        ),
    ];
    for (flags, stop) in cases {
        let report = run_recorded(scratch.path(), isa, "preimg", flags).exits(0).json();
        assert_eq!(
            report["steps"],
            stop.unwrap_or(recorded(isa, "preimg").manifest.final_step),
            "{isa} {flags:?}"
        );
        assert_eq!(report["exited"], stop.is_none(), "{isa} {flags:?}");
    }
    // Such a stop comes after the step: it is proven, and the next step is neither logged nor saved.
    let (after, ..) = reads[0];
    let (at, all) = (format!("={}", after - 1), format!("={},{after}", after - 1));
    let flags =
        ["--stop-at-preimage-type", "any", "--proof-at", &at, "--info-at", &all, "--snapshot-at", &all];
    let run =
        run_recorded(scratch.path(), isa, "preimg", &[&flags[..], &["--snapshot-fmt", "%d.bin"]].concat());
    let run = run.exits(0).says(&[&format!("step={} ", after - 1)]);
    assert!(!run.stderr().contains(&format!("step={after} ")), "{}", run.stderr());
    assert!(!scratch.path().join(format!("{after}.bin")).exists());
    assert_eq!(field(&proof(scratch.path(), after - 1), "post"), field(&run.json(), "stateHash"));
}

#[test]
fn rv64_stops_after_the_step_that_read_the_pre_image_asked_for() {
    stops_at_pre_images(AsteriscRv64, "rv64");
}

#[test]
fn mips32_stops_after_the_step_that_read_the_pre_image_asked_for() {
    stops_at_pre_images(CannonMips32::LATEST, "mips32");
}

/// The text of a recorded proof in our file's spelling: paths that a step does not need are zeros there, and with
/// the reference what an earlier step has left.
fn spelled_alike(recorded: &str, ours: &str) -> String {
    let digits = |text: &str| {
        let from = text.find("\"proof-data\":\"0x").unwrap() + 16;
        (from, from + text[from..].find('"').unwrap())
    };
    let ((from, to), (our_from, our_to)) = (digits(recorded), digits(ours));
    // Of one path of 28 nodes.
    let path = 2 * 28 * 32;
    if our_to - our_from == 2 * path && ours[our_from + path..our_to].bytes().all(|digit| digit == b'0') {
        return [&recorded[..from + path], &"0".repeat(path), &recorded[to..]].concat();
    }
    recorded.to_owned()
}

#[test]
fn proof_files_are_byte_for_byte_the_references_but_for_white_space() {
    let bare = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().split_whitespace().collect::<String>();
    for isa in ISAS {
        for name in ["preimg", "isa", "exit1"] {
            let scratch = folder();
            recorded_preimages(scratch.path());
            let program = recorded(isa, name);
            let steps: Vec<_> = program.proofs.iter().map(|proof| proof.step.to_string()).collect();
            let at = format!("={}", steps.join(","));
            run_recorded(scratch.path(), isa, name, &["--proof-at", &at]).exits(0);
            let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors");
            let lines = unpacked(&vectors.join(isa).join(name).join("proofs.jsonl.gz"));
            let lines: Vec<_> = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.len(), steps.len());
            for (line, step) in lines.into_iter().zip(steps) {
                let ours = bare(&fs::read(scratch.path().join(format!("proof-{step}.json"))).unwrap());
                assert_eq!(ours, spelled_alike(&bare(line), &ours), "{isa} {name} step {step}");
            }
        }
    }
}

#[test]
fn steps_that_are_proven_on_the_way_change_nothing_and_hold() {
    for isa in ISAS {
        let scratch = folder();
        recorded_preimages(scratch.path());
        let run = run_recorded(scratch.path(), isa, "isa", &["--paranoid", "%997"]).exits(0);
        assert_eq!(field(&run.json(), "stateHash"), recorded(isa, "isa").manifest.final_hash.to_string());
        assert!(
            !names(scratch.path()).iter().any(|name| name.starts_with("paranoid")),
            "evidence of nothing"
        );
    }
}

#[test]
fn symbols_of_a_state_come_from_its_metadata() {
    for isa in ISAS {
        let scratch = folder();
        let elf = tiny(scratch.path(), isa, Ending::Trap);
        initial_state(scratch.path(), &elf, "state.bin");
        run(scratch.path(), ["load-elf", "--out", "", "--path", elf.to_str().unwrap()]).exits(0);
        let args = ["run", "--input", "state.bin", "--output", "", "--info-at", "=0"];
        run(scratch.path(), args).exits(2).says(&["name=start\n", "pc 0x10004 (start+0x4)"]);
        run(scratch.path(), args.into_iter().chain(["--meta", ""])).exits(2).says(&["name=!unknown\n"]);
        fs::write(scratch.path().join("meta.json"), "{}").unwrap();
        run(scratch.path(), args).exits(1).says(&["meta.json is no metadata"]);
    }
}
