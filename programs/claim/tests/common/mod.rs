//! An oracle in memory, and the program's verdict over it.
#![allow(clippy::panic, reason = "a test may fail anywhere")]

use claim_model::Preimages;
use fpvm_guest::{Key, Oracle};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Serves `preimages` and notes what the program did.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) preimages: Preimages,
    /// Keys as they are, hints as text, in the order of the calls.
    pub(crate) events: Vec<String>,
}

impl Memory {
    pub(crate) const fn new(preimages: Preimages) -> Self {
        Self { preimages, events: Vec::new() }
    }

    /// The program's exit code, or the message where it panics: code 2 in both machines.
    pub(crate) fn verdict(&mut self) -> Result<u8, String> {
        catch_unwind(AssertUnwindSafe(|| claim::run(self))).map_err(|payload| {
            let literal = payload.downcast_ref().map(|text: &&str| text.to_string());
            payload.downcast_ref().cloned().or(literal).unwrap_or_default()
        })
    }
}

impl Oracle for Memory {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        self.events.push(key.to_string());
        self.preimages.get(key.as_bytes()).cloned().unwrap_or_else(|| panic!("no pre-image {key}"))
    }

    fn hint(&mut self, hint: &str) {
        self.events.push(hint.to_string());
    }
}

pub(crate) fn verdict(preimages: Preimages) -> Result<u8, String> {
    Memory::new(preimages).verdict()
}
