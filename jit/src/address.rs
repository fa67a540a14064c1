//! Addresses as a base and a distance from it: what is known of two of them without knowing where they point.

use std::collections::VecDeque;

use isa_traits::{Concrete, Width};

use crate::ir::{Binary, Node, Operand};

/// Distances are less than this: what is added to them is still a number of 64 bits.
const FAR: u64 = 1 << 48;

/// An address as a base and a distance. Where low bits are masked the distance is that before masking: the access
/// does not leave the page of that byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Around<W> {
    pub(crate) base: Operand<W>,
    pub(crate) distance: i64,
    /// The low bits that are 0 whatever the sum: at most three.
    pub(crate) masked: W,
}

impl<W: Concrete> Around<W> {
    pub(crate) fn new(node: impl Fn(u32) -> Node<W>, at: Operand<W>) -> Self {
        let mut found = Self { base: at, distance: 0, masked: W::lit(0) };
        while let Operand::Node(id) = found.base {
            match node(id) {
                Node::Binary(Binary::And, inner, Operand::Lit(mask))
                    if found.distance == 0
                        && found.masked.get() == 0
                        && [1, 3, 7].contains(&(!mask).get())
                        && W::BITS == 32 =>
                {
                    (found.base, found.masked) = (inner, !mask);
                }
                Node::Binary(Binary::Add, inner, Operand::Lit(more))
                    if found.distance.saturating_add(signed(more)).unsigned_abs() < FAR =>
                {
                    found.distance += signed(more);
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

/// Places known at a time. What was read or written long ago the host would keep in memory too, beside the guest's.
const KNOWN: usize = 32;

/// What is known of memory, by what was read and written last. Addresses around different bases may be the same.
#[derive(Debug)]
pub(crate) struct Memory<W, V>(VecDeque<(Around<W>, Width, V)>);

impl<W, V> Default for Memory<W, V> {
    fn default() -> Self {
        Self(VecDeque::with_capacity(KNOWN))
    }
}

impl<W: Concrete, V: Copy> Memory<W, V> {
    /// What was read or written last at this very place and of this width, if that is still there: of a written word,
    /// only the bytes that were written.
    pub(crate) fn at(&self, at: Around<W>, width: Width) -> Option<V> {
        let known = self.0.iter().find(|known| (known.0, known.1) == (at, width));
        known.map(|&(_, _, value)| value)
    }

    pub(crate) fn loaded(&mut self, at: Around<W>, width: Width, value: V) {
        if at.is_exact() {
            if self.0.len() == KNOWN {
                self.0.pop_front();
            }
            self.0.push_back((at, width, value));
        }
    }

    pub(crate) fn stored(&mut self, at: Around<W>, width: Width, value: V) {
        self.0.retain(|(other, others, _)| at.is_apart(width.bytes(), other, others.bytes()));
        self.loaded(at, width, value);
    }
}

#[cfg(test)]
mod tests {
    use isa_traits::{W32, Word as _};

    use super::*;

    fn at(distance: i64, masked: i64) -> Around<W32> {
        Around { base: Operand::Node(0), distance, masked: W32::lit(masked) }
    }

    #[test]
    fn what_was_stored_is_known_until_it_may_be_overwritten() {
        let stored = [
            // Beside it, before and after, and at the other end of the addresses.
            (at(12, 0), Width::Word, true),
            (at(20, 0), Width::Word, true),
            (at(16 - (1 << 31), 0), Width::Word, true),
            // On one of its bytes, however that is said.
            (at(13, 0), Width::Word, false),
            (at(19, 0), Width::Byte, false),
            (at(16 - (1 << 32), 0), Width::Byte, false),
            // Nobody knows where.
            (at(40, 3), Width::Word, false),
            (Around { base: Operand::Node(1), ..at(40, 0) }, Width::Byte, false),
        ];
        for (then, width, stays) in stored {
            let mut memory = Memory::default();
            memory.stored(at(16, 0), Width::Word, 1);
            memory.stored(then, width, 2);
            let known = memory.at(at(16, 0), Width::Word);
            assert_eq!(known, stays.then_some(1), "after a store of {width:?} {then:?}");
        }
    }

    #[test]
    fn what_is_known_is_known_of_one_place_and_width() {
        let mut memory = Memory::default();
        memory.loaded(at(16, 3), Width::Word, 1);
        memory.loaded(at(21, 3), Width::Word, 2);
        assert_eq!(memory.at(at(16, 3), Width::Word), Some(1));
        assert_eq!(memory.at(at(16, 3), Width::Half), None, "of another width");
        assert_eq!(
            memory.at(at(16, 0), Width::Word),
            None,
            "at another address, where the low bits are not 0"
        );
        assert_eq!(
            memory.at(at(21, 3), Width::Word),
            None,
            "at an address that depends on the low bits of the base"
        );
    }
}
