//! A small writer of ELF files, right or wrong ones.

use isa_traits::{ByteOrder, Elf};

/// Where the code of [`Program::small`] is.
pub(crate) const CODE: u64 = 0x10000;

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) at: u64,
    pub(crate) data: Vec<u8>,
    /// Bytes in the file, if it is to say anything but the truth.
    pub(crate) in_file: Option<u64>,
    /// Bytes in memory, if more than in the file.
    pub(crate) in_memory: Option<u64>,
}

pub(crate) fn segment(kind: u32, at: u64, data: &[u8]) -> Segment {
    Segment { kind, at, data: data.to_vec(), in_file: None, in_memory: None }
}

#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) kind: u32,
    pub(crate) link: u32,
    pub(crate) data: Vec<u8>,
}

/// All that an ELF file says.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) class: u8,
    pub(crate) encoding: u8,
    pub(crate) elf_type: u16,
    pub(crate) machine: u16,
    pub(crate) entry: u64,
    pub(crate) program_header_bytes: u16,
    pub(crate) section_header_bytes: u16,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sections: Vec<Section>,
}

pub(crate) const SYMBOLS: usize = 1;
pub(crate) const NAMES: usize = 2;

impl Program {
    /// A right program: two instructions of zeros at [`CODE`], nothing else.
    pub(crate) fn small(elf: &Elf) -> Self {
        Self {
            class: if elf.is_64 { 2 } else { 1 },
            encoding: if elf.byte_order == ByteOrder::Little { 1 } else { 2 },
            elf_type: 2,
            machine: elf.machine,
            entry: CODE,
            program_header_bytes: if elf.is_64 { 56 } else { 32 },
            section_header_bytes: if elf.is_64 { 64 } else { 40 },
            segments: vec![segment(1, CODE, &[0; 8])],
            sections: Vec::new(),
        }
    }

    /// Adds a symbol table with these names, addresses and sizes, as sections 1 and 2.
    pub(crate) fn with_symbols(mut self, symbols: &[(&str, u64, u64)]) -> Self {
        let mut table = vec![0; if self.class == 2 { 24 } else { 16 }];
        let mut names = vec![0];
        for &(name, at, bytes) in symbols {
            let offset = names.len() as u64;
            if self.class == 2 {
                self.number(&mut table, offset, 4);
                table.extend([0; 4]);
                self.number(&mut table, at, 8);
                self.number(&mut table, bytes, 8);
            } else {
                self.number(&mut table, offset, 4);
                self.number(&mut table, at, 4);
                self.number(&mut table, bytes, 4);
                table.extend([0; 4]);
            }
            names.extend(name.bytes().chain([0]));
        }
        self.sections = vec![
            Section { name: "", kind: 0, link: 0, data: Vec::new() },
            Section { name: ".symtab", kind: 2, link: NAMES as u32, data: table },
            Section { name: ".strtab", kind: 3, link: 0, data: names },
        ];
        self
    }

    fn number(&self, out: &mut Vec<u8>, value: u64, bytes: usize) {
        let big = value.to_be_bytes();
        match self.encoding {
            2 => out.extend(&big[8 - bytes..]),
            _ => out.extend(big.iter().rev().take(bytes)),
        }
    }

    /// The file: header, program headers, segments, sections, section names, section headers.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (word, header) = if self.class == 2 { (8, 64) } else { (4, 52) };
        let mut body = Vec::new();
        let mut headers = Vec::new();
        let start = header + self.segments.len() * usize::from(self.program_header_bytes);
        for s in &self.segments {
            let offset = (start + body.len()) as u64;
            body.extend(&s.data);
            let in_file = s.in_file.unwrap_or(s.data.len() as u64);
            let in_memory = s.in_memory.unwrap_or(in_file);
            let from = headers.len();
            if self.class == 2 {
                for (value, bytes) in [(s.kind.into(), 4), (5, 4), (offset, 8), (s.at, 8), (s.at, 8)] {
                    self.number(&mut headers, value, bytes);
                }
                for value in [in_file, in_memory, 1] {
                    self.number(&mut headers, value, 8);
                }
            } else {
                for value in [s.kind.into(), offset, s.at, s.at, in_file, in_memory, 5, 1] {
                    self.number(&mut headers, value, 4);
                }
            }
            headers.resize(from + usize::from(self.program_header_bytes), 0);
        }
        let section_count = if self.sections.is_empty() { 0 } else { self.sections.len() + 1 };
        let mut names = vec![0];
        let mut tables = Vec::new();
        let own = Section { name: ".shstrtab", kind: 3, link: 0, data: Vec::new() };
        for s in self.sections.iter().chain(Some(&own)).take(section_count) {
            let name = names.len() as u64;
            names.extend(s.name.bytes().chain([0]));
            let data = if s.name == own.name { names.clone() } else { s.data.clone() };
            let offset = (start + body.len()) as u64;
            let bytes = data.len() as u64;
            body.extend(data);
            let from = tables.len();
            self.number(&mut tables, name, 4);
            self.number(&mut tables, s.kind.into(), 4);
            for value in [0, 0, offset, bytes] {
                self.number(&mut tables, value, word);
            }
            self.number(&mut tables, s.link.into(), 4);
            tables.resize(from + usize::from(self.section_header_bytes), 0);
        }

        let mut out = vec![0x7f, b'E', b'L', b'F', self.class, self.encoding, 1];
        out.resize(16, 0);
        for (value, bytes) in [
            (self.elf_type.into(), 2),
            (self.machine.into(), 2),
            (1, 4),
            (self.entry, word),
            (header as u64, word),
            ((start + body.len()) as u64, word),
            (0, 4),
            (header as u64, 2),
            (self.program_header_bytes.into(), 2),
            (self.segments.len() as u64, 2),
            (self.section_header_bytes.into(), 2),
            (section_count as u64, 2),
            (section_count.saturating_sub(1) as u64, 2),
        ] {
            self.number(&mut out, value, bytes);
        }
        assert_eq!(out.len(), header);
        [out, headers, body, tables].concat()
    }
}
