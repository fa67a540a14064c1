//! One page: 4096 bytes, 128 leaves, 7 levels of the tree.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use isa_traits::Hash;
use rayon::prelude::*;

use super::PAGE_BITS;
use super::keccak::{hash_pairs, pairs};
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

/// The roots of pages, in their order; `zero` is that of an empty one.
pub(super) fn roots(pages: &[(u64, &Page)], zero: &Hash) -> Vec<Hash> {
    let mut roots = vec![*zero; pages.len()];
    let groups = roots.par_chunks_mut(GROUP).zip(pages.par_chunks(GROUP));
    groups.for_each_init(<[Vec<Hash>; 2]>::default, |nodes, (roots, pages)| group_roots(pages, roots, nodes));
    roots
}

/// The same of a group, on one thread. `roots` hold that of an empty page; `nodes` are two levels of the tree, the
/// one that is read and the one that is made.
fn group_roots(pages: &[(u64, &Page)], roots: &mut [Hash], [nodes, parents]: &mut [Vec<Hash>; 2]) {
    let filled: Vec<usize> = (0..pages.len()).filter(|&i| *pages[i].1 != [0; PAGE_BYTES]).collect();
    nodes.resize(filled.len() * LEAVES / 2, Hash::default());
    for (&i, nodes) in filled.iter().zip(nodes.chunks_exact_mut(LEAVES / 2)) {
        hash_pairs(pages[i].1.as_chunks().0, nodes);
    }
    for level in 2..=PAGE_LEVELS {
        parents.resize((filled.len() * LEAVES) >> level, Hash::default());
        hash_pairs(pairs(nodes), parents);
        std::mem::swap(nodes, parents);
    }
    for (i, root) in filled.into_iter().zip(nodes) {
        roots[i] = *root;
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
