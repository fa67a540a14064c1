//! Loads and stores.
//!
//! Accesses of a block that lie around the same base are checked together, before the first of them: that all of
//! them lie in one window, and that the pages that will be stored to are open. Where that does not hold the unit of
//! the first one is left to the interpreter, which is right whatever the reason. Where a loop closes, what is around a
//! register is checked on the ways to it: what is left there is still at hand, and need not be kept for the next round.
//!
//! 32-bit addresses have a window of their own that is as large as the address space: there is nothing to compare. It
//! goes on beyond its ends, so that a base and what is near it need not be added with 32 bits: instructions have room
//! for the distance.

use std::collections::VecDeque;

use cranelift_codegen::ir::{self, InstBuilder, types};
use isa_traits::{ByteOrder, Concrete, Width};

use super::TRUSTED;
use super::block::BlockLowering;
use super::value::type_of;
use super::windows::Range;
use crate::address::Around;
use crate::ir::{Effect, Node, Operand, Place, Unary};
use crate::region::Block;

/// Bytes between the ends of what is checked together: at most a page, so that two looks suffice.
pub(super) const SPAN: i64 = engine::memory::PAGE_BYTES as i64;

/// The accesses of a block around one base.
#[derive(Clone, Debug)]
pub(super) struct Group<W> {
    pub(super) base: Operand<W>,
    /// The bytes that are accessed, as distances from the base.
    pub(super) all: Range,
    /// Those that are stored to.
    pub(super) stores: Option<Range>,
    /// Where the reservation holds the base, once checked.
    pub(super) place: Option<ir::Value>,
    /// Whether the pages of the stores were found open.
    pub(super) opened: bool,
}

/// How a block reaches memory.
#[derive(Debug)]
pub(super) struct Access<W> {
    pub(super) groups: Vec<Group<W>>,
    /// For each access that has one, in their order: its group and its distance from the base.
    order: VecDeque<(usize, i64)>,
    /// Bases in a window for all addresses, without the low bits of a mask, and where the reservation holds them.
    anchors: Vec<(Operand<W>, W, ir::Value)>,
}

impl<W: Concrete> Access<W> {
    /// `whole` tells whether any address lies in the one window.
    pub(super) fn new(block: &Block<W>, whole: bool) -> Self {
        let mut access = Self { groups: Vec::new(), order: VecDeque::new(), anchors: Vec::new() };
        for effect in block.units.iter().flat_map(|unit| &unit.effects) {
            match *effect {
                Effect::Load { at, width, .. } if !whole => access.add(block, at, width, false),
                Effect::Store { at, width, .. } => access.add(block, at, width, true),
                _ => {}
            }
        }
        access
    }

    fn add(&mut self, block: &Block<W>, at: Operand<W>, width: Width, stores: bool) {
        let around = Around::new(|id| block.nodes[id as usize], at);
        let bytes = if around.masked.get() != 0 { 1 } else { width.bytes() as i64 };
        let part = (around.distance, around.distance.saturating_add(bytes));
        let fits = |group: &Group<W>| {
            let (start, end) = join(group.all, part);
            group.base == around.base && end.saturating_sub(start) <= SPAN
        };
        let index = self.groups.iter().position(fits).unwrap_or(self.groups.len());
        if index == self.groups.len() {
            self.groups.push(Group {
                base: around.base,
                all: part,
                stores: None,
                place: None,
                opened: false,
            });
        }
        let group = &mut self.groups[index];
        group.all = join(group.all, part);
        if stores {
            group.stores = Some(group.stores.map_or(part, |before| join(before, part)));
        }
        self.order.push_back((index, around.distance));
    }

    /// The group of the next access that has one, and its distance from the base.
    fn next(&mut self) -> (usize, i64) {
        self.order.pop_front().unwrap_or_else(|| unreachable!("each access was added to a group"))
    }
}

fn join(a: Range, b: Range) -> Range {
    (a.0.min(b.0), a.1.max(b.1))
}

/// The register that a word is the value of, where the block begins.
pub(super) fn register<W>(nodes: &[Node<W>], word: Operand<W>) -> Option<Place> {
    match word {
        Operand::Node(id) => match nodes[id as usize] {
            Node::Reg(place) => Some(place),
            _ => None,
        },
        Operand::Lit(_) => None,
    }
}

