//! Sparse guest memory and its Merkle tree.
//!
//! Memory is a map of 4 KiB pages; what was never written reads as zero. A page comes into being when it is
//! first written, as in both references, and never goes. A store marks its page as changed and does nothing
//! else; [`Memory::root`] then hashes what changed. The root is a function of the contents alone.
//!
//! Pages lie in [windows](Window) where they can. There, a load needs no look at the map, and neither does a store
//! to an *open* page: one that exists, is marked as changed already and holds no decoded code.

mod keccak;
mod page;
mod tree;
mod windows;

use std::boxed::Box;
use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Hash;

pub use keccak::PairHasher;
use page::Nodes;
pub use page::{PAGE_BYTES, Page};
use tree::Tree;
pub use windows::Window;
use windows::Windows;

use crate::bus::LEAF_BYTES;

/// log2 of the page size.
const PAGE_BITS: u32 = 12;
/// Pages whose inner nodes are kept: those of code and data that a few steps touch.
const PROVEN: usize = 8;

/// Where the bytes of a page are.
#[derive(Clone, Debug)]
enum Place {
    /// In a window: that page of the reservation.
    Window(usize),
    /// By themselves.
    Alone(Box<Page>),
}

/// A page that exists.
#[derive(Clone, Debug)]
struct Slot {
    number: u64,
    place: Place,
    /// Written since changes were last collected, and so in `changed`.
    changed: bool,
    /// Written since the last root, and so in `stale` once collected.
    stale: bool,
    /// Written since [`Memory::take_written`], and so in `written` once collected.
    written: bool,
    /// Instructions were decoded from it: a store must be noticed.
    code: bool,
}

impl Slot {
    fn page<'a>(&'a self, windows: &'a Windows) -> &'a Page {
        match &self.place {
            Place::Window(frame) => windows.page(*frame),
            Place::Alone(page) => page,
        }
    }
}

/// A guest's memory.
///
/// Addresses are 64 bits wide and wrap; a target with 32-bit addresses never passes a longer one.
#[derive(Debug)]
pub struct Memory {
    address_bits: u32,
    window_limit: u64,
    windows: Windows,
    slots: Vec<Slot>,
    /// Which slot a page has, by its number.
    index: HashMap<u64, usize>,
    changed: Vec<usize>,
    stale: Vec<usize>,
    written: Vec<usize>,
    tree: Tree,
    /// The nodes inside pages that were proven lately and did not change since.
    proven: Vec<(usize, Nodes)>,
}

const fn page_number(at: u64) -> u64 {
    at >> PAGE_BITS
}

const fn page_offset(at: u64) -> usize {
    (at & (PAGE_BYTES as u64 - 1)) as usize
}

impl Memory {
    /// An empty memory with addresses of `address_bits` bits, 32 or 64; its tree is 5 levels less deep.
    pub fn new(address_bits: u32) -> Self {
        Self::with_windows(address_bits, u64::MAX)
    }

    /// The same with windows of at most `limit` bytes of address space each: 0 for none.
    pub fn with_windows(address_bits: u32, limit: u64) -> Self {
        Self {
            address_bits,
            window_limit: limit,
            windows: Windows::new(address_bits, limit),
            slots: Vec::new(),
            index: HashMap::new(),
            changed: Vec::new(),
            stale: Vec::new(),
            written: Vec::new(),
            tree: Tree::new(address_bits),
            proven: Vec::new(),
        }
    }

    /// How many pages exist.
    pub const fn page_count(&self) -> usize {
        self.slots.len()
    }

    /// All pages by ascending number; a page's address is its number times 4096.
    pub fn pages(&self) -> impl Iterator<Item = (u64, &Page)> {
        let mut slots: Vec<usize> = (0..self.slots.len()).collect();
        slots.sort_unstable_by_key(|&slot| self.slots[slot].number);
        slots.into_iter().map(|slot| (self.slots[slot].number, self.page(slot)))
    }

