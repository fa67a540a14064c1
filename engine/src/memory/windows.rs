//! Windows: stretches of guest memory that lie in one reservation of the host's address space.
//!
//! Where programs keep their pages is known, so these places need no map: an access is an addition and a
//! comparison, for the interpreter as for generated code. The reservation costs no memory until it is touched.
//! Where the host refuses it, there are no windows, and every page is an allocation of its own.
#![allow(
    unsafe_code,
    reason = "accesses that were compared with the ends of a window need no second comparison"
)]

mod mapping;

use core::ops::{Deref, DerefMut};
use std::vec::Vec;

use self::mapping::Mapping;
use super::{PAGE_BITS, PAGE_BYTES, Page, page_offset};

/// A stretch of guest addresses, and where the reservation holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first guest address, a multiple of 4096.
    pub start: u64,
    /// Its length, a multiple of 4096.
    pub bytes: u64,
    /// Where its first byte lies in the reservation, a multiple of 4096.
    pub offset: u64,
}

impl Window {
    /// Whether the byte at `at` lies in it.
    pub const fn holds(&self, at: u64) -> bool {
        at.wrapping_sub(self.start) < self.bytes
    }
}

/// Where a window should be: the address it is anchored at, its length, and how much of it lies below the anchor.
type Wanted = (u64, u64, u64);

/// The whole space of 32-bit addresses.
const MIPS32: [Wanted; 1] = [(0, 1 << 32, 0)];
/// Where 64-bit programs have their pages, by the loader's and Go's habits: code, data and the arenas of the Go
/// runtime (from 0xc0_0000_0000); around the initial stack pointer; and the kernel's heap.
const RV64: [Wanted; 3] = [(0, 1 << 40, 0), (1 << 60, 1 << 37, 1 << 36), (0x7f00_0000_0000, 1 << 36, 0)];

/// Where the host is asked to have the reservation and its bytes of open pages. Little else comes to lie there, and an
/// offset in an instruction reaches it, so that generated code needs no register for it.
const RESERVATION: usize = 0x4000_0000;
const OPEN: usize = 0x1000_0000;

/// Bytes of a window when the host has no room for all that is wanted.
const SMALL_WINDOW: u64 = 1 << 32;
/// Pages that the host is asked for at a time: a fault for each of them would cost more than to clear it.
const STRETCH: usize = 16;
/// Bytes of the longest access.
const LONGEST: u64 = 8;

/// The windows of a memory.
#[derive(Debug)]
pub(super) struct Windows {
    windows: Vec<Window>,
    /// The same for the fast path: how many addresses the first window reaches, which begins at address 0 and at the
    /// start of the reservation; and the others.
    low: u64,
    second: Reach,
    third: Reach,
    bytes: Reservation,
    /// For each page of the reservation 1 where it may be written without looking further, else 0.
    open: Reservation,
}

/// The addresses at which any access lies in a window.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    start: u64,
    /// How many there are.
    count: u64,
    /// Where the reservation holds the first one.
    offset: u64,
}

impl Reach {
    /// Where the reservation holds what is at `at`.
    #[inline(always)]
    fn place(&self, at: u64) -> Option<usize> {
        let distance = at.wrapping_sub(self.start);
        if distance < self.count { Some((distance + self.offset) as usize) } else { None }
    }
}

/// Bytes that cost no memory until they are touched.
#[derive(Debug)]
struct Reservation(Option<Mapping>);

