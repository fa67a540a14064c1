//! The bus of a run: pages, and the instructions decoded from them.

use isa_traits::{Exec, Target, Trap};

use crate::bus::Bus;
use crate::code::CodeCache;
use crate::memory::Memory;

/// Memory and the instructions decoded from it.
#[derive(Debug)]
pub(crate) struct Direct<'a, T: Target> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) code: &'a mut CodeCache<T>,
}

impl<T: Target> Direct<'_, T> {
    pub(crate) fn write_through(&mut self, at: u64, bytes: &[u8]) {
        if self.memory.write(at, bytes) {
            self.code.invalidate(at, bytes.len());
        }
    }
}

impl<T: Target> Bus for Direct<'_, T> {
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap> {
        Ok(self.memory.load(at))
    }

    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        Ok(self.memory.load(at))
    }

    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        self.write_through(at, &bytes);
        Ok(())
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec {
        self.memory.read(at, bytes);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec {
        // The references create the page that an empty pre-image read is aimed at.
        self.memory.touch(at);
        self.write_through(at, bytes);
        Ok(())
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.memory.read(at, bytes);
        true
    }
}
