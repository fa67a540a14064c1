//! Address space of the host.

use core::ops::{Deref, DerefMut};

#[cfg(target_os = "linux")]
use rustix::mm::{Advice, madvise};
#[cfg(unix)]
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Zero bytes that cost no memory until they are touched.
#[derive(Debug)]
pub(super) struct Mapping {
    start: *mut u8,
    bytes: usize,
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
        Some(Self { start, bytes })
    }

    /// Elsewhere than on Unix, memory that is reserved counts as used.
    #[cfg(not(unix))]
    pub(super) fn new(_: usize, _: usize) -> Option<Self> {
        None
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
        // SAFETY: `new` has mapped it, and nobody uses it any more. A failure leaves it mapped, which harms nobody.
        #[cfg(unix)]
        let _ = unsafe { munmap(self.start.cast(), self.bytes) };
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
