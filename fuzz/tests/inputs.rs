//! Malformed input: whatever a file holds, reading it ends in a value or an error, in bounded memory and time.
//!
//! Files that are good are changed at random, as many as `FPVM_FUZZ_INPUTS` says for each kind. The allocator of this
//! test has a cap, and a watchdog looks at the time: what passes either ends the process. `FPVM_FUZZ_KEEP` names a file
//! to keep the last input in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::alloc::System;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{env, fs, process, thread};

use cap::Cap;
use engine::snapshot::{self, Format};
use engine::{Memory, StepProof, Vm, verify};
use fpvm_fuzz::random::Random;
use isa_traits::{State, Target};
use mips32::CannonMips32;
use oracle::{Bundle, Key, MAX_BUNDLE_BYTES};
use rv64::AsteriscRv64;

#[path = "../../cli/src/pattern.rs"]
mod pattern;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What reading may take on top of what is there: the loader's own limit on an image, and room for its copies.
const CAP_BYTES: usize = 256 << 20;
/// What hangs, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// One kind at a time: the cap is the process's.
static ALONE: Mutex<()> = Mutex::new(());

const ELF_RV64: &[u8] = include_bytes!("../../loader/tests/data/rv64-exit1.elf");
const ELF_MIPS32: &[u8] = include_bytes!("../../loader/tests/data/mips32-exit1.elf");

/// Changes a file in one to eight places.
fn change(random: &mut Random, file: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..=random.below(8) {
        if bytes.is_empty() {
            break;
        }
        // Headers stand at the beginning.
        let within = if random.one_in(2) { bytes.len() } else { bytes.len().min(256) };
        let at = random.below(within as u64) as usize;
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.next() as u8,
            3 | 4 => {
                let number = random.value();
                let number = if random.one_in(2) { number.to_le_bytes() } else { number.to_be_bytes() };
                let size = [1, 2, 4, 8][random.below(4) as usize];
                for (byte, new) in bytes[at..].iter_mut().zip(&number[..size]) {
                    *byte = *new;
                }
            }
            // A piece twice, or a number in text that is too long.
            5 => {
                let piece = bytes[at..].iter().copied().take(random.below(64) as usize).collect::<Vec<_>>();
                bytes.splice(at..at, piece);
            }
            6 => drop(bytes.splice(at..at, random.value().to_string().into_bytes())),
            _ => {
                let end = bytes.len().min(at + random.below(64) as usize);
                bytes.drain(at..end);
            }
        }
    }
    bytes
}

/// Ends the process where, after the number of an input, nothing comes for too long.
fn watchdog(kind: &str) -> Sender<u64> {
    let (begins, watched) = channel();
    let kind = kind.to_owned();
    thread::spawn(move || {
        let mut current = 0;
        loop {
            match watched.recv_timeout(PATIENCE) {
                Ok(number) => current = number,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("{kind}: input {current} hangs; FPVM_FUZZ_KEEP=FILE keeps it");
                    process::abort();
                }
            }
        }
    });
    begins
}

/// Hands changed files to `read`, which says whether it took them.
fn survives(kind: &str, files: &[Vec<u8>], mut read: impl FnMut(&[u8]) -> bool) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = env::var("FPVM_FUZZ_INPUTS").map_or(2000, |count| count.parse().unwrap());
    let keep = env::var_os("FPVM_FUZZ_KEEP");
    for file in files {
        assert!(read(file), "{kind}: a good file is refused");
    }
    let begins = watchdog(kind);
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + CAP_BYTES).unwrap();
    let (mut random, mut taken) = (Random::new(kind.len() as u64), 0_u64);
    for number in 0..count {
        let file = &files[random.below(files.len() as u64) as usize];
        let input = change(&mut random, file);
        if let Some(keep) = &keep {
            fs::write(keep, &input).unwrap();
        }
        begins.send(number).unwrap();
        taken += u64::from(read(&input));
    }
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    println!("{kind}: {count} inputs, {taken} of them taken");
    assert!(taken < count, "{kind}: nothing was refused");
}

fn loads<T: Target>(target: T, kind: &str, elf: &[u8]) {
    survives(kind, &[elf.to_vec()], |file| loader::load(&target, file, loader::Options::default()).is_ok());
}

#[test]
fn elf_files() {
    loads(AsteriscRv64, "ELF for RV64", ELF_RV64);
    loads(CannonMips32::default(), "ELF for MIPS32", ELF_MIPS32);
}

/// A machine with a few pages.
fn machine<T: Target>(target: T) -> Vm<T> {
    let mut memory = Memory::new(T::ADDRESS_BITS);
    for at in [0x1000, 0x2ffe, 0x7fff_f000] {
        memory.write(at, b"some bytes");
    }
    Vm::new(target, State::default(), memory, b"hint".to_vec())
}

