//! Decoded instructions, by page.

use std::boxed::Box;
use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Insn;

use crate::memory::{Memory, PAGE_BYTES};

/// Instruction slots of a page: one for every aligned word.
const SLOTS: usize = PAGE_BYTES / 4;
/// Pages that are found without a look into the map.
const RECENT: usize = 256;

/// The decoded instructions of a page, in slots by address.
pub(crate) type CodePage<Op> = [Option<Insn<Op>>; SLOTS];

/// The instructions decoded so far.
///
/// A page of code is marked in memory, so that a store to it is noticed and its slots are emptied.
#[derive(Clone, Debug)]
pub(crate) struct CodeCache<Op> {
    pages: Vec<Box<CodePage<Op>>>,
    /// Which one it is, by the page's address.
    index: HashMap<u64, usize>,
    /// The same, for pages entered lately. No page has the address 1.
    recent: Box<[(u64, usize); RECENT]>,
}

impl<Op> Default for CodeCache<Op> {
    fn default() -> Self {
        Self { pages: Vec::new(), index: HashMap::new(), recent: Box::new([(1, 0); RECENT]) }
    }
}

/// The slot of an address in its page.
#[inline(always)]
pub(crate) const fn slot(at: u64) -> usize {
    at as usize / 4 % SLOTS
}

impl<Op: Copy> CodeCache<Op> {
    /// Makes sure that the page at `page`, an aligned address, has slots; yields its number, or none where memory
    /// has no such page.
    #[inline]
    pub(crate) fn enter(&mut self, page: u64, memory: &mut Memory) -> Option<usize> {
        let recent = (page / PAGE_BYTES as u64) as usize % RECENT;
        if self.recent[recent].0 == page {
            return Some(self.recent[recent].1);
        }
        let number = self.find(page, memory)?;
        self.recent[recent] = (page, number);
        Some(number)
    }

    #[cold]
    fn find(&mut self, page: u64, memory: &mut Memory) -> Option<usize> {
        if let Some(&number) = self.index.get(&page) {
            return Some(number);
        }
        memory.mark_code(page).then(|| {
            self.pages.push(Box::new([None; SLOTS]));
            self.index.insert(page, self.pages.len() - 1);
            self.pages.len() - 1
        })
    }

    /// The page of a number that [`enter`](CodeCache::enter) gave.
    pub(crate) fn page(&self, number: usize) -> &CodePage<Op> {
        &self.pages[number]
    }

    /// Keeps a decoded instruction in its slot.
    pub(crate) fn set(&mut self, number: usize, at: u64, insn: Insn<Op>) {
        self.pages[number][slot(at)] = Some(insn);
    }

    /// Forgets what was decoded from `bytes` bytes at `at`.
    pub(crate) fn invalidate(&mut self, at: u64, bytes: usize) {
        let mut word = at & !3;
        let end = at.wrapping_add(bytes as u64);
        // Counts words, not addresses: the bytes may wrap around the end of the address space.
        for _ in 0..(end.wrapping_sub(word)).div_ceil(4) {
            if let Some(&number) = self.index.get(&(word & !(PAGE_BYTES as u64 - 1))) {
                self.pages[number][slot(word)] = None;
            }
            word = word.wrapping_add(4);
        }
    }
}
