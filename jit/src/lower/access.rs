//! Loads and stores.
//!
//! Accesses of a block that lie around the same base are checked together, before the first of them: that all of
//! them lie in one window, and that the pages that will be stored to are open. Where that does not hold the unit of
//! the first one is left to the interpreter, which is right whatever the reason.
//!
//! 32-bit addresses have a window of their own that is as large as the address space: there is nothing to compare.

use std::collections::VecDeque;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use cranelift_frontend::FunctionBuilder;
use engine::memory::{PAGE_BYTES, Window};
use isa_traits::{ByteOrder, Concrete, Width};

use super::value::type_of;
use super::{BlockLowering, TRUSTED};
use crate::ir::{Binary, Effect, Node, Operand};
use crate::region::Block;

/// Where bytes begin that are reached by an index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// So far up that an instruction has room for it.
    Fixed(i32),
    Value(ir::Value),
}

impl Start {
    /// An address and an offset for the byte `distance` after the index.
    fn at(self, b: &mut FunctionBuilder<'_>, index: ir::Value, distance: i64) -> (ir::Value, i32) {
        let (base, offset) = match self {
            Self::Fixed(start) => (index, distance.saturating_add(i64::from(start))),
            Self::Value(start) => (b.ins().iadd(start, index), distance),
        };
        match i32::try_from(offset) {
            Ok(offset) => (base, offset),
            Err(_) => (b.ins().iadd_imm_s(base, offset), 0),
        }
    }
}

/// Bytes between the ends of what is checked together: at most a page, so that two looks suffice.
const SPAN: i64 = PAGE_BYTES as i64;

/// The accesses of a block around one base.
#[derive(Clone, Debug)]
struct Group<W> {
    base: Operand<W>,
    /// The first byte that is accessed and the one after the last, as distances from the base.
    all: (i64, i64),
    /// The same of stores.
    stores: Option<(i64, i64)>,
    /// Where the reservation holds the base, once checked.
    place: Option<ir::Value>,
    /// Whether the pages of the stores were found open.
    opened: bool,
}

/// How a block reaches memory.
#[derive(Debug)]
pub(super) struct Access<W> {
    groups: Vec<Group<W>>,
    /// For each access that has one, in their order: its group and its distance from the base.
    order: VecDeque<(usize, i64)>,
    /// Whether any address lies in the one window.
    whole: bool,
}

/// An address as a base and a distance. Where low bits are masked the distance is that before masking: the access
/// does not leave the page of that byte.
struct Around<W> {
    base: Operand<W>,
    distance: i64,
    masked: bool,
}

