//! Instruction sets: how instructions are encoded, and the registers they act on.

use core::fmt::Debug;
use core::ops::{Index, IndexMut};

use crate::{Concrete, Exec, Machine, Trap, Word};

/// A general register as an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Reg(u8);

impl Reg {
    /// The destination that drops what is written: register 0 as a destination.
    pub const SINK: Self = Self(32);

    /// The register in the low five bits of `field`, to be read.
    pub const fn source(field: u32) -> Self {
        Self((field & 31) as u8)
    }

    /// The register in the low five bits of `field`, to be written.
    pub const fn dest(field: u32) -> Self {
        match field & 31 {
            0 => Self::SINK,
            n => Self(n as u8),
        }
    }

    /// The register's number, 0 to 31, or 32 for the sink.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A decoded instruction: what to do, and to what. 8 bytes where `Op` is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn<Op> {
    /// The row of the table.
    pub op: Op,
    /// The register written.
    pub rd: Reg,
    /// The first register read.
    pub rs1: Reg,
    /// The second register read.
    pub rs2: Reg,
    /// The immediate, extended as the encoding says.
    pub imm: i32,
}

/// The operands of an instruction as its definition sees them.
#[derive(Clone, Copy, Debug)]
pub struct Operands<W> {
    /// The register written.
    pub rd: Reg,
    /// The first register read.
    pub rs1: Reg,
    /// The second register read.
    pub rs2: Reg,
    /// The immediate.
    pub imm: W,
}

impl<Op> Insn<Op> {
    /// The operands as words of a machine.
    #[inline(always)]
    pub fn operands<W: Word>(&self) -> Operands<W> {
        Operands { rd: self.rd, rs1: self.rs1, rs2: self.rs2, imm: W::lit(i64::from(self.imm)) }
    }
}

/// Where a jump or branch takes its address from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// From its own encoding.
    Direct,
    /// From a register.
    Indirect,
}

/// The order of the bytes of a word in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// The 32 general registers and the sink.
///
/// Any `u8` is a valid index, so an access needs no bounds check; only the first 33 places are ever used.
#[derive(Clone)]
pub struct RegisterFile<W>([W; 256]);

impl<W: Concrete> Default for RegisterFile<W> {
    fn default() -> Self {
        Self([W::default(); 256])
    }
}

impl<W> RegisterFile<W> {
    /// Registers 0 to 31.
    pub fn general(&self) -> &[W; 32] {
        self.0.first_chunk().unwrap_or_else(|| unreachable!("256 is more than 32"))
    }

    /// Registers 0 to 31, to change.
    pub fn general_mut(&mut self) -> &mut [W; 32] {
        self.0.first_chunk_mut().unwrap_or_else(|| unreachable!("256 is more than 32"))
    }
}

impl<W> Index<Reg> for RegisterFile<W> {
    type Output = W;
    #[inline(always)]
    fn index(&self, r: Reg) -> &W {
        &self.0[usize::from(r.0)]
    }
}

impl<W> IndexMut<Reg> for RegisterFile<W> {
    #[inline(always)]
    fn index_mut(&mut self, r: Reg) -> &mut W {
        &mut self.0[usize::from(r.0)]
    }
}

impl<W: PartialEq> PartialEq for RegisterFile<W> {
    fn eq(&self, other: &Self) -> bool {
        self.general() == other.general()
    }
}

impl<W: Eq> Eq for RegisterFile<W> {}

impl<W: Debug> Debug for RegisterFile<W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.general()).finish()
    }
}

/// Where execution is, and where it goes on from there: a pc, and what comes after it where jumps are delayed.
///
/// Small enough for host registers, so that a run need not look it up in memory at each instruction.
pub trait Flow: Copy + Debug + Eq {
    /// What an address is.
    type Word: Concrete;

    /// At `pc`, with no jump pending.
    fn at(pc: Self::Word) -> Self;
    /// Whether no jump is pending.
    fn is_straight(self) -> bool;
    /// The address of the instruction to execute.
    fn pc(self) -> Self::Word;
    /// What [`then`](Flow::then) takes if the current instruction does not jump.
    fn sequential(self) -> Self::Word;
    /// Goes on to the next instruction, and to `to` after it or at once, as the delay slots of the
    /// instruction set have it.
    #[must_use]
    fn then(self, to: Self::Word) -> Self;
}

