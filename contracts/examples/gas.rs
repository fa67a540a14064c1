//! Prints what steps cost, by class. `cargo xtask gas` writes it to `contracts/GAS.md`.

#![allow(clippy::unwrap_used, reason = "a report that cannot be made ends the program")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;

use common::random::{Rng, Sample, memory, number, step};
use common::{Called, Chain};
use fpvm_contracts::{Artifact, calldata};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// Accepted steps that are measured of each target.
const STEPS: usize = 20_000;
const STATE: usize = 132;

/// What the references' contracts cost: execution gas of the call frame; minimum, median and maximum. Of the median,
/// the middle where a range was measured.
type Figures = [u64; 3];

/// The classes, with the references' figures.
const RV64: &[(&str, Figures)] = &[
    ("arithmetic, multiplication, branch, jump", [36_800, 38_000, 39_300]),
    ("load, LR", [65_900, 72_800, 73_400]),
    ("load across a leaf", [98_500, 98_500, 98_500]),
    ("store, SC", [119_800, 121_700, 123_200]),
    ("store across a leaf", [172_800, 172_800, 172_800]),
    ("AMO", [151_900, 157_000, 158_500]),
    ("mmap", [39_800, 40_100, 40_400]),
    ("pre-image key written", [66_000, 66_000, 66_000]),
    ("pre-image read", [104_000, 104_000, 104_000]),
    ("other system calls", [0, 0, 178_000]),
];
const MIPS32: &[(&str, Figures)] = &[
    ("arithmetic, multiplication, branch, jump", [17_200, 18_500, 20_300]),
    ("load, LL", [22_800, 25_100, 25_300]),
    ("store, SC", [28_200, 30_600, 30_800]),
    ("mmap", [17_600, 17_900, 17_900]),
    ("pre-image key written", [24_000, 24_000, 24_000]),
    ("pre-image read", [40_000, 40_000, 40_000]),
    ("other system calls", [0, 0, 18_000]),
];

/// The class of an instruction, or of a system call.
trait Classes: Sample {
    const CLASSES: &'static [(&'static str, Figures)];
    fn class(raw: u32, state: &[u8], paths: usize) -> &'static str;
}

/// The class of the system call that a state asks for.
fn call<T: Sample>(state: &[u8], [read, write, mmap]: [u64; 3]) -> &'static str {
    let register = |index: usize| number::<T>(state, T::REGISTERS + T::WORD * index);
    let (number, first, _) = T::CALL;
    match (register(number), register(first)) {
        (call, 5) if call == read => "pre-image read",
        (call, 6) if call == write => "pre-image key written",
        (call, _) if call == mmap => "mmap",
        _ => "other system calls",
    }
}

impl Classes for AsteriscRv64 {
    const CLASSES: &'static [(&'static str, Figures)] = RV64;

    fn class(raw: u32, state: &[u8], paths: usize) -> &'static str {
        match (raw & 0x7f, raw >> 27, paths) {
            (0x03, _, 3) => "load across a leaf",
            (0x03, ..) | (0x2f, 2, _) => "load, LR",
            (0x23, _, 3) => "store across a leaf",
            (0x23, ..) | (0x2f, 3, _) => "store, SC",
            (0x2f, ..) => "AMO",
            (0x73, ..) if raw >> 20 == 0 && raw >> 12 & 7 == 0 => call::<Self>(state, [63, 64, 222]),
            _ => "arithmetic, multiplication, branch, jump",
        }
    }
}

impl Classes for CannonMips32 {
    const CLASSES: &'static [(&'static str, Figures)] = MIPS32;

    fn class(raw: u32, state: &[u8], _: usize) -> &'static str {
        match (raw >> 26, raw & 0x3f) {
            (0x20..0x28 | 0x30, _) => "load, LL",
            (0x28.., _) => "store, SC",
            (0, 0x0c) => call::<Self>(state, [4003, 4004, 4090]),
            _ => "arithmetic, multiplication, branch, jump",
        }
    }
}

/// A measured step.
struct Measured {
    execution: u64,
    calldata: u64,
    /// What a transaction with nothing but this call pays since EIP-7623.
    transaction: u64,
}

