//! What flows between the blocks of a region: where it runs in circles, how far it is to the next look at the
//! budget, and which registers are values where a block begins.
//!
//! The machine's registers are up to date wherever a block begins, except in small loops: there a register that is
//! needed or written stays a value from one round to the next, and is stored where the loop is left. Elsewhere values
//! are handed on to a block that only one other leads to; where ways meet they are loaded anew, by who needs them.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Places;
use crate::region::{Block, Region};

/// Instructions of a loop whose registers stay values.
const LOOP: u32 = 512;
/// Registers of a loop around others for which the host has room while those run.
const HELD: u32 = 12;

type Edges = BTreeMap<u64, Vec<u64>>;
type Sets = BTreeMap<u64, Places>;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Where the region goes on after each block, and where it may come from.
    next: Edges,
    before: Edges,
    /// For each block in a small loop the first block of that, or of one around it that counts as the same.
    loops: BTreeMap<u64, u64>,
    /// How many steps may be made from a block to the next look at the budget.
    longest: BTreeMap<u64, u32>,
    /// The blocks before which that is looked at, besides where the region is entered. All that goes on for ever goes
    /// through them.
    looks: BTreeSet<u64>,
    /// The registers that may have been written and not stored, where a block begins.
    dirty: Sets,
    /// The registers that are values where a block begins.
    held: Sets,
}

impl Flow {
    pub(crate) fn new<W>(region: &Region<W>) -> Self {
        let inside = |to: &u64| region.blocks.contains_key(to);
        let next = region.blocks.iter().map(|(&pc, block)| {
            let next: BTreeSet<u64> = block.next().into_iter().filter(inside).collect();
            (pc, next.into_iter().collect())
        });
        let mut flow = Self { next: next.collect(), ..Self::default() };
        for (&pc, next) in &flow.next {
            next.iter().for_each(|&to| flow.before.entry(to).or_default().push(pc));
        }
        let steps = |pc: &u64| region.blocks[pc].steps();
        flow.find_loops(region.blocks.keys().copied().collect(), region);
        flow.find_longest(&steps);
        flow.find_dirty(region);
        flow.find_held(region);
        flow
    }

    /// Whether the budget is looked at before a block.
    pub(crate) fn looks(&self, pc: u64) -> bool {
        self.looks.contains(&pc)
    }

    /// The steps that must be possible where a block is entered, or the budget looked at.
    pub(crate) fn longest(&self, pc: u64) -> u32 {
        self.longest[&pc]
    }

    /// The registers that may have been written and not stored, where a block begins.
    pub(crate) fn dirty(&self, pc: u64) -> Places {
        self.dirty[&pc]
    }

    /// The registers that are values where a block begins.
    pub(crate) fn held(&self, pc: u64) -> Places {
        self.held[&pc]
    }

    /// Whether there are small loops.
    pub(crate) fn has_loops(&self) -> bool {
        !self.loops.is_empty()
    }

    /// Whether a block is in a small loop.
    pub(crate) fn is_in_loop(&self, pc: u64) -> bool {
        self.loops.contains_key(&pc)
    }

    /// Whether registers need not be stored on the way from one block to another: within a small loop.
    pub(crate) fn stays(&self, from: u64, to: u64) -> bool {
        self.loops.get(&from).is_some_and(|first| self.loops.get(&to) == Some(first))
    }

    /// Whether it is a small loop that is left on the way from one block to another.
    pub(crate) fn leaves_loop(&self, from: u64, to: u64) -> bool {
        self.is_in_loop(from) && self.loops.get(&to) != self.loops.get(&from)
    }

    /// What may be said of registers where blocks begin: of all of them where the region is entered, else what `pass`
    /// makes of that in any of the blocks before.
    pub(crate) fn settle_forward<W>(
        &self,
        region: &Region<W>,
        pass: impl Fn(&Block<W>, Places) -> Places,
    ) -> BTreeMap<u64, Places> {
        settle(region, |sets: &Sets, pc| {
            if region.entries.contains(&pc) {
                return Places::MAX;
            }
            let before = self.before.get(&pc).into_iter().flatten();
            before.fold(0, |places, from| places | pass(&region.blocks[from], sets[from]))
        })
    }

