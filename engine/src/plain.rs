//! The fast loop: plain instructions, one after the other.

use isa_traits::{Concrete, Exec, Flow, Hart, HartOf, Target, Trap};

use crate::bus::Bus;
use crate::code::CodeCache;
use crate::handler::{Entry, RUNWAY, Why, run_chain};
use crate::memory::Memory;
use crate::step::instruction;
use crate::tier::{Ground, Tier};

/// Makes up to `left` steps; yields how many are left when it meets something that is not plain: a system call,
/// a trap, an encoding that is refused, a store to a page of code, a pc that no slot of decoded code stands for.
/// Of that step nothing has been done, because whatever refuses it comes before the first write:
/// [`step`](crate::step()) makes it as it should be.
pub(crate) fn run_plain<T: Target>(
    target: &T,
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    code: &mut CodeCache<T>,
    left: u64,
) -> u64 {
    run::<T, false>(target, hart, memory, code, left).0
}

/// The same with a tier, which is asked wherever the program has jumped to.
pub(crate) fn run_tiered<T: Target>(
    target: &T,
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    code: &mut CodeCache<T>,
    tier: &mut dyn Tier<T>,
    mut left: u64,
) -> u64 {
    loop {
        if hart.flow().is_straight() {
            left = tier.run(&mut Ground { target, hart, memory, code }, left);
        }
        let jumped;
        (left, jumped) = run::<T, true>(target, hart, memory, code, left);
        if !jumped {
            return left;
        }
    }
}

/// Makes steps as [`run_plain`] does. With `TO_JUMP` it also stops where the program has jumped to, or has come to
/// another page, and yields whether it did for that.
fn run<T: Target, const TO_JUMP: bool>(
    target: &T,
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    code: &mut CodeCache<T>,
    mut left: u64,
) -> (u64, bool) {
    while left > 0 {
        let flow = hart.flow();
        let pc = flow.pc().get();
        let Some(page) = code.enter(pc, memory) else { break };
        let Some(slots) = page.code(pc) else { break };
        let chained = flow.is_straight() && left >= RUNWAY;
        let why = if chained {
            // A chain with no more steps than it must have ends with the first jump.
            let length = if TO_JUMP { RUNWAY } else { left };
            let (rest, why) = run_chain(hart, memory, page, slots, length);
            left -= length - rest;
            why
        } else {
            match slots[0].execute(hart, memory, flow) {
                Ok(flow) => {
                    hart.set_flow(flow);
                    left -= 1;
                    Why::Elsewhere
                }
                Err(why) => why,
            }
        };
        match why {
            Why::Elsewhere if TO_JUMP && (chained || hart.pc().get() != pc.wrapping_add(4)) => {
                return (left, true);
            }
            Why::Elsewhere => {}
            Why::Undecoded => {
                let pc = hart.pc().get();
                let Ok(insn) = target.decode(instruction::<T>(memory.load(pc))) else { break };
                code.set(pc, Entry::new(&insn));
            }
            Why::Refused => break,
        }
    }
    (left, false)
}

/// Memory that can be reached without a look at the map of pages. Every other access is refused.
pub(crate) struct Open<'a>(pub(crate) &'a mut Memory);

/// Memory without pages of code to write to.
pub(crate) struct Plain<'a>(pub(crate) &'a mut Memory);

impl Bus for Open<'_> {
    fn fetch(&mut self, _: u64) -> Result<[u8; 4], Trap> {
        Err(Trap::Access)
    }

    #[inline(always)]
    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        self.0.load_near(at).copied().ok_or(Trap::Access)
    }

    #[inline(always)]
    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        if self.0.store_near(at, bytes) { Ok(()) } else { Err(Trap::Access) }
    }

    fn read(&mut self, _: u64, _: &mut [u8]) -> Exec {
        Err(Trap::Access)
    }

    fn write(&mut self, _: u64, _: &[u8]) -> Exec {
        Err(Trap::Access)
    }

    fn observe(&self, _: u64, _: &mut [u8]) -> bool {
        false
    }
}

impl Bus for Plain<'_> {
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap> {
        Ok(self.0.load(at))
    }

    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        Ok(self.0.load(at))
    }

    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        if self.0.store_fast(at, bytes) { Ok(()) } else { self.write(at, &bytes) }
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec {
        self.0.read(at, bytes);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec {
        if self.0.holds_code(at, bytes.len()) {
            return Err(Trap::Access);
        }
        self.0.write(at, bytes);
        Ok(())
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.0.read(at, bytes);
        true
    }
}
