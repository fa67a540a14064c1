//! Pre-images in a directory, one file each.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use alloy_primitives::hex;

use crate::{Error, Key, KeyType, MAX_PREIMAGE_BYTES, Request, Source};

/// The file in which op-program and kona note the layout of their data directory.
const MARKER: &str = "kvformat";

/// Pre-images that a host left in its data directory. Hints are ignored: what is there is there.
///
/// The marker file `kvformat` tells the layout; `key` stands for 64 hex digits:
///
/// | marker | file of a key | contents |
/// |---|---|---|
/// | `file` | `0x<key>.txt` | hex digits |
/// | `directory` | `<digits 0-3 of key>/<digits 4-63>.txt` | hex digits |
/// | none | `<key>`, or else `0x<key>` | the bytes themselves |
///
/// Hosts write the digits without `0x` and without a line end; both are put up with. Hosts store no local
/// values: to run from a directory alone, add them in its layout. Source: optimism
/// `op-program/host/kvstore/{file,directory}.go`; kona's `directory` format is the same.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    File,
    Directory,
    Raw,
}

impl Directory {
    /// Opens a directory and reads its marker.
    ///
    /// # Errors
    /// Where it cannot be read, or its marker names a layout other than those above: a `pebble` database
    /// has to be served by its host.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        // A directory that is not there should fail here, not look like one without the first pre-image.
        fs::read_dir(&path).map_err(|reason| Error::Read { path: path.clone(), reason })?;
        let marker = path.join(MARKER);
        // More than any layout's name, and short enough to be quoted in an error.
        let layout = match open(&marker).and_then(|(file, _)| read(file, 32)) {
            Ok(found) => match String::from_utf8_lossy(&found).trim() {
                "file" => Layout::File,
                "directory" => Layout::Directory,
                found => {
                    let found = found.escape_debug().to_string();
                    return Err(Error::Layout { path: marker, found });
                }
            },
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Layout::Raw,
            Err(reason) => return Err(Error::Read { path: marker, reason }),
        };
        Ok(Self { path, layout })
    }

    /// The files that may hold the key's value, the likeliest first.
    fn files(&self, key: &Key) -> Vec<PathBuf> {
        let digits = format!("{key:x}");
        let names = match self.layout {
            Layout::File => vec![format!("0x{digits}.txt")],
            Layout::Directory => vec![format!("{}/{}.txt", &digits[..4], &digits[4..])],
            Layout::Raw => vec![digits.clone(), format!("0x{digits}")],
        };
        names.into_iter().map(|name| self.path.join(name)).collect()
    }

    /// The file that holds the key's value, and what it holds.
    fn find(&self, key: &Key) -> Result<(PathBuf, Vec<u8>), Error> {
        let limit = match self.layout {
            Layout::File | Layout::Directory => 2 * MAX_PREIMAGE_BYTES + "0x\r\n".len() as u64,
            Layout::Raw => MAX_PREIMAGE_BYTES,
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
        match self.layout {
            Layout::File | Layout::Directory => decode(key, path, &contents),
            Layout::Raw => Ok(contents),
        }
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn place(&self, key: &Key) -> String {
        let files = self.files(key);
        files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" or ")
    }
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
