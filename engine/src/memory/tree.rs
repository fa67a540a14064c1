//! The tree above the pages.

use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::Hash;
use rayon::prelude::*;

use super::PAGE_BITS;
use super::keccak::{hash_pairs, pair};
use super::page::{self, PAGE_LEVELS, Page};
use crate::hash::parent;

/// Nodes that a thread hashes at a time: fewer are not worth waking another one for.
const BATCH: usize = 1024;

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
        let mut gindices: Vec<u64> = pages.iter().map(|&(number, _)| 1 << self.levels | number).collect();
        let mut nodes = page::roots(pages, &self.zeros);
        for level in 0..self.levels {
            self.nodes.extend(gindices.iter().copied().zip(nodes.iter().copied()));
            let mut pairs = Vec::with_capacity(nodes.len());
            let mut done = 0;
            for siblings in gindices.chunk_by(|a, b| a / 2 == b / 2) {
                let parent = siblings[0] / 2;
                // The one that is not among them, where it is one alone, did not change.
                let node = |gindex| match siblings.iter().position(|&here| here == gindex) {
                    Some(index) => nodes[done + index],
                    None => self.node(gindex, level),
                };
                pairs.push(pair(&node(2 * parent), &node(2 * parent + 1)));
                done += siblings.len();
            }
            gindices.iter_mut().for_each(|gindex| *gindex /= 2);
            gindices.dedup();
            nodes.resize(pairs.len(), Hash::default());
            nodes
                .par_chunks_mut(BATCH)
                .zip(pairs.par_chunks(BATCH))
                .for_each(|(parents, pairs)| hash_pairs(pairs, parents));
        }
        self.nodes.extend(gindices.into_iter().zip(nodes));
    }

    /// The siblings of page `number` and of the nodes above it.
    pub(super) fn path(&self, number: u64, push: &mut impl FnMut(&Hash)) {
        let gindex = 1 << self.levels | number;
        for level in 0..self.levels {
            push(&self.node(gindex >> level ^ 1, level));
        }
    }
}
