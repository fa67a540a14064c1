//! What flows between the blocks of a region: which registers may differ from the machine's, and which are needed.

use std::collections::BTreeMap;

use crate::ir::Places;
use crate::region::{Block, End, Region};

/// Where a block goes on inside the region.
pub(crate) fn successors<W>(region: &Region<W>, block: &Block<W>) -> Vec<u64> {
    let mut next = block.next();
    if let End::Computed { links: false, .. } = block.end {
        next.extend(&region.returns);
    }
    next.retain(|to| region.blocks.contains_key(to));
    next
}

/// For each block, the registers that may have been written on the way from the head of the region.
pub(crate) fn dirty<W>(region: &Region<W>) -> BTreeMap<u64, Places> {
    let mut dirty: BTreeMap<u64, Places> = region.blocks.keys().map(|&pc| (pc, 0)).collect();
    let mut work: Vec<u64> = dirty.keys().rev().copied().collect();
    while let Some(pc) = work.pop() {
        let block = &region.blocks[&pc];
        let out = dirty[&pc] | block.writes();
        for next in successors(region, block) {
            if let Some(before) = dirty.get_mut(&next)
                && *before | out != *before
            {
                *before |= out;
                work.push(next);
            }
        }
    }
    dirty
}

/// The registers whose value is needed where the region is entered. A register that may have been written is needed
/// wherever the region may be left.
pub(crate) fn live<W>(region: &Region<W>, dirty: &BTreeMap<u64, Places>) -> Places {
    let mut live: BTreeMap<u64, Places> = region.blocks.keys().map(|&pc| (pc, 0)).collect();
    loop {
        let mut changed = false;
        for (&pc, block) in region.blocks.iter().rev() {
            let after = successors(region, block).iter().fold(0, |places, next| places | live[next]);
            let before = block.reads() | dirty[&pc] | (after & !block.writes());
            changed |= live.insert(pc, before) != Some(before);
        }
        if !changed {
            return live[&region.head];
        }
    }
}
