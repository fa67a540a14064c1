//! What a stretch of guest code does: values, and effects in their order.

use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

use isa_traits::{Concrete, Width, Word};

/// A general register by its number, or a special one by its place among `Isa::SPECIALS` after them.
pub(crate) type Place = u8;

/// How many general registers there are.
pub(crate) const GENERAL: Place = 32;

/// A set of [`Place`]s, a bit each.
pub(crate) type Places = u64;

/// A word: known, or what a node yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand<W> {
    Lit(W),
    Node(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Sll,
    Srl,
    Sra,
    Mul,
    Mulh,
    MulhSu,
    MulhU,
    Div,
    DivU,
    Rem,
    RemU,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Clz,
    Sext(Width),
    Zext(Width),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Eq,
    Lt,
    LtU,
}

/// What yields a word or a truth value. Truth values are named by their nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node<W> {
    /// What a register holds where the block begins.
    Reg(Place),
    /// What the load effect of this node has read.
    Load,
    Unary(Unary, Operand<W>),
    Binary(Binary, Operand<W>, Operand<W>),
    Select(u32, Operand<W>, Operand<W>),
    Compare(Compare, Operand<W>, Operand<W>),
    Neither(u32),
    Both(u32, u32),
    Either(u32, u32),
}

/// Something that happens, in its place among others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect<W> {
    /// Where the truth value holds, the unit is left to the interpreter.
    LeaveIf(u32),
    Load {
        node: u32,
        at: Operand<W>,
        width: Width,
    },
    Store {
        at: Operand<W>,
        width: Width,
        value: Operand<W>,
    },
}

/// The nodes of a block while they are noted.
#[derive(Debug)]
pub(crate) struct Nodes<W>(RefCell<Vec<Node<W>>>);

impl<W> Default for Nodes<W> {
    fn default() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

impl<W: Copy> Nodes<W> {
    pub(crate) fn add(&self, node: Node<W>) -> u32 {
        let mut nodes = self.0.borrow_mut();
        nodes.push(node);
        nodes.len() as u32 - 1
    }

    pub(crate) fn get(&self, id: u32) -> Node<W> {
        self.0.borrow()[id as usize]
    }

    pub(crate) fn into_vec(self) -> Vec<Node<W>> {
        self.0.into_inner()
    }
}

/// A word of the recording machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a, W> {
    Lit(W),
    Node(&'a Nodes<W>, u32),
}

/// A truth value of the recording machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Truth<'a, W> {
    Lit(bool),
    Node(&'a Nodes<W>, u32),
}

impl<'a, W: Concrete> Value<'a, W> {
    pub(crate) const fn operand(self) -> Operand<W> {
        match self {
            Self::Lit(value) => Operand::Lit(value),
            Self::Node(_, id) => Operand::Node(id),
        }
    }

    fn nodes(self, other: Self) -> Option<&'a Nodes<W>> {
        match (self, other) {
            (Self::Node(nodes, _), _) | (_, Self::Node(nodes, _)) => Some(nodes),
            _ => None,
        }
    }

    /// `fold` of known words, else a node.
    fn unary(self, op: Unary, fold: impl FnOnce(W) -> W) -> Self {
        match self {
            Self::Lit(a) => Self::Lit(fold(a)),
            Self::Node(nodes, _) => Self::Node(nodes, nodes.add(Node::Unary(op, self.operand()))),
        }
    }

    /// `fold` of known words, else a node, or less than one where it is plain what the result is: addresses are
    /// then seen as a base and a distance, and moves as moves.
    fn binary(self, op: Binary, other: Self, fold: impl FnOnce(W, W) -> W) -> Self {
        let zero = W::lit(0);
        match (op, self, other) {
            (_, Self::Lit(a), Self::Lit(b)) => return Self::Lit(fold(a, b)),
            (Binary::Add, Self::Lit(_), _) => return other.binary(op, self, fold),
            (Binary::Sub, _, Self::Lit(b)) => return self + Self::Lit(zero - b),
            (
                Binary::Add | Binary::Or | Binary::Xor | Binary::Sll | Binary::Srl | Binary::Sra,
                _,
                Self::Lit(b),
            ) if b == zero => return self,
            (Binary::Or | Binary::Xor, Self::Lit(a), _) if a == zero => return other,
            (Binary::And, _, Self::Lit(b)) if b == !zero => return self,
            (Binary::Add, Self::Node(nodes, id), Self::Lit(b)) => {
                if let Node::Binary(Binary::Add, Operand::Node(base), Operand::Lit(a)) = nodes.get(id) {
                    return Self::Node(nodes, base) + Self::Lit(a + b);
                }
            }
            _ => {}
        }
        let nodes = self.nodes(other).unwrap_or_else(|| unreachable!("known words are folded above"));
        Self::Node(nodes, nodes.add(Node::Binary(op, self.operand(), other.operand())))
    }

