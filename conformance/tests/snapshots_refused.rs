//! State files that are cut, malformed or hostile: an error that says what is wrong, never a panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod snapshots;

use engine::snapshot::{Format, SnapshotError};
use isa_traits::Target;
use mips32::CannonMips32;
use rv64::AsteriscRv64;
use snapshots::files::{CannonFile, RvFile, read_binary, read_json, text, written};
use snapshots::halfway;

fn every_cut_is_noticed<T: Target + Copy>(target: T, isa: &str) {
    let file = written(&mut halfway(target, isa), Format::Binary);
    assert!(read_binary(target, &file).is_ok());
    // Each length in the fields, and some in the pages.
    for bytes in (0..file.len()).filter(|bytes| bytes % 89 == 0 || file.len() - bytes < 1000) {
        let error = read_binary(target, &file[..bytes]).unwrap_err();
        assert!(matches!(error, SnapshotError::Truncated { .. }), "{isa}, {bytes} bytes: {error}");
    }
    let surplus = [file.as_slice(), &[0]].concat();
    assert!(matches!(read_binary(target, &surplus), Err(SnapshotError::Surplus)));
}

#[test]
fn a_binary_state_that_is_cut_or_has_surplus_bytes_is_refused() {
    every_cut_is_noticed(AsteriscRv64, "rv64");
    every_cut_is_noticed(CannonMips32::LATEST, "mips32");
}

#[test]
fn a_json_state_that_is_cut_or_has_surplus_text_is_refused() {
    let json = text(&mut halfway(AsteriscRv64, "rv64"));
    let end = json.trim_end().len();
    for bytes in (0..end).filter(|bytes| bytes % 251 == 0 || end - bytes < 1000) {
        let error = read_json(AsteriscRv64, &json[..bytes]).unwrap_err();
        assert!(matches!(error, SnapshotError::Json(_)), "{bytes} bytes: {error}");
    }
    for surplus in ["x", "{}", "0", "\0"] {
        assert!(read_json(AsteriscRv64, &format!("{json}{surplus}")).is_err(), "{surplus:?}");
    }
}

#[test]
fn every_flipped_bit_of_a_binary_states_fields_is_either_refused_or_another_state() {
    let mut vm = halfway(AsteriscRv64, "rv64");
    let (file, witness) = (written(&mut vm, Format::Binary), vm.witness());
    let fields = 8 + vm.memory().page_count() * (8 + 4096);
    for bit in 0..8 * 330 {
        let mut file = file.clone();
        file[fields + bit / 8] ^= 1 << (bit % 8);
        if let Ok(mut other) = read_binary(AsteriscRv64, &file) {
            assert_ne!(*other.witness(), *witness, "bit {bit}");
        }
    }
}

#[test]
fn impossible_fields_of_a_binary_state_are_refused_by_name() {
    let rv64 = RvFile { pages: vec![(1 << 52, [0; 4096])], ..RvFile::default() };
    let page =
        |error| matches!(error, SnapshotError::PageNumber { number: 0x10_0000_0000_0000, address_bits: 64 });
    assert!(page(read_binary(AsteriscRv64, &rv64.bytes()).unwrap_err()));
    let mips = CannonFile { pages: vec![(1 << 20, [0; 4096])], ..CannonFile::default() };
    let page = |error| matches!(error, SnapshotError::PageNumber { number: 0x10_0000, address_bits: 32 });
    assert!(page(read_binary(CannonMips32::LATEST, &mips.bytes()).unwrap_err()));
    for exited in [2, 255] {
        let mut file = RvFile::default().bytes();
        file[8 + 32 + 16 + 1] = exited;
        let error = read_binary(AsteriscRv64, &file).unwrap_err();
        assert_eq!(error.to_string(), format!("field exited is {exited}; wanted: 0 or 1"));
        let mut file = CannonFile::default().bytes();
        file[1 + 4 + 32 + 24 + 1] = exited;
        let error = read_binary(CannonMips32::LATEST, &file).unwrap_err();
        assert_eq!(error.to_string(), format!("field exited is {exited}; wanted: 0 or 1"));
    }
    for version in [0, 1, 3, 255] {
        let mut file = CannonFile::default().bytes();
        file[0] = version;
        let error = read_binary(CannonMips32::LATEST, &file).unwrap_err();
        assert!(matches!(error, SnapshotError::Version { found, wanted: 2 } if found == version), "{error}");
    }
}

