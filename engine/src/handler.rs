//! Handlers: each slot of decoded code names the function that executes it.
//!
//! Each such function ends in a call of the next one's. Compilers make jumps of these calls: there is no loop to
//! return to, and the host learns from each instruction's own jump what tends to follow it. Rust does not promise
//! it, so a chain of calls is no longer than [`CHAIN`], and the stack cannot run out where they stay calls.
//!
//! An instruction that cannot jump is followed by the next slot, and nothing is checked but that there is one. What
//! steps are left is looked at where execution may go elsewhere, which is once a page at least.

use core::fmt;
use core::marker::PhantomData;

use isa_traits::{
    Concrete, Flow, Hart, HartOf, Insn, InsnOf, Isa, Meaning, OpOf, Operands, Reg, Target, Trap, Visitor,
    Word,
};

use crate::bus::Bus;
use crate::code::{CodePage, SLOTS};
use crate::cpu::Cpu;
use crate::memory::Memory;
use crate::plain::{Open, Plain};

/// Steps that must be left where a chain goes on: those to the end of a page, and a delay slot.
pub(crate) const RUNWAY: u64 = SLOTS as u64 + 1;
/// Steps that a chain makes at most.
const CHAIN: u64 = 2 * RUNWAY;

/// Executes the instruction in a slot, which has this offset in its page, and the ones that follow.
///
/// The last argument is four times the steps that are left before the instruction, plus its offset: between jumps it
/// stays as it is.
type Handler<T> = fn(&mut Core<'_, T>, &CodePage<T>, &Entry<T>, u64, u64) -> Pause;

pub(crate) type FlowOf<T> = <HartOf<T> as Hart>::Flow;

/// What instructions act on.
pub(crate) struct Core<'a, T: Target> {
    /// While a chain runs, where execution is is known from the offset, and not told to the hart.
    pub(crate) hart: &'a mut HartOf<T>,
    pub(crate) memory: &'a mut Memory,
}

/// A slot of decoded code: an instruction as the machine wants it. 16 bytes.
pub(crate) struct Entry<T: Target> {
    handler: Handler<T>,
    imm: i32,
    rd: Reg,
    rs1: Reg,
    rs2: Reg,
    /// None where nothing was decoded.
    op: Option<OpOf<T>>,
}

/// Why a chain came to an end.
#[derive(Clone, Copy)]
pub(crate) enum Why {
    /// It was long enough, or continues in another page.
    Elsewhere,
    /// Nothing was decoded at the pc yet.
    Undecoded,
    /// The instruction is not plain.
    Refused,
}

/// Where a chain came to an end. The hart knows the pc again.
struct Pause {
    why: Why,
    /// Steps that are left.
    left: u64,
}

impl<T: Target> Entry<T> {
    /// A slot that nothing was decoded into.
    pub(crate) const UNDECODED: Self =
        Self { handler: undecoded::<T>, imm: 0, rd: Reg::SINK, rs1: Reg::SINK, rs2: Reg::SINK, op: None };

    pub(crate) fn new(insn: &InsnOf<T>) -> Self {
        let &Insn { op, rd, rs1, rs2, imm } = insn;
        Self { handler: T::Isa::meaning(op, Compile(PhantomData::<T>)), imm, rd, rs1, rs2, op: Some(op) }
    }

    /// Whether an instruction was decoded into the slot.
    pub(crate) const fn is_decoded(&self) -> bool {
        self.op.is_some()
    }

    /// Makes a chain of steps from this entry, at `offset` of `page`. At least [`RUNWAY`] of them must be `left`;
    /// yields how many still are, and why no more were made.
    pub(crate) fn run(
        &self,
        core: &mut Core<'_, T>,
        page: &CodePage<T>,
        offset: u64,
        left: u64,
    ) -> (u64, Why) {
        let chain = left.min(CHAIN);
        let pause = (self.handler)(core, page, self, offset, 4 * chain + offset);
        (left - chain + pause.left, pause.why)
    }

    /// Executes the instruction alone; yields where execution goes on. Nothing is done where it is not plain.
    pub(crate) fn execute(&self, core: &mut Core<'_, T>, flow: FlowOf<T>) -> Result<FlowOf<T>, Why> {
        let &Self { imm, rd, rs1, rs2, .. } = self;
        let insn = Insn { op: self.op.ok_or(Why::Undecoded)?, rd, rs1, rs2, imm };
        execute::<T::Isa, _>(&mut Open(core.memory), core.hart, flow, &insn)
            .or_else(|_| execute::<T::Isa, _>(&mut Plain(core.memory), core.hart, flow, &insn))
            .map_err(|_| Why::Refused)
    }