    fn compare(self, op: Compare, other: Self, fold: impl FnOnce(W, W) -> bool) -> Truth<'a, W> {
        match (self, other) {
            (Self::Lit(a), Self::Lit(b)) => Truth::Lit(fold(a, b)),
            (Self::Node(nodes, _), _) | (_, Self::Node(nodes, _)) => {
                Truth::Node(nodes, nodes.add(Node::Compare(op, self.operand(), other.operand())))
            }
        }
    }
}

macro_rules! operators {
    ($($op:ident $trait:ident $method:ident),*) => {
        $(impl<W: Concrete> $trait for Value<'_, W> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.binary(Binary::$op, other, |a, b| a.$method(b))
            }
        })*
    };
}

operators!(Add Add add, Sub Sub sub, And BitAnd bitand, Or BitOr bitor, Xor BitXor bitxor);

impl<W: Concrete> Not for Value<'_, W> {
    type Output = Self;
    fn not(self) -> Self {
        self.unary(Unary::Not, |a| !a)
    }
}

macro_rules! words {
    ($($method:ident $op:ident),*) => {
        $(fn $method(self, by: Self) -> Self {
            self.binary(Binary::$op, by, |a, b| a.$method(b))
        })*
    };
}

impl<'a, W: Concrete> Word for Value<'a, W> {
    type Bool = Truth<'a, W>;
    const BITS: u32 = W::BITS;

    fn lit(value: i64) -> Self {
        Self::Lit(W::lit(value))
    }

    words!(sll Sll, srl Srl, sra Sra, mul Mul, mulh Mulh, mulh_su MulhSu, mulh_u MulhU);
    words!(div Div, div_u DivU, rem Rem, rem_u RemU);

    fn clz(self) -> Self {
        self.unary(Unary::Clz, |a| a.clz())
    }

    fn eq(self, other: Self) -> Truth<'a, W> {
        self.compare(Compare::Eq, other, |a, b| Word::eq(a, b))
    }

    fn lt(self, other: Self) -> Truth<'a, W> {
        self.compare(Compare::Lt, other, |a, b| Word::lt(a, b))
    }

    fn lt_u(self, other: Self) -> Truth<'a, W> {
        self.compare(Compare::LtU, other, |a, b| a.lt_u(b))
    }

    fn select(cond: Truth<'a, W>, then: Self, other: Self) -> Self {
        match cond {
            Truth::Lit(cond) => {
                if cond {
                    then
                } else {
                    other
                }
            }
            Truth::Node(nodes, id) => {
                Self::Node(nodes, nodes.add(Node::Select(id, then.operand(), other.operand())))
            }
        }
    }

    fn sext(self, from: Width) -> Self {
        if from.bits() >= W::BITS { self } else { self.unary(Unary::Sext(from), |a| a.sext(from)) }
    }

    fn zext(self, from: Width) -> Self {
        if from.bits() >= W::BITS { self } else { self.unary(Unary::Zext(from), |a| a.zext(from)) }
    }
}

impl<W: Concrete> Not for Truth<'_, W> {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::Lit(a) => Self::Lit(!a),
            Self::Node(nodes, id) => match nodes.get(id) {
                Node::Neither(inner) => Self::Node(nodes, inner),
                _ => Self::Node(nodes, nodes.add(Node::Neither(id))),
            },
        }
    }
}

impl<W: Concrete> BitAnd for Truth<'_, W> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        match (self, other) {
            (Self::Lit(true), known) | (known, Self::Lit(true)) => known,
            (Self::Lit(false), _) | (_, Self::Lit(false)) => Self::Lit(false),
            (Self::Node(nodes, a), Self::Node(_, b)) => Self::Node(nodes, nodes.add(Node::Both(a, b))),
        }
    }
}

impl<W: Concrete> BitOr for Truth<'_, W> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        match (self, other) {
            (Self::Lit(false), known) | (known, Self::Lit(false)) => known,
            (Self::Lit(true), _) | (_, Self::Lit(true)) => Self::Lit(true),
            (Self::Node(nodes, a), Self::Node(_, b)) => Self::Node(nodes, nodes.add(Node::Either(a, b))),
        }
    }
}
