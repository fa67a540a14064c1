//! The segments of a program: checked all together, then written to memory.

use std::ops::Range;

use engine::Memory;
use engine::memory::PAGE_BYTES;
use goblin::elf::program_header::{PT_LOAD, ProgramHeader};
use goblin::elf::section_header::{SHT_NOBITS, SectionHeader};
use isa_traits::Elf;

use crate::LoadError;
use crate::file::File;

/// The most pages of 4096 bytes the segments of a program may fill: 2 GiB.
///
/// A few bytes of a file can ask for any amount of zeroed memory; the references have no limit. Most programs
/// fill some tens of MiB, but guests of kona's once had a static heap of up to 2 000 000 000 bytes.
pub const MAX_IMAGE_PAGES: u64 = (1 << 31) / PAGE;

const PAGE: u64 = PAGE_BYTES as u64;

/// A segment that fits the file and the address space.
#[derive(Debug)]
struct Segment<'a> {
    /// The number of its header.
    number: usize,
    /// Whether it is a `PT_LOAD`: part of the program, not a second view of a part.
    load: bool,
    executable: bool,
    at: u64,
    /// Bytes in memory: `data`, then zeros.
    bytes: u64,
    data: &'a [u8],
}

/// What a program puts into memory.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    segments: Vec<Segment<'a>>,
}

impl<'a> Image<'a> {
    /// Checks the segments of a file against what a target with addresses of `address_bits` bits takes.
    pub(crate) fn new(file: &File<'a>, elf: &Elf, address_bits: u32) -> Result<Self, LoadError> {
        let mut segments = Vec::new();
        let mut pages = 0;
        for (number, header) in file.segments()?.into_iter().enumerate() {
            // Reference: every other segment is loaded, whatever its type (elf.go:29-37, load.go:27-30).
            if header.p_type == elf.skipped_header {
                continue;
            }
            let segment = Segment::new(file, number, &header, elf, address_bits)?;
            pages += segment.pages();
            if pages > MAX_IMAGE_PAGES {
                return Err(LoadError::TooLarge { segment: number, found: pages, limit: MAX_IMAGE_PAGES });
            }
            segments.push(segment);
        }
        let image = Self { segments };
        image.check_overlap()?;
        Ok(image)
    }

    fn loads(&self) -> impl Iterator<Item = &Segment<'a>> {
        self.segments.iter().filter(|s| s.load && s.bytes > 0)
    }

    fn check_overlap(&self) -> Result<(), LoadError> {
        let mut loads: Vec<_> = self.loads().collect();
        loads.sort_by_key(|s| s.at);
        let overlap = loads.windows(2).find_map(|pair| match pair {
            [first, second] if first.end() > second.at => Some((first, second)),
            _ => None,
        });
        match overlap {
            Some((first, second)) => {
                Err(LoadError::Overlap { first: first.number, second: second.number, at: second.at })
            }
            None => Ok(()),
        }
    }

    /// Whether `bytes` bytes at `at` are all in one `PT_LOAD` segment.
    pub(crate) fn holds(&self, at: u64, bytes: u64) -> bool {
        self.loads().any(|s| s.at <= at && bytes <= s.bytes && at - s.at <= s.bytes - bytes)
    }

    /// The addresses that the file gives contents.
    pub(crate) fn contents(&self) -> Vec<Range<u64>> {
        self.loads().map(|s| s.at..s.at + s.data.len() as u64).collect()
    }

    /// The addresses of instructions: the executable sections, or the executable segments where no section is one.
    pub(crate) fn code(&self, sections: &[SectionHeader]) -> Vec<Range<u64>> {
        let sections = sections.iter().filter(|s| s.is_executable() && s.sh_type != SHT_NOBITS);
        let ranges: Vec<_> = sections
            .filter(|s| self.holds(s.sh_addr, s.sh_size))
            .map(|s| s.sh_addr..s.sh_addr + s.sh_size)
            .collect();
        if ranges.is_empty() {
            let segments = self.loads().filter(|s| s.executable);
            return segments.map(|s| s.at..s.at + s.data.len() as u64).collect();
        }
        ranges
    }

    /// Writes the segments in the order of their headers.
    pub(crate) fn write(&self, memory: &mut Memory) {
        for segment in &self.segments {
            write(memory, segment.at, segment.data);
            let mut at = segment.at + segment.data.len() as u64;
            while at < segment.end() {
                let bytes = PAGE.min(segment.end() - at);
                write(memory, at, &[0; PAGE_BYTES][..bytes as usize]);
                at += bytes;
            }
        }
    }
}

impl<'a> Segment<'a> {
    fn new(
        file: &File<'a>,
        number: usize,
        header: &ProgramHeader,
        elf: &Elf,
        address_bits: u32,
    ) -> Result<Self, LoadError> {
        let ProgramHeader { p_type, p_offset, p_vaddr: at, p_filesz, p_memsz: bytes, .. } = *header;
        let load = p_type == PT_LOAD;
        if p_filesz > bytes || (p_filesz < bytes && !load) {
            return Err(LoadError::SegmentSize {
                segment: number,
                kind: p_type,
                in_file: p_filesz,
                in_memory: bytes,
            });
        }
        let end = u128::from(at) + u128::from(bytes);
        if end >= 1 << address_bits {
            return Err(LoadError::AddressSpace { segment: number, at, bytes, address_bits });
        }
        let executable = header.is_executable();
        let segment =
            Self { number, load, executable, at, bytes, data: file.part("a segment", p_offset, p_filesz)? };
        match elf.image_end {
            Some(limit) if segment.end() >= limit => {
                Err(LoadError::ImageEnd { segment: number, end: segment.end(), limit })
            }
            _ => Ok(segment),
        }
    }

    /// The address after the last byte: there is one, because no segment reaches the end of the address space.
    const fn end(&self) -> u64 {
        self.at + self.bytes
    }

    /// How many pages writing the segment makes at most.
    const fn pages(&self) -> u64 {
        self.end() / PAGE - self.at / PAGE + 1
    }
}

/// Writes `bytes` at `at`, and makes the page of the address after them as well.
///
/// Reference: Asterisc's `SetMemoryRange` (`rvgo/fast/memory.go:213-231`) and Cannon's
/// (`cannon/mipsevm/memory/memory.go:293-311`) make a page before they find that nothing is left to write. So
/// an empty segment makes the page of its address, and one that ends with a page makes the next. That changes
/// the pages of a state file, not the root.
pub(crate) fn write(memory: &mut Memory, at: u64, bytes: &[u8]) {
    memory.write(at, bytes);
    memory.touch(at + bytes.len() as u64);
}
