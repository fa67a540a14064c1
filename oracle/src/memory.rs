//! Pre-images held in memory.

use std::collections::BTreeMap;

use crate::{Error, Key, Source};

/// A map of pre-images. Hints are ignored: what is there is there.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    values: BTreeMap<Key, Vec<u8>>,
}

impl Memory {
    /// Adds a value under any key, matching or not; a value already there is replaced.
    pub fn insert(&mut self, key: Key, value: Vec<u8>) {
        self.values.insert(key, value);
    }

    /// Adds the value of local index `index` and gives its key.
    pub fn insert_local(&mut self, index: u64, value: Vec<u8>) -> Key {
        self.with(Key::local(index), value)
    }

    /// Adds a value under its Keccak-256 hash and gives its key.
    pub fn insert_keccak256(&mut self, value: Vec<u8>) -> Key {
        self.with(Key::keccak256(&value), value)
    }

    /// Adds a value under its SHA-256 hash and gives its key.
    pub fn insert_sha256(&mut self, value: Vec<u8>) -> Key {
        self.with(Key::sha256(&value), value)
    }

    fn with(&mut self, key: Key, value: Vec<u8>) -> Key {
        self.insert(key, value);
        key
    }
}

impl Source for Memory {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        self.values.get(key).cloned().ok_or_else(|| Error::Missing {
            key: *key,
            place: self.place(key),
            advice: "insert it before the run",
        })
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn place(&self, _: &Key) -> String {
        format!("the {} values in memory", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_under_their_keys() {
        let mut memory = Memory::default();
        let keys = [
            memory.insert_local(3, b"local".to_vec()),
            memory.insert_keccak256(b"keccak".to_vec()),
            memory.insert_sha256(b"sha".to_vec()),
        ];
        assert_eq!(keys, [Key::local(3), Key::keccak256(b"keccak"), Key::sha256(b"sha")]);
        let values = keys.map(|key| memory.fetch(&key).unwrap());
        assert_eq!(values, [b"local".to_vec(), b"keccak".to_vec(), b"sha".to_vec()]);
    }

    #[test]
    fn a_missing_value_is_named_by_key_and_type() {
        let error = Memory::default().fetch(&Key::local(5)).unwrap_err();
        assert!(matches!(error, Error::Missing { key, .. } if key == Key::local(5)));
        assert!(error.to_string().contains(&format!("{} (local)", Key::local(5))), "{error}");
    }
}
