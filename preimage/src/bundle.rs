//! Bundles: all pre-images that a run reads, in one piece of bytes.
//!
//! | bytes | |
//! |---|---|
//! | 7 | `fpvmpre` |
//! | 1 | version: 1 |
//! | 8 | how many entries follow |
//! | 32, 8, *n* | of each entry: its key, the length of its value, its value |
//! | 32 | Keccak-256 of everything before |
//!
//! Numbers are big-endian. Local values, the inputs of a run, stand first, in ascending order of their keys; all other
//! entries follow in the order in which the run first asks for them. No key stands twice, and each value whose key is
//! its Keccak-256 or SHA-256 hash has that hash. The last 32 bytes are the bundle's *name*: equal contents have equal
//! names, however they are compressed.
//!
//! As a file, a bundle is compressed as one Zstandard frame (RFC 8878) of any level; a guest takes it decompressed.
//!
//! ```
//! use preimage::{Key, bundle::{Contents, Malformed}};
//!
//! # let example = [*b"fpvmpre\x01\0\0\0\0\0\0\0\0", [0; 16], [0; 16]].concat();
//! # let bytes = &example[..];
//! let contents = Contents::parse(bytes)?;
//! let mut reader = contents.reader();
//! let head = reader.get(&Key::local(1));
//! # assert_eq!(head, None);
//! # Ok::<(), Malformed>(())
//! ```

use isa_traits::Hash;
use sha3::{Digest, Keccak256};

use crate::{Key, KeyType};

/// How a bundle begins, before its version.
pub const MAGIC: [u8; 7] = *b"fpvmpre";
/// The version that is read and written.
pub const VERSION: u8 = 1;
/// Bytes before the first entry.
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + size_of::<u64>();
/// Bytes of an entry before its value.
pub const ENTRY_BYTES: usize = size_of::<Hash>() + size_of::<u64>();
/// Bytes of the name at the end.
pub const NAME_BYTES: usize = size_of::<Hash>();

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// They begin otherwise.
    #[error("it does not begin with \"fpvmpre\", as every bundle does")]
    Magic,
    /// Another version of the format.
    #[error("it has version {found} of the format, wanted {VERSION}; use the fpvm that wrote it")]
    Version {
        /// The version it names.
        found: u8,
    },
    /// An entry, or the name, would end after the last byte.
    #[error("it is truncated: {found} bytes, wanted at least {wanted} at entry {entry} of {count}")]
    Truncated {
        /// The entry that is cut, counted from 0; the number of entries where the name is.
        entry: u64,
        /// How many entries it says it has.
        count: u64,
        /// Bytes there are.
        found: usize,
        /// Bytes needed to go on.
        wanted: u64,
    },
    /// More bytes than the entries and the name take.
    #[error("{bytes} bytes follow its end; cut them off")]
    Surplus {
        /// How many.
        bytes: usize,
    },
    /// A local value after another with the same or a greater key, or after a value that is not local.
    #[error("entry {entry}, {key}, is out of order: local keys come first, each once, in ascending order")]
    Order {
        /// The entry, counted from 0.
        entry: u64,
        /// Its key.
        key: Key,
    },
    /// A value does not hash to its key.
    #[error("entry {entry} is corrupt: its {bytes} bytes have the key {found}, wanted {key}")]
    Value {
        /// The entry, counted from 0.
        entry: u64,
        /// Its key.
        key: Key,
        /// The key of the value, by the same hash.
        found: Key,
        /// The length of the value.
        bytes: usize,
    },
    /// The bytes are not those that were named when the bundle was written.
    #[error("it is corrupt: its contents have the name {found}, wanted {wanted}, which is at its end")]
    Name {
        /// The name of what is there.
        found: Name,
        /// The name at the end.
        wanted: Name,
    },
}

/// The name of a bundle: Keccak-256 of its contents before the name. Displayed as `0x` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub Hash);

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Name({self})")
    }
}

/// The first bytes of a bundle of `count` entries.
#[must_use]
pub fn header(count: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..MAGIC.len()].copy_from_slice(&MAGIC);
    header[MAGIC.len()] = VERSION;
    header[MAGIC.len() + 1..].copy_from_slice(&count.to_be_bytes());
    header
}

/// The first bytes of an entry whose value has `bytes` bytes.
#[must_use]
pub fn entry_header(key: &Key, bytes: u64) -> [u8; ENTRY_BYTES] {
    let mut header = [0; ENTRY_BYTES];
    let (front, back) = header.split_at_mut(size_of::<Hash>());
    front.copy_from_slice(key.as_bytes());
    back.copy_from_slice(&bytes.to_be_bytes());
    header
}

/// The name of a bundle, from all its bytes before the name.
#[must_use]
pub fn name_of(bytes: &[u8]) -> Name {
    Name(Keccak256::digest(bytes).into())
}

/// A pre-image and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What the value is asked for by.
    pub key: Key,
    /// The pre-image, without a length prefix.
    pub value: &'a [u8],
}

