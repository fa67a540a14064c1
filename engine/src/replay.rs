//! The bus of a verifier: has only the proof, and every access must fold to the root.

use isa_traits::{Exec, Hash, Trap};

use crate::bus::{LEAF_BYTES, Leaves};
use crate::hash::parent;

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The step touches more leaves than the proof has paths.
    #[error("access {index} needs bytes {start}..{end} of the proof, and it has {found}")]
    Missing {
        /// Which access of the step, the instruction being 0.
        index: usize,
        /// Where its path would begin.
        start: usize,
        /// Where its path would end.
        end: usize,
        /// Bytes the proof has.
        found: usize,
    },
    /// A path leads to another root.
    #[error("access {index}, of the leaf at {at:#x}, folds to another root than the memory's")]
    Root {
        /// Which access of the step, the instruction being 0.
        index: usize,
        /// The address of the leaf.
        at: u64,
        /// The root the path folds to.
        found: Hash,
        /// The root of the memory at this access.
        wanted: Hash,
    },
}

/// The leaf proven last.
#[derive(Clone, Copy, Debug)]
struct Current<'a> {
    at: u64,
    leaf: Hash,
    siblings: &'a [u8],
}

/// Memory as a proof shows it: a root, and the paths of the leaves a step touches.
#[derive(Debug)]
pub struct Replay<'a> {
    root: Hash,
    proof: &'a [u8],
    path_bytes: usize,
    accesses: usize,
    current: Option<Current<'a>>,
    error: Option<ProofError>,
}

impl<'a> Replay<'a> {
    /// A memory with `root` and addresses of `address_bits` bits; `proof` is one path after the other, each a
    /// leaf and its siblings up to the root's child.
    pub const fn new(address_bits: u32, root: Hash, proof: &'a [u8]) -> Self {
        let path_bytes = Self::path_bytes(address_bits);
        Self { root, proof, path_bytes, accesses: 0, current: None, error: None }
    }

    /// Bytes of the path of one leaf: 896 for 32-bit addresses, 1920 for 64-bit ones.
    pub const fn path_bytes(address_bits: u32) -> usize {
        let levels = address_bits as usize - LEAF_BYTES.ilog2() as usize;
        LEAF_BYTES * (levels + 1)
    }

    /// The root after the writes so far.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Why an access failed, if one did.
    pub const fn error(&self) -> Option<ProofError> {
        self.error
    }

    fn fail(&mut self, error: ProofError) -> Trap {
        self.error = Some(error);
        Trap::Access
    }

    /// Takes the next path of the proof, which must lead from the leaf at `at` to the root.
    fn next(&mut self, at: u64) -> Result<Current<'a>, Trap> {
        let index = self.accesses;
        let start = index * self.path_bytes;
        let end = start + self.path_bytes;
        let Some((leaf, siblings)) =
            self.proof.get(start..end).and_then(|path| path.split_first_chunk::<LEAF_BYTES>())
        else {
            return Err(self.fail(ProofError::Missing { index, start, end, found: self.proof.len() }));
        };
        self.accesses += 1;
        let current = Current { at, leaf: *leaf, siblings };
        let found = current.fold();
        if found != self.root {
            return Err(self.fail(ProofError::Root { index, at, found, wanted: self.root }));
        }
        Ok(current)
    }
}

impl Current<'_> {
    /// The root that the leaf and its siblings imply.
    fn fold(&self) -> Hash {
        let index = self.at / LEAF_BYTES as u64;
        let (siblings, _) = self.siblings.as_chunks::<LEAF_BYTES>();
        siblings.iter().enumerate().fold(self.leaf, |node, (height, sibling)| {
            if index >> height & 1 == 0 { parent(&node, sibling) } else { parent(sibling, &node) }
        })
    }
}

impl Leaves for Replay<'_> {
    fn fetch_leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        Ok(self.next(at)?.leaf)
    }

    fn leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        let current = match self.current {
            Some(current) if current.at == at => current,
            _ => self.next(at)?,
        };
        self.current = Some(current);
        Ok(current.leaf)
    }

    fn set_in_leaf(&mut self, at: u64, bytes: &[u8]) -> Exec {
        let Some(current) = &mut self.current else {
            unreachable!("a leaf is proven before it is written");
        };
        let offset = (at - current.at) as usize;
        current.leaf[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.root = current.fold();
        Ok(())
    }

    fn observe(&self, _: u64, _: &mut [u8]) -> bool {
        false
    }
}
