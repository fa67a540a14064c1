//! A block of a region: its units in their order, where they may be left to the interpreter, and where it goes on.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use isa_traits::{Concrete, Width};

use super::Lowering;
use super::access::{Access, Group};
use crate::ir::{Effect, Node, Operand, Places};
use crate::memory::TableLayout;
use crate::region::{Block, End};

/// Where a unit is left to the interpreter.
struct Exit {
    block: ir::Block,
    /// The address of the unit.
    pc: u64,
    dirty: Places,
    /// Steps that are counted and not made.
    not_made: u32,
}

/// A block to jump to.
struct Way {
    block: ir::Block,
    /// Where to go from there, if it is not a block of the region.
    pc: Option<u64>,
}

/// A block on its way.
pub(super) struct BlockLowering<'l, 'a, 'f, W> {
    pub(super) to: &'l mut Lowering<'a, 'f, W>,
    pub(super) block: &'l Block<W>,
    /// What the nodes yield, so far as it was needed.
    pub(super) values: Vec<Option<ir::Value>>,
    /// The low 32 bits of that.
    pub(super) lows: Vec<Option<ir::Value>>,
    /// Whether the low 32 bits are known to be all of it, extended with their sign.
    pub(super) short: Vec<bool>,
    /// The registers that are values.
    pub(super) held: Places,
    /// The registers that may differ from the machine's.
    pub(super) dirty: Places,
    /// Steps that are counted and not made yet.
    pub(super) ahead: u32,
    /// Where the whole block is left to the interpreter, once it is known that it may be: outside of loops, as long as
    /// nothing was stored and so all can be made anew.
    restart: Option<ir::Block>,
    can_restart: bool,
    /// Where the current unit is left to the interpreter, once it is known that it may be.
    exit: Option<ir::Block>,
    /// The exits of the units before.
    exits: Vec<Exit>,
    pub(super) access: Access<W>,
}

impl<'l, 'a, 'f, W: Concrete> BlockLowering<'l, 'a, 'f, W> {
    pub(super) fn new(to: &'l mut Lowering<'a, 'f, W>, block: &'l Block<W>) -> Self {
        let access = Access::new(block, to.layout.whole);
        Self {
            values: vec![None; block.nodes.len()],
            lows: vec![None; block.nodes.len()],
            short: to.short.nodes(block),
            held: to.flow.held(block.pc),
            dirty: to.flow.dirty(block.pc),
            ahead: block.steps(),
            restart: None,
            can_restart: !to.flow.is_in_loop(block.pc),
            exit: None,
            exits: Vec::new(),
            access,
            to,
            block,
        }
    }

    pub(super) fn lower(mut self) {
        self.begin();
        for unit in &self.block.units {
            for effect in &unit.effects {
                match *effect {
                    Effect::LeaveIf(truth) => self.leave_if(truth),
                    Effect::Load { node, at, width } => self.load(node, at, width),
                    Effect::Store { at, width, value } => {
                        let value = if W::BITS == 64 && width != Width::Double {
                            self.low(value)
                        } else {
                            self.word(value)
                        };
                        self.store(at, width, value);
                        self.can_restart = false;
                    }
                }
            }
            let writes: Vec<_> =
                unit.writes.iter().map(|&(place, value)| (place, self.word(value))).collect();
            if let Some(block) = self.exit.take() {
                self.to.b.seal_block(block);
                self.exits.push(Exit { block, pc: unit.pc, dirty: self.dirty, not_made: self.ahead });
            }
            for (place, value) in writes {
                self.to.b.def_var(self.to.variables[usize::from(place)], value);
                self.dirty |= 1 << place;
                self.held |= 1 << place;
            }
            self.ahead -= unit.steps;
        }
        self.end();
        if let Some(block) = self.restart {
            let (pc, not_made) = (self.block.pc, self.block.steps());
            self.to.b.seal_block(block);
            self.exits.push(Exit { block, pc, dirty: 0, not_made });
        }
        // In an exit, variables have the values of where it was left for it: those before the unit.
        for Exit { block, pc, dirty, not_made } in std::mem::take(&mut self.exits) {
            self.to.b.switch_to_block(block);
            self.to.spill(dirty);
            self.to.leave(pc, not_made);
        }
    }

    /// Counts the steps of the block, and takes the registers it reads.
    fn begin(&mut self) {
        let block = self.to.blocks[&self.block.pc];
        self.to.b.switch_to_block(block);
        let budget = self.to.b.use_var(self.to.budget);
        let steps = self.to.b.ins().iconst(types::I64, i64::from(self.block.steps()));
        let left = self.to.b.ins().isub(budget, steps);
        self.to.b.def_var(self.to.budget, left);
        for (looked, place) in self.to.looked.get(&self.block.pc).into_iter().flatten() {
            let same = |group: &&mut Group<W>| (group.base, group.all) == (looked.base, looked.all);
            if let Some(group) = self.access.groups.iter_mut().find(same) {
                group.opened = true;
                group.place = (!self.to.layout.whole).then(|| self.to.b.use_var(*place));
            }
        }
        let reads = self.block.reads();
        self.to.fill(reads & !self.held);
        self.held |= reads;
        for (value, node) in self.values.iter_mut().zip(&self.block.nodes) {
            if let Node::Reg(place) = node {
                *value = Some(self.to.b.use_var(self.to.variables[usize::from(*place)]));
            }
        }
    }

