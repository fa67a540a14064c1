//! Bundles as files: all pre-images of a run in one.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read, Write},
};

use preimage::bundle::{
    Contents, ENTRY_BYTES, HEADER_BYTES, NAME_BYTES, Name, entry_header, header, name_of,
};
use ruzstd::{
    decoding::StreamingDecoder,
    encoding::{CompressionLevel, compress_to_vec},
};

use crate::{Error, Key, KeyType, Source};

/// The longest contents of a bundle, decompressed: 1 GiB. A longer one is neither read nor written.
pub const MAX_BUNDLE_BYTES: u64 = 1 << 30;

/// Pre-images, each under its own key: what a run has used, and enough to run again. Hints are ignored.
///
/// Whatever is in it was checked when it was put in: a value whose key is its hash has that hash, and no key has two
/// values. The order is that of [`preimage::bundle`], which documents the format: local values by key, then the others
/// as they were inserted.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    locals: BTreeMap<Key, Vec<u8>>,
    others: Vec<(Key, Vec<u8>)>,
    /// Where in `others` a key is.
    index: HashMap<Key, usize>,
    /// What it was read from, for messages.
    place: Option<String>,
}

impl Bundle {
    /// Adds a pre-image; `place` is where it comes from, for messages. Yields whether its key is new.
    ///
    /// # Errors
    /// Where the value does not hash to the key, or the key has another value already.
    pub fn insert(&mut self, key: Key, value: &[u8], place: &str) -> Result<bool, Error> {
        if let Some(found) = key.recomputed(value).filter(|found| *found != key) {
            return Err(Error::Corrupt { key, place: place.to_owned(), found, bytes: value.len() });
        }
        match self.get(&key) {
            Some(old) if old == value => return Ok(false),
            Some(old) => {
                let (old, new) = (old.len(), value.len());
                return Err(Error::Conflict { key, place: place.to_owned(), old, new });
            }
            None => {}
        }
        if key.key_type() == KeyType::Local {
            self.locals.insert(key, value.to_vec());
        } else {
            self.index.insert(key, self.others.len());
            self.others.push((key, value.to_vec()));
        }
        Ok(true)
    }

    /// Adds all pre-images of another bundle.
    ///
    /// # Errors
    /// Where a key has another value here.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let place = other.name_for_messages();
        other.entries().try_for_each(|(key, value)| self.insert(key, value, &place).map(drop))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&[u8]> {
        let other = self.index.get(key).map(|&at| &self.others[at].1);
        other.or_else(|| self.locals.get(key)).map(Vec::as_slice)
    }

    /// Keys and values in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = (Key, &[u8])> {
        let others = self.others.iter().map(|(key, value)| (*key, value.as_slice()));
        self.locals.iter().map(|(key, value)| (*key, value.as_slice())).chain(others)
    }

    /// How many pre-images it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.locals.len() + self.others.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of the bundle, not compressed: what a guest, or a zkVM, takes as its input.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.contents_bytes() as usize);
        bytes.extend(header(self.len() as u64));
        for (key, value) in self.entries() {
            bytes.extend(entry_header(&key, value.len() as u64));
            bytes.extend(value);
        }
        let name = name_of(&bytes);
        bytes.extend(name.0);
        bytes
    }

    /// The length of the contents, in bytes.
    #[must_use]
    pub fn contents_bytes(&self) -> u64 {
        let entries = self.entries().map(|(_, value)| (ENTRY_BYTES + value.len()) as u64);
        (HEADER_BYTES + NAME_BYTES) as u64 + entries.sum::<u64>()
    }

    /// The name that the contents give the bundle.
    #[must_use]
    pub fn name(&self) -> Name {
        let contents = self.contents();
        name_of(&contents[..contents.len() - NAME_BYTES])
    }

    /// Takes the bytes of a bundle, not compressed; `place` is where they come from, for messages.
    ///
    /// # Errors
    /// Where they are no bundle, or one with a value that is not its key's, or with two entries of one key.
    pub fn from_contents(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let malformed = |reason| Error::Malformed { place: place.to_owned(), reason };
        let contents = Contents::parse(bytes).map_err(malformed)?;
        contents.verify().map_err(malformed)?;
        let mut bundle = Self { place: Some(place.to_owned()), ..Self::default() };
        for (entry, found) in contents.entries().enumerate() {
            if bundle.get(&found.key).is_some() {
                return Err(Error::Duplicate { place: place.to_owned(), key: found.key, entry });
            }
            bundle.insert(found.key, found.value, place)?;
        }
        Ok(bundle)
    }

    /// Reads the file of a bundle; `place` is its name, for messages.
    ///
    /// # Errors
    /// Where it is not one Zstandard frame, or its contents are refused as by [`from_contents`](Self::from_contents)
    /// or longer than [`MAX_BUNDLE_BYTES`].
    pub fn read(file: impl Read, place: &str) -> Result<Self, Error> {
        Self::read_within(MAX_BUNDLE_BYTES, file, place)
    }

    fn read_within(limit: u64, mut file: impl Read, place: &str) -> Result<Self, Error> {
        let not_zstd = |reason: String| Error::Compression { place: place.to_owned(), reason };
        let decoder = StreamingDecoder::new(&mut file).map_err(|error| not_zstd(error.to_string()))?;
        let mut bytes = Vec::new();
        let limited = decoder.take(limit + 1).read_to_end(&mut bytes);
        limited.map_err(|error| not_zstd(error.to_string()))?;
        if bytes.len() as u64 > limit {
            return Err(Error::LargeBundle { place: place.to_owned(), limit });
        }
        match file.read(&mut [0]) {
            Ok(0) => Self::from_contents(&bytes, place),
            Ok(_) => Err(not_zstd("bytes follow the end of its frame".to_owned())),
            Err(error) => Err(not_zstd(error.to_string())),
        }
    }

    /// Writes the file of the bundle.
    ///
    /// # Errors
    /// Where its contents are longer than [`MAX_BUNDLE_BYTES`], or `file` cannot be written.
    pub fn write(&self, file: &mut dyn Write) -> io::Result<()> {
        let bytes = self.contents_bytes();
        if bytes > MAX_BUNDLE_BYTES {
            let reason = format!("the bundle would have {bytes} bytes, wanted at most {MAX_BUNDLE_BYTES}");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        file.write_all(&compress_to_vec(self.contents().as_slice(), CompressionLevel::Fastest))
    }

    fn name_for_messages(&self) -> String {
        self.place.clone().unwrap_or_else(|| "the bundle".to_owned())
    }
}

/// Equal pre-images in equal order, wherever they come from.
impl PartialEq for Bundle {
    fn eq(&self, other: &Self) -> bool {
        self.entries().eq(other.entries())
    }
}

impl Eq for Bundle {}

impl Source for Bundle {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        self.get(key).map(<[u8]>::to_vec).ok_or_else(|| Error::Missing {
            key: *key,
            place: self.place(key),
            advice: "it was recorded from another run: record this one anew, or merge a bundle that has it",
        })
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn place(&self, _: &Key) -> String {
        format!("{} of {} pre-images", self.name_for_messages(), self.len())
    }
}

#[cfg(test)]
mod tests;
