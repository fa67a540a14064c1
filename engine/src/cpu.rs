//! The machine that really runs: numbers for words, a bus for memory.

use isa_traits::{ByteOrder, Concrete, Exec, Flow, Hart, Isa, Machine, Reg, Trap, Width, Word};

use crate::bus::Bus;

/// Registers and a bus, for the length of one instruction.
///
/// Whether it runs, records or replays is a matter of the bus.
#[derive(Debug)]
pub struct Cpu<'a, I: Isa, B> {
    hart: &'a mut I::Hart,
    bus: &'a mut B,
    flow: FlowOf<I>,
    /// Where execution continues once the instruction and its delay slot are done.
    then: I::Word,
    /// Whether the instruction is one that can say so.
    jumps: bool,
}

type FlowOf<I> = <<I as Isa>::Hart as Hart>::Flow;

impl<'a, I: Isa, B: Bus> Cpu<'a, I, B> {
    /// A machine about to execute the instruction at the hart's pc.
    #[inline(always)]
    pub fn new(hart: &'a mut I::Hart, bus: &'a mut B) -> Self {
        let flow = hart.flow();
        Self::at(hart, bus, flow)
    }

    /// A machine about to execute the instruction at another pc than the hart was told of.
    #[inline(always)]
    pub(crate) fn at(hart: &'a mut I::Hart, bus: &'a mut B, flow: FlowOf<I>) -> Self {
        Self { hart, bus, flow, then: flow.sequential(), jumps: false }
    }

    /// Where execution goes on once the instruction is done.
    #[inline(always)]
    pub(crate) fn next(&self) -> FlowOf<I> {
        self.flow.then(self.then)
    }

    /// Whether the instruction executed was a jump or a branch, taken or not.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(crate) const fn jumps(&self) -> bool {
        self.jumps
    }

    /// Ends the instruction: the pc moves on.
    #[inline(always)]
    pub fn retire(self) {
        self.hart.set_flow(self.next());
    }
}

/// Makes a number of bytes in the byte order of the instruction set, and the other way round.
macro_rules! bytes {
    (load $I:ident, $bus:expr, $at:expr, $u:ty) => {{
        let bytes = $bus.load($at)?;
        u64::from(match $I::BYTE_ORDER {
            ByteOrder::Little => <$u>::from_le_bytes(bytes),
            ByteOrder::Big => <$u>::from_be_bytes(bytes),
        })
    }};
    (store $I:ident, $bus:expr, $at:expr, $value:expr, $u:ty) => {{
        let low = $value as $u;
        $bus.store(
            $at,
            match $I::BYTE_ORDER {
                ByteOrder::Little => low.to_le_bytes(),
                ByteOrder::Big => low.to_be_bytes(),
            },
        )
    }};
}

impl<I: Isa, B: Bus> Machine for Cpu<'_, I, B> {
    type Word = I::Word;
    type Special = I::Special;

    #[inline(always)]
    fn x(&mut self, r: Reg) -> I::Word {
        self.hart.x()[r]
    }

    #[inline(always)]
    fn set_x(&mut self, r: Reg, value: I::Word) {
        self.hart.x_mut()[r] = value;
    }

    #[inline(always)]
    fn special(&mut self, s: I::Special) -> I::Word {
        // A program counter may be among them.
        self.hart.set_flow(self.flow);
        self.hart.special(s)
    }

    #[inline(always)]
    fn set_special(&mut self, s: I::Special, value: I::Word) {
        self.hart.set_special(s, value);
    }

    #[inline(always)]
    fn pc(&mut self) -> I::Word {
        self.flow.pc()
    }

    #[inline(always)]
    fn jump(&mut self, to: I::Word) {
        self.jumps = true;
        self.then = to;
    }

    #[inline(always)]
    fn branch(&mut self, taken: bool, to: I::Word) {
        self.jumps = true;
        self.then = I::Word::select(taken, to, self.then);
    }

    #[inline(always)]
    fn load(&mut self, at: I::Word, width: Width) -> Result<I::Word, Trap> {
        let at = at.get();
        Ok(I::Word::of(match width {
            Width::Byte => bytes!(load I, self.bus, at, u8),
            Width::Half => bytes!(load I, self.bus, at, u16),
            Width::Word => bytes!(load I, self.bus, at, u32),
            Width::Double => bytes!(load I, self.bus, at, u64),
        }))
    }

    #[inline(always)]
    fn store(&mut self, at: I::Word, width: Width, value: I::Word) -> Exec {
        let (at, value) = (at.get(), value.get());
        match width {
            Width::Byte => bytes!(store I, self.bus, at, value, u8),
            Width::Half => bytes!(store I, self.bus, at, value, u16),
            Width::Word => bytes!(store I, self.bus, at, value, u32),
            Width::Double => bytes!(store I, self.bus, at, value, u64),
        }
    }

    #[inline(always)]
    fn trap_if(&mut self, cond: bool, trap: Trap) -> Exec {
        if cond { Err(trap) } else { Ok(()) }
    }

    #[inline(always)]
    fn when(&mut self, cond: bool, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        if cond { body(self) } else { Ok(()) }
    }
}
