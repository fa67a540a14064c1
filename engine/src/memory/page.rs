//! One page: 4096 bytes, 128 leaves, 7 levels of the tree.

use std::boxed::Box;

use isa_traits::Hash;

use super::PAGE_BITS;
use crate::bus::LEAF_BYTES;
use crate::hash::parent;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_BITS;
const LEAVES: usize = PAGE_BYTES / LEAF_BYTES;
/// Levels of the tree inside a page.
pub(super) const PAGE_LEVELS: usize = LEAVES.ilog2() as usize;

/// 4096 bytes of guest memory.
pub type Page = [u8; PAGE_BYTES];

fn leaves(page: &Page) -> [Hash; LEAVES] {
    let mut leaves = [[0; LEAF_BYTES]; LEAVES];
    leaves.as_flattened_mut().copy_from_slice(page);
    leaves
}

/// The root of a page; `zero` is that of an empty one.
pub(super) fn root(page: &Page, zero: &Hash) -> Hash {
    if *page == [0; PAGE_BYTES] {
        return *zero;
    }
    let mut nodes = leaves(page);
    let mut width = LEAVES;
    while width > 1 {
        width = fold_level(&mut nodes, width);
    }
    nodes[0]
}

/// Replaces the first `width` nodes by their parents; yields how many those are.
fn fold_level(nodes: &mut [Hash; LEAVES], width: usize) -> usize {
    for i in 0..width / 2 {
        nodes[i] = parent(&nodes[2 * i], &nodes[2 * i + 1]);
    }
    width / 2
}

/// Every node of a page, by generalized index within it: 1 is the root, the children of `g` are `2g` and
/// `2g + 1`, and leaf `n` is `128 + n`.
#[derive(Clone, Debug)]
pub(super) struct Nodes(Box<[Hash; 2 * LEAVES]>);

impl Nodes {
    pub(super) fn of(page: &Page) -> Self {
        let mut nodes = Box::new([[0; LEAF_BYTES]; 2 * LEAVES]);
        nodes[LEAVES..].copy_from_slice(&leaves(page));
        for g in (1..LEAVES).rev() {
            nodes[g] = parent(&nodes[2 * g], &nodes[2 * g + 1]);
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