impl Deref for Reservation {
    type Target = [u8];
    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl DerefMut for Reservation {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl Reservation {
    /// The bytes.
    ///
    /// # Safety
    /// There is a reservation: an address lies in a window.
    #[inline(always)]
    unsafe fn reserved(&self) -> &Mapping {
        // SAFETY: the caller's promise.
        unsafe { self.0.as_ref().unwrap_unchecked() }
    }

    /// The bytes, to change.
    ///
    /// # Safety
    /// As for [`reserved`](Reservation::reserved).
    #[inline(always)]
    unsafe fn reserved_mut(&mut self) -> &mut Mapping {
        // SAFETY: the caller's promise.
        unsafe { self.0.as_mut().unwrap_unchecked() }
    }
}

impl Windows {
    /// Windows of at most `limit` bytes each.
    pub(super) fn new(address_bits: u32, limit: u64) -> Self {
        let wanted: &[_] = if address_bits == 32 { &MIPS32 } else { &RV64 };
        let sizes = [limit, limit.min(SMALL_WINDOW)];
        sizes.into_iter().find_map(|limit| Self::reserve(wanted, limit)).unwrap_or_else(Self::none)
    }

    fn none() -> Self {
        Self::over(Vec::new(), Reservation(None), Reservation(None))
    }

    fn over(windows: Vec<Window>, bytes: Reservation, open: Reservation) -> Self {
        let reach = |index: usize| {
            windows.get(index).map_or_else(Reach::default, |window| Reach {
                start: window.start,
                count: window.bytes - (LONGEST - 1),
                offset: window.offset,
            })
        };
        let low = Some(reach(0)).filter(|first| (first.start, first.offset) == (0, 0));
        let low = low.map_or(0, |first| first.count);
        Self { low, second: reach(1), third: reach(2), windows, bytes, open }
    }

    fn reserve(wanted: &[Wanted], limit: u64) -> Option<Self> {
        let mut offset = 0;
        let mut windows = Vec::new();
        for &(anchor, bytes, below) in wanted {
            let fits = |part: u64| part.min((limit / 2) & !(PAGE_BYTES as u64 - 1));
            let (below, above) = (fits(below), fits(bytes - below));
            windows.push(Window { start: anchor - below, bytes: below + above, offset });
            offset += below + above;
        }
        let bytes = usize::try_from(offset).ok().filter(|&bytes| bytes > 0)?;
        let open = Mapping::new(bytes >> PAGE_BITS, OPEN)?;
        let circle = if bytes as u64 == 1 << 32 { Mapping::circle(bytes, RESERVATION) } else { None };
        let bytes = circle.or_else(|| Mapping::new(bytes, RESERVATION))?;
        Some(Self::over(windows, Reservation(Some(bytes)), Reservation(Some(open))))
    }

    /// Where they lie.
    pub(super) fn list(&self) -> &[Window] {
        &self.windows
    }

    /// The first byte of the reservation, and of the bytes that say which of its pages are open.
    pub(super) fn base(&mut self) -> (*mut u8, *const u8) {
        (self.bytes.as_mut_ptr(), self.open.as_ptr())
    }

    /// How far before its start and after its end the reservation goes on with what is at the other end, as addresses of
    /// 32 bits do.
    pub(super) fn margin(&self) -> usize {
        if self.bytes.0.as_ref().is_some_and(Mapping::is_circle) { mapping::MARGIN } else { 0 }
    }

    /// Where the reservation holds what is at `at`, if at least the longest access has room there. With `NEAR`, only
    /// the first two windows are asked, which leaves registers free.
    #[inline(always)]
    fn place<const NEAR: bool>(&self, at: u64) -> Option<usize> {
        if at < self.low {
            return Some(at as usize);
        }
        let place = self.second.place(at);
        if NEAR { place } else { place.or_else(|| self.third.place(at)) }
    }

    /// The `N` bytes at `at`, at most 8, if they lie in a window, and not in its last few bytes.
    #[inline(always)]
    pub(super) fn load<const NEAR: bool, const N: usize>(&self, at: u64) -> Option<&[u8; N]> {
        const { assert!(N as u64 <= LONGEST) };
        let place = self.place::<NEAR>(at)?;
        // SAFETY: `place` leaves room for the longest access in the reservation.
        Some(unsafe { &*self.bytes.reserved().as_ptr().add(place).cast::<[u8; N]>() })
    }

    /// Writes `N` bytes, at most 8, if they lie in one open page; yields whether it did.
    #[inline(always)]
    pub(super) fn store<const NEAR: bool, const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> bool {
        const { assert!(N as u64 <= LONGEST) };
        let Some(place) = self.place::<NEAR>(at) else { return false };
        // SAFETY: as in `load`; there is a byte for each page of the reservation.
        let open = unsafe { self.open.reserved().as_ptr().add(place >> PAGE_BITS).read() };
        if open == 0 || page_offset(at) > PAGE_BYTES - N {
            return false;
        }
        // SAFETY: as in `load`.
        unsafe { self.bytes.reserved_mut().as_mut_ptr().add(place).cast::<[u8; N]>().write(bytes) };
        true
    }

    /// The page of the reservation that holds page `number` of the guest, if one does.
    pub(super) fn frame(&self, number: u64) -> Option<usize> {
        let at = number << PAGE_BITS;
        let window = self.windows.iter().find(|window| window.holds(at))?;
        Some(((at - window.start + window.offset) >> PAGE_BITS) as usize)
    }

    /// A page of the reservation.
    pub(super) fn page(&self, frame: usize) -> &Page {
        let page = self.bytes[frame << PAGE_BITS..].first_chunk();
        page.unwrap_or_else(|| unreachable!("the reservation is made of whole pages"))
    }

    /// A page of the reservation, to change.
    pub(super) fn page_mut(&mut self, frame: usize) -> &mut Page {
        let page = self.bytes[frame << PAGE_BITS..].first_chunk_mut();
        page.unwrap_or_else(|| unreachable!("the reservation is made of whole pages"))
    }

    /// A page of the reservation is about to be written for the first time. Where it is the second of its stretch, more
    /// are likely to follow, and the host is asked for the whole stretch.
    pub(super) fn prepare(&mut self, frame: usize) {
        let start = frame - frame % STRETCH;
        let used = self
            .open
            .get(start..start + STRETCH)
            .map(|pages| pages.iter().filter(|&&open| open != 0).count());
        if let (Some(1), Some(bytes)) = (used, &mut self.bytes.0) {
            bytes.prepare(start << PAGE_BITS, STRETCH << PAGE_BITS);
        }
    }

    /// Says whether a page of the reservation may be written without looking further.
    pub(super) fn set_open(&mut self, frame: usize, open: bool) {
        self.open[frame] = u8::from(open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::page_number;

    /// What generated code relies on: windows do not overlap, and a page is in one or in none.
    #[test]
    fn windows_are_made_of_pages_of_their_own() {
        for (address_bits, limit) in [(32, u64::MAX), (64, u64::MAX), (64, 1 << 20), (32, 4097)] {
            let windows = Windows::new(address_bits, limit);
            let mut end = 0;
            for window in windows.list() {
                assert_eq!(window.offset, end, "one after the other");
                end += window.bytes;
                for at in [window.start, window.start + window.bytes - 1] {
                    let frame = windows.frame(page_number(at)).unwrap();
                    assert_eq!(frame as u64, (window.offset + (at - window.start)) >> PAGE_BITS);
                }
                assert_eq!(windows.frame(page_number(window.start + window.bytes)), None);
            }
            assert_eq!(windows.bytes.len() as u64, end);
        }
    }

    #[test]
    fn without_room_there_are_no_windows() {
        let windows = Windows::new(64, 0);
        assert!(windows.list().is_empty());
        assert_eq!((windows.load::<false, 4>(0), windows.frame(0)), (None, None));
    }

    /// What generated code relies on: addresses that leave 32 bits by little come in again at the other end.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_window_of_all_32_bit_addresses_is_a_circle() {
        let mut windows = Windows::new(32, u64::MAX);
        let (margin, length) = (windows.margin(), windows.bytes.len());
        assert_eq!((margin, length), (1 << 16, 1 << 32));
        for (nth, place) in [0, margin - 1, length - margin, length - 1].into_iter().enumerate() {
            windows.bytes[place] = nth as u8 + 1;
        }
        let (start, _) = windows.base();
        // SAFETY: the margins are mapped.
        let seen = |at: usize| unsafe { start.wrapping_add(at).read_volatile() };
        let before = 0usize.wrapping_sub(margin);
        assert_eq!([length, length + margin - 1].map(seen), [1, 2], "after the end");
        assert_eq!([before, usize::MAX].map(seen), [3, 4], "before the start");
        // SAFETY: as above.
        unsafe { start.wrapping_add(length + 5).write_volatile(6) };
        assert_eq!(windows.bytes[5], 6);
        assert_eq!(Windows::new(64, u64::MAX).margin(), 0);
    }

    /// At the ends of windows, where the fast path gives up before the window does.
    #[test]
    fn accesses_stay_in_their_window() {
        let mut windows = Windows::new(64, 1 << 20);
        for Window { start, bytes, offset } in windows.list().to_vec() {
            let end = start + bytes;
            for at in [start, start + 1, end - 8] {
                windows.set_open(((at - start + offset) >> PAGE_BITS) as usize, true);
                assert!(windows.store::<false, 8>(at, [7; 8]), "{at:#x}");
                assert_eq!(windows.load::<false, 8>(at), Some(&[7; 8]), "{at:#x}");
            }
            for at in [start.wrapping_sub(1), end - 7, end] {
                assert_eq!(windows.load::<false, 1>(at), None, "{at:#x}");
                assert!(!windows.store::<false, 1>(at, [7]), "{at:#x}");
            }
            assert!(!windows.store::<false, 4>(start + 0xffd, [7; 4]), "two pages, the second one not open");
        }
    }
}
