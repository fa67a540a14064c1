//! State files: a machine as the references save it.
//!
//! Both formats, binary and JSON, hold the pages, the fields of the witness in their order, and a hint that is
//! not complete; a target says in its [`StateFiles`](isa_traits::StateFiles) what else. Compression and file
//! names are the caller's.

mod binary;
mod json;

use std::boxed::Box;
use std::io;
use std::vec::Vec;

use isa_traits::{HartOf, Hash, State, Target};

use crate::memory::{Memory, PAGE_BYTES, Page};
use crate::vm::Vm;

/// A state file holds at most this many pages, 16 GiB: a bound for what a malformed one can ask for.
const MAX_PAGES: usize = 1 << 22;

/// A machine read from a state file.
#[derive(Debug)]
pub struct Snapshot<T: Target> {
    /// The machine.
    pub vm: Vm<T>,
    /// The state hash the file tells, where its format has one. The references leave stale ones in theirs.
    pub recorded_hash: Option<Hash>,
}

/// The two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Big-endian fields one after the other.
    Binary,
    /// A JSON object.
    Json,
}

/// Why a state file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file cannot be read or written.
    #[error("input or output failed")]
    Io(#[from] io::Error),
    /// The file ends in the middle.
    #[error("the file ends within {part}")]
    Truncated {
        /// What the end was met in.
        part: &'static str,
    },
    /// There are bytes after the end.
    #[error("bytes follow the end of the state")]
    Surplus,
    /// The version is not the target's.
    #[error("the state has version {found}, and this target's have version {wanted}")]
    Version {
        /// The version byte.
        found: u8,
        /// The target's.
        wanted: u8,
    },
    /// A page lies outside of the address space.
    #[error("page {number:#x} lies outside of an address space of {address_bits} bits")]
    PageNumber {
        /// The page's number.
        number: u64,
        /// Bits of an address.
        address_bits: u32,
    },
    /// A page stands in the file twice.
    #[error("page {number:#x} stands in the file twice")]
    PageTwice {
        /// The page's number.
        number: u64,
    },
    /// More pages than any state has.
    #[error("the state has {found} pages, and at most {MAX_PAGES} are read")]
    TooManyPages {
        /// Pages the file tells.
        found: u64,
    },
    /// A field does not hold what it should.
    #[error("field {name} is {found}; wanted: {wanted}")]
    Field {
        /// The field.
        name: &'static str,
        /// What it holds.
        found: std::string::String,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The text is not the JSON of a state.
    #[error("not the JSON of a state")]
    Json(#[from] serde_json::Error),
    /// The reference reads no JSON states of this target.
    #[error("states of this target have no JSON form; name the file .bin or .bin.gz")]
    NoJson,
}

/// Reads a state.
///
/// # Errors
/// [`SnapshotError`] where the bytes are no state of the target.
pub fn read<T: Target>(
    target: T,
    format: Format,
    from: &mut dyn io::Read,
) -> Result<Snapshot<T>, SnapshotError> {
    let parts = match format {
        Format::Binary => binary::read(&target, from)?,
        Format::Json => json::read(&target, from)?,
    };
    let mut memory = Memory::new(T::ADDRESS_BITS);
    for (number, page) in parts.pages {
        memory.insert(number, &page);
    }
    let vm = Vm::new(target, parts.state, memory, parts.last_hint);
    Ok(Snapshot { vm, recorded_hash: parts.recorded_hash })
}

/// Writes the state of a machine, with fresh hashes where the format has them, and pages by ascending number.
///
/// # Errors
/// [`SnapshotError`] where `to` fails, or the target has no such format.
pub fn write<T: Target>(vm: &mut Vm<T>, format: Format, to: &mut dyn io::Write) -> Result<(), SnapshotError> {
    match format {
        Format::Binary => binary::write(vm, to),
        Format::Json if T::STATE_FILES.writes_json => json::write(vm, to),
        Format::Json => Err(SnapshotError::NoJson),
    }
}

/// What a state file holds.
struct Parts<T: Target> {
    state: State<HartOf<T>>,
    pages: Vec<(u64, Box<Page>)>,
    last_hint: Vec<u8>,
    recorded_hash: Option<Hash>,
}

fn check_page_number<T: Target>(number: u64) -> Result<u64, SnapshotError> {
    let page_bits = PAGE_BYTES.ilog2();
    if number >> (T::ADDRESS_BITS - page_bits) != 0 {
        return Err(SnapshotError::PageNumber { number, address_bits: T::ADDRESS_BITS });
    }
    Ok(number)
}
