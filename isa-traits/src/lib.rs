//! The vocabulary of `fpvm`: what a word, a machine, an instruction set and a target are.
//!
//! The meaning of every instruction is written once, generic over the [`Machine`] it acts on. Running,
//! recording a proof, verifying a proof and compiling are machines, not interpreters. An [`Isa`] is a table
//! of encodings and such meanings; a [`Target`] is what a dispute is about: an instruction set, the system
//! calls of a kernel, and the bytes a state is hashed as.
//!
//! This crate knows no instruction set, performs no I/O and needs no allocator.
#![no_std]

mod isa;
mod machine;
mod oracle;
mod shape;
mod table;
mod target;
mod trap;
mod word;

pub use isa::{ByteOrder, Flow, Hart, Insn, Isa, Jump, Meaning, Operands, Reg, RegisterFile, Visitor};
pub use machine::{Bool, Exec, Machine};
pub use oracle::{Console, Oracle, Stream};
pub use shape::{reg_imm, reg_reg};
pub use table::{Row, candidates};
pub use target::{Abi, Call, Elf, Fields, HartOf, InsnOf, JsonPages, Mmap, OpOf, State, StateFiles, Target};
pub use trap::Trap;
pub use word::{Concrete, W32, W64, Width, Word};

/// A 32-byte hash, key or leaf, in the order its bytes are hashed and sent.
pub type Hash = [u8; 32];
