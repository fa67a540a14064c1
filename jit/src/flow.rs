//! What flows between the blocks of a region: where it runs in circles, how far it is to the next look at the
//! budget, and which registers are needed.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Places;
use crate::region::{Block, End, Region};

/// Instructions of a loop whose registers stay where they are from one round to the next.
const LOOP: u32 = 256;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Where the region goes on after each block, and where it may come from.
    next: BTreeMap<u64, Vec<u64>>,
    before: BTreeMap<u64, Vec<u64>>,
    /// For each block in a loop the innermost one, by its number.
    loops: BTreeMap<u64, u32>,
    /// How many steps may be made from a place where the budget is looked at to the next one. All that goes on for
    /// ever goes through such places.
    looks: BTreeMap<u64, u32>,
}

impl Flow {
    pub(crate) fn new<W>(region: &Region<W>) -> Self {
        let next = region.blocks.iter().map(|(&pc, block)| (pc, successors(region, block)));
        let mut flow = Self { next: next.collect(), ..Self::default() };
        for (&pc, next) in &flow.next {
            next.iter().for_each(|&to| flow.before.entry(to).or_default().push(pc));
        }
        let steps = |pc: &u64| region.blocks[pc].steps();
        flow.find_loops(region.blocks.keys().copied().collect(), &steps);
        flow.find_looks(region.head, &steps);
        flow
    }

    /// The number of the innermost loop around a block, if it is in one.
    pub(crate) fn loop_of(&self, pc: u64) -> Option<u32> {
        self.loops.get(&pc).copied()
    }

    /// The steps that must be possible where a block begins, if that is looked at.
    pub(crate) fn look(&self, pc: u64) -> Option<u32> {
        self.looks.get(&pc).copied()
    }

    /// Gives a number to each loop of `among`: a set of blocks each of which leads to all others. Inside of it, after
    /// the block at the lowest address is taken away, there may be others.
    fn find_loops(&mut self, among: BTreeSet<u64>, steps: &impl Fn(&u64) -> u32) {
        let mut left = among;
        while let Some(&first) = left.first() {
            let circle = &reach(&self.next, first, &left) & &reach(&self.before, first, &left);
            left.retain(|pc| *pc != first && !circle.contains(pc));
            if !circle.contains(&first) {
                continue;
            }
            if circle.iter().map(steps).sum::<u32>() <= LOOP {
                let number = self.loops.len() as u32;
                self.loops.extend(circle.iter().map(|&pc| (pc, number)));
            }
            self.find_loops(circle.into_iter().filter(|&pc| pc != first).collect(), steps);
        }
    }

    /// The places where the budget is looked at: the head, and where the way back leads to.
    fn find_looks(&mut self, head: u64, steps: &impl Fn(&u64) -> u32) {
        // Depth first, with what is under way: an edge to that leads back.
        let (mut done, mut under_way) = (Vec::new(), BTreeSet::new());
        let (mut seen, mut looks) = (BTreeSet::new(), BTreeSet::from([head]));
        let mut work = vec![(head, false)];
        while let Some((pc, ends)) = work.pop() {
            if ends {
                under_way.remove(&pc);
                done.push(pc);
            } else if seen.insert(pc) {
                under_way.insert(pc);
                work.push((pc, true));
                for &to in &self.next[&pc] {
                    if under_way.contains(&to) {
                        looks.insert(to);
                    }
                    work.push((to, false));
                }
            }
        }
        let mut longest = BTreeMap::new();
        for pc in done {
            let ahead = self.next[&pc].iter().filter(|to| !looks.contains(to)).map(|to| longest[to]);
            let ahead = ahead.max().unwrap_or(0);
            longest.insert(pc, steps(&pc) + ahead);
        }
        self.looks = looks.into_iter().map(|pc| (pc, longest[&pc])).collect();
    }

    /// The registers that may have been written since the last time they were stored, for each block: in a loop they
    /// are stored where it is left.
    pub(crate) fn dirty<W>(&self, region: &Region<W>) -> BTreeMap<u64, Places> {
        let mut dirty: BTreeMap<u64, Places> = region.blocks.keys().map(|&pc| (pc, 0)).collect();
        let mut work: Vec<u64> = dirty.keys().rev().copied().collect();
        while let Some(pc) = work.pop() {
            let out = dirty[&pc] | region.blocks[&pc].writes();
            for to in &self.next[&pc] {
                if self.stays(pc, *to)
                    && let Some(before) = dirty.get_mut(to)
                    && *before | out != *before
                {
                    *before |= out;
                    work.push(*to);
                }
            }
        }
        dirty
    }

    /// Whether registers need not be stored on the way from one block to another.
    pub(crate) fn stays(&self, from: u64, to: u64) -> bool {
        self.loop_of(from).is_some_and(|number| self.loop_of(to) == Some(number))
    }

    /// The registers that are read in the region before they are written in it.
    pub(crate) fn live<W>(&self, region: &Region<W>) -> Places {
        let mut live: BTreeMap<u64, Places> = region.blocks.keys().map(|&pc| (pc, 0)).collect();
        loop {
            let mut changed = false;
            for (&pc, block) in region.blocks.iter().rev() {
                let after = self.next[&pc].iter().fold(0, |places, next| places | live[next]);
                let before = block.reads() | (after & !block.writes());
                changed |= live.insert(pc, before) != Some(before);
            }
            if !changed {
                return live[&region.head];
            }
        }
    }
}

/// Where a block goes on inside the region.
fn successors<W>(region: &Region<W>, block: &Block<W>) -> Vec<u64> {
    let mut next = block.next();
    if let End::Computed { links: false, .. } = block.end {
        next.extend(&region.returns);
    }
    next.retain(|to| region.blocks.contains_key(to));
    next
}

/// The blocks that edges lead to from the block at `from`, by one edge at least, among some.
fn reach(edges: &BTreeMap<u64, Vec<u64>>, from: u64, among: &BTreeSet<u64>) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut work = vec![from];
    while let Some(pc) = work.pop() {
        let next = edges.get(&pc).into_iter().flatten();
        work.extend(next.filter(|to| among.contains(to) && found.insert(**to)));
    }
    found
}
