//! Where guest memory lies, and whether it may be written.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use cranelift_frontend::FunctionBuilder;
use engine::memory::{PAGE_BYTES, Window};
use isa_traits::Concrete;

use super::access::SPAN;
use super::{Lowering, TRUSTED};

/// A first byte and the one after the last, as distances from a base.
pub(super) type Range = (i64, i64);

/// Where bytes begin that are reached by an index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// At an address that an instruction has room for.
    Fixed(i32),
    Value(ir::Value),
}

impl Start {
    /// An address and an offset for the byte `distance` after the index.
    pub(super) fn at(self, b: &mut FunctionBuilder<'_>, index: ir::Value, distance: i64) -> (ir::Value, i32) {
        let (base, offset) = match self {
            Self::Fixed(start) => (index, distance.saturating_add(i64::from(start))),
            Self::Value(start) => (b.ins().iadd(start, index), distance),
        };
        within_reach(b, base, offset)
    }
}

/// `base + offset` as an address and an offset that an instruction has room for.
pub(super) fn within_reach(b: &mut FunctionBuilder<'_>, base: ir::Value, offset: i64) -> (ir::Value, i32) {
    match i32::try_from(offset) {
        Ok(offset) => (base, offset),
        Err(_) => (b.ins().iadd_imm_s(base, offset), 0),
    }
}

impl<W: Concrete> Lowering<'_, '_, W> {
    /// Where the reservation holds what is at a known address, if what lies around it is all in one window.
    pub(super) fn place_of(&self, address: u64, (start, end): Range) -> Option<u64> {
        let inside = |window: &&Window| {
            let first = address.wrapping_add_signed(start).wrapping_sub(window.start);
            first <= window.bytes - (end - start) as u64
        };
        let window = self.layout.windows.iter().find(inside)?;
        Some(address.wrapping_sub(window.start).wrapping_add(window.offset))
    }

    /// Where the reservation holds what is at the address `value`; goes to `exit` where what lies around it is not all in
    /// one window. The one that it likely points into is tried, and then the others if the region is to try them.
    pub(super) fn locate(
        &mut self,
        value: ir::Value,
        likely: usize,
        (start, end): Range,
        exit: ir::Block,
    ) -> ir::Value {
        // Where the first byte is near, after the base, the base is nearly always in the same window: it takes less time to
        // see that.
        let start = if start > 0 && end <= SPAN { 0 } else { start };
        let windows = &self.layout.windows;
        let tried = if self.region.tries_all { windows.len() } else { 1 };
        let found = self.b.create_block();
        let mut place = None;
        for (nth, (index, window)) in windows.iter().enumerate().cycle().skip(likely).take(tried).enumerate()
        {
            // What is likely is compared with numbers. The others, elsewhere: else they would be kept in registers.
            let b = &mut self.b;
            let (from, room, here) = if nth == 0 {
                let room = window.bytes - (end - start) as u64 + 1;
                let room = b.ins().iconst(types::I64, room as i64);
                let from = self.plus(value, 0i64.wrapping_sub(window.start as i64));
                let here = self.plus(value, window.offset.wrapping_sub(window.start) as i64);
                (from, room, here)
            } else {
                let cells = b.ins().iconst(types::I64, self.layout.window_cells[index] as i64);
                let mut cell = |number| b.ins().load(types::I64, TRUSTED, cells, 8 * number);
                let (first, bytes, offset) = (cell(0), cell(1), cell(2));
                let from = b.ins().isub(value, first);
                (from, b.ins().iadd_imm_s(bytes, start - end + 1), b.ins().iadd(from, offset))
            };
            let first = self.plus(from, start);
            let b = &mut self.b;
            let inside = b.ins().icmp(IntCC::UnsignedLessThan, first, room);
            let last = nth + 1 == tried;
            let next = if last { exit } else { b.create_block() };
            // Where there is only one way to it, the block needs no parameter.
            if tried == 1 {
                place = Some(here);
                b.ins().brif(inside, found, &[], next, &[]);
            } else {
                place.get_or_insert_with(|| b.append_block_param(found, types::I64));
                b.ins().brif(inside, found, &[BlockArg::Value(here)], next, &[]);
            }
            if !last {
                b.set_cold_block(next);
                b.seal_block(next);
                b.switch_to_block(next);
            }
        }
        self.b.seal_block(found);
        self.b.switch_to_block(found);
        place.unwrap_or_else(|| unreachable!("there is a window, and it was tried"))
    }

    /// Goes to `exit` unless the pages of the bytes around `base`, a place in the reservation or a 32-bit address, are
    /// open: the first and the last byte, at most a page apart.
    pub(super) fn check_open(&mut self, base: ir::Value, (start, end): Range, exit: ir::Block) {
        let first = self.is_open(base, start);
        let open = if end - 1 == start {
            first
        } else {
            let last = self.is_open(base, end - 1);
            self.b.ins().band(first, last)
        };
        let go = self.b.create_block();
        self.b.ins().brif(open, go, &[], exit, &[]);
        self.b.seal_block(go);
        self.b.switch_to_block(go);
    }

    /// Whether the page of a byte is open: 1, or 0.
    fn is_open(&mut self, base: ir::Value, distance: i64) -> ir::Value {
        let at = self.plus(base, distance);
        let at = if self.layout.whole { self.b.ins().uextend(types::I64, at) } else { at };
        let page = self.b.ins().ushr_imm_u(at, i64::from(PAGE_BYTES.ilog2()));
        let (address, offset) = self.open.at(&mut self.b, page, 0);
        self.b.ins().load(types::I8, TRUSTED, address, offset)
    }
}
