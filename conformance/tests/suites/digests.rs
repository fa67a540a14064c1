//! The trace digests that the reference gives for riscv-tests, whose ELF files are not in this repository.

use std::path::Path;
use std::{env, fs};

use engine::{Replay, Vm};
use fpvm_conformance::modes::{Trace, run_in_every_mode};
use isa_traits::Target;
use loader::Options;
use oracle::Verified;
use rv64::AsteriscRv64;

/// A file's name, pages after loading, steps, paths in all proofs, state hashes before and after, and the digest.
const WANTED: &str = include_str!("../../vectors/rv64/riscv-tests.digests");
/// The folder with the files `rv64ui-p-add` and so on.
const FOLDER: &str = "FPVM_RISCV_TESTS";

fn line(folder: &Path, name: &str) -> String {
    let elf = fs::read(folder.join(name)).unwrap();
    let loaded = loader::load(&AsteriscRv64, &elf, Options { bare: true }).unwrap();
    let mut vm = Vm::new(AsteriscRv64, loaded.state, loaded.memory, Vec::new());
    let (pages, pre) = (vm.memory().page_count(), vm.state_hash());
    let mut ran = run_in_every_mode(vm, &mut Verified::new(()), 10_000, |_| false).unwrap();
    assert!(ran.vm.state().exited, "{name}");
    let Trace { steps, proof_bytes, digest } = ran.trace;
    let paths = proof_bytes / Replay::path_bytes(AsteriscRv64::ADDRESS_BITS) as u64;
    let hex = |hash: [u8; 32]| alloy_primitives::hex::encode(hash);
    format!("{name} {pages} {steps} {paths} {} {} {}", hex(pre), hex(ran.vm.state_hash()), hex(digest.0))
}

#[test]
fn riscv_tests_have_the_digests_of_the_reference() {
    let Some(folder) = env::var_os(FOLDER) else {
        eprintln!(
            "NOT CHECKED: {FOLDER} names no folder with the ELF files of riscv-tests; their digests are not compared"
        );
        return;
    };
    for wanted in WANTED.lines() {
        let name = wanted.split(' ').next().unwrap();
        assert_eq!(line(Path::new(&folder), name), wanted);
    }
    println!("{} digests", WANTED.lines().count());
}