#[test]
fn counts_and_lengths_that_promise_more_than_there_is_take_no_memory() {
    let file = [u64::MAX.to_be_bytes().as_slice(), &[0; 500]].concat();
    assert!(matches!(read_binary(AsteriscRv64, &file), Err(SnapshotError::TooManyPages { found: u64::MAX })));
    let file = [[2].as_slice(), &u32::MAX.to_be_bytes(), &[0; 500]].concat();
    assert!(matches!(read_binary(CannonMips32::LATEST, &file), Err(SnapshotError::TooManyPages { .. })));
    let mut file = CannonFile::default().bytes();
    let end = file.len() - 4;
    file[end..].copy_from_slice(&u32::MAX.to_be_bytes());
    let error = read_binary(CannonMips32::LATEST, &file).unwrap_err();
    assert!(matches!(error, SnapshotError::Truncated { part: "the last hint" }), "{error}");
}

#[test]
fn impossible_fields_of_a_json_state_are_refused_by_name() {
    let hex = |bytes| "0f".repeat(bytes);
    let page = |index: &str, data: &str| format!(r#"{{"memory": [{{"index": {index}, "data": "{data}"}}]}}"#);
    let cases = [
        (page("0", &hex(4095)), "the data of page 0 is no page"),
        (page("0", &hex(4097)), "the data of page 0 is no page"),
        (page("0", &format!("{}g", &hex(4096)[1..])), "the data of page 0 is no page"),
        (page("7", "AAAA"), "the data of page 7 is no page"),
        (page("7", "not base64"), "the data of page 7 is no page"),
        (
            page("4503599627370496", &hex(4096)),
            "page 0x10000000000000 lies outside of an address space of 64 bits",
        ),
        (page("-1", &hex(4096)), "invalid value"),
        (r#"{"pc": -1}"#.into(), "field pc is -1"),
        (r#"{"pc": 1.5}"#.into(), "field pc is 1.5"),
        (r#"{"pc": "0x10"}"#.into(), "field pc is \"0x10\""),
        (r#"{"exit": 256}"#.into(), "field exit is 256"),
        (r#"{"exited": 1}"#.into(), "field exited is 1; wanted: true or false"),
        (r#"{"preimageKey": "0x12"}"#.into(), "field preimageKey"),
        (r#"{"preimageKey": "1234"}"#.into(), "field preimageKey"),
        (r#"{"lastHint": "0xg0"}"#.into(), "field lastHint"),
        (r#"{"lastHint": 5}"#.into(), "field lastHint is 5"),
        (r#"{"stateHash": "0x"}"#.into(), "field stateHash"),
        (format!(r#"{{"registers": [{}0]}}"#, "0,".repeat(30)), "field registers"),
        (format!(r#"{{"registers": [{}0]}}"#, "0,".repeat(32)), "field registers"),
        (format!(r#"{{"registers": [{}-1]}}"#, "0,".repeat(31)), "field registers is -1"),
        ("[]".into(), "invalid type"),
        ("null".into(), "invalid type"),
        (String::new(), "EOF"),
        (format!(r#"{{"x": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)), "recursion limit"),
    ];
    for (json, message) in cases {
        let error = read_json(AsteriscRv64, &json).map(drop).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let found = format!("{error}: {cause}");
        assert!(found.contains(message), "{}: '{found}' lacks '{message}'", &json[..json.len().min(100)]);
    }
}

#[test]
fn a_mips_word_must_fit_in_32_bits() {
    for name in ["pc", "nextPC", "heap", "lo", "preimageOffset"] {
        let json = format!(r#"{{"{name}": 4294967296}}"#);
        let error = read_json(CannonMips32::LATEST, &json).unwrap_err().to_string();
        assert!(error.contains(&format!("field {name} is 4294967296")), "{error}");
    }
}
