//! The extensions a RISC-V program says it uses.

use goblin::elf::Elf;

/// The type of the section of attributes (RISC-V ELF psABI, «Attributes»).
const SHT_RISCV_ATTRIBUTES: u32 = 0x7000_0003;
/// `e_flags` of compressed code and of arguments in floating-point registers (RISC-V ELF psABI, «File Header»).
const EF_RISCV_RVC: u32 = 1;
const EF_RISCV_FLOAT_ABI: u32 = 6;
/// What the attribute that names the extensions begins with.
const ARCH: &[u8] = b"rv64";

/// What a program says it uses, and may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) compressed: bool,
    pub(super) floats: bool,
}

impl Extensions {
    /// By the attribute that names them, or by `e_flags` where there is none.
    pub(super) fn of(elf: &[u8]) -> Self {
        let Ok(file) = Elf::parse(elf) else { return Self::default() };
        let attributes = file.section_headers.iter().find(|section| section.sh_type == SHT_RISCV_ATTRIBUTES);
        let arch = attributes.and_then(|section| arch(elf.get(section.file_range()?)?));
        let flags = file.header.e_flags;
        let by_flags =
            Self { compressed: flags & EF_RISCV_RVC != 0, floats: flags & EF_RISCV_FLOAT_ABI != 0 };
        arch.map_or(by_flags, |arch| Self::of_arch(&arch))
    }

    /// By a text like `i2p1_m2p0_c2p0_zicsr2p0`, or `imac`: single letters stand together or apart.
    fn of_arch(arch: &str) -> Self {
        let names =
            arch.split('_').map(|part| part.split(|c: char| c.is_ascii_digit()).next().unwrap_or(part));
        let letters: String =
            names.enumerate().filter(|(i, name)| *i == 0 || name.len() == 1).map(|(_, name)| name).collect();
        Self { compressed: letters.contains('c'), floats: letters.contains(['f', 'd', 'g']) }
    }
}

/// What stands after `rv64` in the attributes.
fn arch(attributes: &[u8]) -> Option<String> {
    let start = attributes.windows(ARCH.len()).position(|window| window == ARCH)? + ARCH.len();
    let text = attributes[start..].split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_together_or_apart() {
        let cases = [
            ("i2p1_m2p0_a2p1_zaamo1p0_zicfiss1p0", false, false),
            ("i2p1_c2p0_zca1p0", true, false),
            ("i2p0_m2p0_a2p0_f2p0_d2p0", false, true),
            ("imafdc", true, true),
            ("ima_zicsr", false, false),
            ("gc", true, true),
        ];
        for (arch, compressed, floats) in cases {
            assert_eq!(Extensions::of_arch(arch), Extensions { compressed, floats }, "{arch}");
        }
    }

    #[test]
    fn the_attribute_is_found_in_its_section() {
        let section = b"A\x1a\0\0\0riscv\0\x01\x10\0\0\0\x05rv64i2p1_c2p0\0\x08\x01";
        assert_eq!(arch(section).as_deref(), Some("i2p1_c2p0"));
        assert_eq!(arch(b"A"), None);
    }
}
