//! The program as a native binary: over a directory, and over the pipes a pre-image server has.
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use claim_model::{Preimages, checked_in, local_key};
use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    process::{Command, Output},
    thread,
};

const CLAIM: &str = env!("CARGO_BIN_EXE_claim");

fn over_a_directory(preimages: &Preimages) -> Output {
    let dir = tempfile::tempdir().unwrap();
    for (key, value) in preimages {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(dir.path().join(name), value).unwrap();
    }
    Command::new(CLAIM).arg("--preimages").arg(dir.path()).output().unwrap()
}

/// Named pipes stand for the inherited ones, which only `unsafe` code could pass on. A shell opens them one after the
/// other, and so does each side here: opening waits for the other end.
fn over_pipes(preimages: &Preimages) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let pipe = |name: &str| dir.path().join(name);
    assert!(Command::new("mkfifo").args(["3", "4", "5", "6"].map(pipe)).status().unwrap().success());
    let open = |path: &Path, write: bool| File::options().read(!write).write(write).open(path).unwrap();

    thread::scope(|scope| {
        let program = scope.spawn(|| {
            let script = r#"exec "$0" 3<3 4>4 5<5 6>6"#;
            Command::new("sh").args(["-c", script, CLAIM]).current_dir(dir.path()).output().unwrap()
        });
        let mut ack = open(&pipe("3"), true);
        let mut hints = open(&pipe("4"), false);
        let mut values = open(&pipe("5"), true);
        let mut keys = open(&pipe("6"), false);
        scope.spawn(move || {
            let mut prefix = [0; 4];
            while hints.read_exact(&mut prefix).is_ok() {
                let mut hint = vec![0; u32::from_be_bytes(prefix) as usize];
                hints.read_exact(&mut hint).unwrap();
                ack.write_all(&[0]).unwrap();
            }
        });
        let mut key = [0; 32];
        while keys.read_exact(&mut key).is_ok() {
            let value = &preimages[&key];
            values.write_all(&[&(value.len() as u64).to_be_bytes(), &value[..]].concat()).unwrap();
        }
        program.join().unwrap()
    })
}

#[test]
fn a_right_claim_exits_with_0_a_wrong_one_with_1() {
    let right = checked_in();
    let mut wrong = right.clone();
    wrong.insert(local_key(3), vec![0; 32]);
    for run in [over_a_directory, over_pipes] {
        let output = run(&right);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("as claimed"), "{output:?}");
        let output = run(&wrong);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("claimed 0x0000"), "{output:?}");
    }
}

#[test]
fn a_corrupt_preimage_exits_with_2_and_says_why() {
    let mut preimages = checked_in();
    preimages.iter_mut().filter(|(key, _)| key[0] == 2).for_each(|(_, value)| value.push(0));
    for run in [over_a_directory, over_pipes] {
        let output = run(&preimages);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("a pre-image hashes to"), "{output:?}");
    }
}

#[test]
fn a_missing_preimage_exits_with_2_and_names_it() {
    let output = over_a_directory(&Preimages::new());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let name = format!("01{:062x}", 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains(&name), "{output:?}");
}

#[test]
fn without_an_oracle_the_message_says_what_is_missing() {
    let output = Command::new("sh").args(["-c", r#"exec "$0" 6>&-"#, CLAIM]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--preimages DIR"), "{output:?}");
}
