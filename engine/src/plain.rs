//! The fast loop: plain instructions, one after the other.
//!
//! Each slot of decoded code names the function that executes it, and each such function ends in a call of the
//! next one's. Compilers make jumps of these calls: there is no loop to return to, and the host learns from each
//! instruction's own jump what tends to follow it. Rust does not promise it, so a chain of calls is no longer
//! than [`CHAIN`], and the stack cannot run out where they stay calls.

use core::fmt;

use isa_traits::{
    Concrete, Exec, Flow, Hart, HartOf, InsnOf, Isa, Meaning, Operands, Reg, Target, Trap, Visitor, Word,
};

use crate::bus::Bus;
use crate::code::{CodeCache, CodePage};
use crate::cpu::Cpu;
use crate::memory::Memory;
use crate::step::instruction;

/// Instructions that are executed before the chain of calls returns.
const CHAIN: u64 = 1024;

type FlowOf<T> = <HartOf<T> as Hart>::Flow;

/// Executes the instruction in a slot, and the ones that follow.
type Handler<T> = fn(&mut Core<'_, T>, &CodePage<T>, &Entry<T>, FlowOf<T>, u64) -> Pause;

/// What instructions act on.
struct Core<'a, T: Target> {
    hart: &'a mut HartOf<T>,
    memory: Plain<'a>,
}

/// A slot of decoded code: an instruction as the machine wants it. 16 bytes.
pub(crate) struct Entry<T: Target> {
    handler: Handler<T>,
    imm: i32,
    rd: Reg,
    rs1: Reg,
    rs2: Reg,
}

/// Where a chain came to an end.
struct Pause {
    /// Instructions of the chain that were not executed.
    left: u64,
    why: Why,
}

enum Why {
    /// The chain was long enough, or continues in another page.
    Elsewhere,
    /// Nothing was decoded at the pc yet.
    Undecoded,
    /// The instruction is not plain.
    Refused,
}

impl<T: Target> Entry<T> {
    /// A slot that nothing was decoded into.
    pub(crate) const UNDECODED: Self =
        Self { handler: undecoded::<T>, imm: 0, rd: Reg::SINK, rs1: Reg::SINK, rs2: Reg::SINK };

    fn new(insn: &InsnOf<T>) -> Self {
        let handler = T::Isa::meaning(insn.op, Compile(core::marker::PhantomData::<T>));
        Self { handler, imm: insn.imm, rd: insn.rd, rs1: insn.rs1, rs2: insn.rs2 }
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
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

/// Finds the handler of a row.
struct Compile<T>(core::marker::PhantomData<T>);

impl<T: Target> Visitor<T::Isa> for Compile<T> {
    type Out = Handler<T>;

    fn visit<R: Meaning<T::Isa>>(self) -> Handler<T> {
        handler::<T, R>
    }
}

fn undecoded<T: Target>(
    core: &mut Core<'_, T>,
    _: &CodePage<T>,
    _: &Entry<T>,
    flow: FlowOf<T>,
    left: u64,
) -> Pause {
    core.hart.set_flow(flow);
    Pause { left, why: Why::Undecoded }
}

fn handler<T: Target, R: Meaning<T::Isa>>(
    core: &mut Core<'_, T>,
    page: &CodePage<T>,
    entry: &Entry<T>,
    flow: FlowOf<T>,
    left: u64,
) -> Pause {
    core.hart.set_flow(flow);
    let mut cpu = Cpu::<T::Isa, _>::new(core.hart, &mut core.memory);
    if R::execute(&mut cpu, entry.operands()).is_err() {
        return Pause { left, why: Why::Refused };
    }
    let flow = cpu.next();
    let left = left - 1;
    if left > 0
        && let Some(next) = page.slot(flow.pc().get())
    {
        return (next.handler)(core, page, next, flow, left);
    }
    core.hart.set_flow(flow);
    Pause { left, why: Why::Elsewhere }
}

/// Makes up to `left` steps; yields how many are left when it meets something that is not plain: a system call,
/// a trap, an encoding that is refused, a store to a page of code, a pc that no slot of decoded code stands for.
/// Of that step nothing has been done, because whatever refuses it comes before the first write:
/// [`step`](crate::step()) makes it as it should be.
pub(crate) fn run_plain<T: Target>(
    target: &T,
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    code: &mut CodeCache<T>,
    mut left: u64,
) -> u64 {
    let mut core: Core<'_, T> = Core { hart, memory: Plain { memory } };
    while left > 0 {
        let flow = core.hart.flow();
        let pc = flow.pc().get();
        let Some(page) = code.enter(pc, core.memory.memory) else { return left };
        let Some(entry) = page.slot(pc) else { return left };
        let chain = left.min(CHAIN);
        let pause = (entry.handler)(&mut core, page, entry, flow, chain);
        left -= chain - pause.left;
        match pause.why {
            Why::Elsewhere => {}
            Why::Undecoded => {
                let pc = core.hart.pc().get();
                let Ok(insn) = target.decode(instruction::<T>(core.memory.memory.load(pc))) else {
                    return left;
                };
                code.set(pc, Entry::new(&insn));
            }
            Why::Refused => return left,
        }
    }
    left
}

/// Memory without the kernel's accesses, and without pages of code to write to.
struct Plain<'a> {
    memory: &'a mut Memory,
}

impl Plain<'_> {
    #[cold]
    #[inline(never)]
    fn store_slow(&mut self, at: u64, bytes: &[u8]) -> Exec {
        if self.memory.holds_code(at, bytes.len()) {
            return Err(Trap::Access);
        }
        self.memory.write(at, bytes);
        Ok(())
    }
}

impl Bus for Plain<'_> {
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap> {
        Ok(self.memory.load(at))
    }

    #[inline(always)]
    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        Ok(self.memory.load(at))
    }

    #[inline(always)]
    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        if self.memory.store_fast(at, bytes) { Ok(()) } else { self.store_slow(at, &bytes) }
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec {
        self.memory.read(at, bytes);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec {
        self.store_slow(at, bytes)
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.memory.read(at, bytes);
        true
    }
}
