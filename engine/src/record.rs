//! The bus of a proven step: as in a run, and notes the Merkle path of each leaf touched.

use std::vec::Vec;

use isa_traits::{Exec, Hash, Target, Trap};

use crate::bus::{Bus, Leaves};
use crate::direct::Direct;

/// A run's bus that records. The paths are appended leaf first, in the order of the accesses.
#[derive(Debug)]
pub(crate) struct Recorder<'a, T: Target> {
    direct: Direct<'a, T>,
    paths: Vec<u8>,
    /// The data leaf proven last: accesses to it need no further path.
    current: Option<u64>,
}

impl<'a, T: Target> Recorder<'a, T> {
    pub(crate) const fn new(direct: Direct<'a, T>) -> Self {
        Self { direct, paths: Vec::new(), current: None }
    }

    /// The recorded paths.
    pub(crate) fn into_paths(self) -> Vec<u8> {
        self.paths
    }

    fn record(&mut self, at: u64) -> Hash {
        self.direct.memory.path(at, |hash| self.paths.extend_from_slice(hash));
        self.direct.memory.leaf(at)
    }
}

impl<T: Target> Leaves for Recorder<'_, T> {
    fn fetch_leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        Ok(self.record(at))
    }

    fn leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        if self.current == Some(at) {
            return Ok(self.direct.memory.leaf(at));
        }
        self.current = Some(at);
        Ok(self.record(at))
    }

    fn set_in_leaf(&mut self, at: u64, bytes: &[u8]) -> Exec {
        self.direct.write(at, bytes)
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.direct.observe(at, bytes)
    }
}
