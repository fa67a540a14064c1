//! The checked-in inputs.

mod common;

use common::{Memory, verdict};
use std::{collections::BTreeMap, fs, path::Path};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_files_are_the_models() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("preimages");
    let files: BTreeMap<_, _> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_string(), fs::read(&path).unwrap()))
        .collect();
    let model: BTreeMap<_, _> =
        claim_model::checked_in().into_iter().map(|(key, value)| (hex(&key), value)).collect();
    assert!(files == model, "regenerate them: cargo xtask claim-inputs");
}

#[test]
fn the_claim_is_right_and_each_hash_is_announced() {
    let mut memory = Memory::new(claim_model::checked_in());
    assert_eq!(memory.verdict(), Ok(0));
    let (locals, hashed) = memory.events.split_at(5);
    assert!(locals.iter().all(|key| key.starts_with("01")));
    for pair in hashed.chunks(2) {
        let hash = pair[0].split_once(" 0x").map(|(_, hash)| hash).unwrap();
        assert_eq!(pair[1], format!("02{}", &hash[2..]), "after {}", pair[0]);
    }
}

/// A value with a flipped bit is refused, or never read; none changes the verdict.
#[test]
fn no_corrupt_preimage_is_accepted() {
    let good = claim_model::checked_in();
    let mut memory = Memory::new(good.clone());
    assert_eq!(memory.verdict(), Ok(0));
    let mut refused = 0;
    for key in good.keys().filter(|key| key[0] == 2) {
        let mut preimages = good.clone();
        let value = preimages.get_mut(key).unwrap();
        let last = value.len() - 1;
        value[last] ^= 1;
        let read = memory.events.contains(&hex(key));
        match verdict(preimages) {
            Ok(0) if !read => {}
            Err(message) if read && message.starts_with("a pre-image hashes to") => refused += 1,
            other => panic!("{}: {other:?}", hex(key)),
        }
    }
    assert!(refused > 100, "only {refused} pre-images are read");
}
