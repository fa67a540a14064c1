use alloy_primitives::hex;

use super::*;

/// A bundle of one entry of each kind that is told apart.
fn example() -> Bundle {
    let mut bundle = Bundle::default();
    let long = b"a pre-image that repeats: ".repeat(1000);
    bundle.insert(Key::sha256(b"sha"), b"sha", "test").unwrap();
    bundle.insert(Key::local(4), b"", "test").unwrap();
    bundle.insert(Key::keccak256(&long), &long, "test").unwrap();
    bundle.insert(Key::from([5; 32]), b"a field element", "test").unwrap();
    bundle.insert(Key::local(1), b"head", "test").unwrap();
    bundle
}

fn file(bundle: &Bundle) -> Vec<u8> {
    let mut file = Vec::new();
    bundle.write(&mut file).unwrap();
    file
}

fn read(file: &[u8]) -> Result<Bundle, Error> {
    Bundle::read(file, "run.bundle")
}

#[test]
fn a_bundle_is_read_back_with_locals_first_and_the_rest_in_order() {
    let written = file(&example());
    assert!(written.len() < 1000, "{} bytes: not compressed", written.len());
    let bundle = read(&written).unwrap();
    assert_eq!(bundle, example());
    assert_eq!(bundle.name(), example().name());
    assert_eq!(bundle.contents().len() as u64, bundle.contents_bytes());
    let types: Vec<_> = bundle.entries().map(|(key, _)| key.as_bytes()[0]).collect();
    assert_eq!(types, [1, 1, 4, 2, 5]);
    assert_eq!(bundle.entries().next(), Some((Key::local(1), &b"head"[..])));
}

/// Local input 2 is 7, 8, 9, and one value of 520 bytes has its Keccak-256 hash: made by pycryptodome 3.23 and
/// `zstd -19` 1.5.4, which is the reference of both formats.
#[test]
fn a_bundle_compressed_by_the_reference_is_read() {
    let file = hex!(
        "28b52ffd0468ed0300c4066670766d707265010002010002030708090277714d9966744dbea926eb08d59b936dd4e486f94a"
        "ddcb17efb6c2c33d552d0861207072652d696d616765207468617420726570656174733a20ad8b08738ed90a18078119b171"
        "51ede1b0460b737cd47cd4da11d5ee8642491a0500aff754835539f2ba02dc8181236ca39b3d"
    );
    let value = b"a pre-image that repeats: ".repeat(20);
    let bundle = read(&file).unwrap();
    let wanted = [(Key::local(2), &[7, 8, 9][..]), (Key::keccak256(&value), &value)];
    assert!(bundle.entries().eq(wanted), "{bundle:?}");
}

#[test]
fn a_bundle_written_here_is_read_by_the_reference() {
    use std::process::{Command, Stdio};
    let child = Command::new("zstd").args(["-d", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: zstd is not installed, so nothing but ruzstd has read what ruzstd wrote");
        return;
    };
    child.stdin.take().unwrap().write_all(&file(&example())).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, example().contents());
}

#[test]
fn a_source_of_what_is_in_it_names_what_is_not() {
    let mut bundle = read(&file(&example())).unwrap();
    bundle.hint(b"ignored").unwrap();
    assert_eq!(bundle.fetch(&Key::local(1)).unwrap(), b"head");
    let key = Key::keccak256(b"not in it");
    let error = bundle.fetch(&key).unwrap_err();
    assert!(matches!(error, Error::Missing { key: missing, .. } if missing == key), "{error}");
    for part in ["run.bundle of 5 pre-images", "(keccak256) is missing", "record this one anew"] {
        assert!(error.to_string().contains(part), "{error} lacks {part}");
    }
}

#[test]
fn values_are_checked_before_they_are_put_in() {
    let mut bundle = example();
    for key in [Key::keccak256(b"right"), Key::sha256(b"right")] {
        let error = bundle.insert(key, b"wrong", "a file").unwrap_err();
        assert!(matches!(error, Error::Corrupt { bytes: 5, .. }), "{error}");
    }
    assert!(!bundle.insert(Key::local(1), b"head", "a file").unwrap(), "it is there already");
    let error = bundle.insert(Key::local(1), b"other", "a file").unwrap_err();
    assert!(
        error.to_string().contains("(local) has two values: one of 4 bytes, and another of 5"),
        "{error}"
    );
    assert_eq!(bundle, example());
}

