//! Decoded instructions, by page.

use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Insn;

use crate::memory::{Memory, PAGE_BYTES};

/// Instruction slots of a page: one for every aligned word.
const SLOTS: usize = PAGE_BYTES / 4;

/// The instructions decoded so far, in slots by address.
///
/// A page of code is marked in memory, so that a store to it is noticed and its slots are emptied.
#[derive(Clone, Debug)]
pub(crate) struct CodeCache<Op> {
    slots: Vec<Option<Insn<Op>>>,
    /// Where the slots of a page begin, by the page's address.
    pages: HashMap<u64, usize>,
}

impl<Op> Default for CodeCache<Op> {
    fn default() -> Self {
        Self { slots: Vec::new(), pages: HashMap::new() }
    }
}

impl<Op: Copy> CodeCache<Op> {
    /// The first slot of the page at `page`, an aligned address; none where memory has no such page.
    pub(crate) fn enter(&mut self, page: u64, memory: &mut Memory) -> Option<usize> {
        if let Some(&first) = self.pages.get(&page) {
            return Some(first);
        }
        if !memory.mark_code(page) {
            return None;
        }
        let first = self.slots.len();
        self.slots.resize(first + SLOTS, None);
        self.pages.insert(page, first);
        Some(first)
    }

    /// The instruction in a slot, if it was decoded.
    #[inline(always)]
    pub(crate) fn get(&self, slot: usize) -> Option<&Insn<Op>> {
        self.slots[slot].as_ref()
    }

    pub(crate) fn set(&mut self, slot: usize, insn: Insn<Op>) {
        self.slots[slot] = Some(insn);
    }

    /// Forgets what was decoded from `bytes` bytes at `at`.
    pub(crate) fn invalidate(&mut self, at: u64, bytes: usize) {
        let mut word = at & !3;
        let end = at.wrapping_add(bytes as u64);
        // Counts words, not addresses: the bytes may wrap around the end of the address space.
        for _ in 0..(end.wrapping_sub(word)).div_ceil(4) {
            let offset = word % PAGE_BYTES as u64;
            if let Some(first) = self.pages.get(&(word - offset)) {
                self.slots[first + offset as usize / 4] = None;
            }
            word = word.wrapping_add(4);
        }
    }
}
