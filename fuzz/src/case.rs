//! Cases: a machine about to run, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A machine about to run a few instructions.
///
/// The code ends at `end`, where a word stands that our machine refuses; the model stops before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Where it begins.
    pub start: u64,
    /// Where it is done.
    pub end: u64,
    /// The general registers, and after them those of the instruction set, such as HI and LO.
    pub registers: Vec<u64>,
    /// Instruction words by address.
    pub code: BTreeMap<u64, u32>,
    /// Memory that may be read and written. What is there afterwards is compared.
    pub windows: Vec<Window>,
}

/// A piece of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its address.
    pub at: u64,
    /// What is there at the beginning.
    #[serde(with = "const_hex")]
    pub bytes: Vec<u8>,
}

/// How a case came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// At the end of the code.
    Reached,
    /// At an instruction that asks the kernel.
    Call,
    /// At an instruction that was refused: the number of the exception by the model's count.
    Refused(u32),
    /// At an access the model has no memory for.
    Access(u32),
    /// Not at all, within the steps allowed.
    Endless,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Where.
    pub pc: u64,
    /// The registers, in the order of the case.
    pub registers: Vec<u64>,
    /// The bytes of the windows, one after the other.
    #[serde(with = "const_hex")]
    pub memory: Vec<u8>,
}

impl Case {
    /// Appends the case as the model reads it: start, end, registers, then blocks of memory and windows, each
    /// counted with 4 bytes and given as address of 8 bytes, size of 4 bytes, and, of blocks, the bytes. All
    /// numbers are little-endian, instruction words in the order that `word` gives.
    pub fn write(&self, word: fn(u32) -> [u8; 4], to: &mut Vec<u8>) {
        for number in [&self.start, &self.end].into_iter().chain(&self.registers) {
            to.extend(number.to_le_bytes());
        }
        let runs = self.runs(word);
        to.extend(((runs.len() + self.windows.len()) as u32).to_le_bytes());
        for Window { at, bytes } in runs.iter().chain(&self.windows) {
            to.extend(at.to_le_bytes());
            to.extend((bytes.len() as u32).to_le_bytes());
            to.extend(bytes);
        }
        to.extend((self.windows.len() as u32).to_le_bytes());
        for Window { at, bytes } in &self.windows {
            to.extend(at.to_le_bytes());
            to.extend((bytes.len() as u32).to_le_bytes());
        }
    }

    /// The code as runs of bytes without gaps.
    pub fn runs(&self, word: fn(u32) -> [u8; 4]) -> Vec<Window> {
        let mut runs: Vec<Window> = Vec::new();
        for (&at, &raw) in &self.code {
            match runs.last_mut() {
                Some(run) if run.at.wrapping_add(run.bytes.len() as u64) == at => run.bytes.extend(word(raw)),
                _ => runs.push(Window { at, bytes: word(raw).to_vec() }),
            }
        }
        runs
    }

    /// How many bytes an outcome takes on the wire: kind of end 1, cause 4, pc 8, registers, memory.
    pub fn outcome_bytes(&self) -> usize {
        13 + 8 * self.registers.len() + self.windows.iter().map(|window| window.bytes.len()).sum::<usize>()
    }
}

impl Outcome {
    /// Reads an outcome of `registers` registers, the rest being memory.
    pub fn read(bytes: &[u8], registers: usize) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(13)?;
        let cause = u32::from_le_bytes(*head[1..].first_chunk()?);
        let end = match head[0] {
            0 => End::Reached,
            1 => End::Refused(cause),
            _ => End::Access(cause),
        };
        let pc = u64::from_le_bytes(*head[5..].first_chunk()?);
        let (words, memory) = rest.split_at_checked(8 * registers)?;
        let registers = words.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Some(Self { end, pc, registers, memory: memory.to_vec() })
    }
}