fn states<T: Target>(target: T, kind: &str, format: Format) {
    let mut file = Vec::new();
    snapshot::write(&mut machine(target), format, &mut file).unwrap();
    survives(kind, &[file], |mut file| snapshot::read(target, format, &mut file).is_ok());
}

#[test]
fn binary_states() {
    states(AsteriscRv64, "binary state of RV64", Format::Binary);
    states(CannonMips32::default(), "binary state of MIPS32", Format::Binary);
}

#[test]
fn json_states() {
    states(AsteriscRv64, "JSON state of RV64", Format::Json);
}

fn proofs<T: Target>(target: T, kind: &str, elf: &[u8]) {
    let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
    let mut vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    let mut oracle = oracle::Verified::new(oracle::Memory::default());
    let prove = |_| serde_json::to_vec(&vm.prove(&mut oracle, &mut ()).unwrap()).unwrap();
    let files: Vec<_> = (0..8).map(prove).collect();
    survives(kind, &files, |file| {
        let Ok(proof) = serde_json::from_slice::<StepProof>(file) else { return false };
        let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
        verify(&target, &proof.state, &proof.proof, preimage).is_ok()
    });
}

#[test]
fn step_proofs() {
    proofs(AsteriscRv64, "step proof of RV64", ELF_RV64);
    proofs(CannonMips32::default(), "step proof of MIPS32", ELF_MIPS32);
}

#[test]
fn patterns() {
    let texts = ["never", "always", "=1,2,3", "%1000", "0x10..20", "=0b1_0", "5..18446744073709551615"];
    survives("pattern", &texts.map(|text| text.as_bytes().to_vec()), |text| {
        let pattern = str::from_utf8(text).ok().and_then(|text| text.parse::<pattern::Pattern>().ok());
        pattern.is_some_and(|pattern| {
            // Whatever it is, it can be asked.
            for step in [0, 1, 7, u64::MAX - 1, u64::MAX] {
                let next = pattern.next(step);
                assert!(next.is_none_or(|next| next >= step));
            }
            true
        })
    });
}

/// A bundle with an entry of each kind that is told apart.
fn bundle() -> Bundle {
    let mut bundle = Bundle::default();
    let long = b"a pre-image that repeats: ".repeat(100);
    for key in [Key::local(1), Key::local(2), Key::from([5; 32])] {
        bundle.insert(key, b"of no hash", "test").unwrap();
    }
    bundle.insert(Key::keccak256(&long), &long, "test").unwrap();
    bundle.insert(Key::sha256(b""), b"", "test").unwrap();
    bundle
}

#[test]
fn bundles() {
    let mut file = Vec::new();
    bundle().write(&mut file).unwrap();
    survives("bundle", &[file], |file| Bundle::read(file, "test").is_ok());
    // What a guest is handed.
    survives("contents of a bundle", &[bundle().contents()], |bytes| {
        let Ok(contents) = preimage::bundle::Contents::parse(bytes) else { return false };
        let mut reader = contents.reader();
        for entry in contents.entries() {
            assert!(reader.get(&entry.key).is_some());
        }
        contents.verify().is_ok()
    });
}

/// A Zstandard frame of `count` blocks, each of which is one byte 131,072 times (RFC 8878, 3.1.1).
fn bomb(count: u32) -> Vec<u8> {
    const MAGIC: u32 = 0xfd2f_b528;
    const BLOCK_BYTES: u32 = 1 << 17;
    const REPEATED: u32 = 1;
    let window_log = BLOCK_BYTES.ilog2() - 10;
    let mut frame = MAGIC.to_le_bytes().to_vec();
    frame.extend([0, (window_log << 3) as u8]);
    for number in 0..count {
        let header = u32::from(number + 1 == count) | REPEATED << 1 | BLOCK_BYTES << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(b'f');
    }
    frame
}

#[test]
fn a_bundle_that_expands_beyond_measure_is_refused() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A few bytes that are well-formed are refused for what they say.
    let error = Bundle::read(&bomb(1)[..], "test").unwrap_err().to_string();
    assert!(error.contains("fpvmpre"), "{error}");
    let blocks = (100 * MAX_BUNDLE_BYTES) >> 17;
    let bomb = bomb(blocks as u32);
    assert!(bomb.len() < 4 << 20);
    let begins = watchdog("a bomb");
    // A vector that grows may be twice as long as what it holds, and is copied.
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + 4 * MAX_BUNDLE_BYTES as usize).unwrap();
    let error = Bundle::read(&bomb[..], "test").unwrap_err();
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    drop(begins);
    assert!(matches!(error, oracle::Error::LargeBundle { limit: MAX_BUNDLE_BYTES, .. }), "{error}");
}
