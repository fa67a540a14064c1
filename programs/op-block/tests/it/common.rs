//! An oracle in memory, the program's verdict over it, and real blocks.

use flate2::read::GzDecoder;
use fpvm_guest::{Key, Oracle};
use op_block_inputs::{Inputs, import};
use std::{
    fs::{self, File},
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Serves the inputs and notes what the program did.
#[derive(Debug)]
pub(crate) struct Memory {
    inputs: Inputs,
    /// Keys as they are, hints as text, in the order of the calls.
    pub(crate) events: Vec<String>,
    asked: Vec<Key>,
}

impl Memory {
    pub(crate) const fn new(inputs: Inputs) -> Self {
        Self { inputs, events: Vec::new(), asked: Vec::new() }
    }

    /// A local value, to be changed.
    pub(crate) fn value(&mut self, index: u64) -> &mut Vec<u8> {
        self.inputs.values.get_mut(&Key::local(index)).unwrap()
    }

    /// The keys that the program asked for, in that order.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.asked.clone()
    }

    /// The program's exit code, or the message where it panics: code 2 in both machines.
    pub(crate) fn verdict(&mut self) -> Result<u8, String> {
        catch_unwind(AssertUnwindSafe(|| op_block::run(self))).map_err(|payload| {
            let literal = payload.downcast_ref().map(|text: &&str| text.to_string());
            payload.downcast_ref().cloned().or(literal).unwrap_or_default()
        })
    }
}

impl Oracle for Memory {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        self.events.push(key.to_string());
        self.asked.push(*key);
        self.inputs.values.get(key).cloned().unwrap_or_else(|| panic!("no pre-image {key}"))
    }

    fn hint(&mut self, hint: &str) {
        self.events.push(hint.to_string());
    }
}

/// The inputs of the blocks beside this repository by their files' names, the smallest first; none, and a line that
/// says so, where there are no such files.
pub(crate) fn real_blocks() -> Vec<(String, Inputs)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/op-sepolia-blocks");
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("SKIPPED: there are no blocks in {}", folder.display());
        return Vec::new();
    };
    let mut blocks: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let mut json = Vec::new();
            GzDecoder::new(File::open(&path).unwrap()).read_to_end(&mut json).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, import(&json).unwrap())
        })
        .collect();
    blocks.sort_by_key(|(_, inputs)| inputs.values.len());
    blocks
}
