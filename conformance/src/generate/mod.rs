//! Random programs in a small language, run on both instruction sets and by an evaluator of the language.
//!
//! A [`Program`] is made from a seed, compiled by a small compiler with one driver and two back ends, and run on both
//! machines. What they do to the world outside (pre-images read, hints, output, exit code) must be what [`evaluate`]
//! says, which knows of no machine. [`check`] does all of it; [`shrink`] makes a failing program small.

mod compile;
mod evaluate;
mod mips32;
mod random;
mod run;
mod rv64;
mod shrink;

pub use compile::Image;
pub use evaluate::evaluate;
pub use random::program;
pub use run::{Event, Mismatch, check, check_edited, check_modes};
pub use shrink::shrink;

/// A type: an integer of 8, 16, 32 or 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// 8, 16, 32 or 64.
    pub bits: u32,
    /// Whether it has a sign.
    pub signed: bool,
}

/// Every type.
pub const TYPES: [Type; 8] = {
    let mut types = [U8; 8];
    let mut i = 0;
    while i < 8 {
        types[i] = Type { bits: 8 << (i / 2), signed: i % 2 == 1 };
        i += 1;
    }
    types
};
/// A byte.
pub const U8: Type = Type { bits: 8, signed: false };
/// A word of 32 bits: the type of indices.
pub const U32: Type = Type { bits: 32, signed: false };
/// A word of 64 bits.
pub const U64: Type = Type { bits: 64, signed: false };

impl Type {
    /// The value of the low bits of `value`, extended to 64 bits as the type says: how every value is written here.
    pub const fn wrap(self, value: u64) -> u64 {
        let unused = 64 - self.bits;
        if self.signed { ((value << unused) as i64 >> unused) as u64 } else { value << unused >> unused }
    }

    /// Bytes of a value in memory.
    pub const fn bytes(self) -> u64 {
        self.bits as u64 / 8
    }
}

/// An operation on two values of one type. All of them wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The sum.
    Add,
    /// The difference.
    Sub,
    /// The low bits of the product.
    Mul,
    /// The quotient by the second value, bit 0 of which is taken as set; rounded towards zero. Up to 32 bits, which
    /// is what MIPS32 can divide.
    Div,
    /// The remainder of [`Div`](Op::Div).
    Rem,
    /// Conjunction.
    And,
    /// Disjunction.
    Or,
    /// Exclusive disjunction.
    Xor,
    /// A shift left by the second value modulo the bits of the type.
    Shl,
    /// A shift right, which fills with the sign if there is one.
    Shr,
    /// 1 where the first value is less, else 0.
    Lt,
    /// 1 where the first value is not less, else 0.
    Ge,
    /// 1 where both are the same, else 0.
    Eq,
    /// 1 where they differ, else 0.
    Ne,
}

/// An expression; the types of its parts are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A value.
    Const(Type, u64),
    /// A local variable of the function, parameters first.
    Local(usize),
    /// `Op` of two values of the type.
    Op(Op, Type, Box<[Expr; 2]>),
    /// A value of the first type as one of the second.
    Cast(Type, Type, Box<Expr>),
    /// An element of an array; the index, a [`U32`], counts modulo its length.
    Element(usize, Box<Expr>),
    /// A byte of the buffer that pre-images are read into; the index counts modulo its length.
    Buffer(Box<Expr>),
    /// A call, or 0 without one where the fuel is used up.
    Call(usize, Vec<Expr>),
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stmt {
    /// Assigns to a local variable.
    Assign(usize, Expr),
    /// Assigns to an element of an array: array, index, value.
    Store(usize, Expr, Expr),
    /// Does the first block where a [`U8`] is not 0, else the second.
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// Does a block so many times, with the rest of the times in a local variable.
    Loop(usize, u32, Vec<Stmt>),
    /// Reads a pre-image into the front of the buffer.
    Read(usize),
    /// Gives a hint.
    Hint(usize),
    /// Prints the eight bytes of a [`U64`], the highest first.
    Print(Expr),
}

/// A function: types of its local variables, of which the first are parameters; all others are 0 at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// How many of the locals are parameters.
    pub parameters: usize,
    /// The types of the locals.
    pub locals: Vec<Type>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// What it yields, a [`U64`].
    pub result: Expr,
}

/// An array of zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// The type of its elements.
    pub element: Type,
    /// The binary logarithm of its length.
    pub log_length: u32,
    /// Bytes that it lies behind an aligned address.
    pub skew: u64,
}

/// A program. The first function is where it starts, and the low byte of its result is the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The functions; any may call any.
    pub functions: Vec<Function>,
    /// The arrays, which all functions share.
    pub arrays: Vec<Array>,
    /// Pre-images, named by their Keccak-256; at most [`BUFFER_BYTES`] bytes each.
    pub preimages: Vec<Vec<u8>>,
    /// Hints.
    pub hints: Vec<Vec<u8>>,
    /// Calls that are made before every further one yields 0.
    pub fuel: u32,
    /// Bytes that keys and the buffer lie behind an aligned address: system calls move less then.
    pub skew: u64,
}

/// Bytes of the buffer for pre-images; a power of 2.
pub const BUFFER_BYTES: u64 = 256;
