//! Directories as hosts leave them behind, and as they should not be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use isa_traits::Oracle;
use oracle::{Directory, Error, Key, MAX_PREIMAGE_BYTES, Source, Verified};
use tempfile::TempDir;

const VALUE: &[u8] = b"a pre-image";

/// A directory with a marker, where one is given, and these files.
fn directory(marker: Option<&str>, files: &[(String, Vec<u8>)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let marker = marker.map(|marker| ("kvformat".to_owned(), marker.into()));
    for (name, contents) in marker.iter().chain(files) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    dir
}

fn fetch(dir: &TempDir, key: Key) -> Result<Vec<u8>, Error> {
    Directory::open(dir.path())?.fetch(&key)
}

/// The keccak256 key of [`VALUE`] as 64 digits, and the digits of the value.
fn digits() -> (String, String) {
    let value = VALUE.iter().map(|byte| format!("{byte:02x}")).collect();
    (Key::keccak256(VALUE).to_string()[2..].to_owned(), value)
}

#[test]
fn every_layout_is_read() {
    let (key, value) = digits();
    let split = format!("{}/{}.txt", &key[..4], &key[4..]);
    #[rustfmt::skip]
    let cases = [
        (Some("file"),        format!("0x{key}.txt"), value.clone().into_bytes()),
        (Some("directory"),   split,                  value.clone().into_bytes()),
        (None,                key.clone(),            VALUE.to_vec()),
        (None,                format!("0x{key}"),     VALUE.to_vec()),
        // Written by hand rather than by a host.
        (Some("file\n"),      format!("0x{key}.txt"), format!("0x{value}\r\n").into_bytes()),
        (Some("file"),        format!("0x{key}.txt"), value.to_uppercase().into_bytes()),
    ];
    for (marker, name, contents) in cases {
        let dir = directory(marker, &[(name.clone(), contents)]);
        let mut oracle = Verified::new(Directory::open(dir.path()).unwrap());
        oracle.hint(b"ignored").unwrap();
        let key = Key::keccak256(VALUE);
        assert_eq!(oracle.get(key.as_bytes()).unwrap(), VALUE, "{marker:?} {name}");
    }
}

#[test]
fn an_empty_value_is_a_value() {
    for (marker, prefix, suffix) in [(Some("file"), "0x", ".txt"), (None, "", "")] {
        let name = format!("{prefix}{}{suffix}", &Key::local(4).to_string()[2..]);
        let dir = directory(marker, &[(name, Vec::new())]);
        assert_eq!(fetch(&dir, Key::local(4)).unwrap(), b"", "{marker:?}");
    }
}

#[test]
fn a_missing_pre_image_names_the_files_it_could_be_in() {
    let key = Key::local(1);
    let digits = &key.to_string()[2..];
    let cases = [
        (Some("file"), format!("0x{digits}.txt")),
        (Some("directory"), format!("{}/{}.txt", &digits[..4], &digits[4..])),
        (None, format!("0x{digits}")),
    ];
    for (marker, name) in cases {
        let dir = directory(marker, &[]);
        let error = fetch(&dir, key).unwrap_err();
        assert!(matches!(error, Error::Missing { key: missing, .. } if missing == key), "{error}");
        for part in [dir.path().join(name).to_str().unwrap(), "(local)", "hosts store no local values"] {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    }
}

#[test]
fn a_broken_file_is_named_with_what_is_wrong() {
    let (key, value) = digits();
    let name = format!("0x{key}.txt");
    let broken = |contents: &str| {
        let dir = directory(Some("file"), &[(name.clone(), contents.into())]);
        let error = Verified::new(Directory::open(dir.path()).unwrap())
            .get(Key::keccak256(VALUE).as_bytes())
            .unwrap_err();
        let path = dir.path().join(&name).display().to_string();
        for part in [path, Key::keccak256(VALUE).to_string(), "(keccak256)".to_owned()] {
            assert!(error.to_string().contains(&part), "{error} lacks {part}");
        }
        error
    };
    let flipped = value.replacen('6', "7", 1);
    assert!(matches!(broken(&flipped), Error::Corrupt { bytes: 11, .. }));
    assert!(matches!(broken(&value[..10]), Error::Corrupt { bytes: 5, .. }));
    assert!(matches!(broken(&value[..9]), Error::Truncated { digits: 9, .. }));
    assert!(matches!(broken("61zz"), Error::NotHex { at: 2, found: 'z', .. }));
    assert!(matches!(broken("0x6 1"), Error::NotHex { at: 3, found: ' ', .. }));
    assert!(matches!(broken("\u{fffd}"), Error::NotHex { at: 0, .. }));
}

#[test]
fn a_file_longer_than_any_pre_image_is_not_read() {
    let (key, _) = digits();
    for (marker, name, limit) in [
        (None, key.clone(), MAX_PREIMAGE_BYTES),
        (Some("file"), format!("0x{key}.txt"), 2 * MAX_PREIMAGE_BYTES + 4),
    ] {
        let dir = directory(marker, &[(name.clone(), Vec::new())]);
        // A sparse file: it takes no space.
        fs::File::options().write(true).open(dir.path().join(name)).unwrap().set_len(limit + 1).unwrap();
        let error = fetch(&dir, Key::keccak256(VALUE)).unwrap_err();
        assert!(matches!(error, Error::TooLong { bytes, .. } if bytes == limit + 1), "{error}");
    }
}

#[test]
fn a_layout_that_cannot_be_read_is_refused_when_it_is_opened() {
    for marker in ["pebble", "rocksdb", "", "directory of files, with no end of words"] {
        let dir = directory(Some(marker), &[]);
        let error = Directory::open(dir.path()).unwrap_err();
        assert!(matches!(error, Error::Layout { .. }), "{error}");
        assert!(error.to_string().contains("--data.format"), "{error}");
    }
}

#[test]
fn what_is_no_directory_is_refused_when_it_is_opened() {
    let dir = directory(None, &[("plain".to_owned(), Vec::new())]);
    for name in ["absent", "plain"] {
        let path: PathBuf = dir.path().join(name);
        let error = Directory::open(&path).unwrap_err();
        assert!(matches!(&error, Error::Read { path: read, .. } if *read == path), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_called_missing() {
    let (key, _) = digits();
    let dir = directory(None, &[(format!("{key}/child"), Vec::new())]);
    let error = fetch(&dir, Key::keccak256(VALUE)).unwrap_err();
    let wanted: &Path = &dir.path().join(key);
    assert!(matches!(&error, Error::Read { path, .. } if path == wanted), "{error}");
}