/// The decompressed contents of a bundle, whose bytes are in order.
///
/// Values are not hashed by [`parse`](Contents::parse): whoever does not check each value it uses, as the guest SDK
/// does, calls [`verify`](Contents::verify).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents<'a> {
    /// Everything before the name.
    bytes: &'a [u8],
    count: u64,
    name: Name,
}

impl<'a> Contents<'a> {
    /// Takes bytes for the contents of a bundle.
    ///
    /// # Errors
    /// Where the first bytes, a length or the order of local keys is wrong, or something is missing or left over.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let start = &bytes[..bytes.len().min(MAGIC.len())];
        if *start != MAGIC[..start.len()] || start.is_empty() {
            return Err(Malformed::Magic);
        }
        match bytes.get(MAGIC.len()) {
            Some(&VERSION) | None => {}
            Some(&found) => return Err(Malformed::Version { found }),
        }
        let least = HEADER_BYTES + NAME_BYTES;
        let Some((front, name)) = bytes.split_last_chunk::<NAME_BYTES>().filter(|_| bytes.len() >= least)
        else {
            return Err(Malformed::Truncated {
                entry: 0,
                count: 0,
                found: bytes.len(),
                wanted: least as u64,
            });
        };
        let count = u64::from_be_bytes(array(&front[MAGIC.len() + 1..]));
        let mut before: Option<Key> = None;
        let mut rest = &front[HEADER_BYTES..];
        for entry in 0..count {
            let Some(Entry { key, .. }) = next(&mut rest) else {
                let wanted = (bytes.len() - rest.len() + ENTRY_BYTES) as u64;
                let wanted = wanted.saturating_add(stated_bytes(rest).unwrap_or(0));
                return Err(Malformed::Truncated { entry, count, found: bytes.len(), wanted });
            };
            let follows = |before: Key| before.key_type() == KeyType::Local && before < key;
            if key.key_type() == KeyType::Local && !before.is_none_or(follows) {
                return Err(Malformed::Order { entry, key });
            }
            before = Some(key);
        }
        if !rest.is_empty() {
            return Err(Malformed::Surplus { bytes: rest.len() });
        }
        Ok(Self { bytes: front, count, name: Name(*name) })
    }

    /// Checks each value against its key, where the key is its hash, and all bytes against the name.
    ///
    /// # Errors
    /// Where one does not match.
    pub fn verify(&self) -> Result<(), Malformed> {
        for (entry, Entry { key, value }) in (0..).zip(self.entries()) {
            if let Some(found) = key.recomputed(value).filter(|found| *found != key) {
                return Err(Malformed::Value { entry, key, found, bytes: value.len() });
            }
        }
        let found = name_of(self.bytes);
        if found == self.name { Ok(()) } else { Err(Malformed::Name { found, wanted: self.name }) }
    }

    /// The name at the end.
    #[must_use]
    pub const fn name(&self) -> Name {
        self.name
    }

    /// How many entries there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> Entries<'a> {
        Entries { rest: &self.bytes[HEADER_BYTES..] }
    }

    /// The inputs of the run: what a verdict is about, and a proof of it has to make public.
    pub fn locals(&self) -> impl Iterator<Item = Entry<'a>> {
        self.entries().take_while(|entry| entry.key.key_type() == KeyType::Local)
    }

    /// Looks entries up by key.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader { entries: self.entries().rest, at: 0 }
    }
}

/// The entries of a bundle, in order.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        next(&mut self.rest)
    }
}

/// Finds values by their keys.
///
/// It looks on from the entry found last, and then from the beginning: a run that asks in the order of the bundle
/// finds each value at once, without an index.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    entries: &'a [u8],
    /// Where the entry after the one found last begins.
    at: usize,
}

impl<'a> Reader<'a> {
    /// The value of a key, if the bundle has it.
    pub fn get(&mut self, key: &Key) -> Option<&'a [u8]> {
        let (passed, ahead) = self.entries.split_at(self.at);
        for (start, part) in [(self.at, ahead), (0, passed)] {
            let mut entries = Entries { rest: part };
            if let Some(found) = entries.find(|entry| entry.key == *key) {
                self.at = start + part.len() - entries.rest.len();
                return Some(found.value);
            }
        }
        None
    }
}

/// Takes the next entry off the front; leaves `rest` as it is where there is none, or not all of it.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Entry<'a>> {
    let (key, after) = rest.split_first_chunk::<32>()?;
    let value = after.get(size_of::<u64>()..)?;
    let bytes = usize::try_from(stated_bytes(rest)?).ok()?;
    let (value, after) = value.split_at_checked(bytes)?;
    *rest = after;
    Some(Entry { key: Key::from(*key), value })
}

/// The length that the next entry gives for its value.
fn stated_bytes(rest: &[u8]) -> Option<u64> {
    rest.get(size_of::<Hash>()..ENTRY_BYTES).map(|bytes| u64::from_be_bytes(array(bytes)))
}

/// The first 8 bytes of a slice that has them.
fn array(bytes: &[u8]) -> [u8; 8] {
    *bytes.first_chunk().unwrap_or_else(|| unreachable!("the caller has checked the length"))
}

#[cfg(test)]
mod tests;
