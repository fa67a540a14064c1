//! `fpvm verify`, `fpvm diff` and `fpvm quorum`, as a user calls them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use common::{ISAS, folder, run};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The recorded proofs of `preimg`.
fn proofs(isa: &str) -> Vec<Value> {
    let file = repository().join(format!("conformance/vectors/{isa}/preimg/proofs.jsonl.gz"));
    let lines = BufReader::new(GzDecoder::new(File::open(file).unwrap())).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// The same hex, with the last digit changed.
fn flipped(hex: &Value) -> Value {
    let mut text = hex.as_str().unwrap().to_owned();
    let last = text.pop().unwrap();
    text.push(if last == '0' { '1' } else { '0' });
    text.into()
}

#[test]
fn recorded_proofs_verify_and_match() {
    for isa in ISAS {
        let scratch = folder();
        let mut args = vec!["verify".to_owned(), "--json".to_owned()];
        for (i, proof) in proofs(isa).iter().enumerate() {
            let name = format!("{i}.json");
            fs::write(scratch.path().join(&name), proof.to_string()).unwrap();
            args.push(name);
        }
        let ran = run(scratch.path(), &args).exits(0);
        let results: Vec<Value> = serde_json::from_str(&ran.stdout()).unwrap();
        assert_eq!(results.len(), args.len() - 2);
        for (result, proof) in results.iter().zip(proofs(isa)) {
            let wanted =
                json!({"file": result["file"], "post": proof["post"], "matches": true, "error": null});
            assert_eq!(*result, wanted);
        }
    }
}

#[test]
fn a_proof_that_was_tampered_with_is_refused_with_the_reason() {
    for isa in ISAS {
        let scratch = folder();
        let reading = proofs(isa).into_iter().find(|proof| proof.get("oracle-key").is_some()).unwrap();
        let cut = |field: &Value| json!(&field.as_str().unwrap()[..field.as_str().unwrap().len() - 2]);
        #[rustfmt::skip]
        let cases = [
            // field          becomes                                what is said
            ("pre",           flipped(&reading["pre"]),              "state-data hashes to"),
            ("post",          flipped(&reading["post"]),             "the file tells the post hash"),
            ("state-data",    flipped(&reading["state-data"]),       "state-data hashes to"),
            ("state-data",    cut(&reading["state-data"]),           "state-data has"),
            ("proof-data",    json!("0x"),                           "needs bytes 0.."),
            ("proof-data",    json!(format!("0x{}", "00".repeat(3840))), "folds to another root"),
            ("oracle-value",  cut(&reading["oracle-value"]),         "do not tell how many follow"),
            ("oracle-key",    Value::Null,                           "a pre-image that does not come with the proof"),
            ("oracle-offset", json!(4000),                           "oracle-offset is 4000"),
            ("proof-data",    json!("0xzz"),                         "no step proof"),
        ];
        for (field, value, said) in cases {
            let mut proof = reading.clone();
            proof[field] = value;
            fs::write(scratch.path().join("proof.json"), proof.to_string()).unwrap();
            let ran = run(scratch.path(), ["verify", "proof.json"]).exits(1);
            assert!(ran.stdout().contains(said), "{isa} {field}: {}", ran.stdout());
        }
        // Without a hash to compare with, the post-state is printed all the same.
        let mut proof = reading.clone();
        proof.as_object_mut().unwrap().remove("post");
        fs::write(scratch.path().join("proof.json"), proof.to_string()).unwrap();
        let ran = run(scratch.path(), ["verify", "--explain", "proof.json"]).exits(0);
        assert!(ran.stdout().contains(reading["post"].as_str().unwrap()), "{}", ran.stdout());
        assert!(ran.stdout().contains("preimageOffset"), "{}", ran.stdout());
    }
}

fn claim(isa: &str) -> String {
    repository().join(format!("programs/prebuilt/claim.{isa}.elf")).display().to_string()
}

fn inputs() -> String {
    repository().join("programs/claim/preimages").display().to_string()
}

#[test]
fn diff_tells_agreement_by_its_status() {
    let scratch = folder();
    let (a, b) = (claim("rv64"), claim("mips32"));
    let same = run(scratch.path(), ["diff", &a, &b, "--preimages", &inputs(), "--json"]).exits(0);
    let report: Value = serde_json::from_str(&same.stdout()).unwrap();
    assert_eq!((&report["agree"], &report["split"]), (&json!(true), &Value::Null));

    let other = repository().join("programs/prebuilt/verify-step.mips32.elf").display().to_string();
    let split = run(scratch.path(), ["diff", &a, &other, "--preimages", &inputs()]).exits(1);
    for part in ["split:", "A  reads", "B  prints", " at step ", "may be called from"] {
        assert!(split.stdout().contains(part), "lacks '{part}': {}", split.stdout());
    }
}

#[test]
fn quorum_counts_verdicts_against_the_threshold() {
    let scratch = folder();
    let [a, b] = [("rv64", "rv64"), ("mips", "mips32")].map(|(name, isa)| format!("{name}={}", claim(isa)));
    let exit1 = repository().join("conformance/vectors/rv64/exit1/exit1.elf.gz");
    let mut elf = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(File::open(exit1).unwrap()), &mut elf).unwrap();
    fs::write(scratch.path().join("exit1.elf"), elf).unwrap();
    let c = "rv64=exit1.elf";
    #[rustfmt::skip]
    let cases: [(&[&str], &[&str], i32, &str); 5] = [
        // members      further flags            status  what is said
        (&[&a, &b],     &[],                     0,      "majority: valid (2 of 2, threshold 2)"),
        (&[&a, &b, c],  &[],                     1,      "dissent: exit1.elf says invalid"),
        (&[&a, &b, c],  &["--threshold", "2"],   0,      "majority: valid (2 of 3, threshold 2)"),
        (&[c],          &[],                     0,      "majority: invalid (1 of 1, threshold 1)"),
        (&[&a, &b],     &["--max-steps", "9"],   1,      "did not finish"),
    ];
    for (members, flags, status, said) in cases {
        let inputs = inputs();
        let members = members.iter().flat_map(|member| ["--program", member]);
        let args = ["quorum", "--preimages", &inputs].into_iter().chain(members).chain(flags.iter().copied());
        let ran = run(scratch.path(), args).exits(status);
        assert!(ran.stdout().contains(said), "lacks '{said}': {}", ran.stdout());
    }
}
