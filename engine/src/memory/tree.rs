//! The tree above the pages.

use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Hash;
use rayon::prelude::*;

use super::PAGE_BITS;
use super::page::{self, PAGE_LEVELS, Page};
use crate::hash::parent;

/// Fewer nodes than this are not worth waking other threads for.
const PARALLEL_FROM: usize = 64;

/// The nodes above the pages that ever differed from those of an empty memory.
///
/// Nodes are named by generalized index: the root is 1, the children of `g` are `2g` and `2g + 1`, and page
/// `n` is `2^levels + n`.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// Levels above the pages: 20 or 52.
    levels: u32,
    nodes: HashMap<u64, Hash>,
    /// The root of an empty subtree by its height above the leaves.
    zeros: Vec<Hash>,
}

impl Tree {
    pub(super) fn new(address_bits: u32) -> Self {
        let levels = address_bits - PAGE_BITS;
        let height = PAGE_LEVELS + levels as usize;
        let zeros =
            std::iter::successors(Some([0; 32]), |zero| Some(parent(zero, zero))).take(height + 1).collect();
        Self { levels, nodes: HashMap::new(), zeros }
    }

    /// The roots of empty subtrees, by height above the leaves.
    pub(super) fn zeros(&self) -> &[Hash] {
        &self.zeros
    }

    pub(super) fn root(&self) -> Hash {
        self.node(1, self.levels)
    }

    fn node(&self, gindex: u64, level: u32) -> Hash {
        *self.nodes.get(&gindex).unwrap_or(&self.zeros[PAGE_LEVELS + level as usize])
    }

    /// Takes over pages, by ascending number, and every node above them: level by level, so that each level is
    /// one batch.
    pub(super) fn update(&mut self, pages: &[(u64, &Page)]) {
        let empty = &self.zeros[PAGE_LEVELS];
        let mut batch: Vec<(u64, Hash)> =
            map_all(pages, |&(number, page)| (1 << self.levels | number, page::root(page, empty)));
        self.nodes.extend(batch.iter().copied());
        for level in 0..self.levels {
            let mut parents: Vec<u64> = batch.iter().map(|&(gindex, _)| gindex / 2).collect();
            parents.dedup();
            batch = map_all(&parents, |&gindex| {
                let (left, right) = (self.node(2 * gindex, level), self.node(2 * gindex + 1, level));
                (gindex, parent(&left, &right))
            });
            self.nodes.extend(batch.iter().copied());
        }
    }

    /// The siblings of page `number` and of the nodes above it.
    pub(super) fn path(&self, number: u64, push: &mut impl FnMut(&Hash)) {
        let gindex = 1 << self.levels | number;
        for level in 0..self.levels {
            push(&self.node(gindex >> level ^ 1, level));
        }
    }
}

fn map_all<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < PARALLEL_FROM {
        items.iter().map(f).collect()
    } else {
        items.par_iter().map(f).collect()
    }
}
