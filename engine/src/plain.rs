//! The fast loop: plain instructions, one after the other.

use isa_traits::{Concrete, Hart, HartOf, Isa, OpOf, Target};

use crate::cpu::Cpu;
use crate::direct::Direct;
use crate::memory::PAGE_BYTES;

/// The bits of an aligned address within a page.
const SLOT_OFFSETS: u64 = PAGE_BYTES as u64 - 4;

/// Makes up to `left` steps; yields how many are left when it meets something that is not plain: a system call,
/// a trap, an encoding that is refused, a pc that no slot of decoded code stands for. Of that step nothing has
/// been done, because a trap comes before the first write: [`step`](crate::step()) makes it as it should be.
pub(crate) fn run_plain<T: Target>(
    target: &T,
    hart: &mut HartOf<T>,
    bus: &mut Direct<'_, OpOf<T>>,
    mut left: u64,
) -> u64 {
    while left > 0 {
        let pc = hart.pc().get();
        let page = pc & !(PAGE_BYTES as u64 - 1);
        let first = if pc % 4 == 0 { bus.code.enter(page, bus.memory) } else { None };
        let Some(first) = first else { return left };
        while left > 0 {
            let offset = hart.pc().get().wrapping_sub(page);
            if offset & !SLOT_OFFSETS != 0 {
                break;
            }
            let Some(&insn) = bus.code.get(first + offset as usize / 4) else {
                if bus.decode(target, first, page + offset) {
                    continue;
                }
                return left;
            };
            let mut cpu = Cpu::<T::Isa, _>::new(hart, bus);
            if T::Isa::execute(&mut cpu, insn).is_err() {
                return left;
            }
            cpu.retire();
            left -= 1;
        }
    }
    left
}
