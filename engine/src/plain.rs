//! The fast loop: plain instructions, one after the other.

use isa_traits::{Concrete, Exec, Hart, HartOf, Isa, OpOf, Target, Trap};

use crate::bus::Bus;
use crate::code::{CodeCache, slot};
use crate::cpu::Cpu;
use crate::memory::{Memory, PAGE_BYTES};
use crate::step::instruction;

/// The bits of an aligned address within a page.
const SLOT_OFFSETS: u64 = PAGE_BYTES as u64 - 4;

/// Makes up to `left` steps; yields how many are left when it meets something that is not plain: a system call,
/// a trap, an encoding that is refused, a store to a page of code, a pc that no slot of decoded code stands for.
/// Of that step nothing has been done, because whatever refuses it comes before the first write:
/// [`step`](crate::step()) makes it as it should be.
pub(crate) fn run_plain<T: Target>(
    target: &T,
    hart: &mut HartOf<T>,
    memory: &mut Memory,
    code: &mut CodeCache<OpOf<T>>,
    mut left: u64,
) -> u64 {
    while left > 0 {
        let pc = hart.pc().get();
        let start = pc & !(PAGE_BYTES as u64 - 1);
        let number = if pc.is_multiple_of(4) { code.enter(start, memory) } else { None };
        let Some(number) = number else { return left };
        let page = code.page(number);
        let mut bus = Plain { memory };
        let undecoded = loop {
            let offset = hart.pc().get().wrapping_sub(start);
            if offset & !SLOT_OFFSETS != 0 {
                break None;
            }
            let Some(insn) = &page[slot(offset)] else { break Some(start + offset) };
            let mut cpu = Cpu::<T::Isa, _>::new(hart, &mut bus);
            if T::Isa::execute(&mut cpu, insn).is_err() {
                return left;
            }
            cpu.retire();
            left -= 1;
            if left == 0 {
                return 0;
            }
        };
        if let Some(pc) = undecoded {
            let Ok(insn) = target.decode(instruction::<T>(memory.load(pc))) else { return left };
            code.set(number, pc, insn);
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
