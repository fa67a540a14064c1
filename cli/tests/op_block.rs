//! Blocks of an OP chain, executed in both machines by the program `op-block`.
//!
//! A block takes 10^7 to 10^10 steps. What is run every day are blocks of our own making, and the smallest of the real
//! ones where these are beside the repository. `cargo test --release -p fpvm --test op_block -- --ignored --nocapture`
//! runs all of them through all checks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{ISAS, Run, field, folder, fpvm, local_key, unpacked};
use op_block_inputs::{Inputs, import, local};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

/// Proofs at random steps of each run; its first and last step are proven besides.
const PROOFS: usize = 100;

/// Long enough for the longest run in an unoptimised build.
const HOURS: Duration = Duration::from_secs(4 * 3600);

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn program(isa: &str) -> OsString {
    repository().join(format!("programs/prebuilt/op-block.{isa}.elf.gz")).into()
}

/// A block of our own making.
fn own(name: &str) -> Inputs {
    import(&fs::read(repository().join("programs/op-block/blocks").join(name)).unwrap()).unwrap()
}

/// Blocks of OP Sepolia by their files' names, the one with the fewest pre-images first.
fn real() -> Vec<(String, Inputs)> {
    let folder = repository().join("../shared/data/op-sepolia-blocks");
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("SKIPPED: there are no blocks in {}", folder.display());
        return Vec::new();
    };
    let mut blocks: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            (file.file_name().to_string_lossy().into_owned(), import(&unpacked(&file.path())).unwrap())
        })
        .collect();
    blocks.sort_by_key(|(_, inputs)| inputs.values.len());
    blocks
}

/// Writes inputs as `folder/NAME`, a directory of files named by key.
fn store(folder: &Path, name: &str, inputs: &Inputs) -> PathBuf {
    let to = folder.join(name);
    fs::create_dir(&to).unwrap();
    for (key, value) in &inputs.values {
        fs::write(to.join(key.to_string()), value).unwrap();
    }
    to
}

fn run<A: Into<OsString>>(folder: &Path, args: impl IntoIterator<Item = A>) -> Run {
    Run(fpvm(folder).timeout(HOURS).args(args.into_iter().map(Into::into)).output().unwrap())
}

/// Runs the program over a store, with more arguments.
fn run_block(folder: &Path, isa: &str, store: &Path, more: &[&str]) -> Run {
    let args = ["run".into(), program(isa), "--json".into(), "--preimages".into(), store.into()];
    run(folder, args.into_iter().chain(more.iter().map(OsString::from)))
}

/// The claim is right on both machines, and with one bit changed it is wrong.
fn has_its_hash_and_no_other(name: &str, inputs: &Inputs, isas: &[&str]) {
    let scratch = folder();
    let right = store(scratch.path(), "right", inputs);
    let wrong = store(scratch.path(), "wrong", inputs);
    let claim = wrong.join(local_key(local::CLAIM));
    let mut hash = fs::read(&claim).unwrap();
    hash[31] ^= 1;
    fs::write(&claim, hash).unwrap();
    for isa in isas {
        for (store, code) in [(&right, "0"), (&wrong, "1")] {
            let ran = run_block(scratch.path(), isa, store, &[]).exits(0);
            let report = ran.json();
            assert_eq!(field(&report, "exitCode"), code, "{name} on {isa}: {}", ran.stderr());
            eprintln!(
                "{name} on {isa}: exit code {code} after {} steps, {} s, {} pages",
                field(&report, "steps"),
                field(&report, "seconds"),
                field(&report, "pages")
            );
        }
    }
}

/// Both machines ask for, hint and print the same.
fn machines_agree(name: &str, inputs: &Inputs) {
    let scratch = folder();
    let store = store(scratch.path(), "store", inputs);
    let [rv64, mips32] = ISAS.map(program);
    let preimages = ["--preimages".into(), store.into_os_string(), "--json".into()];
    let args = ["diff".into(), rv64.clone(), mips32.clone()].into_iter().chain(preimages.clone());
    let report = run(scratch.path(), args).exits(0).json();
    assert_eq!(field(&report, "agree"), "true");
    let events: usize = field(&report, "events").parse().unwrap();
    assert!(events > inputs.values.len(), "{name}: {events} events of {} values", inputs.values.len());

    let member = |isa: &str, elf| [isa.into(), "=".into(), elf].into_iter().collect::<OsString>();
    let args = ["quorum".into(), "--program".into(), member("rv64", rv64), "--program".into()];
    let args = args.into_iter().chain([member("mips", mips32)]).chain(preimages);
    let report = run(scratch.path(), args).exits(0).json();
    assert_eq!([field(&report, "majority"), field(&report, "votes")], ["valid", "2"], "{name}: {report}");
}

