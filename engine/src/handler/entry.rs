//! Slots of decoded code.

use core::fmt;
use core::marker::PhantomData;

use isa_traits::{HartOf, Insn, InsnOf, Isa, OpOf, Operands, Reg, Target, Word};

use super::{FlowOf, Handler, Straight, Why, leave, pair, undecoded};
use crate::cpu::Cpu;
use crate::memory::Memory;
use crate::plain::Plain;

/// A slot of decoded code: an instruction as the machine wants it. 16 bytes.
pub(crate) struct Entry<T: Target> {
    pub(super) handler: Handler<T>,
    imm: i32,
    rd: Reg,
    rs1: Reg,
    rs2: Reg,
    /// None where nothing was decoded.
    pub(super) op: Option<OpOf<T>>,
}

impl<T: Target> Entry<T> {
    /// A slot that nothing was decoded into.
    pub(crate) const UNDECODED: Self = Self::without_instruction(undecoded::<T>);
    /// What stands behind the last slot of a page.
    pub(crate) const END: Self = Self::without_instruction(leave::<T>);

    const fn without_instruction(handler: Handler<T>) -> Self {
        Self { handler, imm: 0, rd: Reg::SINK, rs1: Reg::SINK, rs2: Reg::SINK, op: None }
    }

    pub(crate) fn new(insn: &InsnOf<T>) -> Self {
        let &Insn { op, rd, rs1, rs2, imm } = insn;
        Self { handler: T::Isa::meaning(op, Straight(PhantomData::<T>)), imm, rd, rs1, rs2, op: Some(op) }
    }

    /// Says what is in the next slot, which may be executed along with this one.
    pub(crate) fn followed_by(&mut self, next: &Self) {
        if let Some(op) = self.op {
            let both = next.op.and_then(|next| pair::handler::<T>(op, next));
            self.handler = both.unwrap_or_else(|| T::Isa::meaning(op, Straight(PhantomData::<T>)));
        }
    }

    /// Whether an instruction was decoded into the slot.
    pub(crate) const fn is_decoded(&self) -> bool {
        self.op.is_some()
    }

    /// Executes the instruction alone; yields where execution goes on. Nothing is done where it is not plain.
    pub(crate) fn execute(
        &self,
        hart: &mut HartOf<T>,
        memory: &mut Memory,
        flow: FlowOf<T>,
    ) -> Result<FlowOf<T>, Why> {
        let &Self { imm, rd, rs1, rs2, .. } = self;
        let insn = Insn { op: self.op.ok_or(Why::Undecoded)?, rd, rs1, rs2, imm };
        let mut bus = Plain(memory);
        let mut cpu = Cpu::<T::Isa, _>::at(hart, &mut bus, flow);
        T::Isa::execute(&mut cpu, &insn).map_err(|_| Why::Refused)?;
        Ok(cpu.next())
    }

    #[inline(always)]
    pub(super) fn operands<W: Word>(&self) -> Operands<W> {
        Operands { rd: self.rd, rs1: self.rs1, rs2: self.rs2, imm: W::lit(i64::from(self.imm)) }
    }
}

impl<T: Target> Clone for Entry<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Target> Copy for Entry<T> {}

impl<T: Target> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.op).finish()
    }
}
