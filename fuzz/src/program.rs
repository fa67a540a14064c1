//! Programs that are being made.

use std::collections::BTreeMap;

use crate::case::Window;
use crate::random::Random;

/// Bytes of a window on each side of an end.
pub(crate) const REACH: u64 = 64;

/// Code that grows, and the registers that its addresses are made from.
pub(crate) struct Program<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) code: BTreeMap<u64, u32>,
    /// Where the next instruction goes.
    pub(crate) at: u64,
    /// A register, the value it has all along, and the end it is near.
    pub(crate) addresses: Vec<(u32, u64, u64)>,
}

impl Program<'_> {
    /// Appends an instruction.
    pub(crate) fn push(&mut self, raw: u32) {
        self.code.insert(self.at, raw);
        self.at = self.at.wrapping_add(4);
    }

    /// An address register, and an address in its window that is aligned to `align` bytes, with `bytes` bytes of room.
    pub(crate) fn address(&mut self, align: u64, bytes: u64) -> (u32, u64, u64) {
        let (register, value, end) = self.random.pick(&self.addresses);
        // Most often at the very end.
        let near = if self.random.one_in(4) { REACH } else { 8 };
        let room = (2 * near - bytes) / align;
        let target = end.wrapping_sub(near).wrapping_add(align * self.random.below(room + 1));
        (register, value, target)
    }
}

/// Windows around ends, with random bytes; at the end of the space the second half lies at its beginning.
pub(crate) fn windows(random: &mut Random, ends: &[u64]) -> Vec<Window> {
    let halves = ends.iter().flat_map(|end| [end.wrapping_sub(REACH), *end]);
    halves.map(|at| Window { at, bytes: random.bytes(REACH as usize) }).collect()
}
