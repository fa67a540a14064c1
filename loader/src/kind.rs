//! For which machine a file is.

use core::fmt;

use goblin::elf::header::{
    EI_CLASS, EI_DATA, ELFCLASS32, ELFCLASS64, ELFDATA2LSB, ELFDATA2MSB, ELFMAG, machine_to_str,
};
use isa_traits::{ByteOrder, Elf};

use crate::LoadError;

/// Where `e_machine` is, in either class.
const MACHINE: core::ops::Range<usize> = 18..20;

/// The machine a program is for, as the first 20 bytes of its file tell.
///
/// A target's own kind is `Kind::from(target.elf())`; comparing the two tells which target a file wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Whether the class is ELF64; otherwise it is ELF32.
    pub is_64: bool,
    /// The byte order of the file.
    pub byte_order: ByteOrder,
    /// `e_machine`.
    pub machine: u16,
}

impl Kind {
    /// Reads the beginning of a file; nothing after byte 20 matters.
    ///
    /// # Errors
    /// [`LoadError::NotElf`], [`LoadError::Truncated`], [`LoadError::Ident`].
    pub fn of(elf: &[u8]) -> Result<Self, LoadError> {
        if !elf.starts_with(ELFMAG) {
            return Err(LoadError::NotElf { found: elf.iter().copied().take(ELFMAG.len()).collect() });
        }
        let Some(&[low, high]) = elf.get(MACHINE) else {
            return Err(LoadError::truncated("the ELF header", 0, MACHINE.end as u64, elf));
        };
        let (class, data) = (elf[EI_CLASS], elf[EI_DATA]);
        let is_64 = match class {
            ELFCLASS32 => false,
            ELFCLASS64 => true,
            _ => return Err(LoadError::Ident { class, data }),
        };
        let (byte_order, machine) = match data {
            ELFDATA2LSB => (ByteOrder::Little, u16::from_le_bytes([low, high])),
            ELFDATA2MSB => (ByteOrder::Big, u16::from_be_bytes([low, high])),
            _ => return Err(LoadError::Ident { class, data }),
        };
        Ok(Self { is_64, byte_order, machine })
    }
}

impl From<&Elf> for Kind {
    fn from(elf: &Elf) -> Self {
        Self { is_64: elf.is_64, byte_order: elf.byte_order, machine: elf.machine }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = if self.is_64 { "ELF64" } else { "ELF32" };
        let order = match self.byte_order {
            ByteOrder::Little => "little-endian",
            ByteOrder::Big => "big-endian",
        };
        write!(f, "{class} {order} for machine {} ({})", self.machine, machine_to_str(self.machine))
    }
}
