//! The registers of the one hart.

use isa_traits::{Flow, RegisterFile, W64, Word};

/// Registers outside the general ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The address an LR has reserved; 0 for none.
    Reservation,
}

/// The address of the instruction to execute; what follows is known from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pc(W64);

impl Flow for Pc {
    type Word = W64;

    #[inline(always)]
    fn at(pc: W64) -> Self {
        Self(pc)
    }

    #[inline(always)]
    fn is_straight(self) -> bool {
        true
    }

    #[inline(always)]
    fn pc(self) -> W64 {
        self.0
    }

    #[inline(always)]
    fn sequential(self) -> W64 {
        self.0 + W64::lit(4)
    }

    #[inline(always)]
    fn then(self, to: W64) -> Self {
        Self(to)
    }
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
    type Flow = Pc;

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
    fn flow(&self) -> Pc {
        Pc(self.pc)
    }

    #[inline(always)]
    fn set_flow(&mut self, flow: Pc) {
        self.pc = flow.0;
    }

    fn start_at(&mut self, entry: W64) {
        self.pc = entry;
    }
}