    /// Finds the loops among some blocks: sets each of which leads to all others. Inside of one, after the block at
    /// the lowest address is taken away, there may be others. The budget is looked at before that block, and small loops
    /// are called by it. Where one uses few registers, those inside of it count as parts of it.
    fn find_loops<W>(&mut self, mut left: BTreeSet<u64>, region: &Region<W>) {
        while let Some(&first) = left.first() {
            let circle = &reach(&self.next, first, &left) & &reach(&self.before, first, &left);
            left.retain(|pc| *pc != first && !circle.contains(pc));
            if !circle.contains(&first) {
                continue;
            }
            self.looks.insert(first);
            let blocks = || circle.iter().map(|pc| &region.blocks[pc]);
            let is_small = blocks().map(Block::steps).sum::<u32>() <= LOOP;
            let used = blocks().fold(0, |places: Places, block| places | block.reads() | block.writes());
            let name = |flow: &mut Self| flow.loops.extend(circle.iter().map(|&pc| (pc, first)));
            if is_small {
                name(self);
            }
            self.find_loops(circle.iter().copied().filter(|&pc| pc != first).collect(), region);
            if is_small && used.count_ones() <= HELD {
                name(self);
            }
        }
    }

    /// Finds how many steps there may be to the next look.
    fn find_longest(&mut self, steps: &impl Fn(&u64) -> u32) {
        let mut work: Vec<u64> = self.next.keys().copied().collect();
        while let Some(&pc) = work.last() {
            let ahead = self.next[&pc].iter().filter(|to| !self.looks.contains(to));
            if let Some(&unknown) = ahead.clone().find(|to| !self.longest.contains_key(to)) {
                work.push(unknown);
                continue;
            }
            let longest = ahead.map(|to| self.longest[to]).max().unwrap_or(0);
            self.longest.insert(pc, steps(&pc) + longest);
            work.pop();
        }
    }

    fn find_dirty<W>(&mut self, region: &Region<W>) {
        self.dirty = settle(region, |dirty: &Sets, pc| {
            let before = self.before.get(&pc).into_iter().flatten().filter(|from| self.stays(**from, pc));
            before.fold(0, |places, from| places | dirty[from] | region.blocks[from].writes())
        });
    }

    fn find_held<W>(&mut self, region: &Region<W>) {
        // What is needed in the rest of a round, or after it.
        let needed = settle(region, |needed: &Sets, pc| {
            let (block, next) = (&region.blocks[&pc], self.next[&pc].iter());
            let after = next.filter(|to| self.stays(pc, **to)).fold(0, |places, to| places | needed[to]);
            if self.loops.contains_key(&pc) { block.reads() | (after & !block.writes()) } else { 0 }
        });
        self.held = settle(region, |held: &Sets, pc| {
            let handed_on = match self.before.get(&pc).map(Vec::as_slice) {
                Some(&[from]) if from != pc && !region.entries.contains(&pc) => {
                    let block = &region.blocks[&from];
                    held[&from] | block.reads() | block.writes()
                }
                _ => 0,
            };
            needed[&pc] | self.dirty[&pc] | handed_on
        });
    }
}

/// The least sets that `rule` agrees with, by blocks.
fn settle<W>(region: &Region<W>, rule: impl Fn(&Sets, u64) -> Places) -> Sets {
    let mut sets: Sets = region.blocks.keys().map(|&pc| (pc, 0)).collect();
    loop {
        let mut changed = false;
        for &pc in region.blocks.keys() {
            let places = rule(&sets, pc);
            changed |= sets.insert(pc, places) != Some(places);
        }
        if !changed {
            return sets;
        }
    }
}

/// The blocks that edges lead to from the block at `from`, by one edge at least, among some.
fn reach(edges: &Edges, from: u64, among: &BTreeSet<u64>) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut work = vec![from];
    while let Some(pc) = work.pop() {
        let next = edges.get(&pc).into_iter().flatten();
        work.extend(next.filter(|to| among.contains(to) && found.insert(**to)));
    }
    found
}
