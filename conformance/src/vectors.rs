//! Golden vectors: what the reference machines did, step by step.
//!
//! `vectors/<isa>/<program>/` holds a program, what became of it and proofs of some of its steps;
//! `vectors/<isa>/quirks.json.gz` holds tiny programs, one for each odd behaviour. `vectors/README.md` tells
//! where they come from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use alloy_primitives::{B256, Bytes, U64};
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Bytes of the length before a recorded pre-image.
pub const PREFIX_BYTES: usize = 8;

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
        Self::read_in(&directory().join(isa).join(name))
    }

    /// Reads the program in a directory, which has its name: `NAME.elf`, `manifest.json`, and its proofs by
    /// ascending step as `proofs/STEP.json` or together in `proofs.jsonl`. Any of the files may be compressed,
    /// its name ending in `.gz`.
    ///
    /// # Errors
    /// Where a file cannot be read or does not hold what it should.
    pub fn read_in(folder: &Path) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let mut elf = Vec::new();
        open(&folder.join(format!("{name}.elf")))?.read_to_end(&mut elf)?;
        let mut proofs: Vec<Proof> = match std::fs::read_dir(folder.join("proofs")) {
            Ok(files) => files.map(|file| read(&file?.path())).collect::<io::Result<_>>()?,
            Err(_) => open(&folder.join("proofs.jsonl"))?
                .lines()
                .map(|line| Ok(serde_json::from_str(&line?)?))
                .collect::<io::Result<_>>()?,
        };
        proofs.sort_by_key(|proof| proof.step);
        Ok(Self { elf, manifest: read(&folder.join("manifest.json"))?, proofs })
    }
}

/// Reads the quirks of `isa`.
///
/// # Errors
/// Where the file cannot be read or does not hold what it should.
pub fn quirks(isa: &str) -> io::Result<Vec<Quirk>> {
    quirks_in(&directory().join(isa).join("quirks.json"))
}

/// Reads the quirks in a file: a list, or one list for each instruction set. An ELF file is hex, or a path from the
/// file's folder.
///
/// # Errors
/// Where a file cannot be read or does not hold what it should.
pub fn quirks_in(path: &Path) -> io::Result<Vec<Quirk>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Layout {
        List(Vec<Value>),
        ByIsa(BTreeMap<String, Vec<Value>>),
    }
    // Opened under the name without `.gz`, a compressed file is found and unpacked.
    let plain =
        if path.extension().is_some_and(|end| end == "gz") { path.with_extension("") } else { path.into() };
    let quirks = match read(&plain)? {
        Layout::List(quirks) => quirks,
        Layout::ByIsa(lists) => lists.into_values().flatten().collect(),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let with_elf = |mut quirk: Value| {
        if let Some(Value::String(elf)) = quirk.get_mut("elf")
            && elf.parse::<Bytes>().is_err()
        {
            *elf = Bytes::from(std::fs::read(folder.join(&*elf))?).to_string();
        }
        Ok(serde_json::from_value(quirk)?)
    };
    quirks.into_iter().map(with_elf).collect()
}

/// Reads the pre-images the programs ask for.
///
/// # Errors
/// Where the file cannot be read or does not hold what it should.
pub fn preimages() -> io::Result<oracle::Memory> {
    preimages_above(&directory())
}

/// Reads the pre-images in or above a directory: `preimages/KEY` in hex, or together in `preimages.json`, which may
/// be compressed. There may be none.
///
/// # Errors
/// Where a file cannot be read or does not hold what it should.
pub fn preimages_above(folder: &Path) -> io::Result<oracle::Memory> {
    let folder = folder.canonicalize()?;
    let mut memory = oracle::Memory::default();
    for folder in folder.ancestors() {
        let together = folder.join("preimages.json");
        if let Ok(files) = std::fs::read_dir(folder.join("preimages")) {
            for file in files {
                let path = file?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let key: B256 = name.parse().map_err(io::Error::other)?;
                memory.insert(oracle::Key::from(key.0), std::fs::read(&path)?);
            }
            break;
        }
        if together.exists() || compressed(&together).exists() {
            let map: BTreeMap<B256, Bytes> = read(&together)?;
            for (key, value) in map {
                memory.insert(oracle::Key::from(key.0), value.to_vec());
            }
            break;
        }
    }
    Ok(memory)
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The name of a file that is compressed.
fn compressed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

/// Opens a file, or the compressed one in its place.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = compressed(path);
            let file = File::open(&path)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
            Ok(Box::new(BufReader::new(GzDecoder::new(file))))
        }
        Err(error) => Err(error),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_reader(open(path)?)?)
}