fn around<W: Concrete>(nodes: &[Node<W>], at: Operand<W>) -> Around<W> {
    let mut found = Around { base: at, distance: 0, masked: false };
    while let Operand::Node(id) = found.base {
        match nodes[id as usize] {
            Node::Binary(Binary::And, inner, Operand::Lit(mask))
                if found.distance == 0 && !found.masked && (!mask).get() < 8 && W::BITS == 32 =>
            {
                (found.base, found.masked) = (inner, true);
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

fn signed<W: Concrete>(word: W) -> i64 {
    let unused = 64 - W::BITS;
    (word.get() as i64) << unused >> unused
}

impl<W: Concrete> Access<W> {
    pub(super) fn new(block: &Block<W>, windows: &[Window]) -> Self {
        let whole = W::BITS == 32 && matches!(windows, [window] if window.bytes == 1 << 32);
        let mut access = Self { groups: Vec::new(), order: VecDeque::new(), whole };
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
        let around = around(&block.nodes, at);
        let bytes = if around.masked { 1 } else { width.bytes() as i64 };
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

fn join(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}

impl<W: Concrete> BlockLowering<'_, '_, '_, W> {
    pub(super) fn load(&mut self, at: Operand<W>, width: Width) -> ir::Value {
        let (address, offset) = self.place(at, false);
        let word = self.to.word;
        let ty = type_of(width);
        let mut value = self.to.b.ins().load(ty, TRUSTED, address, offset);
        if self.to.layout.byte_order == ByteOrder::Big && ty != types::I8 {
            value = self.to.b.ins().bswap(value);
        }
        if ty == word { value } else { self.to.b.ins().uextend(word, value) }
    }

    pub(super) fn store(&mut self, at: Operand<W>, width: Width, value: ir::Value) {
        let (address, offset) = self.place(at, true);
        let ty = type_of(width);
        let mut value = if ty == self.to.word { value } else { self.to.b.ins().ireduce(ty, value) };
        if self.to.layout.byte_order == ByteOrder::Big && ty != types::I8 {
            value = self.to.b.ins().bswap(value);
        }
        self.to.b.ins().store(TRUSTED, value, address, offset);
    }

    /// The host's address of an access, after all that must be checked.
    fn place(&mut self, at: Operand<W>, stores: bool) -> (ir::Value, i32) {
        if self.access.whole {
            if stores {
                let (group, _) = self.access.next();
                self.open_pages(group);
            }
            let at = self.word(at);
            let at = self.to.b.ins().uextend(types::I64, at);
            return self.to.memory.at(&mut self.to.b, at, 0);
        }
        let (group, distance) = self.access.next();
        let base = self.base(group);
        if stores {
            self.open_pages(group);
        }
        self.to.memory.at(&mut self.to.b, base, distance)
    }

    /// Where the reservation holds the base of a group, once all of its accesses were found to lie in one window.
    fn base(&mut self, group: usize) -> ir::Value {
        if let Some(place) = self.access.groups[group].place {
            return place;
        }
        let Group { base, all: (start, end), .. } = self.access.groups[group];
        let value = self.word(base);
        let windows = self.windows(base);
        let exit = self.exit();
        let found = self.to.b.create_block();
        let place = self.to.b.append_block_param(found, types::I64);
        for (index, window) in windows.iter().enumerate() {
            let b = &mut self.to.b;
            let first = b.ins().iadd_imm_s(value, start.wrapping_sub(window.start as i64));
            let room = window.bytes - (end - start) as u64 + 1;
            let inside = b.ins().icmp_imm_u(IntCC::UnsignedLessThan, first, room as i64);
            let here = b.ins().iadd_imm_s(value, window.offset.wrapping_sub(window.start) as i64);
            let last = index + 1 == windows.len();
            let next = if last { exit } else { b.create_block() };
            b.ins().brif(inside, found, &[BlockArg::Value(here)], next, &[]);
            if !last {
                b.set_cold_block(next);
                b.seal_block(next);
                b.switch_to_block(next);
            }
        }
        self.to.b.seal_block(found);
        self.to.b.switch_to_block(found);
        self.access.groups[group].place = Some(place);
        place
    }

    /// The windows in the order they are tried: that of the stack first for what is addressed by the stack pointer.
    fn windows(&self, base: Operand<W>) -> Vec<Window> {
        let mut windows = self.to.layout.windows.clone();
        let (stack, window) = self.to.layout.stack;
        let by_stack = matches!(base, Operand::Node(id)
            if matches!(self.block.nodes[id as usize], Node::Reg(place) if place == stack));
        if by_stack && window < windows.len() {
            windows[..=window].rotate_right(1);
        }
        windows
    }

    /// Leaves the unit unless the pages that the stores of a group go to are open: the first and the last byte, at
    /// most a page apart.
    fn open_pages(&mut self, group: usize) {
        let Group { base, stores: Some((start, end)), opened: false, .. } = self.access.groups[group] else {
            return;
        };
        let first = self.is_open(group, base, start);
        let open = if end - 1 == start {
            first
        } else {
            let last = self.is_open(group, base, end - 1);
            self.to.b.ins().band(first, last)
        };
        self.leave_if_not(open);
        self.access.groups[group].opened = true;
    }

    /// Whether the page of a byte is open: 1, or 0.
    fn is_open(&mut self, group: usize, base: Operand<W>, distance: i64) -> ir::Value {
        let at = match self.access.groups[group].place {
            Some(place) => self.to.b.ins().iadd_imm_s(place, distance),
            None => {
                let base = self.word(base);
                let at = self.to.b.ins().iadd_imm_s(base, distance);
                self.to.b.ins().uextend(types::I64, at)
            }
        };
        let page = self.to.b.ins().ushr_imm_u(at, i64::from(PAGE_BYTES.ilog2()));
        let (address, offset) = self.to.open.at(&mut self.to.b, page, 0);
        self.to.b.ins().load(types::I8, TRUSTED, address, offset)
    }
}
