//! Why a file is refused.

use goblin::elf::header::et_to_str;
use goblin::elf::program_header::pt_to_str;
use thiserror::Error;

use crate::Kind;

/// Why a file cannot be loaded: what was found, what was wanted, and what to try.
///
/// Segments are counted from 0 in the order of the program headers; addresses are the guest's, sizes bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file does not begin as an ELF file does.
    #[error(
        "not an ELF file: begins with {found:02x?}, wanted [7f, 45, 4c, 46]; give the linked program itself"
    )]
    NotElf {
        /// The first bytes, at most 4.
        found: Vec<u8>,
    },
    /// Class or byte order is none that exists.
    #[error("ELF class {class} and data encoding {data}, wanted 1 or 2 for each; the file is corrupt")]
    Ident {
        /// `EI_CLASS`: 1 for ELF32, 2 for ELF64.
        class: u8,
        /// `EI_DATA`: 1 for little-endian, 2 for big-endian.
        data: u8,
    },
    /// Class, byte order or machine is not the target's.
    ///
    /// The references look at the machine only, and then misread the rest.
    #[error(
        "the program is {found}, wanted {wanted}; compile it for that, or choose the ISA it was compiled for"
    )]
    Kind {
        /// What the file is.
        found: Kind,
        /// What the target runs.
        wanted: Kind,
    },
    /// The file is not an executable with fixed addresses; the references load it at address 0, unrelocated.
    #[error("ELF type {found} ({}), wanted 2 (EXEC); link it as a static executable: -static, -no-pie", et_to_str(*found))]
    Type {
        /// `e_type`.
        found: u16,
    },
    /// The program wants a dynamic linker, and there is none.
    #[error(
        "segment {segment} asks for a dynamic linker (PT_INTERP), wanted none; link with -static, or CGO_ENABLED=0"
    )]
    Interpreter {
        /// The segment.
        segment: usize,
    },
    /// Something lies beyond the end of the file. The references load such a segment in part.
    #[error(
        "{what} should end at byte {end}, but the file ends at byte {bytes}; it is cut short: copy or build it again"
    )]
    Truncated {
        /// What lies beyond the end.
        what: &'static str,
        /// Where it would end.
        end: u64,
        /// Bytes of the file.
        bytes: u64,
    },
    /// The entries of a table have a size that this class of ELF file does not know.
    #[error("an entry of {what} has {found} bytes, wanted {wanted}; the file is corrupt")]
    EntrySize {
        /// The table.
        what: &'static str,
        /// Bytes of an entry, or of the odd one at the end.
        found: u64,
        /// What this class of file wants.
        wanted: u64,
    },
    /// The symbol table names a string table that is none.
    #[error(
        "the names of the symbols are in section {found}, wanted one of 1 to {last}; the file is corrupt"
    )]
    StringTable {
        /// `sh_link` of the symbol table.
        found: u32,
        /// The last section.
        last: usize,
    },
    /// The symbols' names add up to more than the file, which only overlapping names of a forged table do.
    #[error(
        "the names of the symbols have more than {limit} bytes, which is all the file has; it is corrupt"
    )]
    SymbolNames {
        /// Bytes of the file.
        limit: u64,
    },
    /// A segment's size in memory does not fit its size in the file: only `PT_LOAD` may be larger in memory,
    /// where zeros follow. An error of the references, too.
    #[error(
        "segment {segment} ({}) has {in_file} bytes in the file and {in_memory} in memory, wanted equal sizes, or \
         fewer in the file for PT_LOAD; link without thread-local zero data (.tbss) and without a stack size",
        pt_to_str(*kind)
    )]
    SegmentSize {
        /// The segment.
        segment: usize,
        /// `p_type`.
        kind: u32,
        /// `p_filesz`.
        in_file: u64,
        /// `p_memsz`.
        in_memory: u64,
    },
    /// A segment does not end before the end of the address space.
    #[error(
        "segment {segment} has {bytes} bytes at {at:#x}, wanted it to end before the end of the {address_bits}-bit \
         address space; link at a lower address"
    )]
    AddressSpace {
        /// The segment.
        segment: usize,
        /// `p_vaddr`.
        at: u64,
        /// `p_memsz`.
        bytes: u64,
        /// Bits of an address.
        address_bits: u32,
    },
    /// A segment reaches into the heap. An error of Cannon's, too.
    #[error(
        "segment {segment} ends at {end:#x}, wanted below {limit:#x}, where the heap begins; link lower, or make it smaller"
    )]
    ImageEnd {
        /// The segment.
        segment: usize,
        /// The address after its last byte.
        end: u64,
        /// The first address a segment may not reach.
        limit: u64,
    },
    /// The program is larger than any that is loaded: [`MAX_IMAGE_PAGES`](crate::MAX_IMAGE_PAGES).
    #[error(
        "the segments up to {segment} fill {found} pages of 4096 bytes, wanted at most {limit}; let the program take memory with mmap"
    )]
    TooLarge {
        /// The segment that is too much.
        segment: usize,
        /// Pages, with those of the segments before.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Two `PT_LOAD` segments share an address; in the references the later one wins.
    ///
    /// Other segments may repeat what a `PT_LOAD` holds: `PT_PHDR` and `PT_NOTE` always do.
    #[error(
        "the PT_LOAD segments {first} and {second} overlap at {at:#x}, wanted them apart; correct the linker script"
    )]
    Overlap {
        /// The one that begins first.
        first: usize,
        /// The one that begins inside it.
        second: usize,
        /// Where that begins.
        at: u64,
    },
    /// The entry is not an instruction of the program.
    #[error(
        "the entry {entry:#x} is outside every PT_LOAD segment; define the entry symbol (_start, or __start on MIPS)"
    )]
    Entry {
        /// `e_entry`.
        entry: u64,
    },
    /// A symbol that is to be patched is not in the program; the references patch whatever address it has.
    #[error(
        "{name} is to be patched at {at:#x}, which is outside every PT_LOAD segment; the symbol table is corrupt: build it again"
    )]
    Patch {
        /// The symbol.
        name: String,
        /// Its address.
        at: u64,
    },
}

impl LoadError {
    /// `what` has `bytes` bytes at `offset`, which is more than `file` has.
    pub(crate) const fn truncated(what: &'static str, offset: u64, bytes: u64, file: &[u8]) -> Self {
        Self::Truncated { what, end: offset.saturating_add(bytes), bytes: file.len() as u64 }
    }
}
