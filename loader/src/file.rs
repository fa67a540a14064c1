//! What an ELF file says, with every offset checked before it is used.
//!
//! `goblin` decodes the single headers; its `Elf::parse` would look at far more than a loader needs.

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header::{ET_EXEC, Header};
use goblin::elf::program_header::{PT_INTERP, ProgramHeader};
use goblin::elf::section_header::{SHT_NOBITS, SHT_SYMTAB, SectionHeader};
use goblin::elf::{Elf, Sym, sym};
use isa_traits::ByteOrder;

use crate::{Kind, LoadError, Symbol, Symbols};

/// A static executable of a wanted kind.
#[derive(Debug)]
pub(crate) struct File<'a> {
    bytes: &'a [u8],
    header: Header,
    ctx: Ctx,
}

impl<'a> File<'a> {
    /// Reads the header.
    pub(crate) fn open(bytes: &'a [u8], wanted: Kind) -> Result<Self, LoadError> {
        let found = Kind::of(bytes)?;
        if found != wanted {
            return Err(LoadError::Kind { found, wanted });
        }
        let container = if found.is_64 { Container::Big } else { Container::Little };
        let endian = match found.byte_order {
            ByteOrder::Little => Endian::Little,
            ByteOrder::Big => Endian::Big,
        };
        let ctx = Ctx::new(container, endian);
        let what = "the ELF header";
        let size = Header::size(ctx) as u64;
        let header = Elf::parse_header(bytes).map_err(|_| LoadError::truncated(what, 0, size, bytes))?;
        if header.e_type != ET_EXEC {
            return Err(LoadError::Type { found: header.e_type });
        }
        Ok(Self { bytes, header, ctx })
    }

    /// Bytes of the file.
    pub(crate) const fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The address to start at.
    pub(crate) const fn entry(&self) -> u64 {
        self.header.e_entry
    }

    /// `bytes` bytes at `offset` of the file, which are `what`. No bytes may be anywhere: linkers give an empty
    /// segment an offset beyond the end.
    pub(crate) fn part(&self, what: &'static str, offset: u64, bytes: u64) -> Result<&'a [u8], LoadError> {
        if bytes == 0 {
            return Ok(&[]);
        }
        let range = || Some(usize::try_from(offset).ok()?..usize::try_from(offset.checked_add(bytes)?).ok()?);
        range()
            .and_then(|range| self.bytes.get(range))
            .ok_or_else(|| LoadError::truncated(what, offset, bytes, self.bytes))
    }

    /// `count` entries of `wanted` bytes each, which the header says have `found` bytes.
    fn table(
        &self,
        what: &'static str,
        offset: u64,
        count: u16,
        found: u16,
        wanted: usize,
    ) -> Result<&'a [u8], LoadError> {
        if usize::from(found) != wanted && count > 0 {
            return Err(LoadError::EntrySize { what, found: found.into(), wanted: wanted as u64 });
        }
        self.part(what, offset, u64::from(count) * u64::from(found))
    }

    /// The program headers; none asks for a dynamic linker.
    pub(crate) fn segments(&self) -> Result<Vec<ProgramHeader>, LoadError> {
        let what = "the program header table";
        let Header { e_phoff, e_phnum, e_phentsize, .. } = self.header;
        let table = self.table(what, e_phoff, e_phnum, e_phentsize, ProgramHeader::size(self.ctx))?;
        let segments = ProgramHeader::parse(table, 0, e_phnum.into(), self.ctx)
            .map_err(|_| LoadError::truncated(what, e_phoff, table.len() as u64, self.bytes))?;
        match segments.iter().position(|s| s.p_type == PT_INTERP) {
            Some(segment) => Err(LoadError::Interpreter { segment }),
            None => Ok(segments),
        }
    }

    /// The section headers.
    pub(crate) fn sections(&self) -> Result<Vec<SectionHeader>, LoadError> {
        let what = "the section header table";
        let Header { e_shoff, e_shnum, e_shentsize, .. } = self.header;
        if e_shnum == 0 {
            return Ok(Vec::new());
        }
        let table = self.table(what, e_shoff, e_shnum, e_shentsize, SectionHeader::size(self.ctx))?;
        SectionHeader::parse_from(table, 0, e_shnum.into(), self.ctx)
            .map_err(|_| LoadError::truncated(what, e_shoff, table.len() as u64, self.bytes))
    }

    /// The bytes of the section with a name, if there is one.
    pub(crate) fn section(&self, sections: &[SectionHeader], name: &str) -> Option<&'a [u8]> {
        let names =
            self.content("the section names", sections.get(usize::from(self.header.e_shstrndx))?).ok()?;
        let section = sections.iter().find(|s| string(names, s.sh_name) == Some(name.as_bytes()))?;
        self.content("a section", section).ok()
    }

    fn content(&self, what: &'static str, section: &SectionHeader) -> Result<&'a [u8], LoadError> {
        match section.sh_type {
            SHT_NOBITS => Ok(&[]),
            _ => self.part(what, section.sh_offset, section.sh_size),
        }
    }

    /// All symbols but the null symbol, as Go's `debug/elf` lists them: sections, files and undefined ones
    /// too. None where there is no symbol table.
    pub(crate) fn symbols(&self, sections: &[SectionHeader]) -> Result<Symbols, LoadError> {
        let what = "the symbol table";
        let Some(section) = sections.iter().find(|s| s.sh_type == SHT_SYMTAB) else {
            return Ok(Symbols::default());
        };
        let table = self.content(what, section)?;
        let entry = match self.ctx.container {
            Container::Little => sym::sym32::SIZEOF_SYM,
            Container::Big => sym::sym64::SIZEOF_SYM,
        };
        let odd = table.len() % entry;
        if odd != 0 {
            return Err(LoadError::EntrySize { what, found: odd as u64, wanted: entry as u64 });
        }
        let last = sections.len().saturating_sub(1);
        let names = match sections.get(section.sh_link as usize) {
            Some(names) if section.sh_link > 0 => self.content("the symbol names", names)?,
            _ => return Err(LoadError::StringTable { found: section.sh_link, last }),
        };
        let found = Sym::parse(table, 0, table.len() / entry, self.ctx)
            .map_err(|_| LoadError::truncated(what, section.sh_offset, section.sh_size, self.bytes))?;
        let mut left = self.bytes.len();
        let symbol = |sym: Sym| {
            let name = string(names, sym.st_name).unwrap_or_default();
            left = left.checked_sub(name.len()).ok_or(LoadError::SymbolNames { limit: self.len() })?;
            let name = String::from_utf8_lossy(name).into_owned();
            Ok(Symbol { name, start: sym.st_value, size: sym.st_size })
        };
        found.into_iter().skip(1).map(symbol).collect()
    }
}

/// The string at `offset` of a string table, without its final zero byte.
fn string(table: &[u8], offset: usize) -> Option<&[u8]> {
    let rest = table.get(offset..)?;
    rest.get(..rest.iter().position(|&byte| byte == 0)?)
}