    /// The windows, for code that reaches memory by itself.
    pub fn windows(&self) -> &[Window] {
        self.windows.list()
    }

    /// The first byte of what holds the windows, and the first of the bytes that tell of each of its pages whether it
    /// is open: only then may it be written. Any of it may be read. Good until the memory is dropped; other uses of
    /// the memory must not come between two accesses that rely on the same look at a page.
    pub fn windows_base(&mut self) -> (*mut u8, *const u8) {
        self.windows.base()
    }

    /// How many bytes before the first and after the last one of what holds the windows show those at the other end, so
    /// that a sum that leaves the addresses of 32 bits by less needs not be cut.
    pub fn windows_margin(&self) -> usize {
        self.windows.margin()
    }

    fn page(&self, slot: usize) -> &Page {
        self.slots[slot].page(&self.windows)
    }

    fn page_mut(&mut self, slot: usize) -> &mut Page {
        match &mut self.slots[slot].place {
            Place::Window(frame) => self.windows.page_mut(*frame),
            Place::Alone(page) => page,
        }
    }

    /// The `N` bytes at `at`; `N` is at most 8.
    #[inline]
    pub fn load<const N: usize>(&self, at: u64) -> [u8; N] {
        self.load_fast(at).copied().unwrap_or_else(|| {
            let mut bytes = [0; N];
            self.read(at, &mut bytes);
            bytes
        })
    }

    /// The `N` bytes at `at`, at most 8, if they lie in a window. If not, [`load`](Memory::load) has to be asked.
    #[inline(always)]
    pub fn load_fast<const N: usize>(&self, at: u64) -> Option<&[u8; N]> {
        self.windows.load::<false, N>(at)
    }

    /// As [`load_fast`](Memory::load_fast), with fewer windows asked.
    #[inline(always)]
    pub(crate) fn load_near<const N: usize>(&self, at: u64) -> Option<&[u8; N]> {
        self.windows.load::<true, N>(at)
    }

    /// Fills `bytes` from the memory at `at`.
    pub fn read(&self, at: u64, bytes: &mut [u8]) {
        for_pages(at, bytes.len(), |number, offset, range| {
            let part = &mut bytes[range];
            match self.index.get(&number) {
                Some(&slot) => part.copy_from_slice(&self.page(slot)[offset..offset + part.len()]),
                None => part.fill(0),
            }
        });
    }

    /// Writes `N` bytes, at most 8, if they lie in an open page. Yields whether it did: if not,
    /// [`write`](Memory::write) has to.
    #[inline(always)]
    #[must_use]
    pub fn store_fast<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> bool {
        self.windows.store::<false, N>(at, bytes)
    }

    /// As [`store_fast`](Memory::store_fast), with fewer windows asked.
    #[inline(always)]
    #[must_use]
    pub(crate) fn store_near<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> bool {
        self.windows.store::<true, N>(at, bytes)
    }

