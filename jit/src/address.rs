//! Addresses as a base and a distance from it: what is known of two of them without knowing where they point.

use isa_traits::{Concrete, Width};

use crate::ir::{Binary, Node, Operand};

/// An address as a base and a distance. Where low bits are masked the distance is that before masking: the access
/// does not leave the page of that byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Around<W> {
    pub(crate) base: Operand<W>,
    pub(crate) distance: i64,
    /// The low bits that are 0 whatever the sum: below 8.
    pub(crate) masked: W,
}

impl<W: Concrete> Around<W> {
    pub(crate) fn new(node: impl Fn(u32) -> Node<W>, at: Operand<W>) -> Self {
        let mut found = Self { base: at, distance: 0, masked: W::lit(0) };
        while let Operand::Node(id) = found.base {
            match node(id) {
                Node::Binary(Binary::And, inner, Operand::Lit(mask))
                    if found.distance == 0 && found.masked.get() == 0 && (!mask).get() < 8 && W::BITS == 32 =>
                {
                    (found.base, found.masked) = (inner, !mask);
                }
                Node::Binary(Binary::Add, inner, Operand::Lit(more)) => {
                    found.distance = found.distance.wrapping_add(signed(more));
                    found.base = inner;
                }
                _ => break,
            }
        }
        found
    }

    /// Whether the distance is what it is after masking.
    pub(crate) fn is_exact(&self) -> bool {
        self.distance as u64 & self.masked.get() == 0
    }

    /// Whether what is accessed here is apart from what is accessed there, for all that is known.
    fn is_apart(&self, bytes: u64, other: &Self, others: u64) -> bool {
        let between = W::of(self.distance.wrapping_sub(other.distance) as u64);
        (self.base, self.masked) == (other.base, other.masked)
            && self.is_exact()
            && other.is_exact()
            && between.get() >= others
            && (W::lit(0) - between).get() >= bytes
    }
}

fn signed<W: Concrete>(word: W) -> i64 {
    let unused = 64 - W::BITS;
    (word.get() as i64) << unused >> unused
}

/// What is known of memory, by what was read and written. Addresses around different bases may be the same.
#[derive(Debug)]
pub(crate) struct Memory<W, V>(Vec<(Around<W>, Width, V)>);

impl<W, V> Default for Memory<W, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<W: Concrete, V: Copy> Memory<W, V> {
    /// What was read or written last at this very place and of this width, if that is still there.
    pub(crate) fn at(&self, at: Around<W>, width: Width) -> Option<V> {
        let known = self.0.iter().find(|known| (known.0, known.1) == (at, width));
        known.map(|&(_, _, value)| value)
    }

    pub(crate) fn loaded(&mut self, at: Around<W>, width: Width, value: V) {
        if at.is_exact() {
            self.0.push((at, width, value));
        }
    }

    pub(crate) fn stored(&mut self, at: Around<W>, width: Width, value: V) {
        self.0.retain(|(other, others, _)| at.is_apart(width.bytes() as u64, other, others.bytes() as u64));
        self.loaded(at, width, value);
    }
}
