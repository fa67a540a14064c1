//! From what was recorded to Cranelift's language: one function for a region.
//!
//! The function takes where the registers are and how many steps may be made, and if need be where the windows of
//! memory and their bytes of open pages are; it yields how many of those are left. The address where it has stopped is in
//! [`Cells`](crate::enter::Cells). Registers are variables, loaded where the region is entered. What a block has written
//! it stores in the end, or in a loop where that is left. The budget is looked at where the region is entered and where
//! its loops close; where it may not suffice for all until the next look, no step is made.

mod access;
mod block;
mod value;
mod windows;

use std::collections::BTreeMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Switch, Variable};
use engine::memory::Window;
use isa_traits::{ByteOrder, Concrete};

use self::access::{Access, Group, register};
use self::block::BlockLowering;
use self::windows::{Start, within_reach};
use crate::flow::Flow;
use crate::ir::{GENERAL, Place, Places};
use crate::memory::TableLayout;
use crate::pointers::Pointers;
use crate::region::Region;
use crate::short::Short;

/// What generated code is told of its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) byte_order: ByteOrder,
    /// Where memory has its windows.
    pub(crate) windows: Vec<Window>,
    /// Whether there is one, for all addresses of 32 bits.
    pub(crate) whole: bool,
    /// How far beyond the ends of that one its other end is seen.
    pub(crate) margin: i64,
    /// The addresses of the windows and of the bytes of open pages, if instructions have room for them. If not, code
    /// is passed them.
    pub(crate) fixed: Option<(i32, i32)>,
    /// The addresses of the cells.
    pub(crate) pc_cell: usize,
    pub(crate) missed_cell: usize,
    pub(crate) special_cells: usize,
    /// Those where each window is described: its start, its length and its offset.
    pub(crate) window_cells: Vec<usize>,
    /// The table of entries: for each instruction four bytes, the place of its code in the arena.
    pub(crate) table: TableLayout,
    /// Where the arena begins.
    pub(crate) arena: usize,
}

impl Layout {
    /// How many arguments a region takes.
    pub(crate) const fn arguments(&self) -> usize {
        if self.fixed.is_some() { 3 } else { 5 }
    }

    /// The signature of regions.
    pub(crate) fn signature(&self) -> Signature {
        let mut signature = Signature::new(CallConv::Tail);
        signature.params.extend(vec![AbiParam::new(types::I64); self.arguments()]);
        signature.returns.push(AbiParam::new(types::I64));
        signature
    }
}

/// Accesses to what the guest cannot reach never trap. Neither do those to its memory: the windows are reserved as a
/// whole.
const TRUSTED: MemFlagsData = MemFlagsData::new().with_notrap();

/// Writes the function of a region.
pub(crate) fn lower<W: Concrete>(
    region: &Region<W>,
    flow: &Flow,
    layout: &Layout,
    mut b: FunctionBuilder<'_>,
    frontend: cranelift_codegen::isa::TargetFrontendConfig,
) {
    let word = if W::BITS == 64 { types::I64 } else { types::I32 };
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let params = b.block_params(entry).to_vec();
    let budget = b.declare_var(types::I64);
    b.def_var(budget, params[1]);
    let variables: Vec<Variable> = (0..64).map(|_| b.declare_var(word)).collect();
    let blocks = region.blocks.keys().map(|&pc| (pc, b.create_block())).collect();
    let signature = b.import_signature(layout.signature());
    let (memory, open) = match layout.fixed {
        Some((memory, open)) => (Start::Fixed(memory), Start::Fixed(open)),
        None => (Start::Value(params[3]), Start::Value(params[4])),
    };
    let stopped = b.create_block();
    b.set_cold_block(stopped);
    for _ in ["pc", "left"] {
        b.append_block_param(stopped, types::I64);
    }
    let mut lowering = Lowering {
        stopped,
        b,
        word,
        layout,
        region,
        flow,
        pointers: Pointers::new(region, &layout.windows),
        short: Short::new(region, flow),
        blocks,
        signature,
        variables,
        budget,
        params,
        memory,
        open,
        looked: BTreeMap::new(),
    };
    lowering.find_looked();
    lowering.enter();
    for block in region.blocks.values() {
        BlockLowering::new(&mut lowering, block).lower();
    }
    lowering.end();
    lowering.b.seal_all_blocks();
    lowering.b.finalize(frontend);
}

/// The members of a set.
fn places(set: Places) -> impl Iterator<Item = Place> {
    (0..64).filter(move |place| set >> place & 1 == 1)
}

struct Lowering<'a, 'f, W> {
    b: FunctionBuilder<'f>,
    word: ir::Type,
    layout: &'a Layout,
    region: &'a Region<W>,
    flow: &'a Flow,
    pointers: Pointers<'a>,
    short: Short,
    blocks: BTreeMap<u64, ir::Block>,
    signature: ir::SigRef,
    variables: Vec<Variable>,
    budget: Variable,
    /// What the function was passed: where the registers are, the budget, the pc, and what follows.
    params: Vec<ir::Value>,
    memory: Start,
    open: Start,
    /// Where code stops, with a pc and the steps that are left.
    stopped: ir::Block,
    /// What is looked at on the ways to a block, and the variables that say where it lies.
    looked: BTreeMap<u64, Vec<(Group<W>, Variable)>>,
}

impl<W: Concrete> Lowering<'_, '_, W> {
    /// Where the machine has a register.
    fn home(&mut self, place: Place) -> (ir::Value, i32) {
        match place.checked_sub(GENERAL) {
            None => (self.params[0], i32::from(place) * (W::BITS as i32 / 8)),
            Some(special) => (self.address(self.layout.special_cells), 8 * i32::from(special)),
        }
    }

