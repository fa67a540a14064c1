//! Decoded instructions, by page.

use std::boxed::Box;
use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Target;

use crate::handler::Entry;
use crate::memory::{Memory, PAGE_BYTES};

/// Instruction slots of a page: one for every aligned word.
pub(crate) const SLOTS: usize = PAGE_BYTES / 4;
/// Pages that are found without a look into the map.
const RECENT: usize = 256;

/// The decoded instructions of a page, in slots by address, and [`Entry::END`].
#[derive(Clone, Debug)]
pub(crate) struct CodePage<T: Target> {
    number: u64,
    slots: [Entry<T>; SLOTS + 1],
}

impl<T: Target> CodePage<T> {
    fn new(number: u64) -> Self {
        let mut slots = [Entry::UNDECODED; SLOTS + 1];
        slots[SLOTS] = Entry::END;
        Self { number, slots }
    }

    fn set(&mut self, slot: usize, entry: Entry<T>) {
        self.slots[slot] = entry;
        for here in slot.saturating_sub(1)..=slot {
            let next = self.slots[here + 1];
            self.slots[here].followed_by(&next);
        }
    }

    /// The address of the first of these slots, which reach to the end of the page.
    #[inline(always)]
    pub(crate) const fn pc(&self, code: &[Entry<T>]) -> u64 {
        let offset = 4 * (self.slots.len() - code.len()) as u64;
        // After the last page comes the first.
        (self.number * PAGE_BYTES as u64).wrapping_add(offset)
    }

    /// The slots from `pc` on, if it is an aligned address in this page.
    #[inline(always)]
    pub(crate) fn code(&self, pc: u64) -> Option<&[Entry<T>]> {
        let offset = pc.wrapping_sub(self.number * PAGE_BYTES as u64);
        let inside = offset < PAGE_BYTES as u64 && offset.is_multiple_of(4);
        if inside { self.slots.get(offset as usize / 4..) } else { None }
    }
}

/// The instructions decoded so far.
///
/// A page of code is marked in memory, so that a store to it is noticed and its slots are emptied.
#[derive(Clone, Debug)]
pub(crate) struct CodeCache<T: Target> {
    pages: Vec<Box<CodePage<T>>>,
    /// Which one it is, by the page's address.
    index: HashMap<u64, usize>,
    /// The same, for pages entered lately. No page has the address 1.
    recent: Box<[(u64, usize); RECENT]>,
    /// Where pages of code were written: addresses and bytes, none of them around the end of the address space. Kept only
    /// for who follows it.
    overwritten: Vec<(u64, usize)>,
    followed: bool,
}

impl<T: Target> Default for CodeCache<T> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            index: HashMap::new(),
            recent: Box::new([(1, 0); RECENT]),
            overwritten: Vec::new(),
            followed: false,
        }
    }
}

/// The slot of an address in its page.
#[inline(always)]
const fn slot(at: u64) -> usize {
    at as usize / 4 % SLOTS
}

/// The address of the page that holds an address.
const fn page_of(at: u64) -> u64 {
    at & !(PAGE_BYTES as u64 - 1)
}

impl<T: Target> CodeCache<T> {
    /// The page that holds `pc`, or none where memory has no such page.
    #[inline]
    pub(crate) fn enter(&mut self, pc: u64, memory: &mut Memory) -> Option<&CodePage<T>> {
        let start = page_of(pc);
        let recent = (start / PAGE_BYTES as u64) as usize % RECENT;
        if self.recent[recent].0 != start {
            self.recent[recent] = (start, self.find(start, memory)?);
        }
        Some(&self.pages[self.recent[recent].1])
    }

    #[cold]
    fn find(&mut self, start: u64, memory: &mut Memory) -> Option<usize> {
        if let Some(&number) = self.index.get(&start) {
            return Some(number);
        }
        memory.mark_code(start).then(|| {
            self.pages.push(Box::new(CodePage::new(start / PAGE_BYTES as u64)));
            self.index.insert(start, self.pages.len() - 1);
            self.pages.len() - 1
        })
    }

    /// Keeps the decoded instruction at `pc` in its slot, if its page has been entered.
    pub(crate) fn set(&mut self, pc: u64, entry: Entry<T>) {
        if let Some(&number) = self.index.get(&page_of(pc)) {
            self.pages[number].set(slot(pc), entry);
        }
    }

    /// Whether there is a decoded instruction at `at`.
    pub(crate) fn decoded(&self, at: u64) -> bool {
        let Some(&number) = self.index.get(&page_of(at)) else { return false };
        self.pages[number].slots[slot(at)].is_decoded()
    }

    /// Begins to keep where pages of code are written.
    pub(crate) fn follow(&mut self) {
        self.followed = true;
    }

    /// What was kept since this was last asked.
    pub(crate) fn take_overwritten(&mut self) -> Vec<(u64, usize)> {
        std::mem::take(&mut self.overwritten)
    }

    /// Forgets what was decoded from `bytes` bytes at `at`.
    pub(crate) fn invalidate(&mut self, at: u64, bytes: usize) {
        let end = at.wrapping_add(bytes as u64);
        if self.followed {
            let behind_the_end = if end < at { end as usize } else { 0 };
            self.overwritten.push((at, bytes - behind_the_end));
            if behind_the_end > 0 {
                self.overwritten.push((0, behind_the_end));
            }
        }
        let mut word = at & !3;
        // Counts words, not addresses: the bytes may wrap around the end of the address space.
        for _ in 0..(end.wrapping_sub(word)).div_ceil(4) {
            self.set(word, Entry::UNDECODED);
            word = word.wrapping_add(4);
        }
    }
}
