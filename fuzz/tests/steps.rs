//! What the model made of random cases, replayed without it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::fs;

use fpvm_fuzz::Subject;
use fpvm_fuzz::case::End;
use fpvm_fuzz::ours::Ours;
use fpvm_fuzz::recorded::{DIGEST_BYTES, PROGRAMS, digest, file, programs};
use fpvm_fuzz::regression::{Regression, directory};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// One program of so many is compiled too: that takes a while in a build for tests.
const COMPILED: usize = 4;

fn programs_end_as_recorded<T: Subject>(steps_at_least: u64) {
    let digests = fs::read(file::<T>()).unwrap();
    let (digests, rest) = digests.as_chunks::<DIGEST_BYTES>();
    assert_eq!((digests.len() as u64, rest.len()), (PROGRAMS, 0));
    let ours = Ours::<T>::default();
    let mut steps = 0;
    for (number, (case, wanted)) in programs::<T>().zip(digests).enumerate() {
        let ran = if number % COMPILED == 0 { ours.run(&case) } else { ours.interpret(&case) };
        assert_eq!(ran.interpreted, None, "program {number}: compiled code does something else");
        assert_eq!(ran.outcome.end, End::Reached, "program {number}: {:?}", ran.trap);
        let digest = digest(&ran.outcome);
        assert_eq!(
            digest,
            u64::from_le_bytes(*wanted),
            "program {number}; find the instruction with: cargo xtask fuzz"
        );
        steps += ran.steps;
    }
    assert!(steps >= steps_at_least, "{steps} steps");
}

#[test]
fn rv64_programs_end_as_with_the_model() {
    programs_end_as_recorded::<AsteriscRv64>(500_000);
}

#[test]
fn mips32_programs_end_as_with_the_model() {
    programs_end_as_recorded::<CannonMips32>(500_000);
}

/// Every quirk has a sample, and every regression is as it should be.
#[test]
fn regressions_and_quirks_are_as_recorded() {
    let (rv64, mips32) = (Ours::<AsteriscRv64>::default(), Ours::<CannonMips32>::default());
    let mut quirks = Vec::new();
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let regression: Regression = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let result = match regression.isa.as_str() {
                "rv64" => regression.check(&rv64),
                "mips32" => regression.check(&mips32),
                other => Err(format!("no instruction set is called {other}")),
            };
            assert_eq!(result, Ok(()), "{}", path.display());
            quirks.extend(regression.quirk.map(|quirk| (regression.isa, quirk)));
        }
    }
    let names = |isa: &str, quirks: &[fpvm_fuzz::Quirk]| -> Vec<(String, String)> {
        quirks.iter().map(|quirk| (isa.into(), quirk.name.into())).collect()
    };
    let mut wanted = [names("rv64", AsteriscRv64::QUIRKS), names("mips32", CannonMips32::QUIRKS)].concat();
    quirks.sort();
    wanted.sort();
    assert_eq!(quirks, wanted);
}
