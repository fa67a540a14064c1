//! How stores of pre-images name their files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use alloy_primitives::hex;

use crate::{Error, Key};

/// The file in which op-program and kona note the layout of their data directory.
pub(crate) const MARKER: &str = "kvformat";

/// How a directory names the file of a key, and what is in it; `key` stands for 64 hex digits.
///
/// | layout | file of a key | contents |
/// |---|---|---|
/// | [`File`](Self::File) | `0x<key>.txt` | hex digits |
/// | [`Directory`](Self::Directory) | `<digits 0-3 of key>/<digits 4-63>.txt` | hex digits |
/// | [`Keys`](Self::Keys) | `<key>`, or else `0x<key>` | the bytes themselves |
///
/// Source: optimism `op-program/host/kvstore/{file,directory}.go`; kona's `directory` format is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// op-program's `file`, with a marker that says so.
    File,
    /// op-program's and kona's `directory`, with a marker that says so.
    Directory,
    /// Files named by key, without a marker.
    Keys,
}

impl Layout {
    /// The layout that a marker file names.
    pub(crate) fn marked(path: &Path, marker: &[u8]) -> Result<Self, Error> {
        match String::from_utf8_lossy(marker).trim() {
            "file" => Ok(Self::File),
            "directory" => Ok(Self::Directory),
            found => Err(Error::Layout { path: path.to_owned(), found: found.escape_debug().to_string() }),
        }
    }

    /// What the marker file says, where there is one.
    pub(crate) const fn marker(self) -> Option<&'static str> {
        match self {
            Self::File => Some("file"),
            Self::Directory => Some("directory"),
            Self::Keys => None,
        }
    }

    /// Whether files hold hex digits.
    pub(crate) const fn is_hex(self) -> bool {
        matches!(self, Self::File | Self::Directory)
    }

    /// The files that may hold a key's value, the likeliest first, which is the one that is written.
    pub(crate) fn files(self, key: &Key) -> Vec<PathBuf> {
        let digits = format!("{key:x}");
        let names = match self {
            Self::File => vec![format!("0x{digits}.txt")],
            Self::Directory => vec![format!("{}/{}.txt", &digits[..4], &digits[4..])],
            Self::Keys => vec![digits.clone(), format!("0x{digits}")],
        };
        names.into_iter().map(PathBuf::from).collect()
    }

    /// The key whose value a file holds, if it is the file of a key.
    pub(crate) fn key_of(self, file: &Path) -> Option<Key> {
        let name = file.to_str()?;
        let digits = name.strip_suffix(".txt").unwrap_or(name).replace('/', "");
        let digits = digits.strip_prefix("0x").unwrap_or(&digits);
        let mut key = [0; 32];
        hex::decode_to_slice(digits, &mut key).ok()?;
        let key = Key::from(key);
        self.files(&key).iter().any(|found| found == file).then_some(key)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.marker().unwrap_or("keys"))
    }
}