impl Measured {
    fn of(called: &Called, data: &[u8]) -> Self {
        let zeros = data.iter().filter(|&&byte| byte == 0).count() as u64;
        let tokens = zeros + 4 * (data.len() as u64 - zeros);
        let execution = called.execution_gas();
        let transaction = 21_000 + (4 * tokens + execution).max(10 * tokens);
        Self { execution, calldata: data.len() as u64, transaction }
    }
}

fn figures(mut values: Vec<u64>) -> Figures {
    values.sort_unstable();
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

fn show([least, median, most]: Figures) -> String {
    let shown = |gas: u64| if gas == 0 { "–".to_owned() } else { format!("{:.1} k", gas as f64 / 1000.0) };
    format!("{} / {} / {}", shown(least), shown(median), shown(most))
}

fn measure<T: Classes>(target: T, code: usize) {
    let (mut chain, mut rng) = (Chain::new(), Rng::new(1));
    let mut classes: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
    let mut steps = 0;
    while steps < STEPS {
        chain.forget();
        let mut memory = memory::<T>(&mut rng);
        for _ in 0..64 {
            let case = step(&mut rng, target, &mut memory);
            let state = &case.data[STATE..][..T::WITNESS_BYTES];
            if case.post.is_none() || state[T::EXIT + 1] != 0 {
                continue;
            }
            if case.preimage.0[0] != 0 && case.preimage.2 < case.preimage.1.len() as u64 + 8 {
                chain.load(&case.preimage, &case.context);
            }
            let data = &case.data;
            let called = chain.step::<T>(data.clone());
            assert_eq!(called.hash(), case.post);
            let raw = memory.leaf(number::<T>(state, T::PC));
            let at = (number::<T>(state, T::PC) % 32) as usize;
            let bytes = [raw[at], raw[at + 1], raw[at + 2], raw[at + 3]];
            let raw = if T::WORD == 8 { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
            let paths = (data.len() - calldata::proof_offset::<T>()) / (32 * (T::ADDRESS_BITS as usize - 4));
            classes.entry(T::class(raw, state, paths)).or_default().push(Measured::of(&called, data));
            steps += 1;
        }
    }
    println!("\n## {}: {code} bytes of code, of 24,576\n", T::NAME);
    println!(
        "| class | steps | ours | reference | ours / reference | calldata, bytes | transaction |\n\
         |---|---:|---:|---:|---:|---:|---:|"
    );
    for (class, reference) in T::CLASSES {
        let measured = classes.remove(class).unwrap_or_default();
        assert!(measured.len() >= 20, "{class}: only {} steps", measured.len());
        let of = |value: fn(&Measured) -> u64| figures(measured.iter().map(value).collect());
        let execution = of(|step| step.execution);
        let ratio = match reference[1] {
            0 => format!("{:.0} % (greatest)", 100.0 * execution[2] as f64 / reference[2] as f64),
            median => format!("{:.0} %", 100.0 * execution[1] as f64 / median as f64),
        };
        println!(
            "| {class} | {} | {} | {} | {ratio} | {} | {:.1} k |",
            measured.len(),
            show(execution),
            show(*reference),
            of(|step| step.calldata)[1],
            of(|step| step.transaction)[1] as f64 / 1000.0,
        );
    }
    assert!(classes.is_empty(), "classes without a reference: {:?}", classes.keys());
}

fn main() {
    println!(
        "# Gas\n\n\
         Written by `cargo xtask gas`. Random accepted steps on an EVM under Cancun; least, median and greatest execution gas\n\
         of the call frame. Reference: RISCV.sol of Asterisc v1.3.0 and MIPS.sol 1.2.1-beta.6 with their own compiler settings.\n\
         Transaction: the median of what one with nothing but the call pays since EIP-7623, 21,000 and calldata included; the\n\
         floor of calldata decides it nearly everywhere, so that bytes of proofs cost more than what is done with them."
    );
    let code = |artifact: Artifact| artifact.deployed_bytecode.len();
    measure(AsteriscRv64, code(Artifact::rv64_step().unwrap()));
    measure(CannonMips32::LATEST, code(Artifact::mips32_step().unwrap()));
}
