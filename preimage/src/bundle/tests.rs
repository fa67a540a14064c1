//! Bundles as they should be, and as they should not.

extern crate std;

use std::{format, string::ToString, vec, vec::Vec};

use super::*;

/// The bytes of a bundle of these entries, with its name.
fn bundle(entries: &[(Key, &[u8])]) -> Vec<u8> {
    let mut bytes = header(entries.len() as u64).to_vec();
    for (key, value) in entries {
        bytes.extend(entry_header(key, value.len() as u64));
        bytes.extend(*value);
    }
    named(bytes)
}

/// The bytes with their name behind them.
fn named(mut bytes: Vec<u8>) -> Vec<u8> {
    let name = name_of(&bytes);
    bytes.extend(name.0);
    bytes
}

/// One entry of each kind that is told apart.
fn example() -> Vec<(Key, &'static [u8])> {
    vec![
        (Key::local(1), b"head"),
        (Key::local(4), b""),
        (Key::keccak256(b"keccak"), b"keccak"),
        (Key::sha256(b"sha"), b"sha"),
        (Key::from([5; 32]), b"a field element"),
    ]
}

#[test]
fn entries_are_read_back_in_order() {
    let bytes = bundle(&example());
    let contents = Contents::parse(&bytes).unwrap();
    contents.verify().unwrap();
    let entries: Vec<_> = contents.entries().map(|entry| (entry.key, entry.value)).collect();
    assert_eq!(entries, example());
    assert_eq!(contents.count(), 5);
    assert_eq!(contents.locals().map(|entry| entry.value).collect::<Vec<_>>(), [&b"head"[..], b""]);
    assert_eq!(contents.name(), name_of(&bytes[..bytes.len() - 32]));
}

/// The bytes by hand, so that neither side of the format can move alone. The name was computed by pycryptodome.
#[test]
fn the_format_is_as_documented() {
    #[rustfmt::skip]
    let wanted = [
        b"fpvmpre\x01".to_vec(), vec![0, 0, 0, 0, 0, 0, 0, 2],
        Key::local(2).as_bytes().to_vec(), vec![0, 0, 0, 0, 0, 0, 0, 3], vec![7, 8, 9],
        Key::keccak256(b"").as_bytes().to_vec(), vec![0; 8],
    ].concat();
    let bytes = bundle(&[(Key::local(2), &[7, 8, 9]), (Key::keccak256(b""), b"")]);
    assert_eq!(bytes[..bytes.len() - 32], wanted);
    let name = Contents::parse(&bytes).unwrap().name().to_string();
    assert_eq!(name, "0x6e2f02083a0471073153be83f6131c9f37ba1867e40a4d81cc061373331ff60b");
}

#[test]
fn a_bundle_of_nothing_is_a_bundle() {
    let bytes = bundle(&[]);
    let contents = Contents::parse(&bytes).unwrap();
    contents.verify().unwrap();
    assert_eq!(contents.entries().next(), None);
    assert_eq!(contents.reader().get(&Key::local(1)), None);
}

#[test]
fn a_reader_finds_values_in_any_order_and_again() {
    let (bytes, example) = (bundle(&example()), example());
    let contents = Contents::parse(&bytes).unwrap();
    let mut reader = contents.reader();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 2, 0, 4, 4], [1, 3, 0, 2, 4]] {
        for i in order {
            assert_eq!(reader.get(&example[i].0), Some(example[i].1), "{order:?} {i}");
        }
        assert_eq!(reader.get(&Key::local(9)), None);
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = bundle(&example());
    for length in 0..bytes.len() {
        let error = Contents::parse(&bytes[..length]).unwrap_err();
        let wanted = length == 0;
        assert_eq!(matches!(error, Malformed::Magic), wanted, "{length}: {error}");
        assert_eq!(matches!(error, Malformed::Truncated { .. }), !wanted, "{length}: {error}");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = bundle(&example());
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let result = Contents::parse(&flipped).and_then(|contents| contents.verify());
        assert!(result.is_err(), "bit {bit}");
    }
}

#[test]
fn what_is_wrong_is_said_even_where_the_name_is_right() {
    let with_count = |count: u64| {
        let bytes = bundle(&example());
        named([&header(count), &bytes[HEADER_BYTES..bytes.len() - 32]].concat())
    };
    let mut other_version = bundle(&[]);
    other_version[7] = 2;
    let swapped = |a: usize, b: usize| {
        let mut entries = example();
        entries.swap(a, b);
        bundle(&entries)
    };
    let huge = named([&header(1)[..], &entry_header(&Key::local(1), u64::MAX)].concat());
    let wrong = [(Key::keccak256(b"right"), &b"wrong"[..])];
    let wrong_sha = [(Key::sha256(b"right"), &b"wrong"[..])];
    let twice = [(Key::local(1), &b"a"[..]), (Key::local(1), b"a")];
    #[rustfmt::skip]
    let cases = [
        (b"\x28\xb5\x2f\xfd and more".to_vec(), "does not begin with \"fpvmpre\""),
        (other_version,      "version 2 of the format, wanted 1"),
        (with_count(6),      "truncated"),
        (with_count(u64::MAX), "at entry 5 of 18446744073709551615"),
        (huge,               "wanted at least 18446744073709551615"),
        (with_count(4),      "55 bytes follow its end"),
        ([bundle(&example()), vec![0]].concat(), "1 bytes follow its end"),
        (swapped(0, 1),      "entry 1, 0x0100000000000000000000000000000000000000000000000000000000000001, is out of order"),
        (swapped(1, 2),      "entry 2, 0x0100000000000000000000000000000000000000000000000000000000000004, is out of order"),
        (bundle(&twice),     "entry 1, 0x0100000000000000000000000000000000000000000000000000000000000001, is out of order"),
        (bundle(&wrong),     "entry 0 is corrupt: its 5 bytes have the key 0x02"),
        (bundle(&wrong_sha), "entry 0 is corrupt: its 5 bytes have the key 0x04"),
    ];
    for (bytes, message) in cases {
        let result = Contents::parse(&bytes).and_then(|contents| contents.verify());
        let error = format!("{}", result.unwrap_err());
        assert!(error.contains(message), "'{error}' lacks '{message}'");
    }
}

/// What no hash of a value tells is told by the name.
#[test]
fn a_changed_order_or_unchecked_value_is_refused_by_the_name() {
    let bytes = bundle(&example());
    let name = &bytes[bytes.len() - 32..];
    let mut reordered = example();
    reordered.swap(2, 3);
    let mut changed = example();
    changed[4].1 = b"A field element";
    for entries in [reordered, changed] {
        let other = bundle(&entries);
        let forged = [&other[..other.len() - 32], name].concat();
        let error = Contents::parse(&forged).unwrap().verify().unwrap_err();
        assert!(matches!(error, Malformed::Name { .. }), "{error}");
    }
}
