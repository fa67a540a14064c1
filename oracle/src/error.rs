//! What can go wrong between the guest's question and the answer.

use std::{fmt, io, path::PathBuf, process::ExitStatus, time::Duration};

use preimage::bundle::Malformed;

use crate::Key;

/// What was asked of a source, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The pre-image of a key.
    Preimage(Key),
    /// A hint of so many bytes, and how its text begins.
    Hint {
        /// The length of the hint.
        bytes: usize,
        /// The first characters, escaped: a guest's bytes are no business of a terminal.
        begins: String,
    },
}

impl Request {
    /// Describes a hint by its length and first characters.
    #[must_use]
    pub fn hint(hint: &[u8]) -> Self {
        // Enough to show «l1-block-header 0x» and a hash whole.
        let shown = &hint[..hint.len().min(96)];
        Self::Hint { bytes: hint.len(), begins: String::from_utf8_lossy(shown).escape_debug().to_string() }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preimage(key) => write!(f, "pre-image {key} ({})", key.key_type()),
            Self::Hint { bytes, begins } => write!(f, "hint \"{begins}\" ({bytes} bytes)"),
        }
    }
}

/// How far a message over a pipe had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes of the request, its length included, had been taken by the server.
    Sent {
        /// Bytes taken.
        bytes: usize,
        /// Bytes of the whole message.
        of: usize,
    },
    /// So many bytes of a part of the reply (its length, its payload or the acknowledgement) had come.
    Received {
        /// Bytes received.
        bytes: usize,
        /// Bytes of the whole part.
        of: usize,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { bytes, of } => write!(f, "{bytes} of {of} bytes sent"),
            Self::Received { bytes, of } => write!(f, "{bytes} of {of} bytes received"),
        }
    }
}

