//! What `fpvm` is measured with: guest programs, built small enough to run in less than a second, and a memory
//! with as many pages as wanted.
//!
//! `bench/README.md` tells how to measure, and `cargo xtask bench-guests` builds the programs anew.

use std::fmt;

use engine::{Memory, Vm};
use isa_traits::Target;
use loader::{LoadError, Options};
use oracle::Verified;

/// Bytes of a page.
const PAGE_BYTES: u64 = engine::memory::PAGE_BYTES as u64;

/// A guest program.
#[derive(Clone, Copy)]
pub struct Guest {
    /// Its name, the same for all instruction sets.
    pub name: &'static str,
    /// Its ELF file.
    pub elf: &'static [u8],
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The guests of an instruction set, from `bench/prebuilt`.
macro_rules! guests {
    ($isa:literal: $($name:literal),*) => {
        [$(Guest { name: $name, elf: include_bytes!(concat!("../prebuilt/", $name, ".", $isa, ".elf")) }),*]
    };
}

/// The guests for RV64.
pub const RV64: [Guest; 6] = guests!("rv64": "keccak", "sha256", "sieve", "qsort", "calls", "vm");

/// The guests for MIPS32.
pub const MIPS32: [Guest; 6] = guests!("mips32": "keccak", "sha256", "sieve", "qsort", "calls", "vm");

impl Guest {
    /// A machine about to run the guest.
    ///
    /// # Errors
    /// Where the file is not for `target`.
    pub fn load<T: Target>(&self, target: T) -> Result<Vm<T>, LoadError> {
        let loaded = loader::load(&target, self.elf, Options::default())?;
        Ok(Vm::new(target, loaded.state, loaded.memory, Vec::new()))
    }
}

/// An oracle for guests that ask for nothing.
pub fn no_preimages() -> Verified<oracle::Memory> {
    Verified::new(oracle::Memory::default())
}

/// A memory with addresses of 64 bits and `pages` pages in a row from address 0. No leaf of them is zero and no
/// two pages are alike, so that nothing about them can be skipped.
pub fn touched(pages: u64) -> Memory {
    let mut memory = Memory::new(64);
    let mut bytes = [0; PAGE_BYTES as usize];
    for page in 0..pages {
        for (i, word) in bytes.chunks_exact_mut(8).enumerate() {
            word.copy_from_slice(&(page << 32 | i as u64 | 1).to_le_bytes());
        }
        memory.write(page * PAGE_BYTES, &bytes);
    }
    memory
}

/// Changes one word in each of `pages` pages of a memory of [`touched()`], `apart` pages apart.
pub fn dirty(memory: &mut Memory, pages: u64, apart: u64, value: u64) {
    for page in 0..pages {
        memory.write(page * apart * PAGE_BYTES, &value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough to leave the start-up code behind.
    const STEPS: u64 = 100_000;

    fn begins<T: Target + Copy>(target: T, guests: [Guest; 6]) {
        for guest in guests {
            let mut vm = guest.load(target).unwrap();
            vm.run(STEPS, &mut no_preimages(), &mut ()).unwrap();
            assert_eq!(vm.state().step, STEPS, "{guest:?} has more to do than that");
        }
    }

    #[test]
    fn the_guests_begin_on_rv64() {
        begins(rv64::AsteriscRv64, RV64);
    }

    #[test]
    fn the_guests_begin_on_mips32() {
        begins(mips32::CannonMips32::default(), MIPS32);
    }

    #[test]
    fn a_dirty_page_changes_the_root() {
        let mut memory = touched(4);
        assert_eq!(memory.page_count(), 4);
        let before = memory.root();
        dirty(&mut memory, 2, 2, 7);
        assert_ne!(memory.root(), before);
        assert_eq!(memory.page_count(), 4);
    }
}