    /// The block that leaves the current unit, or all units up to it, to the interpreter.
    pub(super) fn exit(&mut self) -> ir::Block {
        let exit = if self.can_restart { &mut self.restart } else { &mut self.exit };
        *exit.get_or_insert_with(|| {
            let exit = self.to.b.create_block();
            self.to.b.set_cold_block(exit);
            exit
        })
    }

    fn leave_if(&mut self, truth: u32) {
        let (exit, go) = (self.exit(), self.to.b.create_block());
        self.branch(truth, exit, go);
        self.to.b.seal_block(go);
        self.to.b.switch_to_block(go);
    }

    /// Goes to one block where a truth value holds, and to another where it does not.
    fn branch(&mut self, mut truth: u32, mut then: ir::Block, mut otherwise: ir::Block) {
        while let Node::Neither(inner) = self.block.nodes[truth as usize] {
            (truth, then, otherwise) = (inner, otherwise, then);
        }
        let truth = self.truth(truth);
        self.to.b.ins().brif(truth, then, &[], otherwise, &[]);
    }

    fn end(&mut self) {
        match self.block.end {
            End::Goto(to) => self.goto(to),
            End::Leave(pc) => {
                self.to.spill(self.dirty);
                self.to.leave(pc, 0);
            }
            End::Branch { condition, taken, other } => {
                let (then, otherwise) = (self.way_to(taken), self.way_to(other));
                self.branch(condition, then.block, otherwise.block);
                self.pave(then);
                self.pave(otherwise);
            }
            End::Computed(to) => {
                let to = self.word(to);
                self.to.spill(self.dirty);
                self.computed(to);
            }
        }
    }

    /// The registers to store and to load on the way to another block.
    fn changes(&self, to: u64) -> (Places, Places) {
        let stored = if self.to.flow.stays(self.block.pc, to) { 0 } else { self.dirty };
        (stored, self.to.flow.held(to) & !self.held)
    }

    /// Goes on at a known address.
    fn goto(&mut self, pc: u64) {
        if self.to.blocks.contains_key(&pc) {
            let (stored, loaded) = self.changes(pc);
            self.to.spill(stored);
            self.to.fill(loaded);
            self.to.arrive(pc, self.dirty & !stored);
            return;
        }
        self.to.spill(self.dirty);
        if self.to.layout.table.reaches(pc) {
            let pc = self.to.b.ins().iconst(types::I64, pc as i64);
            self.to.transfer(pc);
        } else {
            self.to.leave(pc, 0);
        }
    }

    /// Where to jump to, to go on at a known address.
    fn way_to(&mut self, pc: u64) -> Way {
        match self.to.blocks.get(&pc) {
            Some(&block) if self.changes(pc) == (0, 0) && !self.to.flow.looks(pc) => Way { block, pc: None },
            _ => {
                let block = self.to.b.create_block();
                // Most rounds of a loop are followed by another.
                if self.to.flow.leaves_loop(self.block.pc, pc) {
                    self.to.b.set_cold_block(block);
                }
                Way { block, pc: Some(pc) }
            }
        }
    }

    /// Writes what is still to do on a way, where there is something.
    fn pave(&mut self, way: Way) {
        if let Some(pc) = way.pc {
            self.to.b.seal_block(way.block);
            self.to.b.switch_to_block(way.block);
            self.goto(pc);
        }
    }

    /// Goes on at an address that is computed.
    fn computed(&mut self, to: ir::Value) {
        let to = if W::BITS == 64 { to } else { self.to.b.ins().uextend(types::I64, to) };
        // Aligned, and within the table's reach: the low bits come out on top.
        let from = self.to.plus(to, 0i64.wrapping_sub(self.to.layout.table.origin as i64));
        let turned = self.to.b.ins().rotr_imm_u(from, 2);
        let entries = TableLayout::ENTRIES as i64;
        let entered = self.to.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, turned, entries);
        let (through, out) = (self.to.b.create_block(), self.to.b.create_block());
        self.to.b.set_cold_block(out);
        self.to.b.ins().brif(entered, through, &[], out, &[]);
        self.to.b.seal_block(through);
        self.to.b.seal_block(out);
        self.to.b.switch_to_block(out);
        self.to.stop(to, 0);
        self.to.b.switch_to_block(through);
        self.to.transfer(to);
    }

    /// A word as a value.
    pub(super) fn word(&mut self, operand: Operand<W>) -> ir::Value {
        match operand {
            Operand::Lit(value) => self.literal(value),
            Operand::Node(id) => self.node(id),
        }
    }

    pub(super) fn literal(&mut self, value: W) -> ir::Value {
        // 32-bit constants are written with their sign.
        let value = if W::BITS == 64 { value.get() as i64 } else { i64::from(value.get() as u32 as i32) };
        self.to.b.ins().iconst(self.to.word, value)
    }
}
