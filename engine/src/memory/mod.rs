//! Sparse guest memory and its Merkle tree.
//!
//! Memory is a map of 4 KiB pages; what was never written reads as zero. A page comes into being when it is
//! first written, as in both references, and never goes. A store marks its page as changed and does nothing
//! else; [`Memory::root`] then hashes what changed. The root is a function of the contents alone.

mod page;
mod tree;

use std::boxed::Box;
use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Hash;

use page::Nodes;
pub use page::{PAGE_BYTES, Page};
use tree::Tree;

use crate::bus::LEAF_BYTES;

/// log2 of the page size.
const PAGE_BITS: u32 = 12;
/// Entries of each of the two lookaside tables.
const LOOKASIDE: usize = 1024;
/// Pages whose inner nodes are kept: those of code and data that a few steps touch.
const PROVEN: usize = 8;

/// Where a recently used page is.
#[derive(Clone, Copy, Debug)]
struct Recent {
    number: u64,
    slot: usize,
}

/// Recently used pages, by the low bits of their numbers.
type Lookaside = Box<[Recent; LOOKASIDE]>;

impl Recent {
    /// No page has this number: addresses have 64 bits, page numbers 52.
    const NONE: Self = Self { number: u64::MAX, slot: 0 };
}

/// What is known of a page besides its bytes.
#[derive(Clone, Copy, Debug)]
struct Meta {
    number: u64,
    /// Written since the last root, and so in `changed`.
    changed: bool,
    /// Instructions were decoded from it: a store must be noticed.
    code: bool,
}

/// A guest's memory.
///
/// Addresses are 64 bits wide and wrap; a target with 32-bit addresses never passes a longer one.
#[derive(Clone, Debug)]
pub struct Memory {
    pages: Vec<Page>,
    metas: Vec<Meta>,
    slots: HashMap<u64, usize>,
    changed: Vec<usize>,
    tree: Tree,
    /// The nodes inside pages that were proven lately and did not change since.
    proven: Vec<(usize, Nodes)>,
    /// Pages that may be read without looking further.
    readable: Lookaside,
    /// Pages that may be written without looking further: already marked as changed, and not code.
    writable: Lookaside,
}

const fn page_number(at: u64) -> u64 {
    at >> PAGE_BITS
}

const fn page_offset(at: u64) -> usize {
    (at & (PAGE_BYTES as u64 - 1)) as usize
}

const fn lookaside_index(number: u64) -> usize {
    number as usize % LOOKASIDE
}

impl Memory {
    /// An empty memory with addresses of `address_bits` bits, 32 or 64; its tree is 5 levels less deep.
    pub fn new(address_bits: u32) -> Self {
        Self {
            pages: Vec::new(),
            metas: Vec::new(),
            slots: HashMap::new(),
            changed: Vec::new(),
            tree: Tree::new(address_bits),
            proven: Vec::new(),
            readable: Box::new([Recent::NONE; LOOKASIDE]),
            writable: Box::new([Recent::NONE; LOOKASIDE]),
        }
    }

    /// How many pages exist.
    pub const fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// All pages by ascending number; a page's address is its number times 4096.
    pub fn pages(&self) -> impl Iterator<Item = (u64, &Page)> {
        let mut slots: Vec<usize> = (0..self.pages.len()).collect();
        slots.sort_unstable_by_key(|&slot| self.metas[slot].number);
        slots.into_iter().map(|slot| (self.metas[slot].number, &self.pages[slot]))
    }

    /// The `N` bytes at `at`; `N` is at most 8.
    #[inline(always)]
    pub fn load<const N: usize>(&mut self, at: u64) -> [u8; N] {
        let (number, offset) = (page_number(at), page_offset(at));
        let recent = self.readable[lookaside_index(number)];
        if recent.number == number
            && let Some(bytes) = self.pages[recent.slot].get(offset..offset + N)
            && let Some(bytes) = bytes.first_chunk()
        {
            return *bytes;
        }
        self.load_slow(at)
    }

    #[cold]
    #[inline(never)]
    fn load_slow<const N: usize>(&mut self, at: u64) -> [u8; N] {
        let number = page_number(at);
        if let Some(&slot) = self.slots.get(&number) {
            self.readable[lookaside_index(number)] = Recent { number, slot };
        }
        let mut bytes = [0; N];
        self.read(at, &mut bytes);
        bytes
    }

    /// Fills `bytes` from the memory at `at`.
    pub fn read(&self, at: u64, bytes: &mut [u8]) {
        for_pages(at, bytes.len(), |number, offset, range| {
            let part = &mut bytes[range];
            match self.slots.get(&number) {
                Some(&slot) => part.copy_from_slice(&self.pages[slot][offset..offset + part.len()]),
                None => part.fill(0),
            }
        });
    }

    /// Writes `N` bytes, at most 8, if their page is known to be changed already and holds no code. Yields
    /// whether it did: if not, [`write`](Memory::write) has to.
    #[inline(always)]
    #[must_use]
    pub fn store_fast<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> bool {
        let (number, offset) = (page_number(at), page_offset(at));
        let recent = self.writable[lookaside_index(number)];
        if recent.number == number
            && let Some(place) = self.pages[recent.slot].get_mut(offset..offset + N)
        {
            place.copy_from_slice(&bytes);
            return true;
        }
        false
    }

