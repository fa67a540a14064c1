//! The registers of the one hart.

use isa_traits::{RegisterFile, W32, Word};

/// Registers outside the general ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The address of the instruction after the current one: its delay slot, if it jumps.
    NextPc,
    /// The high word of a product, or a remainder.
    Hi,
    /// The low word of a product, or a quotient.
    Lo,
}

/// The registers of a MIPS32 hart.
///
/// A jump takes effect one instruction late, so there are two program counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hart32 {
    pub(crate) x: RegisterFile<W32>,
    pub(crate) pc: W32,
    pub(crate) next_pc: W32,
    pub(crate) hi: W32,
    pub(crate) lo: W32,
}

impl Default for Hart32 {
    /// All zero, but for the next pc (`singlethreaded/state.go:45-58`).
    fn default() -> Self {
        let zero = W32::default();
        Self { x: RegisterFile::default(), pc: zero, next_pc: after(zero), hi: zero, lo: zero }
    }
}

/// The address of the instruction after the one at `pc`.
#[inline(always)]
fn after(pc: W32) -> W32 {
    pc + W32::lit(4)
}

impl isa_traits::Hart for Hart32 {
    type Word = W32;
    type Special = Special;

    #[inline(always)]
    fn x(&self) -> &RegisterFile<W32> {
        &self.x
    }

    #[inline(always)]
    fn x_mut(&mut self) -> &mut RegisterFile<W32> {
        &mut self.x
    }

    #[inline(always)]
    fn special(&self, s: Special) -> W32 {
        match s {
            Special::NextPc => self.next_pc,
            Special::Hi => self.hi,
            Special::Lo => self.lo,
        }
    }

    #[inline(always)]
    fn set_special(&mut self, s: Special, value: W32) {
        match s {
            Special::NextPc => self.next_pc = value,
            Special::Hi => self.hi = value,
            Special::Lo => self.lo = value,
        }
    }

    #[inline(always)]
    fn pc(&self) -> W32 {
        self.pc
    }

    fn start_at(&mut self, entry: W32) {
        self.pc = entry;
        self.next_pc = after(entry);
    }

    #[inline(always)]
    fn sequential(&self) -> W32 {
        after(self.next_pc)
    }

    #[inline(always)]
    fn retire(&mut self, then: W32) {
        self.pc = self.next_pc;
        self.next_pc = then;
    }
}