impl<W: Concrete> BlockLowering<'_, '_, '_, W> {
    /// Reads: bytes and halves as words, extended with zeros; 32 bits of 64 extended with their sign, if that is wanted
    /// of them. The host's instructions do both.
    pub(super) fn load(&mut self, node: u32, at: Operand<W>, width: Width) {
        let (address, offset) = self.place(at, false);
        let (word, ins) = (self.to.word, self.to.b.ins());
        let turned = self.to.layout.byte_order == ByteOrder::Big;
        let extended = Node::Unary(Unary::Sext(width), Operand::Node(node));
        let value = match width {
            Width::Byte => ins.uload8(word, TRUSTED, address, offset),
            Width::Half if !turned => ins.uload16(word, TRUSTED, address, offset),
            Width::Word
                if W::BITS == 64 && !turned && self.block.nodes.get(node as usize + 1) == Some(&extended) =>
            {
                let value = ins.sload32(TRUSTED, address, offset);
                self.values[node as usize + 1] = Some(value);
                self.to.b.ins().ireduce(types::I32, value)
            }
            _ => {
                let value = ins.load(type_of(width), TRUSTED, address, offset);
                let value = if turned { self.to.b.ins().bswap(value) } else { value };
                if width == Width::Half { self.to.b.ins().uextend(word, value) } else { value }
            }
        };
        let is_word = self.to.b.func.dfg.value_type(value) == word;
        let of = if is_word { &mut self.values } else { &mut self.lows };
        of[node as usize] = Some(value);
    }

    /// `value` may be wider than what is stored.
    pub(super) fn store(&mut self, at: Operand<W>, width: Width, value: ir::Value) {
        let (address, offset) = self.place(at, true);
        let ty = type_of(width);
        let is_whole = self.to.b.func.dfg.value_type(value) == ty;
        let mut value = if is_whole { value } else { self.to.b.ins().ireduce(ty, value) };
        if self.to.layout.byte_order == ByteOrder::Big && ty != types::I8 {
            value = self.to.b.ins().bswap(value);
        }
        self.to.b.ins().store(TRUSTED, value, address, offset);
    }

    /// The host's address of an access, after all that must be checked.
    fn place(&mut self, at: Operand<W>, stores: bool) -> (ir::Value, i32) {
        if self.to.layout.whole {
            if stores {
                let (group, _) = self.access.next();
                self.open_pages(group);
            }
            let around = Around::new(|id| self.block.nodes[id as usize], at);
            let Around { base, distance, masked } = around;
            // Half a margin leaves room for what is accessed.
            let near = distance.unsigned_abs() <= self.to.layout.margin as u64 / 2;
            let (base, distance, masked) =
                if near && around.is_exact() { (base, distance, masked) } else { (at, 0, W::lit(0)) };
            let anchor = self.anchor(base, masked);
            return self.to.memory.at(&mut self.to.b, anchor, distance);
        }
        let (group, distance) = self.access.next();
        let base = self.base(group);
        if stores {
            self.open_pages(group);
        }
        self.to.memory.at(&mut self.to.b, base, distance)
    }

    /// Where a window for all addresses holds a base without some of its low bits.
    fn anchor(&mut self, base: Operand<W>, masked: W) -> ir::Value {
        let known = self.access.anchors.iter().find(|anchor| (anchor.0, anchor.1) == (base, masked));
        if let Some(&(.., place)) = known {
            return place;
        }
        let mut place = self.word(base);
        if masked.get() != 0 {
            let mask = self.literal(!masked);
            place = self.to.b.ins().band(place, mask);
        }
        let place = self.to.b.ins().uextend(types::I64, place);
        self.access.anchors.push((base, masked, place));
        place
    }

    /// Where the reservation holds the base of a group, once all of its accesses were found to lie in one window.
    fn base(&mut self, group: usize) -> ir::Value {
        if let Some(place) = self.access.groups[group].place {
            return place;
        }
        let Group { base, all, .. } = self.access.groups[group];
        let place = if let Operand::Lit(base) = base
            && let Some(place) = self.to.place_of(base.get(), all)
        {
            self.to.b.ins().iconst(types::I64, place as i64)
        } else {
            let (value, exit) = (self.word(base), self.exit());
            let likely = self.to.pointers.word(self.block.pc, base);
            self.to.locate(value, likely, all, exit)
        };
        self.access.groups[group].place = Some(place);
        place
    }

    /// Leaves the unit unless the pages that the stores of a group go to are open.
    fn open_pages(&mut self, group: usize) {
        let Group { base, stores: Some(stores), opened: false, place, .. } = self.access.groups[group] else {
            return;
        };
        let exit = self.exit();
        let base = place.unwrap_or_else(|| self.word(base));
        self.to.check_open(base, stores, exit);
        self.access.groups[group].opened = true;
    }
}
