//! The registers of the one hart.

use isa_traits::{RegisterFile, W64, Word};

/// Registers outside the general ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The address an LR has reserved; 0 for none.
    Reservation,
}

/// The registers of an RV64 hart, without privilege modes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hart64 {
    pub(crate) x: RegisterFile<W64>,
    pub(crate) pc: W64,
    pub(crate) reservation: W64,
}

impl isa_traits::Hart for Hart64 {
    type Word = W64;
    type Special = Special;

    #[inline(always)]
    fn x(&self) -> &RegisterFile<W64> {
        &self.x
    }

    #[inline(always)]
    fn x_mut(&mut self) -> &mut RegisterFile<W64> {
        &mut self.x
    }

    #[inline(always)]
    fn special(&self, s: Special) -> W64 {
        match s {
            Special::Reservation => self.reservation,
        }
    }

    #[inline(always)]
    fn set_special(&mut self, s: Special, value: W64) {
        match s {
            Special::Reservation => self.reservation = value,
        }
    }

    #[inline(always)]
    fn pc(&self) -> W64 {
        self.pc
    }

    fn start_at(&mut self, entry: W64) {
        self.pc = entry;
    }

    #[inline(always)]
    fn sequential(&self) -> W64 {
        self.pc + W64::lit(4)
    }

    #[inline(always)]
    fn retire(&mut self, then: W64) {
        self.pc = then;
    }
}
