//! That what is checked in belongs together: definitions, generated sources, artifacts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fpvm_contracts::{Artifact, emit};
use sha2::{Digest, Sha256};

/// Bytes of code a contract may have (EIP-170), and how much of that ours may use, in percent.
const CODE_LIMIT: usize = 24_576;
const ROOM: usize = 80;

fn solidity() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("solidity")
}

/// The folders of the sources.
const FOLDERS: [&str; 3] = ["", "generated/", "dispute/"];

fn artifacts() -> [Artifact; 6] {
    [
        Artifact::rv64_step(),
        Artifact::mips32_step(),
        Artifact::preimage_oracle(),
        Artifact::dispute_game(),
        Artifact::proof_gate(),
        Artifact::attestation(),
    ]
    .map(Result::unwrap)
}

/// The names of the files in a folder of the sources, as artifacts name them.
fn sources(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(solidity().join(folder)).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "sol"));
    files.map(|path| format!("{folder}{}", path.file_name().unwrap().to_string_lossy())).collect()
}

/// An artifact is no older than its sources, and no source belongs to none.
#[test]
fn artifacts_are_of_these_sources() {
    let mut used = BTreeSet::new();
    for artifact in artifacts() {
        for (path, sum) in artifact.sources {
            let found =
                alloy_primitives::hex::encode(Sha256::digest(fs::read(solidity().join(&path)).unwrap()));
            assert_eq!(
                found, sum,
                "{} was built from another {path}: run contracts/build.sh",
                artifact.contract
            );
            used.insert(path);
        }
    }
    assert_eq!(used, FOLDERS.into_iter().flat_map(sources).collect());
}

/// What the contracts do is what the definitions say.
#[test]
fn generated_sources_are_of_these_definitions() {
    let files = emit::files();
    let names: BTreeSet<String> = files.keys().map(|name| format!("generated/{name}")).collect();
    assert_eq!(names, sources("generated/"));
    for (name, text) in files {
        let found = fs::read(solidity().join("generated").join(&name)).unwrap();
        assert!(found == text, "{name} is not what the definitions give: run cargo xtask solidity");
    }
}

#[test]
fn contracts_leave_room_below_the_limit_of_code() {
    for artifact in artifacts() {
        let bytes = artifact.deployed_bytecode.len();
        assert!(bytes > 0 && bytes <= CODE_LIMIT * ROOM / 100, "{} has {bytes} bytes", artifact.contract);
    }
}

#[test]
fn settings_are_those_of_the_house() {
    for artifact in artifacts() {
        let setting = |path: &str| artifact.settings.pointer(path).map(ToString::to_string);
        assert_eq!(artifact.compiler, "0.8.30+commit.73712a01.Emscripten.clang");
        assert_eq!(setting("/evmVersion").as_deref(), Some("\"cancun\""));
        assert_eq!(setting("/viaIR").as_deref(), Some("true"));
        assert_eq!(setting("/metadata/bytecodeHash").as_deref(), Some("\"none\""));
        assert_eq!(setting("/metadata/appendCBOR").as_deref(), Some("false"));
    }
}
