//! Handlers of two instructions in a row.
//!
//! Going from one instruction to the next is an indirect jump of the host, which costs more than most instructions
//! do. So the slot of an instruction that is common has a handler which executes the next one as well, where that one
//! is common too: which they are is said by the tables. The slot of the second one has a handler of its own as ever,
//! for those who jump there.

use core::marker::PhantomData;

use isa_traits::{Flow, Hart, HartOf, Isa, Meaning, OpOf, Target, Visitor};

use super::{Chain, Entry, Handler, Pause, careful, flow_at, go_on, leave, proceed};
use crate::cpu::Cpu;
use crate::memory::Memory;
use crate::plain::Open;

/// The handler of two rows, if there is one.
pub(super) fn handler<T: Target>(first: OpOf<T>, second: OpOf<T>) -> Option<Handler<T>> {
    T::Isa::meaning(first, First::<T> { second })
}

/// Finds the first row.
struct First<T: Target> {
    second: OpOf<T>,
}

impl<T: Target> Visitor<T::Isa> for First<T> {
    type Out = Option<Handler<T>>;

    fn visit<R: Meaning<T::Isa>>(self) -> Option<Handler<T>> {
        if const { R::LEADS } { T::Isa::meaning(self.second, Second(PhantomData::<(T, R)>)) } else { None }
    }
}

/// Finds the second one, the first being known.
struct Second<T, A>(PhantomData<(T, A)>);

impl<T: Target, A: Meaning<T::Isa>> Visitor<T::Isa> for Second<T, A> {
    type Out = Option<Handler<T>>;

    fn visit<R: Meaning<T::Isa>>(self) -> Option<Handler<T>> {
        if const { R::FOLLOWS } { Some(pair::<T, A, R>) } else { None }
    }
}

/// Executes an instruction of row `A`, and the next one, of row `B`, if that is not jumped over: in a delay slot it
/// never is.
fn pair<T: Target, A: Meaning<T::Isa>, B: Meaning<T::Isa>>(
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    chain: &mut Chain<'_, T>,
    code: &[Entry<T>],
) -> Pause {
    let [first, second, _, ..] = code else { return leave(hart, memory, chain, code) };
    let (seconds, rest) = (&code[1..], &code[2..]);
    let mut bus = Open(memory);
    let mut cpu = Cpu::<T::Isa, _>::at(hart, &mut bus, flow_at(chain.page, code));
    if A::execute(&mut cpu, first.operands()).is_err() {
        hart.set_flow(flow_at(chain.page, code));
        return careful::<T, A>(hart, memory, chain, code);
    }
    let (jumped, between) = (cpu.jumps(), cpu.next());
    if jumped && between.pc() != flow_at(chain.page, seconds).pc() {
        return proceed(hart, memory, chain, seconds, between);
    }
    let mut cpu = Cpu::<T::Isa, _>::at(hart, &mut bus, between);
    if B::execute(&mut cpu, second.operands()).is_err() {
        hart.set_flow(between);
        return careful::<T, B>(hart, memory, chain, seconds);
    }
    let (jumps, flow) = (jumped || cpu.jumps(), cpu.next());
    if jumps { proceed(hart, memory, chain, rest, flow) } else { go_on(hart, memory, chain, rest) }
}
