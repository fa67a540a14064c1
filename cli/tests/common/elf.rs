//! Tiny programs.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the code of a tiny program lies.
pub(crate) const ENTRY: u64 = 0x1_0000;

/// How a tiny program is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// With this exit code, in its third step.
    Exit(u8),
    /// Not at all.
    Loop,
    /// By an instruction that no machine knows, in its second step.
    Trap,
    /// By a floating-point operation on MIPS32; on RV64 not at all, where that does nothing.
    Float,
}

/// Writes a program of one symbol, `start`, into `folder`.
pub(crate) fn tiny(folder: &Path, isa: &str, ending: Ending) -> PathBuf {
    let path = folder.join(format!("{ending:?}.{isa}.elf").replace(['(', ')'], "-"));
    let rv64 = isa == "rv64";
    let code = if rv64 { rv64_code(ending) } else { mips_code(ending) };
    fs::write(&path, Elf { wide: rv64 }.file(&code, "start")).unwrap();
    path
}

fn rv64_code(ending: Ending) -> Vec<u32> {
    match ending {
        // li a7, 93; li a0, code; ecall
        Ending::Exit(code) => vec![93 << 20 | 0x893, u32::from(code) << 20 | 0x513, 0x73],
        // j .
        Ending::Loop => vec![0x6f],
        // nop; an opcode of zeros
        Ending::Trap => vec![0x13, 0],
        // fadd.s; j .
        Ending::Float => vec![0x53, 0x6f],
    }
}

fn mips_code(ending: Ending) -> Vec<u32> {
    match ending {
        // li v0, 4246; li a0, code; syscall
        Ending::Exit(code) => vec![0x2402_0000 | 4246, 0x2404_0000 | u32::from(code), 0xc],
        // b .; nop
        Ending::Loop => vec![0x1000_ffff, 0],
        // nop; an opcode of ones
        Ending::Trap => vec![0, u32::MAX],
        // add.s; b .; nop
        Ending::Float => vec![0x4600_0000, 0x1000_ffff, 0],
    }
}

/// The widths of a file: 64 bits little-endian for RISC-V, 32 bits big-endian for MIPS.
struct Elf {
    wide: bool,
}

impl Elf {
    fn number(&self, number: u64, bytes: usize) -> Vec<u8> {
        if self.wide {
            number.to_le_bytes()[..bytes].to_vec()
        } else {
            number.to_be_bytes()[8 - bytes..].to_vec()
        }
    }

    fn half(&self, number: u64) -> Vec<u8> {
        self.number(number, 2)
    }

    fn word(&self, number: u64) -> Vec<u8> {
        self.number(number, 4)
    }

    /// An address, an offset or a size.
    fn address(&self, number: u64) -> Vec<u8> {
        self.number(number, if self.wide { 8 } else { 4 })
    }

    fn section(&self, kind: u64, offset: u64, bytes: u64, link: u64, entry_bytes: u64) -> Vec<u8> {
        let zero = || self.address(0);
        let (offset, bytes, entry) = (self.address(offset), self.address(bytes), self.address(entry_bytes));
        [
            self.word(1),
            self.word(kind),
            zero(),
            zero(),
            offset,
            bytes,
            self.word(link),
            self.word(1),
            zero(),
            entry,
        ]
        .concat()
    }

    fn symbol(&self, at: u64, bytes: u64) -> Vec<u8> {
        let (name, function, section) = (self.word(1), vec![0x12, 0], self.half(0xfff1));
        if self.wide {
            [name, function, section, self.address(at), self.address(bytes)].concat()
        } else {
            [name, self.address(at), self.address(bytes), function, section].concat()
        }
    }

    /// Header, code, symbols, names, segment, sections.
    fn file(&self, code: &[u32], symbol: &str) -> Vec<u8> {
        let (header_bytes, segment_bytes, section_bytes, symbol_bytes) =
            if self.wide { (64, 56, 64, 24) } else { (52, 32, 40, 16) };
        let code: Vec<u8> = code.iter().flat_map(|&word| self.word(word.into())).collect();
        let code_bytes = code.len() as u64;
        let symbols = [vec![0; symbol_bytes as usize], self.symbol(ENTRY, code_bytes)].concat();
        let names = [b"\0", symbol.as_bytes(), b"\0"].concat();
        let symbols_at = header_bytes + code_bytes;
        let names_at = symbols_at + symbols.len() as u64;
        let segment_at = names_at + names.len() as u64;
        let (flags, offset) = (self.word(5), self.address(header_bytes));
        let (at, size, align) = (self.address(ENTRY), self.address(code_bytes), self.address(1));
        let parts = [&offset, &at, &at, &size, &size];
        let segment = if self.wide {
            [self.word(1), flags, parts.map(Vec::as_slice).concat(), align].concat()
        } else {
            [self.word(1), parts.map(Vec::as_slice).concat(), flags, align].concat()
        };
        let sections = [
            vec![0; section_bytes as usize],
            self.section(2, symbols_at, symbols.len() as u64, 2, symbol_bytes),
            self.section(3, names_at, names.len() as u64, 0, 0),
        ];
        let ident = if self.wide { [2, 1, 1, 0] } else { [1, 2, 1, 0] };
        let header = [
            b"\x7fELF".to_vec(),
            ident.to_vec(),
            vec![0; 8],
            self.half(2),
            self.half(if self.wide { 243 } else { 8 }),
            self.word(1),
            self.address(ENTRY),
            self.address(segment_at),
            self.address(segment_at + segment_bytes),
            self.word(0),
            [header_bytes, segment_bytes, 1, section_bytes, 3, 2].map(|number| self.half(number)).concat(),
        ];
        [header.concat(), code, symbols, names, segment, sections.concat()].concat()
    }
}