    /// `value + more`, or what it is already.
    fn plus(&mut self, value: ir::Value, more: i64) -> ir::Value {
        if more == 0 { value } else { self.b.ins().iadd_imm_s(value, more) }
    }

    fn address(&mut self, address: usize) -> ir::Value {
        self.b.ins().iconst(types::I64, address as i64)
    }

    /// Finds what is to be looked at on the ways to where loops close.
    fn find_looked(&mut self) {
        let heads =
            self.region.blocks.iter().filter(|(pc, _)| self.flow.looks(**pc) && self.flow.is_in_loop(**pc));
        for (&pc, block) in heads {
            let groups = Access::new(block, self.layout.whole).groups.into_iter();
            let groups = groups.filter(|group| register(&block.nodes, group.base).is_some());
            let groups = groups.map(|group| (group, self.b.declare_var(types::I64)));
            self.looked.insert(pc, groups.collect());
        }
    }

    /// Goes to where the region is entered, by the pc; where no step can be made, code stops there.
    fn enter(&mut self) {
        let stays = self.b.create_block();
        self.b.set_cold_block(stays);
        let entries = self.region.entries.iter().map(|&pc| (pc, self.b.create_block()));
        let entries: Vec<_> = entries.collect();
        if let [(_, block)] = entries[..] {
            self.b.ins().jump(block, &[]);
        } else {
            let mut ways = Switch::new();
            entries.iter().for_each(|&(pc, block)| ways.set_entry(u128::from(pc), block));
            ways.emit(&mut self.b, self.params[2], stays);
        }
        for (pc, block) in entries {
            self.b.switch_to_block(block);
            self.fill(self.flow.held(pc));
            self.look(pc, stays);
        }
        self.b.seal_block(stays);
        self.b.switch_to_block(stays);
        self.stop(self.params[2], 0);
    }

    /// Goes to a block of the region, and looks at the budget where that is due. Where code stops for that, the registers
    /// `dirty` are stored.
    fn arrive(&mut self, pc: u64, dirty: Places) {
        if self.flow.looks(pc) {
            let exit = self.b.create_block();
            self.b.set_cold_block(exit);
            self.look(pc, exit);
            self.b.seal_block(exit);
            self.b.switch_to_block(exit);
            self.spill(dirty);
            self.leave(pc, 0);
        } else {
            self.b.ins().jump(self.blocks[&pc], &[]);
        }
    }

    /// Goes to a block of the region where the budget suffices until the next look, else to `exit`. In a loop what its
    /// accesses around registers need is looked at too.
    fn look(&mut self, pc: u64, exit: ir::Block) {
        let (block, steps) = (self.blocks[&pc], self.flow.longest(pc));
        let budget = self.b.use_var(self.budget);
        let short = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, budget, i64::from(steps));
        let go = self.b.create_block();
        self.b.ins().brif(short, exit, &[], go, &[]);
        self.b.seal_block(go);
        self.b.switch_to_block(go);
        let (nodes, looked) =
            (&self.region.blocks[&pc].nodes, self.looked.get(&pc).cloned().unwrap_or_default());
        for (group, place) in looked {
            let Some(register) = register(nodes, group.base) else { continue };
            let mut base = self.b.use_var(self.variables[usize::from(register)]);
            if !self.layout.whole {
                base = self.locate(base, self.pointers.register(pc, register), group.all, exit);
                self.b.def_var(place, base);
            }
            if let Some(stores) = group.stores {
                self.check_open(base, stores, exit);
            }
        }
        self.b.ins().jump(block, &[]);
    }

    /// Loads the registers of a set.
    fn fill(&mut self, wanted: Places) {
        for place in places(wanted) {
            let (base, offset) = self.home(place);
            let value = self.b.ins().load(self.word, TRUSTED, base, offset);
            self.b.def_var(self.variables[usize::from(place)], value);
        }
    }

    /// Stores the registers of a set.
    fn spill(&mut self, dirty: Places) {
        for place in places(dirty) {
            let value = self.b.use_var(self.variables[usize::from(place)]);
            let (base, offset) = self.home(place);
            self.b.ins().store(TRUSTED, value, base, offset);
        }
    }

    /// Stops before the instruction at `pc`, with the steps that were counted but not made.
    fn leave(&mut self, pc: u64, not_made: u32) {
        let pc = self.b.ins().iconst(types::I64, pc as i64);
        self.stop(pc, not_made);
    }

    fn stop(&mut self, pc: ir::Value, not_made: u32) {
        let budget = self.b.use_var(self.budget);
        let left = self.plus(budget, i64::from(not_made));
        self.b.ins().jump(self.stopped, &[BlockArg::Value(pc), BlockArg::Value(left)]);
    }

    /// The end of all ways that stop.
    fn end(&mut self) {
        self.b.switch_to_block(self.stopped);
        let &[pc, left] = self.b.block_params(self.stopped) else { unreachable!("as it was made") };
        let cell = self.address(self.layout.pc_cell);
        self.b.ins().store(TRUSTED, pc, cell, 0);
        self.b.ins().return_(&[left]);
    }

    /// Goes on through the table, at an address that has an entry in it.
    fn transfer(&mut self, pc: ir::Value) {
        let (entry, distance) = within_reach(&mut self.b, pc, self.layout.table.distance());
        let offset = self.b.ins().uload32(TRUSTED, entry, distance);
        let code = self.b.ins().iadd_imm_s(offset, self.layout.arena as i64);
        let mut args = self.params.clone();
        (args[1], args[2]) = (self.b.use_var(self.budget), pc);
        self.b.ins().return_call_indirect(self.signature, code, &args);
    }
}
