//! Machines: what an instruction acts on.

use crate::{Reg, Trap, Width, Word};

/// What executing an instruction yields: nothing, or the reason it was refused.
pub type Exec = Result<(), Trap>;

/// The truth values of machine `M`.
pub type Bool<M> = <<M as Machine>::Word as Word>::Bool;

/// Everything an instruction can do.
///
/// One definition per instruction is written against this trait; running, recording, verifying and compiling
/// implement it. Four rules keep the definitions fit for all of them:
/// values never steer plain Rust control flow; a conditional effect goes through [`when`](Machine::when);
/// every [`trap_if`](Machine::trap_if) comes before the first write; and the order of memory accesses is part
/// of the definition, because it is the order of the proofs.
pub trait Machine: Sized {
    /// Values of this machine.
    type Word: Word;
    /// Names of the registers outside the general ones.
    type Special: Copy;

    /// The value of a general register, as stored: a witness may hold a register 0 that is not zero.
    fn x(&mut self, r: Reg) -> Self::Word;
    /// Sets a general register; a write to [`Reg::SINK`] is dropped.
    fn set_x(&mut self, r: Reg, value: Self::Word);
    /// The value of a special register.
    fn special(&mut self, s: Self::Special) -> Self::Word;
    /// Sets a special register.
    fn set_special(&mut self, s: Self::Special, value: Self::Word);

    /// The address of the instruction being executed.
    fn pc(&mut self) -> Self::Word;
    /// Continues at `to`, after the delay slot where the instruction set has one.
    fn jump(&mut self, to: Self::Word);
    /// Continues at `to` if `taken` holds, otherwise where an instruction without a jump does.
    fn branch(&mut self, taken: Bool<Self>, to: Self::Word);

    /// The `width` bytes at `at`, in the byte order of the instruction set, zero-extended.
    ///
    /// # Errors
    /// A trap if the machine cannot make the access.
    fn load(&mut self, at: Self::Word, width: Width) -> Result<Self::Word, Trap>;
    /// Writes the low `width` bytes of `value` to `at`, in the byte order of the instruction set.
    ///
    /// # Errors
    /// A trap if the machine cannot make the access.
    fn store(&mut self, at: Self::Word, width: Width, value: Self::Word) -> Exec;

    /// Refuses the instruction where `cond` holds.
    ///
    /// # Errors
    /// `trap`, where `cond` holds.
    fn trap_if(&mut self, cond: Bool<Self>, trap: Trap) -> Exec;
    /// Does `body` where `cond` holds, and nothing elsewhere.
    ///
    /// # Errors
    /// What `body` yields.
    fn when(&mut self, cond: Bool<Self>, body: impl FnOnce(&mut Self) -> Exec) -> Exec;
}
