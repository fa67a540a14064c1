//! The binary form (Asterisc `rvgo/fast/state.go:160-206`, Cannon `versions/state.go:82-130`).

use std::boxed::Box;
use std::collections::BTreeMap;
use std::format;
use std::io::{self, Read, Write};
use std::vec::Vec;

use isa_traits::{Concrete, Fields, Hash, State, Target};

use super::{MAX_PAGES, Parts, SnapshotError, check_page_number};
use crate::memory::{PAGE_BYTES, Page};
use crate::vm::Vm;

/// Bytes of the length before a byte string.
const LENGTH_BYTES: usize = 4;

pub(super) fn read<T: Target>(target: &T, from: &mut dyn Read) -> Result<Parts<T>, SnapshotError> {
    let files = T::STATE_FILES;
    let mut reader = Reader { from };
    if let Some(wanted) = files.version {
        let [found] = reader.array("the version")?;
        if found != wanted {
            return Err(SnapshotError::Version { found, wanted });
        }
    }
    let found = reader.number(files.page_number_bytes, "the page count")?;
    if found > MAX_PAGES as u64 {
        return Err(SnapshotError::TooManyPages { found });
    }
    // A page that stands in the file twice counts as it stands last, as with the references.
    let mut pages = BTreeMap::new();
    for _ in 0..found {
        let number = reader.number(files.page_number_bytes, "a page number")?;
        let mut page: Box<Page> = Box::new([0; PAGE_BYTES]);
        reader.fill(&mut page[..], "a page")?;
        pages.insert(check_page_number::<T>(number)?, page);
    }
    let mut state = State::default();
    target.fields(&mut state, &mut reader)?;
    let last_hint = reader.bytes("the last hint")?;
    let recorded_hash = if files.carries_hash {
        reader.bytes("the witness")?;
        Some(reader.array("the state hash")?)
    } else {
        None
    };
    // To the very end, where a compressed file has its checksum.
    if io::copy(reader.from, &mut io::sink())? != 0 {
        return Err(SnapshotError::Surplus);
    }
    Ok(Parts { state, pages: pages.into_iter().collect(), last_hint, recorded_hash })
}

struct Reader<'a> {
    from: &'a mut dyn Read,
}

impl Reader<'_> {
    fn fill(&mut self, bytes: &mut [u8], part: &'static str) -> Result<(), SnapshotError> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => SnapshotError::Truncated { part },
            _ => error.into(),
        })
    }

    fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], SnapshotError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, part)?;
        Ok(bytes)
    }

    fn number(&mut self, bytes: usize, part: &'static str) -> Result<u64, SnapshotError> {
        let mut number = [0; 8];
        self.fill(&mut number[8 - bytes..], part)?;
        Ok(u64::from_be_bytes(number))
    }

    fn bytes(&mut self, part: &'static str) -> Result<Vec<u8>, SnapshotError> {
        let length = self.number(LENGTH_BYTES, part)?;
        let mut bytes = Vec::new();
        // Grows with what is there, not with what the length promises.
        if Read::by_ref(&mut self.from).take(length).read_to_end(&mut bytes)? as u64 != length {
            return Err(SnapshotError::Truncated { part });
        }
        Ok(bytes)
    }
}

impl Fields for Reader<'_> {
    type Error = SnapshotError;

    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), SnapshotError> {
        *value = self.array(name)?;
        Ok(())
    }

    fn number(&mut self, name: &'static str, bytes: usize, value: &mut u64) -> Result<(), SnapshotError> {
        *value = Reader::number(self, bytes, name)?;
        Ok(())
    }

    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), SnapshotError> {
        *value = match self.array(name)? {
            [0] => false,
            [1] => true,
            [byte] => {
                return Err(SnapshotError::Field { name, found: format!("{byte}"), wanted: "0 or 1" });
            }
        };
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), SnapshotError> {
        values.iter_mut().try_for_each(|value| self.word(name, value))
    }
}

pub(super) fn write<T: Target>(vm: &mut Vm<T>, to: &mut dyn Write) -> Result<(), SnapshotError> {
    let files = T::STATE_FILES;
    let (witness, hash) = (vm.witness(), vm.state_hash());
    let number = |number: u64| number.to_be_bytes()[8 - files.page_number_bytes..].to_vec();
    if let Some(version) = files.version {
        to.write_all(&[version])?;
    }
    to.write_all(&number(vm.memory().page_count() as u64))?;
    for (index, page) in vm.memory().pages() {
        to.write_all(&number(index))?;
        to.write_all(&page[..])?;
    }
    // The fields are the witness without the root.
    to.write_all(&witness[32..])?;
    write_bytes(to, vm.last_hint())?;
    if files.carries_hash {
        write_bytes(to, &witness)?;
        to.write_all(&hash)?;
    }
    Ok(())
}

fn write_bytes(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_be_bytes()[8 - LENGTH_BYTES..])?;
    to.write_all(bytes)
}
