//! The heap: it grows and never shrinks.
//!
//! A program of this kind runs once over bounded input, so memory that is given back is not worth the steps it takes
//! to find it again.

/// Bytes asked from the machine at a time, to keep system calls few. Memory nobody touches costs nothing there.
const CHUNK_BYTES: usize = 64 << 10;

/// The free rest of the newest chunk.
#[derive(Debug)]
pub(crate) struct Bump {
    next: usize,
    end: usize,
}

impl Bump {
    pub(crate) const fn new() -> Self {
        Self { next: 0, end: 0 }
    }

    /// The address of `bytes` fresh zero bytes, aligned to the power of two `align`.
    ///
    /// `map` gives the address of that many fresh zero bytes, or `None` when the machine has no more.
    pub(crate) fn allocate(
        &mut self,
        bytes: usize,
        align: usize,
        map: impl FnOnce(usize) -> Option<usize>,
    ) -> Option<usize> {
        if let Some(at) = self.fit(bytes, align) {
            return Some(at);
        }
        let chunk = bytes.checked_add(align)?.checked_next_multiple_of(CHUNK_BYTES)?;
        let start = map(chunk)?;
        // Chunks usually follow one another, and then the old one's rest is still good.
        if start != self.end {
            self.next = start;
        }
        self.end = start.checked_add(chunk)?;
        self.fit(bytes, align)
    }

    fn fit(&mut self, bytes: usize, align: usize) -> Option<usize> {
        let at = self.next.checked_next_multiple_of(align)?;
        let next = at.checked_add(bytes)?;
        (next <= self.end).then(|| {
            self.next = next;
            at
        })
    }
}

#[cfg(target_os = "none")]
#[allow(unsafe_code, reason = "a global allocator is an unsafe trait")]
mod global {
    use super::Bump;
    use crate::sys;
    use core::{
        alloc::{GlobalAlloc, Layout},
        cell::UnsafeCell,
        ptr,
    };

    struct Heap(UnsafeCell<Bump>);

    // SAFETY: the program has one hart and no signal handlers, so nothing else runs inside `alloc`.
    unsafe impl Sync for Heap {}

    // SAFETY: `Bump` gives out each address once, aligned as asked, from memory `sys::map` reserved for it.
    unsafe impl GlobalAlloc for Heap {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: this is the only reference: `allocate` does not allocate, and see `Sync`.
            let bump = unsafe { &mut *self.0.get() };
            let at = bump.allocate(layout.size(), layout.align(), sys::map);
            at.map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut)
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as the caller promised. The bytes are zero because none is given out twice.
            unsafe { self.alloc(layout) }
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static HEAP: Heap = Heap(UnsafeCell::new(Bump::new()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_aligned_and_do_not_overlap() {
        let mut bump = Bump::new();
        let mut chunks = 0x1000..;
        let mut end = 0;
        for (bytes, align) in [(1, 1), (8, 8), (3, 2), (100, 32), (1, 4096)] {
            let at = bump.allocate(bytes, align, |_| chunks.next()).unwrap();
            assert_eq!(at % align, 0, "{bytes} bytes aligned to {align}");
            assert!(at >= end, "{at:#x} is below {end:#x}");
            end = at + bytes;
        }
        assert_eq!(chunks.next(), Some(0x1001), "one chunk holds them all");
    }

    #[test]
    fn adjacent_chunks_are_one_and_others_start_anew() {
        let mut bump = Bump::new();
        let base = 0x10_0000;
        assert_eq!(bump.allocate(CHUNK_BYTES - 8, 1, |_| Some(base)), Some(base));
        let adjacent = base + CHUNK_BYTES;
        assert_eq!(bump.allocate(16, 1, |_| Some(adjacent)), Some(adjacent - 8));
        let apart = 0x90_0000;
        assert_eq!(bump.allocate(CHUNK_BYTES, 1, |_| Some(apart)), Some(apart));
    }

    #[test]
    fn no_more_memory_is_no_address() {
        let mut bump = Bump::new();
        assert_eq!(bump.allocate(1, 1, |_| None), None);
        assert_eq!(bump.allocate(usize::MAX, 1, |_| unreachable!("the size overflows first")), None);
    }
}
