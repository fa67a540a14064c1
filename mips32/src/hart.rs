//! The registers of the one hart.

use isa_traits::{Flow, RegisterFile, W32, Word};

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

/// The address of the instruction to execute, and that of the one after it: a jump takes effect one
/// instruction late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcs {
    pc: W32,
    next: W32,
}

impl Flow for Pcs {
    type Word = W32;

    #[inline(always)]
    fn at(pc: W32) -> Self {
        Self { pc, next: after(pc) }
    }

    #[inline(always)]
    fn is_straight(self) -> bool {
        self == Self::at(self.pc)
    }

    #[inline(always)]
    fn pc(self) -> W32 {
        self.pc
    }

    #[inline(always)]
    fn sequential(self) -> W32 {
        after(self.next)
    }

    #[inline(always)]
    fn then(self, to: W32) -> Self {
        Self { pc: self.next, next: to }
    }
}

/// The registers of a MIPS32 hart.
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
    type Flow = Pcs;

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
    fn flow(&self) -> Pcs {
        Pcs { pc: self.pc, next: self.next_pc }
    }

    #[inline(always)]
    fn set_flow(&mut self, flow: Pcs) {
        self.pc = flow.pc;
        self.next_pc = flow.next;
    }

    fn start_at(&mut self, entry: W32) {
        self.pc = entry;
        self.next_pc = after(entry);
    }
}
