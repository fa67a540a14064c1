//! Memory for code: an arena with one view to write and one to execute, and the table of entries.
#![allow(unsafe_code, reason = "memory is mapped, and its protection changed")]

use std::ffi::c_void;
use std::io;
use std::ptr;

use rustix::mm::{MapFlags, MprotectFlags, mprotect, munmap};
#[cfg(target_os = "linux")]
use rustix::mm::{MremapFlags, ProtFlags, mmap_anonymous, mremap};

/// Bytes of the arena: code of some two million instructions of a guest.
const ARENA_BYTES: usize = 128 << 20;
/// Functions begin at multiples of this.
const ALIGNMENT: usize = 32;
/// Where the arena is executed, if nothing else is there: instructions have room for such an address.
const ARENA_AT: usize = 0x3000_0000;
/// Bytes of the table: an entry of four bytes for each instruction of a quarter of a gigabyte.
const TABLE_BYTES: usize = 1 << 28;
/// Where the table is, if nothing else is there.
const TABLE_AT: usize = 0x2000_0000;

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
    /// Memory to read and write, at the address `wanted`, or elsewhere if something is there.
    #[cfg(target_os = "linux")]
    fn new(bytes: usize, flags: MapFlags, wanted: usize) -> io::Result<Self> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, flags | MapFlags::NORESERVE);
        // SAFETY: without MAP_FIXED a new mapping takes the place of no other.
        let at = |wanted, flags| unsafe { mmap_anonymous(wanted, bytes, protection, flags) };
        let there = at(ptr::without_provenance_mut(wanted), flags | MapFlags::FIXED_NOREPLACE);
        Ok(Self { start: there.or_else(|_| at(ptr::null_mut(), flags))?, bytes })
    }

    /// The same memory, if it is shared, at another address.
    #[cfg(target_os = "linux")]
    fn other_view(&self) -> io::Result<Self> {
        // SAFETY: of length 0, a shared mapping is not moved: another one of the same memory is made (mremap(2)).
        let start = unsafe { mremap(self.start, 0, self.bytes, MremapFlags::MAYMOVE) }?;
        Ok(Self { start, bytes: self.bytes })
    }

    /// Elsewhere nothing is compiled.
    #[cfg(not(target_os = "linux"))]
    fn new(_: usize, _: MapFlags, _: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Elsewhere nothing is compiled.
    #[cfg(not(target_os = "linux"))]
    fn other_view(&self) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Lets the memory be executed, and not written any more at this address.
    fn execute(&self) -> io::Result<()> {
        // SAFETY: what is written to it is written through another view.
        Ok(unsafe { mprotect(self.start, self.bytes, MprotectFlags::READ | MprotectFlags::EXEC) }?)
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
        let executed = Mapping::new(ARENA_BYTES, MapFlags::SHARED, ARENA_AT)?;
        let written = executed.other_view()?;
        executed.execute()?;
        Ok(Self { written, executed, used: 0 })
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
        show_instructions(self.address() + offset, code.len());
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

/// Lets this processor see, as instructions, what was written to `bytes` bytes that are executed at `start`: x86-64 sees
/// that by itself.
#[cfg(not(target_arch = "aarch64"))]
fn show_instructions(_start: usize, _bytes: usize) {}

/// Lets this processor see, as instructions, what was written to `bytes` bytes that are executed at `start`: the lines of
/// the data caches are written back, and those of the instruction caches dropped (Arm ARM, B2.7.4.2). That the bytes were
/// written at another address is no matter, for data caches know memory by its physical address.
#[cfg(target_arch = "aarch64")]
fn show_instructions(start: usize, bytes: usize) {
    use core::arch::asm;
    let sizes: usize;
    // SAFETY: it reads a register that Linux lets processes read.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) sizes, options(nomem, nostack, preserves_flags)) };
    // The least lines there are: powers of two words of four bytes.
    let (instructions, data) = (4 << (sizes & 15), 4 << (sizes >> 16 & 15));
    let lines = |line: usize| (start & !(line - 1)..start + bytes).step_by(line);
    for at in lines(data) {
        // SAFETY: the bytes can be read; nothing but caches changes.
        unsafe { asm!("dc cvau, {}", in(reg) at, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for at in lines(instructions) {
        // SAFETY: the bytes can be read; nothing but caches changes.
        unsafe { asm!("ic ivau, {}", in(reg) at, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

/// For each instruction within its reach the offset of its code in the arena, 0 for none.
#[derive(Debug)]
pub(crate) struct Table {
    mapping: Mapping,
    origin: u64,
}

impl Table {
    /// A table that reaches to `pc`.
    pub(crate) fn new(pc: u64) -> io::Result<Self> {
        let mapping = Mapping::new(TABLE_BYTES, MapFlags::PRIVATE, TABLE_AT)?;
        Ok(Self { mapping, origin: pc - pc % TABLE_BYTES as u64 })
    }

    /// Where it begins, and what it reaches to.
    pub(crate) fn layout(&self) -> TableLayout {
        TableLayout { address: self.mapping.start as u64, origin: self.origin }
    }

    fn entry(&self, pc: u64) -> Option<*mut u32> {
        let offset = pc.wrapping_sub(self.origin);
        // SAFETY: the offset is a multiple of 4 and below the length of the mapping.
        self.layout().reaches(pc).then(|| unsafe { self.mapping.start.byte_add(offset as usize).cast() })
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

/// What generated code knows of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableLayout {
    address: u64,
    /// The first instruction that has an entry.
    pub(crate) origin: u64,
}

impl TableLayout {
    /// How many instructions have an entry.
    pub(crate) const ENTRIES: u64 = TABLE_BYTES as u64 / 4;

    /// What is added to the address of an instruction to get that of its entry.
    pub(crate) const fn distance(self) -> i64 {
        self.address.wrapping_sub(self.origin) as i64
    }

    /// Whether the instruction at `pc` has an entry.
    pub(crate) const fn reaches(self, pc: u64) -> bool {
        pc.wrapping_sub(self.origin).rotate_right(2) < Self::ENTRIES
    }
}
