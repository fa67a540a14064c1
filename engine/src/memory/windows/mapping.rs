//! Address space of the host.

use core::ops::{Deref, DerefMut};

#[cfg(target_os = "linux")]
use rustix::mm::{Advice, MremapFlags, madvise, mremap_fixed};
#[cfg(unix)]
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// How far a circle can be left at its ends: a multiple of the pages of any host.
pub(super) const MARGIN: usize = 1 << 16;

/// Zero bytes that cost no memory until they are touched.
#[derive(Debug)]
pub(super) struct Mapping {
    start: *mut u8,
    bytes: usize,
    /// Address space before and after them: [`MARGIN`] in a circle, else 0.
    margin: usize,
}

// SAFETY: the bytes belong to this value alone, and are reached only as it is borrowed.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// `bytes` bytes at the address `wanted`, or elsewhere if something is there.
    #[cfg(unix)]
    pub(super) fn new(bytes: usize, wanted: usize) -> Option<Self> {
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
        let at = |wanted: *mut core::ffi::c_void, flags| {
            // SAFETY: without MAP_FIXED a new mapping takes the place of no other.
            unsafe { mmap_anonymous(wanted, bytes, access, flags) }.ok()
        };
        #[cfg(target_os = "linux")]
        let there = at(core::ptr::without_provenance_mut(wanted), flags | MapFlags::FIXED_NOREPLACE);
        #[cfg(not(target_os = "linux"))]
        let there = at(core::ptr::without_provenance_mut(wanted), flags);
        let start = there.or_else(|| at(core::ptr::null_mut(), flags))?.cast();
        Some(Self { start, bytes, margin: 0 })
    }

    /// Elsewhere than on Unix, memory that is reserved counts as used.
    #[cfg(not(unix))]
    pub(super) fn new(_: usize, _: usize) -> Option<Self> {
        None
    }

    /// The same as a circle: whoever goes on after its end, or before its start, comes to the bytes at the other end, for
    /// [`MARGIN`] bytes. `bytes` must be a multiple of that, and twice as many at least.
    #[cfg(target_os = "linux")]
    pub(super) fn circle(bytes: usize, wanted: usize) -> Option<Self> {
        let all = Self::new(bytes.checked_add(2 * MARGIN)?, wanted.checked_sub(MARGIN)?)?;
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::NORESERVE);
        for (end, again) in [(MARGIN, MARGIN + bytes), (bytes, 0)] {
            // SAFETY: both lie in the mapping, as multiples of the host's pages, and nobody has seen it yet.
            unsafe {
                let end = all.start.add(end).cast();
                mmap_anonymous(end, MARGIN, access, flags | MapFlags::FIXED).ok()?;
                // Of length 0, a shared mapping is not moved: another one of the same memory is made (mremap(2)).
                mremap_fixed(end, 0, MARGIN, MremapFlags::MAYMOVE, all.start.add(again).cast()).ok()?;
            }
        }
        // SAFETY: the margin lies in the mapping, which its new owner unmaps.
        let start = unsafe { core::mem::ManuallyDrop::new(all).start.add(MARGIN) };
        Some(Self { start, bytes, margin: MARGIN })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn circle(_: usize, _: usize) -> Option<Self> {
        None
    }

    /// Whether it is a circle.
    pub(super) const fn is_circle(&self) -> bool {
        self.margin > 0
    }

    /// Has the host find memory for `bytes` bytes from `start` on, as far as they are mapped. They stay as they are; where
    /// it cannot, it will find some when they are touched.
    #[cfg(target_os = "linux")]
    pub(super) fn prepare(&mut self, start: usize, bytes: usize) {
        let end = self.bytes.min(start.saturating_add(bytes));
        let Some(part) = self.get_mut(start..end) else { return };
        // SAFETY: the bytes are mapped and borrowed exclusively, and this advice changes none.
        let _ = unsafe { madvise(part.as_mut_ptr().cast(), part.len(), Advice::LinuxPopulateWrite) };
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn prepare(&mut self, _: usize, _: usize) {}

    pub(super) const fn as_ptr(&self) -> *const u8 {
        self.start
    }

    pub(super) const fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped with its margins, and nobody uses it any more. A failure leaves it mapped, which harms
        // nobody.
        #[cfg(unix)]
        let _ = unsafe { munmap(self.start.sub(self.margin).cast(), self.bytes + 2 * self.margin) };
    }
}

impl Deref for Mapping {
    type Target = [u8];
    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping has so many bytes, which may be read; any value will do.
        unsafe { core::slice::from_raw_parts(self.start, self.bytes) }
    }
}

impl DerefMut for Mapping {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and they may be written; `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.bytes) }
    }
}