/// Why a pre-image could not be had, or a hint not be passed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source has no value for the key.
    #[error("{} is missing: not found in {place}; {advice}", Request::Preimage(*.key))]
    Missing {
        /// What was asked for.
        key: Key,
        /// Where it was looked for.
        place: String,
        /// What to try.
        advice: &'static str,
    },
    /// The value is not the one the key commits to.
    #[error(
        "{} is corrupt: the {bytes} bytes from {place} have the key {found}, wanted {key}; \
         remove them there and fetch them again from a host you trust",
        Request::Preimage(*.key)
    )]
    Corrupt {
        /// What was asked for, and what the value's key should be.
        key: Key,
        /// Where the value came from.
        place: String,
        /// The key of the value found, by the same hash.
        found: Key,
        /// The length of the value found.
        bytes: usize,
    },
    /// A file that should hold hex digits holds something else.
    #[error(
        "{} is corrupt: {} holds {found:?} at byte {at}, wanted a hex digit; remove the file and let a host write it again",
        Request::Preimage(*.key), .path.display()
    )]
    NotHex {
        /// What was asked for.
        key: Key,
        /// The file.
        path: PathBuf,
        /// The position in the file, in bytes from 0.
        at: usize,
        /// The byte there, as a character.
        found: char,
    },
    /// A file of hex digits ends in the middle of a byte.
    #[error(
        "{} is truncated: {} holds {digits} hex digits, wanted an even number; \
         its writer was cut off: remove the file and let a host write it again",
        Request::Preimage(*.key), .path.display()
    )]
    Truncated {
        /// What was asked for.
        key: Key,
        /// The file.
        path: PathBuf,
        /// How many digits it holds.
        digits: usize,
    },
    /// A value or a hint is longer than any real one.
    #[error(
        "{request} is too long: {place} has {bytes} bytes, wanted at most {limit}; check that this is what serves pre-images"
    )]
    TooLong {
        /// What was asked for.
        request: Request,
        /// Where the value comes from.
        place: String,
        /// The length found or claimed; for a file the least it has.
        bytes: u64,
        /// The greatest length accepted.
        limit: u64,
    },
    /// The server ended, or closed its pipes, while it owed an answer.
    #[error("the server {server} failed to answer {request}: {}, {progress}; its own messages are on standard error", end(.status))]
    HostDied {
        /// What was asked for.
        request: Request,
        /// The program, as it was called.
        server: String,
        /// How it ended; `None` where it closed its pipes and still runs.
        status: Option<ExitStatus>,
        /// How far the exchange had come.
        progress: Progress,
    },
    /// The server did not answer in time.
    #[error(
        "the server {server} did not answer {request} within {limit:?}: waited {waited:.1?}, {progress}; \
         raise the host timeout if its node is slow"
    )]
    Timeout {
        /// What was asked for.
        request: Request,
        /// The program, as it was called.
        server: String,
        /// How long it was waited for.
        waited: Duration,
        /// How long a request may take.
        limit: Duration,
        /// How far the exchange had come.
        progress: Progress,
    },
    /// The user wants to stop while the server owes an answer.
    #[error(
        "interrupted after {waited:.1?} of waiting for the server {server} to answer {request}, {progress}"
    )]
    Interrupted {
        /// What was asked for.
        request: Request,
        /// The program, as it was called.
        server: String,
        /// How long it was waited for.
        waited: Duration,
        /// How far the exchange had come.
        progress: Progress,
    },
    /// An earlier error left the pipes in the middle of a message, so they were closed.
    #[error(
        "{request} cannot be asked for: the server {server} was given up after an earlier error; start it anew"
    )]
    GivenUp {
        /// What was asked for.
        request: Request,
        /// The program, as it was called.
        server: String,
    },
    /// The server's process cannot be started.
    #[error("cannot start the server {server}: {reason}; check the command after `--`")]
    Start {
        /// The program, as it was called.
        server: String,
        /// Why.
        reason: io::Error,
    },
    /// The operating system refused to talk to the server.
    #[error("cannot ask the server {server} for {request}: {reason}")]
    Pipe {
        /// What was asked for.
        request: Request,
        /// The program, as it was called.
        server: String,
        /// Why.
        reason: io::Error,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {}: {reason}; check the path and its permissions", .path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A marker file names a layout that cannot be read.
    #[error(
        "{} says \"{found}\", wanted \"file\" or \"directory\"; run the host again with `--data.format directory` \
         and an empty directory, or let the host itself serve this one",
        .path.display()
    )]
    Layout {
        /// The marker file.
        path: PathBuf,
        /// What it names.
        found: String,
    },
    /// A bundle is not compressed, or not as bundles are.
    #[error("{place} is no bundle: not one whole Zstandard frame: {reason}; record or download it again")]
    Compression {
        /// The bundle.
        place: String,
        /// What the decoder says.
        reason: String,
    },
    /// The contents of a bundle are refused.
    #[error("{place} is no sound bundle: {reason}")]
    Malformed {
        /// The bundle.
        place: String,
        /// Why.
        reason: Malformed,
    },
    /// A bundle has two entries of one key.
    #[error("{place} is no sound bundle: entry {entry} is a second one of {}", Request::Preimage(*.key))]
    Duplicate {
        /// The bundle.
        place: String,
        /// The key.
        key: Key,
        /// The second entry, counted from 0.
        entry: usize,
    },
    /// A bundle is longer than any real one.
    #[error("{place} is too long: its contents have more than {limit} bytes; check that it is a bundle")]
    LargeBundle {
        /// The bundle.
        place: String,
        /// The greatest length accepted.
        limit: u64,
    },
    /// A key has two values.
    #[error(
        "{} has two values: one of {old} bytes, and another of {new} bytes from {place}; \
         they belong to different runs and cannot be in one bundle",
        Request::Preimage(*.key)
    )]
    Conflict {
        /// The key.
        key: Key,
        /// Where the second value comes from.
        place: String,
        /// The length of the first value.
        old: usize,
        /// The length of the second value.
        new: usize,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {reason}; check the path and its permissions", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A store is to be made where something is already.
    #[error("{} is not empty; name a directory that is, or that is not there", .path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
    },
}

fn end(status: &Option<ExitStatus>) -> String {
    status.map_or_else(
        || "it closed its pipes but still runs".to_owned(),
        |status| format!("it ended with {status}"),
    )
}
