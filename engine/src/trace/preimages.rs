//! The pre-images of a trace: what was given once is given again.

use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::{Console, Hash, Oracle, Stream};

/// Types of keys that commit to their values: Keccak-256 and SHA-256.
const COMMITTING: [u8; 2] = [2, 4];

/// Pre-images by key.
#[derive(Debug)]
pub(super) struct Preimages {
    values: HashMap<Hash, Vec<u8>>,
    bytes: usize,
    limit: usize,
}

impl Preimages {
    /// None yet. Those whose keys commit to them are kept up to `limit` bytes in all.
    pub(super) fn new(limit: usize) -> Self {
        Self { values: HashMap::new(), bytes: 0, limit }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn has_room(&self, key: &Hash, value: &[u8]) -> bool {
        !COMMITTING.contains(&key[0]) || self.bytes + cost(value) <= self.limit
    }
}

const fn cost(value: &[u8]) -> usize {
    size_of::<(Hash, Vec<u8>)>() + value.len()
}

/// An oracle that keeps what it gives.
pub(super) struct Recorded<'a, O> {
    pub(super) oracle: &'a mut O,
    pub(super) preimages: &'a mut Preimages,
    /// Whether the host has had the hints of these steps.
    pub(super) again: bool,
}

impl<O: Oracle> Oracle for Recorded<'_, O> {
    type Error = O::Error;

    fn hint(&mut self, hint: &[u8]) -> Result<(), O::Error> {
        if self.again { Ok(()) } else { self.oracle.hint(hint) }
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], O::Error> {
        if !self.preimages.values.contains_key(key) {
            let value = self.oracle.get(key)?;
            if !self.preimages.has_room(key, value) {
                return self.oracle.get(key);
            }
            self.preimages.bytes += cost(value);
            self.preimages.values.insert(*key, value.to_vec());
        }
        Ok(&self.preimages.values[key])
    }
}

/// A console that shows nothing twice.
pub(super) struct Quiet<'a, C> {
    pub(super) console: &'a mut C,
    /// Whether these steps have printed before.
    pub(super) quiet: bool,
}

impl<C: Console> Console for Quiet<'_, C> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if !self.quiet {
            self.console.write(stream, bytes);
        }
    }
}
