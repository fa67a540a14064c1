//! A machine that knows some of the values: constants that code makes, and nothing else.
//!
//! It executes the one definition of each instruction, so where a jump leads and which number a system call has is not
//! decided a second time.

use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

use isa_traits::{Bool, Concrete, Exec, Isa, Machine, Reg, Trap, Width, Word};

/// A value that is known or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Maybe<V>(pub(super) Option<V>);

impl<V: Copy> Maybe<V> {
    fn with<U>(self, other: Self, f: impl FnOnce(V, V) -> U) -> Maybe<U> {
        Maybe(self.0.zip(other.0).map(|(a, b)| f(a, b)))
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident),*) => { $(
        impl<V: Copy + $trait<Output = V>> $trait for Maybe<V> {
            type Output = Self;
            fn $method(self, other: Self) -> Self { self.with(other, V::$method) }
        }
    )* };
}
operators!(Add add, Sub sub, BitAnd bitand, BitOr bitor, BitXor bitxor);

impl<V: Copy + Not<Output = V>> Not for Maybe<V> {
    type Output = Self;
    fn not(self) -> Self {
        Self(self.0.map(V::not))
    }
}

macro_rules! binary {
    ($($method:ident),*) => { $( fn $method(self, other: Self) -> Self { self.with(other, W::$method) } )* };
}
macro_rules! comparison {
    ($($method:ident),*) => { $( fn $method(self, other: Self) -> Maybe<bool> { self.with(other, <W as Word>::$method) } )* };
}

impl<W: Concrete> Word for Maybe<W> {
    type Bool = Maybe<bool>;
    const BITS: u32 = W::BITS;

    fn lit(value: i64) -> Self {
        Self(Some(W::lit(value)))
    }
    binary!(sll, srl, sra, mul, mulh, mulh_su, mulh_u, div, div_u, rem, rem_u);
    comparison!(eq, lt, lt_u);
    fn clz(self) -> Self {
        Self(self.0.map(W::clz))
    }
    fn select(cond: Maybe<bool>, then: Self, other: Self) -> Self {
        match cond.0 {
            Some(true) => then,
            Some(false) => other,
            None => merge(then, other),
        }
    }
    fn sext(self, from: Width) -> Self {
        Self(self.0.map(|word| word.sext(from)))
    }
    fn zext(self, from: Width) -> Self {
        Self(self.0.map(|word| word.zext(from)))
    }
}

/// What is known where either value may stand.
fn merge<V: PartialEq>(one: Maybe<V>, other: Maybe<V>) -> Maybe<V> {
    if one == other { one } else { Maybe(None) }
}

/// How many general registers there are, the sink included.
const REGISTERS: usize = 33;

/// Registers of which some are known, about to execute the instruction at `pc`.
#[derive(Clone, Debug)]
pub(super) struct Known<I: Isa> {
    x: [Maybe<I::Word>; REGISTERS],
    pc: u64,
    /// Where the instruction jumps, if it does: whether always, and where to if that is known.
    pub(super) jump: Option<(bool, Option<u64>)>,
}

impl<I: Isa> Known<I> {
    /// Nothing is known but register 0.
    pub(super) fn nothing() -> Self {
        let mut x = [Maybe(None); REGISTERS];
        x[0] = Maybe::lit(0);
        Self { x, pc: 0, jump: None }
    }

    /// Turns to the instruction at `pc`.
    pub(super) fn at(&mut self, pc: u64) {
        (self.pc, self.jump) = (pc, None);
    }

    /// The value of a register, if it is known.
    pub(super) fn get(&self, r: Reg) -> Option<u64> {
        self.x[usize::from(r.number())].0.map(I::Word::get)
    }

    /// Forgets a register.
    pub(super) fn forget(&mut self, r: Reg) {
        self.x[usize::from(r.number())] = Maybe(None);
    }
}

impl<I: Isa> Machine for Known<I> {
    type Word = Maybe<I::Word>;
    type Special = I::Special;

    fn x(&mut self, r: Reg) -> Self::Word {
        self.x[usize::from(r.number())]
    }
    fn set_x(&mut self, r: Reg, value: Self::Word) {
        if r != Reg::SINK {
            self.x[usize::from(r.number())] = value;
        }
    }
    fn special(&mut self, _: I::Special) -> Self::Word {
        Maybe(None)
    }
    fn set_special(&mut self, _: I::Special, _: Self::Word) {}

    fn pc(&mut self) -> Self::Word {
        Maybe(Some(I::Word::of(self.pc)))
    }
    fn jump(&mut self, to: Self::Word) {
        self.jump = Some((true, to.0.map(I::Word::get)));
    }
    fn branch(&mut self, taken: Bool<Self>, to: Self::Word) {
        // That the condition is known here says nothing about other ways to this place.
        if taken.0 != Some(false) {
            self.jump = Some((taken.0 == Some(true), to.0.map(I::Word::get)));
        }
    }

    fn load(&mut self, _: Self::Word, _: Width) -> Result<Self::Word, Trap> {
        Ok(Maybe(None))
    }
    fn store(&mut self, _: Self::Word, _: Width, _: Self::Word) -> Exec {
        Ok(())
    }

    /// Only an instruction that is refused in every state is a matter of its encoding.
    fn trap_if(&mut self, _: Bool<Self>, _: Trap) -> Exec {
        Ok(())
    }
    fn when(&mut self, cond: Bool<Self>, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        let before = self.x;
        if cond.0 != Some(false) {
            body(self)?;
        }
        if cond.0.is_none() {
            for (after, before) in self.x.iter_mut().zip(before) {
                *after = merge(*after, before);
            }
        }
        Ok(())
    }
}
