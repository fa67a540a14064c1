//! The check that every pre-image passes on its way to the guest.

use std::collections::BTreeMap;

use isa_traits::{Hash, Oracle};

use crate::{Bundle, Error, Key, KeyType, Source};

/// How many pre-images were fetched. A guest that reads one pre-image in many pieces fetches it once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub preimages: u64,
    /// Their bytes, without length prefixes.
    pub bytes: u64,
}

/// How much a run asked of its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pre-images fetched, by the types of their keys.
    pub by_type: BTreeMap<KeyType, Count>,
    /// Hints passed on.
    pub hints: u64,
}

impl Counts {
    /// Pre-images of all types.
    #[must_use]
    pub fn total(&self) -> Count {
        self.by_type.values().fold(Count::default(), |sum, count| Count {
            preimages: sum.preimages + count.preimages,
            bytes: sum.bytes + count.bytes,
        })
    }
}

/// An oracle that trusts no source: a value whose key is its Keccak-256 or SHA-256 hash is hashed again.
///
/// Values of other types cannot be checked without knowing more than the key, and pass as they are: the
/// chain checks them when they are disputed. The last pre-image is kept, as the guest asks for it again
/// with every read.
#[derive(Debug)]
pub struct Verified<S> {
    source: S,
    /// The key of `value`; `None` before the first pre-image.
    key: Option<Key>,
    value: Vec<u8>,
    counts: Counts,
    /// What was fetched, where it is recorded.
    record: Option<Bundle>,
}

impl<S: Source> Verified<S> {
    /// Checks what `source` gives.
    pub const fn new(source: S) -> Self {
        let counts = Counts { by_type: BTreeMap::new(), hints: 0 };
        Self { source, key: None, value: Vec::new(), counts, record: None }
    }

    /// Checks what `source` gives, and keeps it.
    pub fn recording(source: S) -> Self {
        Self { record: Some(Bundle::default()), ..Self::new(source) }
    }

    /// What has been asked of the source so far, successfully.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What has been fetched so far, if it is recorded.
    pub const fn record(&self) -> Option<&Bundle> {
        self.record.as_ref()
    }

    /// Gives the source back.
    pub fn into_inner(self) -> S {
        self.source
    }

    fn fetch(&mut self, key: Key) -> Result<(), Error> {
        let value = self.source.fetch(&key)?;
        if let Some(found) = key.recomputed(&value).filter(|found| *found != key) {
            let place = self.source.place(&key);
            return Err(Error::Corrupt { key, place, found, bytes: value.len() });
        }
        if let Some(record) = &mut self.record {
            record.insert(key, &value, &self.source.place(&key))?;
        }
        let count = self.counts.by_type.entry(key.key_type()).or_default();
        count.preimages += 1;
        count.bytes += value.len() as u64;
        (self.key, self.value) = (Some(key), value);
        Ok(())
    }
}

impl<S: Source> Oracle for Verified<S> {
    type Error = Error;

