//! The bus: how a machine that really runs reaches memory.

use isa_traits::{Exec, Hash, Trap};

/// Bytes of a leaf of the memory tree.
pub const LEAF_BYTES: usize = 32;

/// Access to guest memory. The order of the calls within a step is the order of its proofs.
pub trait Bus {
    /// The four bytes of the instruction at `at`, which lie in one leaf.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap>;
    /// The `N` bytes at `at`, at most 8.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap>;
    /// Writes the `N` bytes at `at`, at most 8.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec;
    /// Fills `bytes`, at most 32, from `at`. An empty read touches the leaf of `at` all the same.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec;
    /// Writes `bytes`, at most 32, at `at`. An empty write touches the leaf of `at` all the same.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec;
    /// Fills `bytes` from `at` for the world outside: no part of the step, and not proven. Yields false where
    /// this bus has no memory to look into.
    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool;
}

/// Access to memory by whole leaves, for machines that deal in Merkle paths.
pub trait Leaves {
    /// The leaf at `at`, a multiple of 32, that holds the instruction.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn fetch_leaf(&mut self, at: u64) -> Result<Hash, Trap>;
    /// The leaf at `at`, a multiple of 32. Successive accesses to one leaf share a proof.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn leaf(&mut self, at: u64) -> Result<Hash, Trap>;
    /// Replaces `bytes` within the leaf that [`leaf`](Leaves::leaf) yielded last; `at` is their own address.
    ///
    /// # Errors
    /// [`Trap::Access`] where the access cannot be made.
    fn set_in_leaf(&mut self, at: u64, bytes: &[u8]) -> Exec;
    /// See [`Bus::observe`].
    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool;
}

const fn leaf_address(at: u64) -> u64 {
    at & !(LEAF_BYTES as u64 - 1)
}

const fn leaf_offset(at: u64) -> usize {
    (at % LEAF_BYTES as u64) as usize
}

/// How many of `len` bytes at `at` lie in the leaf of `at`.
fn in_first_leaf(at: u64, len: usize) -> usize {
    len.min(LEAF_BYTES - leaf_offset(at))
}

/// A bus over leaves: splits each access at the leaf boundary.
///
/// A load proves both leaves against the same root. A store proves and writes the left leaf first, so that the
/// right one is proven against the root after that write, as RISCV.sol has it (Asterisc v1.3.0
/// `rvgo/slow/vm.go`, `storeMem`).
#[derive(Debug)]
pub struct ByLeaf<L>(pub L);

impl<L: Leaves> Bus for ByLeaf<L> {
    fn fetch(&mut self, at: u64) -> Result<[u8; 4], Trap> {
        let leaf = self.0.fetch_leaf(leaf_address(at))?;
        let bytes = leaf[leaf_offset(at)..].first_chunk();
        Ok(*bytes.unwrap_or_else(|| unreachable!("an instruction was fetched across leaves, at {at:#x}")))
    }

    fn load<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trap> {
        let mut bytes = [0; N];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> Exec {
        self.write(at, &bytes)
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Exec {
        let (left, right) = bytes.split_at_mut(in_first_leaf(at, bytes.len()));
        let leaf = self.0.leaf(leaf_address(at))?;
        left.copy_from_slice(&leaf[leaf_offset(at)..][..left.len()]);
        if !right.is_empty() {
            let leaf = self.0.leaf(at.wrapping_add(left.len() as u64))?;
            right.copy_from_slice(&leaf[..right.len()]);
        }
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Exec {
        let (left, right) = bytes.split_at(in_first_leaf(at, bytes.len()));
        self.0.leaf(leaf_address(at))?;
        self.0.set_in_leaf(at, left)?;
        if !right.is_empty() {
            let next = at.wrapping_add(left.len() as u64);
            self.0.leaf(next)?;
            self.0.set_in_leaf(next, right)?;
        }
        Ok(())
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.0.observe(at, bytes)
    }
}