    /// Writes `bytes` at `at`, creating pages as needed. Yields whether a page with code was written to.
    pub fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        let mut code = false;
        for_pages(at, bytes.len(), |number, offset, range| {
            let part = &bytes[range];
            let slot = self.slot_for(number);
            self.page_mut(slot)[offset..offset + part.len()].copy_from_slice(part);
            code |= self.slots[slot].code;
        });
        code
    }

    /// Takes over a page; one that is there already is replaced.
    pub fn insert(&mut self, number: u64, page: &Page) {
        let slot = self.slot_for(number);
        *self.page_mut(slot) = *page;
    }

    /// Makes sure that the page of `at` exists.
    pub fn touch(&mut self, at: u64) {
        self.slot_for(page_number(at));
    }

    /// Makes sure that a page exists, and marks it as changed; yields its slot.
    fn slot_for(&mut self, number: u64) -> usize {
        let index = *self.index.entry(number).or_insert_with(|| {
            let place = match self.windows.frame(number) {
                Some(frame) => {
                    self.windows.prepare(frame);
                    Place::Window(frame)
                }
                None => Place::Alone(Box::new([0; PAGE_BYTES])),
            };
            self.slots.push(Slot {
                number,
                place,
                changed: false,
                stale: false,
                written: false,
                code: false,
            });
            self.slots.len() - 1
        });
        let slot = &mut self.slots[index];
        if !slot.changed {
            slot.changed = true;
            self.changed.push(index);
            self.proven.retain(|&(proven, _)| proven != index);
        }
        if let (Place::Window(frame), false) = (&slot.place, slot.code) {
            self.windows.set_open(*frame, true);
        }
        index
    }

    /// From now on, stores to the page at `at` are reported by [`write`](Memory::write) and refused by
    /// [`store_fast`](Memory::store_fast). A page that does not exist comes into being only when written, and
    /// is then no code page: nobody needs to know of it, because it holds no instruction.
    ///
    /// Yields whether the page exists.
    pub fn mark_code(&mut self, at: u64) -> bool {
        let Some(&slot) = self.index.get(&page_number(at)) else { return false };
        self.slots[slot].code = true;
        self.close(slot);
        true
    }

    /// Whether any of `len` bytes at `at` lies in a page of code.
    pub fn holds_code(&self, at: u64, len: usize) -> bool {
        let mut found = false;
        for_pages(at, len, |number, _, _| {
            found |= self.index.get(&number).is_some_and(|&slot| self.slots[slot].code);
        });
        found
    }

    fn close(&mut self, slot: usize) {
        if let Place::Window(frame) = self.slots[slot].place {
            self.windows.set_open(frame, false);
        }
    }

    /// Notes which pages were written: for the next root, and for the next
    /// [`take_written`](Memory::take_written). The next store to such a page has to mark it again.
    fn collect(&mut self) {
        for index in std::mem::take(&mut self.changed) {
            self.close(index);
            let slot = &mut self.slots[index];
            slot.changed = false;
            if !std::mem::replace(&mut slot.stale, true) {
                self.stale.push(index);
            }
            if !std::mem::replace(&mut slot.written, true) {
                self.written.push(index);
            }
        }
    }

    /// The numbers of the pages that were written since the last call, ascending.
    pub fn take_written(&mut self) -> Vec<u64> {
        self.collect();
        let slots = std::mem::take(&mut self.written);
        let mut numbers: Vec<u64> = slots.iter().map(|&slot| self.slots[slot].number).collect();
        slots.into_iter().for_each(|slot| self.slots[slot].written = false);
        numbers.sort_unstable();
        numbers
    }

    /// The Merkle root of the memory.
    pub fn root(&mut self) -> Hash {
        self.collect();
        if !self.stale.is_empty() {
            let stale = std::mem::take(&mut self.stale);
            stale.iter().for_each(|&slot| self.slots[slot].stale = false);
            let slots = stale.iter().map(|&slot| &self.slots[slot]);
            let mut numbered: Vec<(u64, &Page)> =
                slots.map(|slot| (slot.number, slot.page(&self.windows))).collect();
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
        match self.index.get(&number) {
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
            self.proven.insert(0, (slot, Nodes::of(self.page(slot))));
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

/// The copy has windows of its own, and no page of them is open.
impl Clone for Memory {
    fn clone(&self) -> Self {
        let mut windows = Windows::new(self.address_bits, self.window_limit);
        let copy = |(slot, old): (usize, &Slot)| {
            let page = self.page(slot);
            let place = match windows.frame(old.number) {
                Some(frame) => {
                    *windows.page_mut(frame) = *page;
                    Place::Window(frame)
                }
                None => Place::Alone(Box::new(*page)),
            };
            Slot { place, ..*old }
        };
        let slots = self.slots.iter().enumerate().map(copy).collect();
        Self {
            slots,
            windows,
            index: self.index.clone(),
            changed: self.changed.clone(),
            stale: self.stale.clone(),
            written: self.written.clone(),
            tree: self.tree.clone(),
            proven: self.proven.clone(),
            ..*self
        }
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
