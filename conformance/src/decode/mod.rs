//! What a target makes of every instruction word.
//!
//! [`Decoder`] classifies a word, [`Map`] counts and digests the classes of all 2^32 of them. [`DIFFERENCES`] are the
//! words that the reference takes otherwise than the manuals do; the tests find no others.

mod differences;
mod map;

use isa_traits::{Flow, Hart, InsnOf, OpOf, State, Target, Trap};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

pub use differences::{DIFFERENCES, Difference};
pub use map::{DifferencesOf, Map, SAMPLED, Scope};

/// What a target makes of an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It is this instruction, and some state lets it retire.
    Accepted(&'static str),
    /// It is refused whatever the state.
    Refused(Trap),
}

/// A target whose table can be listed.
pub trait Encodings: Target {
    /// How many [`selector`](Encodings::selector)s there are.
    const SELECTORS: usize;

    /// The rows of the table in order.
    fn rows() -> &'static [OpOf<Self>];
    /// The place of a row among them.
    fn place(op: OpOf<Self>) -> usize;
    /// An encoding of a row, and the bits that are fixed in it.
    fn encoding(op: OpOf<Self>) -> (u32, u32);
    /// The fields that choose an instruction: the opcode, above the function.
    fn selector(word: u32) -> usize;
    /// The opcode and the function in a [`selector`](Encodings::selector).
    fn split(selector: usize) -> (usize, usize);
}

impl Encodings for AsteriscRv64 {
    const SELECTORS: usize = 1 << 10;

    fn rows() -> &'static [rv64::Op] {
        rv64::Op::ALL
    }

    fn place(op: rv64::Op) -> usize {
        op as usize
    }

    fn encoding(op: rv64::Op) -> (u32, u32) {
        (op.row().bits, op.row().mask)
    }

    fn selector(word: u32) -> usize {
        ((word & 0x7f) << 3 | word >> 12 & 7) as usize
    }

    fn split(selector: usize) -> (usize, usize) {
        (selector >> 3, selector & 7)
    }
}

impl Encodings for CannonMips32 {
    const SELECTORS: usize = 1 << 12;

    fn rows() -> &'static [mips32::Op] {
        mips32::Op::ALL
    }

    fn place(op: mips32::Op) -> usize {
        op as usize
    }

    fn encoding(op: mips32::Op) -> (u32, u32) {
        (op.row().bits, op.row().mask)
    }

    fn selector(word: u32) -> usize {
        ((word >> 26) << 6 | word & 63) as usize
    }

    fn split(selector: usize) -> (usize, usize) {
        (selector >> 6, selector & 63)
    }
}

/// What a target makes of the encodings of a row.
#[derive(Clone, Debug)]
struct Row {
    class: Class,
    /// Why some states do not let it retire.
    traps: Vec<Trap>,
}

/// Classifies instruction words as a target takes them.
#[derive(Clone, Debug)]
pub struct Decoder<T> {
    target: T,
    rows: Vec<Row>,
}

impl<T: Encodings> Decoder<T> {
    /// Tries each row of the table on some states: a row that none of them lets retire is refused.
    pub fn new(target: T) -> Self {
        let rows = T::rows().iter().map(|&op| row(target, op)).collect();
        Self { target, rows }
    }

    /// What the target makes of a word.
    pub fn class(&self, word: u32) -> Class {
        match self.target.decode(word) {
            Ok(insn) => self.rows[T::place(insn.op)].class,
            Err(trap) => Class::Refused(trap),
        }
    }

    /// The instruction that a word is, where it is one that is not refused.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn decode(&self, word: u32) -> Result<InsnOf<T>, Trap> {
        let insn = self.target.decode(word)?;
        match self.rows[T::place(insn.op)].class {
            Class::Accepted(_) => Ok(insn),
            Class::Refused(trap) => Err(trap),
        }
    }
}

/// What all registers hold when a row is tried: an address, none that is aligned, and no divisor.
const REGISTERS: [u64; 3] = [0x1000, 0x1001, 0];
/// Where it is tried, and where a jump before it goes.
const PC: u64 = 0x2000;
const FAR: u64 = 0x3000;

fn row<T: Encodings>(target: T, op: OpOf<T>) -> Row {
    let (bits, mask) = T::encoding(op);
    let mut traps = Vec::new();
    let mut retires = false;
    for word in [bits, bits | !mask] {
        if !target.decode(word).is_ok_and(|insn| insn.op == op) {
            continue;
        }
        for registers in REGISTERS {
            for after_jump in [false, true] {
                match step(target, word, registers, after_jump) {
                    Ok(()) => retires = true,
                    Err(trap) if !traps.contains(&trap) => traps.push(trap),
                    Err(_) => {}
                }
            }
        }
    }
    let class = match traps.first() {
        Some(&trap) if !retires => Class::Refused(trap),
        _ => Class::Accepted(<T::Isa as isa_traits::Isa>::mnemonic(op)),
    };
    Row { class, traps }
}

/// Makes a step, perhaps the one after a jump.
fn step<T: Target>(target: T, word: u32, registers: u64, after_jump: bool) -> Result<(), Trap> {
    use isa_traits::{ByteOrder, Concrete, HartOf, Isa};
    let mut state = State::<HartOf<T>>::default();
    state.hart.start_at(Concrete::of(PC - if after_jump { 4 } else { 0 }));
    if after_jump {
        let flow = state.hart.flow().then(Concrete::of(FAR));
        state.hart.set_flow(flow);
    }
    for register in state.hart.x_mut().general_mut() {
        *register = Concrete::of(registers);
    }
    let bytes = match T::Isa::BYTE_ORDER {
        ByteOrder::Little => word.to_le_bytes(),
        ByteOrder::Big => word.to_be_bytes(),
    };
    let mut memory = engine::Memory::new(T::ADDRESS_BITS);
    memory.write(PC, &bytes);
    memory.write(FAR, &bytes);
    let mut vm = engine::Vm::new(target, state, memory, Vec::new());
    match vm.run(1, &mut oracle::Verified::new(()), &mut ()) {
        Err(engine::RunError::Trap { trap, .. }) => Err(trap),
        _ => Ok(()),
    }
}