    #[inline(always)]
    fn operands<W: Word>(&self) -> Operands<W> {
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

/// Executes an instruction; yields where execution goes on.
#[inline]
fn execute<I: Isa, B: Bus>(
    bus: &mut B,
    hart: &mut I::Hart,
    flow: <I::Hart as Hart>::Flow,
    insn: &Insn<I::Op>,
) -> Result<<I::Hart as Hart>::Flow, Trap> {
    let mut cpu = Cpu::<I, B>::at(hart, bus, flow);
    I::execute(&mut cpu, insn)?;
    Ok(cpu.next())
}

/// Finds the handler of a row.
struct Compile<T>(PhantomData<T>);

impl<T: Target> Visitor<T::Isa> for Compile<T> {
    type Out = Handler<T>;

    fn visit<R: Meaning<T::Isa>>(self) -> Handler<T> {
        handler::<T, R>
    }
}

/// The flow at an offset of a page, with no jump pending.
#[inline(always)]
fn flow_at<T: Target>(page: &CodePage<T>, offset: u64) -> FlowOf<T> {
    Flow::at(Concrete::of(page.start() + offset))
}

/// The handler of a row: does what most instructions need, and nothing that costs registers.
fn handler<T: Target, R: Meaning<T::Isa>>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    entry: &Entry<T>,
    offset: u64,
    fuel: u64,
) -> Pause {
    let mut bus = Open(core.memory);
    let mut cpu = Cpu::<T::Isa, _>::at(core.hart, &mut bus, flow_at(page, offset));
    if R::execute(&mut cpu, entry.operands()).is_err() {
        return careful::<T, R>(core, page, entry, offset, fuel);
    }
    let (jumps, flow) = (cpu.jumps(), cpu.next());
    proceed(core, page, offset, fuel, jumps, flow)
}

/// The same for an access that needs a look at the map of pages.
#[cold]
#[inline(never)]
fn careful<T: Target, R: Meaning<T::Isa>>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    entry: &Entry<T>,
    offset: u64,
    fuel: u64,
) -> Pause {
    let flow = flow_at(page, offset);
    let mut bus = Plain(core.memory);
    let mut cpu = Cpu::<T::Isa, _>::at(core.hart, &mut bus, flow);
    if R::execute(&mut cpu, entry.operands()).is_err() {
        return pause(core, page, offset, fuel, Why::Refused);
    }
    let (jumps, flow) = (cpu.jumps(), cpu.next());
    proceed(core, page, offset, fuel, jumps, flow)
}

/// Goes on after an instruction.
#[inline(always)]
fn proceed<T: Target>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    offset: u64,
    fuel: u64,
    jumps: bool,
    flow: FlowOf<T>,
) -> Pause {
    let next = offset + 4;
    if !jumps || flow == flow_at(page, next) {
        match page.slot(next) {
            Some(entry) => (entry.handler)(core, page, entry, next, fuel),
            None => pause(core, page, next, fuel, Why::Elsewhere),
        }
    } else if flow.is_straight() {
        arrive(core, page, flow, (fuel - next) / 4)
    } else {
        delayed(core, page, flow, next, (fuel - next) / 4)
    }
}

/// Goes on where a jump went to.
#[inline(always)]
fn arrive<T: Target>(core: &mut Core<'_, T>, page: &CodePage<T>, flow: FlowOf<T>, left: u64) -> Pause {
    if left >= RUNWAY
        && let Some(offset) = page.offset(flow.pc().get())
        && let Some(entry) = page.slot(offset)
    {
        return (entry.handler)(core, page, entry, offset, 4 * left + offset);
    }
    pause_at(core, flow, left, Why::Elsewhere)
}

/// Executes the instruction in a delay slot, at `offset`, and goes on where the jump went to.
fn delayed<T: Target>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    flow: FlowOf<T>,
    offset: u64,
    left: u64,
) -> Pause {
    match page.slot(offset).ok_or(Why::Elsewhere).and_then(|slot| slot.execute(core, flow)) {
        Ok(flow) => arrive(core, page, flow, left - 1),
        Err(why) => pause_at(core, flow, left, why),
    }
}

fn undecoded<T: Target>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    _: &Entry<T>,
    offset: u64,
    fuel: u64,
) -> Pause {
    pause(core, page, offset, fuel, Why::Undecoded)
}

/// Ends a chain before the instruction at `offset`.
#[cold]
#[inline(never)]
fn pause<T: Target>(core: &mut Core<'_, T>, page: &CodePage<T>, offset: u64, fuel: u64, why: Why) -> Pause {
    pause_at(core, flow_at(page, offset), (fuel - offset) / 4, why)
}

/// Ends a chain where a jump went elsewhere, or is about to.
#[inline(never)]
fn pause_at<T: Target>(core: &mut Core<'_, T>, flow: FlowOf<T>, left: u64, why: Why) -> Pause {
    core.hart.set_flow(flow);
    Pause { why, left }
}