/// The registers of a machine that really runs.
pub trait Hart: Clone + Default + Debug + Eq + Send + Sync + 'static {
    /// What a register holds.
    type Word: Concrete;
    /// Names of the registers outside the general ones.
    type Special: Copy;
    /// The program counters.
    type Flow: Flow<Word = Self::Word>;

    /// The general registers.
    fn x(&self) -> &RegisterFile<Self::Word>;
    /// The general registers, to change.
    fn x_mut(&mut self) -> &mut RegisterFile<Self::Word>;
    /// The value of a special register.
    fn special(&self, s: Self::Special) -> Self::Word;
    /// Sets a special register.
    fn set_special(&mut self, s: Self::Special, value: Self::Word);
    /// Where execution is.
    fn flow(&self) -> Self::Flow;
    /// Continues elsewhere.
    fn set_flow(&mut self, flow: Self::Flow);
    /// Starts at `entry`, with no jump pending.
    fn start_at(&mut self, entry: Self::Word);

    /// The address of the instruction to execute.
    #[inline(always)]
    fn pc(&self) -> Self::Word {
        self.flow().pc()
    }
}

/// An instruction set: encodings, and their meaning on any machine.
pub trait Isa: Copy + Debug + Send + Sync + 'static {
    /// What a register holds.
    type Word: Concrete;
    /// The rows of the table.
    type Op: Copy + Debug + Eq + Send + Sync + 'static;
    /// Names of the registers outside the general ones.
    type Special: Copy + Eq;
    /// The registers.
    type Hart: Hart<Word = Self::Word, Special = Self::Special>;

    /// The name users give: `rv64`, `mips`.
    const NAME: &'static str;
    /// The byte order of instructions and data.
    const BYTE_ORDER: ByteOrder;
    /// The register that a call leaves the address to return to in, by the calling convention.
    const RETURN_ADDRESS: Reg;
    /// How far behind a call's own address that address is, in bytes.
    const CALL_BYTES: u64;
    /// The special registers that hold data.
    const SPECIALS: &'static [Self::Special];
    /// The special register that holds the address of the next instruction, where a jump takes effect one
    /// instruction late.
    const NEXT_PC: Option<Self::Special>;

    /// Decodes an instruction word.
    ///
    /// # Errors
    /// The trap of an encoding that is not accepted.
    fn decode(raw: u32) -> Result<Insn<Self::Op>, Trap>;
    /// The name of a row, as an assembler writes it.
    fn mnemonic(op: Self::Op) -> &'static str;
    /// Whether a row is a jump that links, and so may be a call.
    fn links(op: Self::Op) -> bool;
    /// How a row may continue elsewhere than at the next instruction, if it does.
    fn jumps(op: Self::Op) -> Option<Jump>;
    /// Whether an instruction may be fetched from `pc`.
    ///
    /// # Errors
    /// The trap of a fetch that is refused.
    fn fetchable(pc: Self::Word) -> Exec;
    /// Executes a decoded instruction on a machine.
    ///
    /// # Errors
    /// The trap of an instruction that is refused; then nothing has been written.
    fn execute<M: Machine<Special = Self::Special>>(m: &mut M, insn: &Insn<Self::Op>) -> Exec;
    /// Shows a row's meaning, as a type, to a visitor.
    fn meaning<V: Visitor<Self>>(op: Self::Op, visitor: V) -> V::Out;
}

/// What one row of a table means: [`Isa::execute`] where the row is known when the machine is built.
pub trait Meaning<I: Isa>: 'static {
    /// Whether programs often have an instruction of this row executed just before one that
    /// [follows](Meaning::FOLLOWS) it in memory. It changes no result: code for both together may be worth while.
    const LEADS: bool;
    /// Whether programs often have an instruction of this row behind one that [leads](Meaning::LEADS).
    const FOLLOWS: bool;

    /// Executes an instruction of this row on a machine.
    ///
    /// # Errors
    /// The trap of an instruction that is refused; then nothing has been written.
    fn execute<M: Machine<Special = I::Special>>(m: &mut M, operands: Operands<M::Word>) -> Exec;
}

/// Makes something of each row's meaning, such as code for it.
pub trait Visitor<I: Isa> {
    /// What is made.
    type Out;
    /// Makes it for one row.
    fn visit<R: Meaning<I>>(self) -> Self::Out;
}
