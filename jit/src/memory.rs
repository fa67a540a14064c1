//! Memory for code: an arena with one view to write and one to execute, and the table of entries.
#![allow(unsafe_code, reason = "memory is mapped, and its protection changed")]

use std::ffi::c_void;
use std::io;
use std::ptr;

use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap_anonymous, mprotect, mremap, munmap};

/// Bytes of the arena: code of some two million instructions of a guest.
const ARENA_BYTES: usize = 128 << 20;
/// Functions begin at multiples of this.
const ALIGNMENT: usize = 32;
/// Bytes of the table: an entry of four bytes for each instruction below 2^32.
const TABLE_BYTES: usize = 1 << 32;

/// Address space that was mapped and is unmapped in the end.
#[derive(Debug)]
struct Mapping {
    start: *mut c_void,
    bytes: usize,
}

// SAFETY: nothing but this value knows the mapping.
unsafe impl Send for Mapping {}
// SAFETY: through a shared reference it is only read.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Memory to read and write, as the host has room for it.
    fn new(bytes: usize, flags: MapFlags) -> io::Result<Self> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, flags | MapFlags::NORESERVE);
        // SAFETY: a new mapping, wherever the host has room, touches no other memory.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), bytes, protection, flags) }?;
        Ok(Self { start, bytes })
    }

    /// The same memory, if it is shared, at another address, to read and execute.
    fn executable_view(&self) -> io::Result<Self> {
        // SAFETY: of length 0, a shared mapping is not moved: another one of the same memory is made (mremap(2)).
        let start = unsafe { mremap(self.start, 0, self.bytes, MremapFlags::MAYMOVE) }?;
        let view = Self { start, bytes: self.bytes };
        // SAFETY: the mapping is new, and nobody knows it.
        unsafe { mprotect(view.start, view.bytes, MprotectFlags::READ | MprotectFlags::EXEC) }?;
        Ok(view)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: what was mapped by `new`, and nobody uses any more. A failure leaves it mapped, which harms nobody.
        let _ = unsafe { munmap(self.start, self.bytes) };
    }
}

/// The compiled code. No address is both writable and executable: code is written through a view of its own, so that
/// no page changes its protection, of which all processors would have to be told.
#[derive(Debug)]
pub(crate) struct Arena {
    written: Mapping,
    executed: Mapping,
    used: usize,
}

impl Arena {
    pub(crate) fn new() -> io::Result<Self> {
        let written = Mapping::new(ARENA_BYTES, MapFlags::SHARED)?;
        Ok(Self { executed: written.executable_view()?, written, used: 0 })
    }

    /// Where it begins, to be executed.
    pub(crate) fn address(&self) -> usize {
        self.executed.start as usize
    }

    /// Adds code and yields its offset; none where there is no room left. No code after the bytes in use may be running.
    pub(crate) fn add(&mut self, code: &[u8]) -> Option<u32> {
        let offset = self.used.next_multiple_of(ALIGNMENT);
        let end = offset + code.len();
        if end > self.written.bytes {
            return None;
        }
        // SAFETY: `offset + code.len()` lies in the mapping, and what is not in use is not executed.
        unsafe {
            ptr::copy_nonoverlapping(code.as_ptr(), self.written.start.byte_add(offset).cast(), code.len());
        }
        self.used = end;
        Some(offset as u32)
    }

    /// Forgets all code after the first `bytes` bytes.
    pub(crate) fn truncate(&mut self, bytes: usize) {
        self.used = self.used.min(bytes);
    }

    /// Bytes in use.
    pub(crate) const fn used(&self) -> usize {
        self.used
    }
}

/// For each instruction below 2^32 the offset of its code in the arena, 0 for none.
#[derive(Debug)]
pub(crate) struct Table {
    mapping: Mapping,
}

impl Table {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { mapping: Mapping::new(TABLE_BYTES, MapFlags::PRIVATE)? })
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> usize {
        self.mapping.start as usize
    }

    fn entry(&self, pc: u64) -> Option<*mut u32> {
        let inside = pc.is_multiple_of(4) && pc < TABLE_BYTES as u64;
        // SAFETY: `pc` is a multiple of 4 and below the length of the mapping.
        inside.then(|| unsafe { self.mapping.start.byte_add(pc as usize).cast() })
    }

    /// The entry of the instruction at `pc`: 0 too where the table does not reach.
    pub(crate) fn get(&self, pc: u64) -> u32 {
        // SAFETY: the entry lies in the mapping, and all bytes are valid.
        self.entry(pc).map_or(0, |entry| unsafe { entry.read() })
    }

    /// Sets the entry of the instruction at `pc`, if the table reaches there.
    pub(crate) fn set(&mut self, pc: u64, offset: u32) {
        if let Some(entry) = self.entry(pc) {
            // SAFETY: as in `get`; nobody else writes.
            unsafe { entry.write(offset) }
        }
    }
}
