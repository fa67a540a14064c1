//! Handlers: each slot of decoded code names the function that executes it.
//!
//! Each such function ends in a call of the next one's. Compilers make jumps of these calls: there is no loop to
//! return to, and the host learns from each instruction's own jump what tends to follow it. Rust does not promise
//! it, so a chain of calls is no longer than [`CHAIN`], and the stack cannot run out where they stay calls.
//!
//! An instruction that cannot jump is followed by the next slot, and nothing is checked but that there is one. What
//! steps are left is looked at where execution may go elsewhere, which is once a page at least.

mod entry;
mod pair;

use core::marker::PhantomData;

use isa_traits::{Concrete, Flow, Hart, HartOf, Isa, Meaning, Target, Visitor};

pub(crate) use self::entry::Entry;
use crate::code::{CodePage, SLOTS};
use crate::cpu::Cpu;
use crate::memory::Memory;
use crate::plain::{Open, Plain};

/// Steps that must be left where a chain goes on: those to the end of a page, and a delay slot.
pub(crate) const RUNWAY: u64 = SLOTS as u64 + 1;
/// Steps that a chain makes at most.
const CHAIN: u64 = 2 * RUNWAY;

/// Executes the instruction of the first of these slots, which reach to the end of their page, and the ones that
/// follow. The arguments lie in registers, and leave enough of them free.
type Handler<T> = fn(&mut HartOf<T>, &mut Memory, &mut Chain<'_, T>, &[Entry<T>]) -> Pause;

/// What a chain of steps needs to know where it jumps.
struct Chain<'a, T: Target> {
    page: &'a CodePage<T>,
    /// The steps that are left, less the slots to the end of the page: between jumps it stays as it is.
    fuel: u64,
}

impl<T: Target> Chain<'_, T> {
    /// The steps that are left where execution is at the first of these slots.
    #[inline(always)]
    const fn left(&self, code: &[Entry<T>]) -> u64 {
        self.fuel + code.len() as u64
    }
}

pub(crate) type FlowOf<T> = <HartOf<T> as Hart>::Flow;

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

/// Makes a chain of steps in a page, from the first of the slots on, which is where execution is. At least [`RUNWAY`]
/// of them must be `left`; yields how many still are, and why no more were made.
pub(crate) fn run_chain<T: Target>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    page: &CodePage<T>,
    code: &[Entry<T>],
    left: u64,
) -> (u64, Why) {
    let length = left.min(CHAIN);
    let mut chain = Chain { page, fuel: length - code.len() as u64 };
    let pause = (code[0].handler)(hart, memory, &mut chain, code);
    (left - length + pause.left, pause.why)
}

/// Finds the handler of a row where no jump is pending.
struct Straight<T>(PhantomData<T>);

impl<T: Target> Visitor<T::Isa> for Straight<T> {
    type Out = Handler<T>;

    fn visit<R: Meaning<T::Isa>>(self) -> Handler<T> {
        straight::<T, R>
    }
}

/// Finds the handler of a row in a delay slot.
struct Delayed<T>(PhantomData<T>);

impl<T: Target> Visitor<T::Isa> for Delayed<T> {
    type Out = Handler<T>;

    fn visit<R: Meaning<T::Isa>>(self) -> Handler<T> {
        delayed::<T, R>
    }
}

/// The flow at the first of the slots, with no jump pending.
#[inline(always)]
fn flow_at<T: Target>(page: &CodePage<T>, code: &[Entry<T>]) -> FlowOf<T> {
    Flow::at(Concrete::of(page.pc(code)))
}

/// The handler of a row: does what most instructions need, and nothing that costs registers.
fn straight<T: Target, R: Meaning<T::Isa>>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    let [entry, _, ..] = code else { return leave(hart, memory, chain, code) };
    let rest = &code[1..];
    let mut bus = Open(memory);
    let mut cpu = Cpu::<T::Isa, _>::at(hart, &mut bus, flow_at(chain.page, code));
    if R::execute(&mut cpu, entry.operands()).is_err() {
        hart.set_flow(flow_at(chain.page, code));
        return careful::<T, R>(hart, memory, chain, code);
    }
    let (jumps, flow) = (cpu.jumps(), cpu.next());
    if jumps { proceed(hart, memory, chain, rest, flow) } else { go_on(hart, memory, chain, rest) }
}

/// The same in a delay slot: the hart knows where the jump went.
fn delayed<T: Target, R: Meaning<T::Isa>>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    let [entry, _, ..] = code else { return leave(hart, memory, chain, code) };
    let rest = &code[1..];
    let mut bus = Open(memory);
    let mut cpu = Cpu::<T::Isa, _>::new(hart, &mut bus);
    if R::execute(&mut cpu, entry.operands()).is_err() {
        return careful::<T, R>(hart, memory, chain, code);
    }
    let flow = cpu.next();
    arrive(hart, memory, chain, flow, chain.left(rest))
}

/// The same for an access that needs more of a look at memory. The hart knows where execution is.
#[inline(never)]
fn careful<T: Target, R: Meaning<T::Isa>>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    let [entry, rest @ ..] = code else { return leave(hart, memory, chain, code) };
    let mut bus = Plain(memory);
    let mut cpu = Cpu::<T::Isa, _>::new(hart, &mut bus);
    if R::execute(&mut cpu, entry.operands()).is_err() {
        let flow = hart.flow();
        return pause(hart, flow, chain.left(code), Why::Refused);
    }
    let flow = cpu.next();
    proceed(hart, memory, chain, rest, flow)
}

/// Goes on with the next slot.
#[inline(always)]
fn go_on<T: Target>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    match code.first() {
        Some(entry) => (entry.handler)(hart, memory, chain, code),
        None => leave(hart, memory, chain, code),
    }
}

/// Goes on where `flow` says, which may be the first of the slots.
#[inline(always)]
fn proceed<T: Target>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
    flow: FlowOf<T>,
) -> Pause {
    if flow == flow_at(chain.page, code) {
        return go_on(hart, memory, chain, code);
    }
    if flow.is_straight() {
        return arrive(hart, memory, chain, flow, chain.left(code));
    }
    // The handler in a delay slot finds it there.
    hart.set_flow(flow);
    match code.first().and_then(|slot| slot.op) {
        Some(op) => T::Isa::meaning(op, Delayed(PhantomData::<T>))(hart, memory, chain, code),
        None => pause(hart, flow, chain.left(code), Why::Undecoded),
    }
}

/// Goes on where a jump went to.
#[inline(always)]
fn arrive<T: Target>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    flow: FlowOf<T>,
    left: u64,
) -> Pause {
    if left >= RUNWAY
        && let Some(code) = chain.page.code(flow.pc().get())
    {
        chain.fuel = left - code.len() as u64;
        return go_on(hart, memory, chain, code);
    }
    pause(hart, flow, left, Why::Elsewhere)
}

/// Ends a chain.
#[cold]
#[inline(never)]
fn pause<H: Hart>(hart: &mut H, flow: H::Flow, left: u64, why: Why) -> Pause {
    hart.set_flow(flow);
    Pause { why, left }
}

/// The handler of slots that nothing was decoded into.
#[cold]
#[inline(never)]
fn undecoded<T: Target>(
    hart: &mut HartOf<T>,
    _: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    pause(hart, flow_at(chain.page, code), chain.left(code), Why::Undecoded)
}

/// The handler of what stands behind the last slot of a page.
#[cold]
#[inline(never)]
fn leave<T: Target>(
    hart: &mut HartOf<T>,
    _: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    pause(hart, flow_at(chain.page, code), chain.left(code), Why::Elsewhere)
}