    fn hint(&mut self, hint: &[u8]) -> Result<(), Error> {
        self.source.hint(hint)?;
        self.counts.hints += 1;
        Ok(())
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], Error> {
        let key = Key::from(*key);
        if self.key != Some(key) {
            self.fetch(key)?;
        }
        Ok(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Memory;

    /// Notes each question put to the memory behind it.
    #[derive(Default)]
    struct Noting {
        memory: Memory,
        fetched: Vec<Key>,
        hints: Vec<Vec<u8>>,
    }

    impl Source for Noting {
        fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
            self.fetched.push(*key);
            self.memory.fetch(key)
        }
        fn hint(&mut self, hint: &[u8]) -> Result<(), Error> {
            self.hints.push(hint.to_vec());
            Ok(())
        }
        fn place(&self, key: &Key) -> String {
            self.memory.place(key)
        }
    }

    #[test]
    fn a_pre_image_is_fetched_once_while_its_key_stays() {
        let mut source = Noting::default();
        let a = source.memory.insert_keccak256(b"first".to_vec());
        let b = source.memory.insert_local(7, Vec::new());
        let mut oracle = Verified::new(source);
        for (key, value) in [(a, "first"), (a, "first"), (b, ""), (b, ""), (a, "first")] {
            assert_eq!(oracle.get(key.as_bytes()).unwrap(), value.as_bytes());
        }
        assert_eq!(oracle.counts().total(), Count { preimages: 3, bytes: 10 });
        let by_type = [(KeyType::Local, 1, 0), (KeyType::Keccak256, 2, 10)];
        let by_type = by_type.map(|(kind, preimages, bytes)| (kind, Count { preimages, bytes }));
        assert_eq!(oracle.counts(), &Counts { by_type: by_type.into(), hints: 0 });
        assert_eq!(oracle.into_inner().fetched, [a, b, a]);
    }

    #[test]
    fn a_failed_fetch_keeps_the_last_pre_image_under_its_own_key_only() {
        let mut source = Noting::default();
        let known = source.memory.insert_keccak256(b"known".to_vec());
        let mut oracle = Verified::new(source);
        oracle.get(known.as_bytes()).unwrap();
        for _ in 0..2 {
            assert!(matches!(oracle.get(Key::local(1).as_bytes()), Err(Error::Missing { .. })));
        }
        assert_eq!(oracle.get(known.as_bytes()).unwrap(), b"known");
        assert_eq!(oracle.into_inner().fetched, [known, Key::local(1), Key::local(1)]);
    }

    #[test]
    fn a_value_that_does_not_match_its_key_is_refused() {
        for key in [Key::keccak256(b"wanted"), Key::sha256(b"wanted")] {
            let mut memory = Memory::default();
            memory.insert(key, b"other".to_vec());
            let mut oracle = Verified::new(memory);
            let error = oracle.get(key.as_bytes()).unwrap_err();
            let Error::Corrupt { found, bytes: 5, .. } = error else { panic!("{error}") };
            assert_eq!(Some(found), key.recomputed(b"other"));
            for part in [key.to_string(), found.to_string(), key.key_type().to_string()] {
                assert!(error.to_string().contains(&part), "{error} lacks {part}");
            }
            assert_eq!(oracle.counts(), &Counts::default());
        }
    }

    #[test]
    fn values_of_other_types_pass_as_they_are() {
        for byte in [0, 1, 3, 5, 6, 7, 255] {
            let key = Key::from([byte; 32]);
            let mut memory = Memory::default();
            memory.insert(key, b"anything".to_vec());
            assert_eq!(Verified::new(memory).get(key.as_bytes()).unwrap(), b"anything", "type {byte}");
        }
    }

    /// Gives another value each time.
    struct Fickle(u8);

    impl Source for Fickle {
        fn fetch(&mut self, _: &Key) -> Result<Vec<u8>, Error> {
            self.0 += 1;
            Ok(vec![self.0])
        }
        fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
            Ok(())
        }
        fn place(&self, _: &Key) -> String {
            "a fickle host".to_owned()
        }
    }

    #[test]
    fn a_record_has_each_pre_image_once_in_the_order_of_first_use() {
        let mut memory = Memory::default();
        let a = memory.insert_keccak256(b"first".to_vec());
        let b = memory.insert_sha256(b"second".to_vec());
        let inputs = [2, 1].map(|index| memory.insert_local(index, vec![index as u8]));
        memory.insert_keccak256(b"never asked for".to_vec());
        let mut oracle = Verified::recording(memory);
        for key in [b, inputs[0], a, b, Key::local(9), inputs[1], a] {
            assert_eq!(oracle.get(key.as_bytes()).is_err(), key == Key::local(9));
        }
        let recorded: Vec<_> = oracle.record().unwrap().entries().collect();
        assert_eq!(recorded, [(inputs[1], &[1][..]), (inputs[0], &[2]), (b, b"second"), (a, b"first")]);
    }

    #[test]
    fn a_host_that_changes_its_answer_cannot_be_recorded() {
        let mut oracle = Verified::recording(Fickle(0));
        let (a, b) = (Key::from([5; 32]), Key::from([6; 32]));
        oracle.get(a.as_bytes()).unwrap();
        oracle.get(b.as_bytes()).unwrap();
        let error = oracle.get(a.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Conflict { old: 1, new: 1, .. }), "{error}");
        assert!(error.to_string().contains("a fickle host"), "{error}");
    }

    #[test]
    fn hints_reach_the_source() {
        let mut oracle = Verified::new(Noting::default());
        oracle.hint(b"one").unwrap();
        oracle.hint(b"").unwrap();
        assert_eq!(oracle.counts().hints, 2);
        assert_eq!(oracle.into_inner().hints, [b"one".to_vec(), Vec::new()]);
    }
}
