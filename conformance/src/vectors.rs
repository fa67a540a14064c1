//! Golden vectors: what the reference machines did, step by step.
//!
//! `vectors/<isa>/<program>/` holds a program, what became of it and proofs of some of its steps;
//! `vectors/<isa>/quirks.json.gz` holds tiny programs, one for each odd behaviour. `vectors/README.md` tells
//! where they come from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use alloy_primitives::{B256, Bytes, U64};
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A program and what the reference made of it.
#[derive(Clone, Debug)]
pub struct Program {
    /// The ELF file.
    pub elf: Vec<u8>,
    /// What became of it.
    pub manifest: Manifest,
    /// Proofs of some of its steps.
    pub proofs: Vec<Proof>,
}

/// What became of a program.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// Pages after loading.
    pub load_pages: usize,
    /// The state hash after loading.
    pub initial_hash: B256,
    /// The witness after loading.
    pub initial_witness: Bytes,
    /// The step counter at the end.
    pub final_step: u64,
    /// The state hash at the end.
    pub final_hash: B256,
    /// The witness at the end.
    pub final_witness: Bytes,
    /// Pages at the end.
    pub final_pages: usize,
    /// The guest's exit code.
    pub exit_code: u8,
    /// States in between, by ascending step.
    pub checkpoints: Vec<Checkpoint>,
}

/// A state on the way.
#[derive(Clone, Debug, Deserialize)]
pub struct Checkpoint {
    /// The step counter.
    pub step: u64,
    /// The state hash.
    pub hash: B256,
    /// The pc.
    pub pc: U64,
}

/// A step proof as the references write it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proof {
    /// The step counter before the step.
    pub step: u64,
    /// The state hash before the step.
    pub pre: B256,
    /// The state hash after the step.
    pub post: B256,
    /// The witness before the step.
    pub state_data: Bytes,
    /// The Merkle paths of the leaves touched.
    pub proof_data: Bytes,
    /// The key of the pre-image the step reads.
    pub oracle_key: Option<B256>,
    /// Its value, after its length in 8 bytes, big-endian.
    pub oracle_value: Option<Bytes>,
    /// The offset it is read from, counting the length; 0 where left out.
    #[serde(default)]
    pub oracle_offset: u64,
}

/// A tiny program that shows one odd behaviour.
#[derive(Clone, Debug, Deserialize)]
pub struct Quirk {
    /// What it shows.
    pub name: String,
    /// The ELF file.
    pub elf: Bytes,
    /// Steps made, counting one that failed.
    pub steps: u64,
    /// Whether the guest has exited.
    pub exited: bool,
    /// Its exit code.
    pub exit: u8,
    /// Why the reference failed, if it did.
    pub error: Option<String>,
    /// The state hash at the end; of a half-executed state where the reference failed.
    pub final_hash: B256,
    /// The pc at the end.
    pub pc: U64,
    /// Pages at the end.
    pub pages: usize,
}

impl Program {
    /// Reads the program `name` of `isa` (`rv64`, `mips32`).
    ///
    /// # Errors
    /// Where a file cannot be read or does not hold what it should.
    pub fn read(isa: &str, name: &str) -> io::Result<Self> {
        let folder = directory().join(isa).join(name);
        let mut elf = Vec::new();
        open(&folder.join(format!("{name}.elf.gz")))?.read_to_end(&mut elf)?;
        let proofs = open(&folder.join("proofs.jsonl.gz"))?
            .lines()
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<io::Result<_>>()?;
        Ok(Self { elf, manifest: read(&folder.join("manifest.json.gz"))?, proofs })
    }
}

/// Reads the quirks of `isa`.
///
/// # Errors
/// Where the file cannot be read or does not hold what it should.
pub fn quirks(isa: &str) -> io::Result<Vec<Quirk>> {
    read(&directory().join(isa).join("quirks.json.gz"))
}

/// Reads the pre-images the programs ask for.
///
/// # Errors
/// Where the file cannot be read or does not hold what it should.
pub fn preimages() -> io::Result<oracle::Memory> {
    let map: std::collections::BTreeMap<B256, Bytes> = read(&directory().join("preimages.json.gz"))?;
    let mut memory = oracle::Memory::default();
    for (key, value) in map {
        memory.insert(oracle::Key::from(key.0), value.to_vec());
    }
    Ok(memory)
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn open(path: &Path) -> io::Result<BufReader<GzDecoder<File>>> {
    Ok(BufReader::new(GzDecoder::new(File::open(path)?)))
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_reader(open(path)?)?)
}
