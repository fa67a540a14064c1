//! The bus of a run: pages, as fast as they go.

use isa_traits::{Exec, Isa, Target, Trap};

use crate::bus::Bus;
use crate::code::CodeCache;
use crate::memory::{Memory, PAGE_BYTES};
use crate::step::instruction;

/// Memory and the instructions decoded from it.
#[derive(Debug)]
pub(crate) struct Direct<'a, Op> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) code: &'a mut CodeCache<Op>,
}

impl<Op: Copy> Direct<'_, Op> {
    /// Decodes the instruction at `at` into its slot; `first` is the first slot of its page. Yields whether the
    /// encoding is accepted.
    #[cold]
    #[inline(never)]
    pub(crate) fn decode<T>(&mut self, target: &T, first: usize, at: u64) -> bool
    where
        T: Target,
        T::Isa: Isa<Op = Op>,
    {
        let insn = target.decode(instruction::<T>(self.memory.load(at)));
        if let Ok(insn) = insn {
            self.code.set(first + at as usize % PAGE_BYTES / 4, insn);
        }
        insn.is_ok()
    }

    #[cold]
    #[inline(never)]
    fn write_slow(&mut self, at: u64, bytes: &[u8]) {
        if self.memory.write(at, bytes) {
            self.code.invalidate(at, bytes.len());
        }
    }
}

impl<Op: Copy> Bus for Direct<'_, Op> {
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap> {
        Ok(self.memory.load(at))
    }

    #[inline(always)]
    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        Ok(self.memory.load(at))
    }

    #[inline(always)]
    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        if !self.memory.store_fast(at, bytes) {
            self.write_slow(at, &bytes);
        }
        Ok(())
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec {
        self.memory.read(at, bytes);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec {
        // The references create the page that an empty pre-image read is aimed at.
        self.memory.touch(at);
        self.write_slow(at, bytes);
        Ok(())
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.memory.read(at, bytes);
        true
    }
}
