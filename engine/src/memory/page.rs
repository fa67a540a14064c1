//! One page: 4096 bytes, 128 leaves, 7 levels of the tree.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use isa_traits::Hash;
use rayon::prelude::*;

use super::PAGE_BITS;
use super::keccak::{Pair, hash_pairs, pair, pairs};
use crate::bus::LEAF_BYTES;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_BITS;
const LEAVES: usize = PAGE_BYTES / LEAF_BYTES;
/// Levels of the tree inside a page.
pub(super) const PAGE_LEVELS: usize = LEAVES.ilog2() as usize;

/// 4096 bytes of guest memory.
pub type Page = [u8; PAGE_BYTES];

/// Pages that are hashed together: enough that no level leaves lanes of the hash empty, and few enough that their
/// nodes stay in the cache of a core.
const GROUP: usize = 32;

/// The roots of pages, in their order; `zeros` are the roots of empty subtrees by height.
pub(super) fn roots(pages: &[(u64, &Page)], zeros: &[Hash]) -> Vec<Hash> {
    let mut roots = vec![zeros[PAGE_LEVELS]; pages.len()];
    let groups = roots.par_chunks_mut(GROUP).zip(pages.par_chunks(GROUP));
    groups.for_each_init(Group::default, |group, (roots, pages)| group.hash(pages, zeros, roots));
    roots
}

/// Room for hashing pages together, on one thread.
#[derive(Default)]
struct Group {
    /// Two levels of the tree: the one that is read, and the one that is made.
    nodes: Vec<Hash>,
    parents: Vec<Hash>,
    filled: Filled,
}

impl Group {
    /// The roots of pages, in place of that of an empty one.
    fn hash(&mut self, pages: &[(u64, &Page)], zeros: &[Hash], roots: &mut [Hash]) {
        let Self { nodes, parents, filled } = self;
        let written: Vec<usize> = (0..pages.len()).filter(|&i| *pages[i].1 != [0; PAGE_BYTES]).collect();
        nodes.resize(written.len() * LEAVES / 2, Hash::default());
        for (&i, nodes) in written.iter().zip(nodes.chunks_exact_mut(LEAVES / 2)) {
            filled.hash(pages[i].1.as_chunks().0, zeros[0], zeros[1], nodes);
        }
        for level in 2..=PAGE_LEVELS {
            parents.resize((written.len() * LEAVES) >> level, Hash::default());
            filled.hash(pairs(nodes), zeros[level - 1], zeros[level], parents);
            std::mem::swap(nodes, parents);
        }
        for (i, root) in written.into_iter().zip(nodes) {
            roots[i] = *root;
        }
    }
}

/// Hashes of a level without those that are known: much of what programs have in memory is zero.
#[derive(Default)]
struct Filled {
    /// Which pairs are not two roots of empty subtrees, those pairs, and their hashes.
    places: Vec<usize>,
    pairs: Vec<Pair>,
    hashes: Vec<Hash>,
}

impl Filled {
    /// Hashes pairs of nodes. Where both are `empty` the hash is `zero`.
    fn hash(&mut self, pairs: &[Pair], empty: Hash, zero: Hash, parents: &mut [Hash]) {
        let empty = pair(&empty, &empty);
        self.places.clear();
        self.places.extend((0..pairs.len()).filter(|&i| pairs[i] != empty));
        if self.places.len() == pairs.len() {
            return hash_pairs(pairs, parents);
        }
        self.pairs.clear();
        self.pairs.extend(self.places.iter().map(|&i| pairs[i]));
        self.hashes.resize(self.pairs.len(), Hash::default());
        hash_pairs(&self.pairs, &mut self.hashes);
        parents.fill(zero);
        for (&i, hash) in self.places.iter().zip(&self.hashes) {
            parents[i] = *hash;
        }
    }
}

/// Every node of a page, by generalized index within it: 1 is the root, the children of `g` are `2g` and
/// `2g + 1`, and leaf `n` is `128 + n`.
#[derive(Clone, Debug)]
pub(super) struct Nodes(Box<[Hash; 2 * LEAVES]>);

impl Nodes {
    pub(super) fn of(page: &Page) -> Self {
        let mut nodes = Box::new([[0; LEAF_BYTES]; 2 * LEAVES]);
        nodes[LEAVES..].as_flattened_mut().copy_from_slice(&page[..]);
        for level in (0..PAGE_LEVELS).rev() {
            // The nodes of a level stand in a row, before those of the level below.
            let (above, below) = nodes.split_at_mut(2 << level);
            hash_pairs(pairs(&below[..2 << level]), &mut above[1 << level..]);
        }
        Self(nodes)
    }

    /// The leaf at byte `offset`, and the seven siblings inside the page.
    pub(super) fn path(&self, offset: usize, push: &mut impl FnMut(&Hash)) {
        let leaf = LEAVES + offset / LEAF_BYTES;
        push(&self.0[leaf]);
        (0..PAGE_LEVELS).for_each(|height| push(&self.0[leaf >> height ^ 1]));
    }
}

/// The same of a page that nothing was written to; `zeros` are the roots of empty subtrees by height.
pub(super) fn empty_path(zeros: &[Hash], push: &mut impl FnMut(&Hash)) {
    push(&zeros[0]);
    zeros[..PAGE_LEVELS].iter().for_each(push);
}
