//! Pre-images in a directory, one file each.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use alloy_primitives::hex;

use crate::layout::MARKER;
use crate::{Error, Key, KeyType, Layout, MAX_PREIMAGE_BYTES, Request, Source};

/// Pre-images in a directory as hosts keep them. Hints are ignored: what is there is there.
///
/// Hosts write digits without `0x` and without a line end; both are put up with. Hosts store no local values: to run
/// from a directory alone, add them in its layout.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    layout: Layout,
}

impl Directory {
    /// Opens a directory and reads its marker; without one, files are named by [key](Layout::Keys).
    ///
    /// # Errors
    /// Where it cannot be read, or its marker names none of the [layouts](Layout): a `pebble` database has to be
    /// served by its host.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        // A directory that is not there should fail here, not look like one without the first pre-image.
        fs::read_dir(&path).map_err(|reason| Error::Read { path: path.clone(), reason })?;
        let marker = path.join(MARKER);
        // More than any layout's name, and short enough to be quoted in an error.
        let layout = match open(&marker).and_then(|(file, _)| read(file, 32)) {
            Ok(found) => Layout::marked(&marker, &found)?,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Layout::Keys,
            Err(reason) => return Err(Error::Read { path: marker, reason }),
        };
        Ok(Self { path, layout })
    }

    /// Makes a directory of a layout, with its marker.
    ///
    /// # Errors
    /// Where there is something in it, or it cannot be made.
    pub fn create(path: impl Into<PathBuf>, layout: Layout) -> Result<Self, Error> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|reason| Error::Write { path: path.clone(), reason })?;
        if !listed(&path)?.is_empty() {
            return Err(Error::Occupied { path });
        }
        let directory = Self { path, layout };
        if let Some(marker) = layout.marker() {
            directory.write(Path::new(MARKER), marker.as_bytes())?;
        }
        Ok(directory)
    }

    /// How its files are named.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Takes files to be named by another layout than the marker says, as hosts did before there were markers.
    #[must_use]
    pub fn with_layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// The keys that have a file, in ascending order, and the files that no key has, but for the marker.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn list(&self) -> Result<(Vec<Key>, Vec<PathBuf>), Error> {
        let (mut keys, mut others) = (Vec::new(), Vec::new());
        for name in listed(&self.path)? {
            let path = self.path.join(&name);
            if self.layout == Layout::Directory && path.is_dir() {
                let below = listed(&path)?.into_iter().map(|file| name.join(file));
                below.for_each(|file| self.sort(file, &mut keys, &mut others));
            } else if name != Path::new(MARKER) {
                self.sort(name, &mut keys, &mut others);
            }
        }
        keys.sort_unstable();
        // Files may be named with and without 0x.
        keys.dedup();
        others.sort_unstable();
        Ok((keys, others))
    }

    fn sort(&self, file: PathBuf, keys: &mut Vec<Key>, others: &mut Vec<PathBuf>) {
        match self.layout.key_of(&file) {
            Some(key) => keys.push(key),
            None => others.push(self.path.join(file)),
        }
    }

    /// Writes the file of a key.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn store(&self, key: &Key, value: &[u8]) -> Result<(), Error> {
        let files = self.layout.files(key);
        if self.layout.is_hex() {
            self.write(&files[0], hex::encode(value).as_bytes())
        } else {
            self.write(&files[0], value)
        }
    }

    fn write(&self, file: &Path, contents: &[u8]) -> Result<(), Error> {
        let path = self.path.join(file);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, contents));
        written.map_err(|reason| Error::Write { path, reason })
    }

    /// The files that may hold the key's value, the likeliest first.
    fn files(&self, key: &Key) -> impl Iterator<Item = PathBuf> {
        self.layout.files(key).into_iter().map(|name| self.path.join(name))
    }

    /// The file that holds the key's value, and what it holds.
    fn find(&self, key: &Key) -> Result<(PathBuf, Vec<u8>), Error> {
        let limit = if self.layout.is_hex() {
            2 * MAX_PREIMAGE_BYTES + "0x\r\n".len() as u64
        } else {
            MAX_PREIMAGE_BYTES
        };
        for path in self.files(key) {
            let contents = match open(&path) {
                Ok((file, bytes)) if bytes <= limit => read(file, limit),
                Ok((_, bytes)) => {
                    let (request, place) = (Request::Preimage(*key), path.display().to_string());
                    return Err(Error::TooLong { request, place, bytes, limit });
                }
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => continue,
                Err(reason) => Err(reason),
            };
            return match contents {
                Ok(contents) => Ok((path, contents)),
                Err(reason) => Err(Error::Read { path, reason }),
            };
        }
        let advice = match key.key_type() {
            KeyType::Local => "hosts store no local values: write it there, or ask a server",
            _ => "let a server fill the directory, or ask the server itself",
        };
        Err(Error::Missing { key: *key, place: self.place(key), advice })
    }
}

impl Source for Directory {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        let (path, contents) = self.find(key)?;
        if self.layout.is_hex() { decode(key, path, &contents) } else { Ok(contents) }
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn place(&self, key: &Key) -> String {
        self.files(key).map(|file| file.display().to_string()).collect::<Vec<_>>().join(" or ")
    }
}

/// The names in a directory.
fn listed(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let names = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(PathBuf::from(entry?.file_name()))).collect());
    names.map_err(|reason| Error::Read { path: path.to_owned(), reason })
}

/// A file and its length in bytes.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

/// What a file holds, but no more than `limit` bytes, whatever length it has said.
fn read(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(limit).read_to_end(&mut contents)?;
    Ok(contents)
}

/// The bytes that a file of hex digits stands for.
fn decode(key: &Key, path: PathBuf, contents: &[u8]) -> Result<Vec<u8>, Error> {
    let start = if contents.starts_with(b"0x") { 2 } else { 0 };
    let digits = contents[start..].trim_ascii_end();
    if let Some(at) = digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
        return Err(Error::NotHex { key: *key, path, at: start + at, found: digits[at].into() });
    }
    hex::decode(digits).map_err(|_| Error::Truncated { key: *key, path, digits: digits.len() })
}
