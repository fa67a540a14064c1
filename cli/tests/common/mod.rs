//! The binary, programs to run with it, and their pre-images.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]
#![allow(dead_code, reason = "each test file takes the helpers it needs")]

pub(crate) mod cannon;
pub(crate) mod elf;
pub(crate) mod process;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use alloy_primitives::{B256, Bytes};
use flate2::read::GzDecoder;
use fpvm_conformance::vectors::Program;
use serde_json::Value;
use tempfile::TempDir;

/// Both instruction sets, by the names in files.
pub(crate) const ISAS: [&str; 2] = ["rv64", "mips32"];

/// Long enough for a busy machine, short enough to end a test that hangs.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// A folder for the files of one test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `fpvm`, to be run in a folder.
pub(crate) fn fpvm(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_fpvm"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE").timeout(SOON);
    command
}

/// Runs `fpvm` in a folder.
pub(crate) fn run<A: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = A>) -> Run {
    Run(fpvm(folder).args(args).output().unwrap())
}

/// What `fpvm` has done.
#[derive(Debug)]
pub(crate) struct Run(pub(crate) Output);

impl Run {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// Checks the exit status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "stdout: {}\nstderr: {}", self.stdout(), self.stderr());
        self
    }

    /// Checks that standard error has all of these in it, and no trace of a panic.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        let text = self.stderr();
        assert!(!text.contains("panicked"), "{text}");
        for part in parts {
            assert!(text.contains(part), "lacks '{part}':\n{text}");
        }
        self
    }

    /// Checks that nothing went to standard output.
    #[track_caller]
    pub(crate) fn prints_nothing(self) -> Self {
        assert_eq!(self.stdout(), "");
        self
    }

    /// The one JSON value on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A field of a JSON object, as text without quotes.
#[track_caller]
pub(crate) fn field(object: &Value, name: &str) -> String {
    let value = object.get(name).unwrap_or_else(|| panic!("no {name} in {object}"));
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The state hash of a state file, computed anew by `fpvm witness`.
#[track_caller]
pub(crate) fn state_hash(state: &Path) -> String {
    let args = [OsStr::new("witness"), OsStr::new("--input"), state.as_os_str()];
    field(&run(Path::new("/"), args).exits(0).json(), "stateHash")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The program `claim`, about five million steps on RV64 and twelve on MIPS32.
pub(crate) fn claim(isa: &str) -> PathBuf {
    repository().join(format!("programs/prebuilt/claim.{isa}.elf"))
}

/// The inputs of a right claim.
pub(crate) fn claim_preimages() -> PathBuf {
    repository().join("programs/claim/preimages")
}

/// The name of a key's file.
pub(crate) fn local_key(index: u64) -> String {
    format!("01{index:062x}")
}

/// A copy of the inputs of `claim`, in `folder/preimages`, for a test to change.
pub(crate) fn copied_claim_preimages(folder: &Path) -> PathBuf {
    let copy = folder.join("preimages");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(claim_preimages()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    copy
}

/// A program that the references were recorded on.
pub(crate) fn recorded(isa: &str, name: &str) -> Program {
    Program::read(isa, name).unwrap()
}

/// Writes the ELF file of a recorded program into `folder`.
pub(crate) fn recorded_elf(folder: &Path, isa: &str, name: &str) -> PathBuf {
    let path = folder.join(format!("{name}.{isa}.elf"));
    fs::write(&path, recorded(isa, name).elf).unwrap();
    path
}

/// Writes the pre-images of the recorded programs into `folder/recorded`.
pub(crate) fn recorded_preimages(folder: &Path) -> PathBuf {
    let to = folder.join("recorded");
    fs::create_dir(&to).unwrap();
    let values: BTreeMap<B256, Bytes> =
        serde_json::from_slice(&unpacked(&repository().join("conformance/vectors/preimages.json.gz")))
            .unwrap();
    for (key, value) in values {
        fs::write(to.join(format!("{key:x}")), value).unwrap();
    }
    to
}

/// Makes the initial state of an ELF file as `folder/NAME`.
pub(crate) fn initial_state(folder: &Path, elf: &Path, name: &str) -> PathBuf {
    let state = folder.join(name);
    let args =
        ["load-elf".as_ref(), "--path".as_ref(), elf, "--meta".as_ref(), "".as_ref(), "--out".as_ref()];
    run(folder, args.into_iter().chain([state.as_path()])).exits(0);
    state
}

/// What a file holds once it is decompressed.
#[track_caller]
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let file = BufReader::new(File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|suffix| suffix == "gz") {
        GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    } else {
        BufReader::new(file).read_to_end(&mut bytes).unwrap();
    }
    bytes
}

/// The example `host`, which cargo builds together with the tests.
pub(crate) fn host() -> PathBuf {
    let host = Path::new(env!("CARGO_BIN_EXE_fpvm")).parent().unwrap().join("examples/host");
    assert!(host.exists(), "the tests need the example: cargo build -p fpvm --example host");
    host
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