#[test]
fn merging_adds_what_is_new_and_refuses_another_value() {
    let mut merged = Bundle::default();
    merged.insert(Key::sha256(b"sha"), b"sha", "test").unwrap();
    merged.insert(Key::keccak256(b"more"), b"more", "test").unwrap();
    merged.merge(&read(&file(&example())).unwrap()).unwrap();
    let types: Vec<_> = merged.entries().map(|(key, _)| key.as_bytes()[0]).collect();
    assert_eq!(types, [1, 1, 4, 2, 2, 5]);
    let mut other = Bundle::default();
    other.insert(Key::local(4), b"other", "test").unwrap();
    let error = other.merge(&read(&file(&example())).unwrap()).unwrap_err();
    assert!(matches!(&error, Error::Conflict { place, .. } if place == "run.bundle"), "{error}");
}

/// Whatever happens to a file, it is refused, or it is the same bundle: some bits of a frame's header say nothing.
#[test]
fn a_file_with_a_flipped_bit_or_cut_is_refused_or_the_same() {
    let whole = file(&example());
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
    let mut harmless = 0;
    for bit in 0..8 * whole.len() {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match read(&flipped) {
            Ok(bundle) => {
                assert_eq!(bundle, example(), "bit {bit}");
                harmless += 1;
            }
            Err(error) => assert!(error.to_string().starts_with("run.bundle "), "bit {bit}: {error}"),
        }
    }
    assert!(harmless < whole.len(), "{harmless} bits say nothing, more than one in each byte");
}

/// A file of these contents, whatever they are.
fn of_contents(contents: &[u8]) -> Vec<u8> {
    compress_to_vec(contents, CompressionLevel::Fastest)
}

/// The contents with their name put right.
fn renamed(mut contents: Vec<u8>) -> Vec<u8> {
    contents.truncate(contents.len() - NAME_BYTES);
    let name = name_of(&contents);
    contents.extend(name.0);
    contents
}

#[test]
fn every_other_kind_of_damage_is_named() {
    let contents = example().contents();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = contents.clone();
        change(&mut changed);
        changed
    };
    // Entry 2, sha256, has 3 bytes of value; twice, the copy keeps the name right.
    let sha = HEADER_BYTES + 2 * ENTRY_BYTES + 4..HEADER_BYTES + 3 * ENTRY_BYTES + 7;
    let twice = renamed(with(&|bytes| {
        bytes[15] += 1;
        let copy = bytes[sha.clone()].to_vec();
        bytes.splice(sha.end..sha.end, copy);
    }));
    let reordered = with(&|bytes| bytes[sha.start..].rotate_left(sha.len()));
    #[rustfmt::skip]
    let cases = [
        (b"{}".to_vec(),                                    "not one whole Zstandard frame"),
        (contents.clone(),                                  "not one whole Zstandard frame"),
        ([file(&example()), vec![0]].concat(),              "bytes follow the end of its frame"),
        ([file(&example()), file(&example())].concat(),     "bytes follow the end of its frame"),
        (of_contents(b""),                                  "does not begin with"),
        (of_contents(&with(&|bytes| bytes[7] = 9)),         "version 9 of the format, wanted 1"),
        (of_contents(&contents[..contents.len() - 40]),     "truncated"),
        (of_contents(&with(&|bytes| bytes.push(0))),        "1 bytes follow its end"),
        (of_contents(&with(&|bytes| bytes[sha.end - 1] ^= 1)), "entry 2 is corrupt"),
        (of_contents(&with(&|bytes| bytes[HEADER_BYTES + ENTRY_BYTES] ^= 1)), "contents have the name"),
        (of_contents(&reordered),                           "no sound bundle"),
        (of_contents(&twice),                               "entry 3 is a second one of pre-image 0x04"),
    ];
    for (file, message) in cases {
        let error = read(&file).unwrap_err().to_string();
        assert!(error.starts_with("run.bundle ") && error.contains(message), "'{error}' lacks '{message}'");
    }
}

/// A frame whose blocks each repeat a byte 128 KiB times, in 4 bytes.
#[test]
fn a_short_file_with_long_contents_is_refused() {
    let limit = 1 << 20;
    let block = |last: u32| (128 << 10 << 3 | 1 << 1 | last).to_le_bytes();
    let mut bomb = hex!("28b52ffd 00 58").to_vec();
    for left in (0..=8).rev() {
        bomb.extend(&block(u32::from(left == 0))[..3]);
        bomb.push(0);
    }
    let error = Bundle::read_within(limit, bomb.as_slice(), "run.bundle").unwrap_err();
    assert!(matches!(error, Error::LargeBundle { .. }), "{error}");
    let error = Bundle::read_within(2 * limit, bomb.as_slice(), "run.bundle").unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}