/// Proofs of some steps all over the run verify, and a run from a snapshot of its middle ends in the same state.
fn can_be_proven_and_resumed(name: &str, inputs: &Inputs, isa: &str) {
    let scratch = folder();
    let store = store(scratch.path(), "store", inputs);
    let whole = run_block(scratch.path(), isa, &store, &[]).exits(0).json();
    let steps: u64 = field(&whole, "steps").parse().unwrap();
    let mut random = SplitMix64::seed_from_u64(steps);
    let mut some = BTreeSet::from([0, steps - 1]);
    while some.len() < PROOFS + 2 {
        some.insert(random.next_u64() % steps);
    }
    let list = some.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let middle = format!("={}", steps / 2);
    let more =
        ["--proof-at", &format!("={list}"), "--snapshot-at", &middle, "--snapshot-fmt", "middle.bin.gz"];
    let ran = run_block(scratch.path(), isa, &store, &more).exits(0).json();
    assert_eq!(field(&ran, "stateHash"), field(&whole, "stateHash"));

    let files = some.iter().map(|step| format!("proof-{step}.json"));
    let verified = run(scratch.path(), ["verify".to_owned(), "--json".to_owned()].into_iter().chain(files));
    let verified = verified.exits(0).json();
    let results = verified.as_array().unwrap();
    assert_eq!(results.len(), some.len());
    assert!(results.iter().all(|result| result["matches"] == true), "{name} on {isa}: {verified}");

    let args =
        ["run", "--json", "--input", "middle.bin.gz", "--meta", "", "--output", "", "--info-at", "never"];
    let args = args.into_iter().map(OsString::from).chain(["--preimages".into(), store.into()]);
    let resumed = run(scratch.path(), args).exits(0).json();
    for what in ["stateHash", "steps", "exitCode"] {
        assert_eq!(field(&resumed, what), field(&whole, what), "{name} on {isa} from {middle}: {what}");
    }
}

#[test]
fn an_own_block_has_its_hash_and_no_other() {
    has_its_hash_and_no_other("transfers", &own("transfers.json"), &ISAS);
}

#[test]
fn over_an_own_block_the_machines_agree() {
    machines_agree("transfers", &own("transfers.json"));
}

#[test]
fn an_own_block_can_be_proven_and_resumed() {
    for isa in ISAS {
        can_be_proven_and_resumed("transfers", &own("transfers.json"), isa);
    }
}

/// The block compares each answer with one that was computed without revm; on MIPS32 it takes five times the steps.
#[test]
fn every_precompiled_contract_answers_as_it_should() {
    has_its_hash_and_no_other("precompiles", &own("precompiles.json"), &["rv64"]);
}

#[test]
fn the_smallest_real_block_has_its_hash_and_no_other() {
    if let Some((name, inputs)) = real().first() {
        has_its_hash_and_no_other(name, inputs, &ISAS);
    }
}

#[test]
fn a_pre_image_that_is_missing_or_altered_ends_the_run_and_is_named() {
    let inputs = own("transfers.json");
    let scratch = folder();
    let store = store(scratch.path(), "store", &inputs);
    let every_seventh = inputs.values.iter().step_by(7);
    for (isa, (key, value)) in ISAS.into_iter().cycle().zip(every_seventh) {
        let file = store.join(key.to_string());
        fs::remove_file(&file).unwrap();
        run_block(scratch.path(), isa, &store, &[]).exits(1).says(&[&key.to_string(), "is missing", "step "]);
        if key.as_bytes()[0] == 2 {
            let mut other = value.clone();
            other[0] ^= 1;
            fs::write(&file, other).unwrap();
            let ran = run_block(scratch.path(), isa, &store, &[]).exits(1);
            ran.says(&[&key.to_string(), "is corrupt", "step "]);
        }
        fs::write(&file, value).unwrap();
    }
}

#[test]
#[ignore = "takes minutes; see the file's head"]
fn all_blocks_through_all_checks() {
    let own = ["transfers.json", "precompiles.json"].map(|name| (name.to_owned(), own(name)));
    for (name, inputs) in own.into_iter().chain(real()) {
        has_its_hash_and_no_other(&name, &inputs, &ISAS);
        machines_agree(&name, &inputs);
        for isa in ISAS {
            can_be_proven_and_resumed(&name, &inputs, isa);
        }
        eprintln!("{name}: passed");
    }
}
