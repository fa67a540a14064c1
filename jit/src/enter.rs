//! Entering compiled code.
#![allow(unsafe_code, reason = "generated code is called, and shares memory with this process")]

use std::cell::UnsafeCell;

use engine::Ground;
use engine::memory::Window;
use isa_traits::{Concrete, Hart, HartOf, Isa, Target};

/// Special registers there is room for.
pub(crate) const SPECIALS: usize = 4;

/// Windows there is room for.
const WINDOWS: usize = 4;

/// What generated code reads and writes besides registers and memory. It knows the address, so the cells do not move.
#[derive(Debug)]
pub(crate) struct Cells(Box<UnsafeCell<Raw>>);

#[derive(Debug, Default)]
#[repr(C)]
struct Raw {
    pc: u64,
    missed: u64,
    specials: [u64; SPECIALS],
    /// The windows of memory: where each starts, its length and its offset in the reservation.
    windows: [[u64; 3]; WINDOWS],
}

// SAFETY: the cells are only looked at and written through `&mut self`, or by code that `enter` calls with it.
unsafe impl Sync for Cells {}

impl Cells {
    /// Cells for code that reaches these windows; none where there are too many.
    pub(crate) fn new(windows: &[Window]) -> Option<Self> {
        let mut raw = Raw::default();
        for (cells, window) in raw.windows.get_mut(..windows.len())?.iter_mut().zip(windows) {
            *cells = [window.start, window.bytes, window.offset];
        }
        Some(Self(Box::new(UnsafeCell::new(raw))))
    }

    /// The address of what says where a window is.
    pub(crate) fn window(&self, number: usize) -> usize {
        self.0.get() as usize + std::mem::offset_of!(Raw, windows) + number * size_of::<[u64; 3]>()
    }

    /// The address of the pc.
    pub(crate) fn pc(&self) -> usize {
        self.0.get() as usize + std::mem::offset_of!(Raw, pc)
    }

    /// The address of the sign that there was no code.
    pub(crate) fn missed(&self) -> usize {
        self.0.get() as usize + std::mem::offset_of!(Raw, missed)
    }

    /// The address of the special registers, eight bytes each.
    pub(crate) fn specials(&self) -> usize {
        self.0.get() as usize + std::mem::offset_of!(Raw, specials)
    }
}

/// The C function that [`Compiler::way_in`](crate::compile::Compiler::way_in) writes.
type WayIn = unsafe extern "C" fn(*mut u8, i64, u64, *mut u8, *const u8, usize) -> i64;

/// How code came to its end.
pub(crate) struct Left {
    /// Steps that were not made.
    pub(crate) steps: u64,
    /// Whether it went on to code that is not there.
    pub(crate) missed: bool,
}

/// Runs the code at the address `code`, by the way in at `way_in`, for at most `left` steps.
///
/// # Safety
/// Both must be addresses of code that [`Compiler`](crate::compile::Compiler) has made for target `T`, with these
/// cells and the windows of this memory, and that is executable, as all must be that the table leads to.
pub(crate) unsafe fn enter<T: Target>(
    ground: &mut Ground<'_, T>,
    cells: &mut Cells,
    way_in: usize,
    code: usize,
    left: u64,
) -> Left {
    let raw = cells.0.get_mut();
    raw.missed = 0;
    for (cell, &special) in raw.specials.iter_mut().zip(T::Isa::SPECIALS) {
        *cell = ground.hart.special(special).get();
    }
    let pc = ground.hart.pc().get();
    let may = i64::try_from(left).unwrap_or(i64::MAX);
    let (memory, open) = ground.memory.windows_base();
    let registers: *mut _ = ground.hart.x_mut().general_mut();
    // SAFETY: the caller's promise. The code reads and writes the registers, which are words in a row, the windows of
    // memory, within their bounds and where pages are open, and the cells; all are borrowed exclusively here.
    let rest = unsafe {
        let way_in: WayIn = std::mem::transmute::<usize, WayIn>(way_in);
        way_in(registers.cast(), may, pc, memory, open, code)
    };
    // SAFETY: the code has ended; the read sees what it has written.
    let raw = unsafe { self::read(cells) };
    for (&cell, &special) in raw.specials.iter().zip(T::Isa::SPECIALS) {
        ground.hart.set_special(special, <HartOf<T> as Hart>::Word::of(cell));
    }
    ground.hart.start_at(<HartOf<T> as Hart>::Word::of(raw.pc));
    Left { steps: left - (may - rest) as u64, missed: raw.missed != 0 }
}

/// # Safety
/// No generated code is running.
unsafe fn read(cells: &mut Cells) -> Raw {
    // SAFETY: the pointer is that of a box, and the caller's promise.
    unsafe { cells.0.get().read_volatile() }
}