    /// Writes `bytes` at `at`, creating pages as needed. Yields whether a page with code was written to.
    pub fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        let mut code = false;
        for_pages(at, bytes.len(), |number, offset, range| {
            let part = &bytes[range];
            let slot = self.slot_for(number);
            self.pages[slot][offset..offset + part.len()].copy_from_slice(part);
            if self.metas[slot].code {
                code = true;
            } else {
                self.writable[lookaside_index(number)] = Recent { number, slot };
            }
        });
        code
    }

    /// Takes over a page; one that is there already is replaced.
    pub fn insert(&mut self, number: u64, page: Page) {
        let slot = self.slot_for(number);
        self.pages[slot] = page;
    }

    /// Makes sure that the page of `at` exists.
    pub fn touch(&mut self, at: u64) {
        self.slot_for(page_number(at));
    }

    /// Makes sure that a page exists, and marks it as changed; yields its slot.
    fn slot_for(&mut self, number: u64) -> usize {
        let slot = *self.slots.entry(number).or_insert_with(|| {
            self.pages.push(Page::default());
            self.metas.push(Meta { number, changed: false, code: false });
            self.pages.len() - 1
        });
        if !self.metas[slot].changed {
            self.proven.retain(|&(proven, _)| proven != slot);
            self.metas[slot].changed = true;
            self.changed.push(slot);
        }
        slot
    }

    /// From now on, stores to the page at `at` are reported by [`write`](Memory::write) and refused by
    /// [`store_fast`](Memory::store_fast). A page that does not exist comes into being only when written, and
    /// is then no code page: nobody needs to know of it, because it holds no instruction.
    ///
    /// Yields whether the page exists.
    pub fn mark_code(&mut self, at: u64) -> bool {
        let number = page_number(at);
        let Some(&slot) = self.slots.get(&number) else { return false };
        self.metas[slot].code = true;
        let recent = &mut self.writable[lookaside_index(number)];
        if recent.number == number {
            *recent = Recent::NONE;
        }
        true
    }

    /// Whether any of `len` bytes at `at` lies in a page of code.
    pub fn holds_code(&self, at: u64, len: usize) -> bool {
        let mut found = false;
        for_pages(at, len, |number, _, _| {
            found |= self.slots.get(&number).is_some_and(|&slot| self.metas[slot].code);
        });
        found
    }

    /// The Merkle root of the memory.
    pub fn root(&mut self) -> Hash {
        if !self.changed.is_empty() {
            // The next store to any of these pages has to mark it again.
            self.writable.fill(Recent::NONE);
            let changed = std::mem::take(&mut self.changed);
            for &slot in &changed {
                self.metas[slot].changed = false;
            }
            let mut numbered: Vec<(u64, &Page)> =
                changed.iter().map(|&slot| (self.metas[slot].number, &self.pages[slot])).collect();
            numbered.sort_unstable_by_key(|&(number, _)| number);
            self.tree.update(&numbered);
        }
        self.tree.root()
    }

    /// The leaf that holds `at`, and its siblings from the leaf's own to the root's child, handed to `push`
    /// one by one: 28 hashes for 32-bit addresses, 60 for 64-bit ones.
    pub fn path(&mut self, at: u64, mut push: impl FnMut(&Hash)) {
        self.root();
        let number = page_number(at);
        match self.slots.get(&number) {
            Some(&slot) => self.nodes(slot).path(page_offset(at), &mut push),
            None => page::empty_path(self.tree.zeros(), &mut push),
        }
        self.tree.path(number, &mut push);
    }

    /// The nodes inside a page. Those of the pages proven last are kept: proofs in a row touch the same ones.
    fn nodes(&mut self, slot: usize) -> &Nodes {
        let found = self.proven.iter().position(|&(proven, _)| proven == slot);
        let index = found.unwrap_or_else(|| {
            self.proven.truncate(PROVEN - 1);
            self.proven.insert(0, (slot, Nodes::of(&self.pages[slot])));
            0
        });
        &self.proven[index].1
    }

    /// The 32 bytes of the leaf that holds `at`.
    pub fn leaf(&self, at: u64) -> Hash {
        let mut leaf = [0; LEAF_BYTES];
        self.read(at & !(LEAF_BYTES as u64 - 1), &mut leaf);
        leaf
    }
}

/// Splits `len` bytes at `at` by pages: page number, offset in the page, range among the bytes.
fn for_pages(at: u64, len: usize, mut part: impl FnMut(u64, usize, core::ops::Range<usize>)) {
    let mut done = 0;
    while done < len {
        let here = at.wrapping_add(done as u64);
        let offset = page_offset(here);
        let end = len.min(done + PAGE_BYTES - offset);
        part(page_number(here), offset, done..end);
        done = end;
    }
}

#[cfg(test)]
mod tests;
