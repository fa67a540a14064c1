//! Who called: a guess from the stack.

use engine::Vm;
use isa_traits::{ByteOrder, Concrete, Hart, Isa, Target};

/// How far up the stack to look, in bytes.
const STACK_BYTES: usize = 16 * 1024;
/// How many callers to name.
const CALLERS: usize = 16;

/// The addresses of calls that may be active, the innermost first.
///
/// Programs for these machines carry no unwinding tables. What stands on the stack and behind a call is most
/// likely an address to return to; one that a finished call has left there is listed as well.
pub(crate) fn callers<T: Target>(vm: &Vm<T>) -> Vec<u64> {
    let hart = &vm.state().hart;
    let (stack_pointer, _) = vm.target().elf().stack;
    let mut words = vec![hart.x()[T::Isa::RETURN_ADDRESS].get()];
    let mut stack = vec![0; STACK_BYTES];
    vm.memory().read(hart.x()[stack_pointer].get(), &mut stack);
    words.extend(stack.chunks_exact(T::ADDRESS_BITS as usize / 8).map(|bytes| match T::Isa::BYTE_ORDER {
        ByteOrder::Little => bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
        ByteOrder::Big => bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }));
    let mut calls: Vec<u64> = words
        .into_iter()
        .map(|word| word.wrapping_sub(T::Isa::CALL_BYTES))
        .filter(|&at| {
            at % 4 == 0 && vm.target().decode(vm.instruction_at(at)).is_ok_and(|insn| T::Isa::links(insn.op))
        })
        .collect();
    calls.dedup();
    calls.truncate(CALLERS);
    calls
}
