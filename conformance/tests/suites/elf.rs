//! Tiny ELF files for RV64.

/// Where the code and the data of a tiny program lie.
pub(crate) const CODE: u64 = 0x8000_0000;
pub(crate) const DATA: u64 = 0x8000_1000;
/// Little-endian numbers of 2, 4 and 8 bytes in a row.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn halves(mut self, numbers: &[u16]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        self
    }

    fn words(mut self, numbers: &[u32]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        self
    }

    fn doubles(mut self, numbers: &[u64]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        self
    }

    fn section(self, kind: u32, [offset, bytes, link, entry]: [u64; 4]) -> Self {
        let it = self.words(&[0, kind]).doubles(&[0, 0, offset, bytes]);
        it.words(&[link as u32, 0]).doubles(&[1, entry])
    }
}

/// An ELF file of code, 16 bytes of data, and symbols: header, segments, code, symbols, names, sections.
pub(crate) fn elf(flags: u32, code: &[u32], symbols: &[(&str, u64)]) -> Vec<u8> {
    let (header, segments) = (64, 2 * 56);
    let code_at = header + segments;
    let code_bytes = code.len() as u64 * 4;
    let symbols_at = code_at + code_bytes + 16;
    let symbols_bytes = (symbols.len() as u64 + 1) * 24;
    let mut names = vec![0];
    let mut table = Bytes(vec![0; 24]);
    for &(name, at) in symbols {
        table = table.words(&[names.len() as u32]).halves(&[0x10, 0xfff1]).doubles(&[at, 0]);
        names.extend([name.as_bytes(), b"\0"].concat());
    }
    let names_at = symbols_at + symbols_bytes;
    let sections_at = names_at + names.len() as u64;
    let segment = |file: Bytes, offset: u64, at: u64, bytes: u64| {
        file.words(&[1, 7]).doubles(&[offset, at, at, bytes, bytes, 1])
    };
    let file = Bytes([b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9]].concat()).halves(&[2, 243]).words(&[1]);
    let file = file.doubles(&[CODE, header, sections_at]).words(&[flags]).halves(&[64, 56, 2, 64, 3, 2]);
    let file = segment(file, code_at, CODE, code_bytes);
    let file = segment(file, code_at + code_bytes, DATA, 16).words(code).doubles(&[0, 0]);
    let file = Bytes([file.0, table.0, names.clone()].concat()).section(0, [0; 4]);
    let file = file.section(2, [symbols_at, symbols_bytes, 2, 24]);
    file.section(3, [names_at, names.len() as u64, 0, 0]).0
}
