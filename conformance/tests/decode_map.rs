//! The decode map against a disassembler and a model that nobody here wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::collections::{BTreeMap, BTreeSet};

use capstone::arch::BuildsCapstone;
use capstone::{Arch, Capstone, Endian, Mode, NO_EXTRA_MODE, arch};
use fpvm_conformance::decode::{
    Class, DIFFERENCES, Decoder, Difference, DifferencesOf, Encodings, Map, Scope,
};
use isa_traits::{Isa, Target};
use mips32::CannonMips32;
use rayon::prelude::*;
use rv64::AsteriscRv64;

/// Words of a comparison that a thread makes at a time.
const BATCH: u32 = 1 << 16;

fn riscv() -> Capstone {
    Capstone::new().riscv().mode(arch::riscv::ArchMode::RiscV64).build().unwrap()
}

fn mips() -> Capstone {
    Capstone::new_raw(Arch::MIPS, Mode::Mips32, NO_EXTRA_MODE, Some(Endian::Big)).unwrap()
}

/// Names that the disassembler has for some encodings of an instruction.
const ALIASES: [(&str, &str); 16] = [
    ("b", "beq"),
    ("bal", "bgezal"),
    ("beqz", "beq"),
    ("bnez", "bne"),
    ("ehb", "sll"),
    ("fence.i", "fence"),
    ("fence.tso", "fence"),
    ("jr", "jalr"),
    ("move", "addu"),
    ("move", "or"),
    ("neg", "sub"),
    ("negu", "subu"),
    ("nop", "sll"),
    ("not", "nor"),
    ("pause", "sll"),
    ("ssnop", "sll"),
];

/// What the disassembler calls a word, without the order of an atomic; nothing where it is no instruction.
fn theirs(disassembler: &Capstone, bytes: [u8; 4]) -> Option<String> {
    let found = disassembler.disasm_count(&bytes, 0, 1).unwrap();
    let insn = found.first().filter(|insn| insn.len() == bytes.len())?;
    let name = disassembler.insn_name(insn.id()).unwrap();
    let order = [".aqrl", ".aq", ".rl"].into_iter().find_map(|order| name.strip_suffix(order));
    Some(order.unwrap_or(&name).to_owned())
}

/// Whether both names are of one instruction.
fn same(ours: Option<&str>, theirs: Option<&str>) -> bool {
    ours == theirs || ours.zip(theirs).is_some_and(|(ours, theirs)| ALIASES.contains(&(theirs, ours)))
}

/// Compares what the target and the disassembler make of `count` words. Where they differ, it must be a difference
/// that is documented; yields which of them were met.
fn compare<T: Encodings>(
    target: T,
    disassembler: fn() -> Capstone,
    bytes: fn(u32) -> [u8; 4],
    count: u64,
    word: impl Fn(u64) -> u32 + Sync,
) -> BTreeSet<usize> {
    let decoder = Decoder::new(target);
    let batch = |number: u64| {
        let disassembler = disassembler();
        let (mut met, mut wrong) = (BTreeSet::new(), BTreeMap::new());
        for i in number * u64::from(BATCH)..count.min((number + 1) * u64::from(BATCH)) {
            let word = word(i);
            let (theirs, ours) = (theirs(&disassembler, bytes(word)), decoder.class(word));
            let ours = match ours {
                Class::Accepted(name) => Some(name),
                Class::Refused(_) => None,
            };
            if !same(ours, theirs.as_deref()) {
                match Difference::of::<T::Isa>(word, ours) {
                    Some(found) => {
                        met.insert(DIFFERENCES.iter().position(|other| std::ptr::eq(other, found)).unwrap());
                    }
                    None => {
                        let (all, none, words) = wrong.entry((ours, theirs)).or_insert((!0, 0, 0));
                        (*all, *none, *words) = (*all & word, *none | word, *words + 1);
                    }
                }
            }
        }
        (met, wrong)
    };
    let batches = count.div_ceil(BATCH.into());
    let (met, wrong) = (0..batches).into_par_iter().map(batch).reduce(Default::default, |mut one, other| {
        one.0.extend(other.0);
        for (names, (all, none, words)) in other.1 {
            let sum = one.1.entry(names).or_insert((!0, 0, 0));
            *sum = (sum.0 & all, sum.1 | none, sum.2 + words);
        }
        one
    });
    let lines = wrong.into_iter().map(|((ours, theirs), (all, none, words))| {
        format!("{ours:?} {theirs:?}: {words} words, mask {:08x} match {all:08x}\n", !(all ^ none))
    });
    let lines: String = lines.collect();
    assert!(lines.is_empty(), "{} takes words otherwise, which is not documented:\n{lines}", T::NAME);
    met
}

/// Every difference of the instruction set must be there: what is taken otherwise was met, and what is refused is.
fn all_hold<T: Encodings>(target: T, met: &BTreeSet<usize>) {
    let decoder = Decoder::new(target);
    let of_isa = DIFFERENCES.iter().enumerate().filter(|(_, difference)| difference.isa == T::Isa::NAME);
    for (i, difference) in of_isa {
        let (_, bits) = difference.words;
        let refused = difference.ours.is_none() && matches!(decoder.class(bits), Class::Refused(_));
        // The disassembler does not look at the fields of sync either.
        let unseen = difference.ours == Some("sync");
        assert!(refused || unseen || met.contains(&i), "there is no such difference: {difference:?}");
    }
}

/// All values of opcode, funct3 and funct7, of rs2 in some registers, of rd and rs1 both zero or not.
fn rv64_word(i: u64) -> u32 {
    let i = i as u32;
    let (opcode, funct3, funct7) = (i & 0x7f, i >> 7 & 7, i >> 10 & 0x7f);
    let rs2 = [0, 1, 2, 3, 5, 8, 16, 31][(i >> 17 & 7) as usize];
    let (rd, rs1) = [(0, 0), (1, 2), (31, 31), (5, 0)][(i >> 20) as usize];
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25
}

/// All values of opcode, function and rt, of rs in some registers, and of rd and sa.
fn mips32_word(i: u64) -> u32 {
    let i = i as u32;
    let (opcode, function, rt) = (i & 63, i >> 6 & 63, i >> 12 & 31);
    let rs = [0, 1, 2, 3, 5, 8, 16, 31][(i >> 17 & 7) as usize];
    let (rd, sa) = [(0, 0), (1, 0), (31, 31), (0, 1)][(i >> 20) as usize];
    opcode << 26 | rs << 21 | rt << 16 | rd << 11 | sa << 6 | function
}

#[test]
fn rv64_differs_from_a_disassembler_only_where_the_reference_does() {
    let met = compare(AsteriscRv64, riscv, u32::to_le_bytes, 1 << 22, rv64_word);
    all_hold(AsteriscRv64, &met);
}

#[test]
fn mips32_differs_from_a_disassembler_only_where_the_reference_does() {
    let met = compare(CannonMips32::LATEST, mips, u32::to_be_bytes, 1 << 22, mips32_word);
    all_hold(CannonMips32::LATEST, &met);
}

/// Takes some 15 minutes of a processor: `cargo test --release -p fpvm-conformance --test decode_map -- --ignored every_word`.
#[test]
#[ignore = "looks at all 2^32 words"]
fn every_word_of_rv64_differs_only_where_the_reference_does() {
    compare(AsteriscRv64, riscv, u32::to_le_bytes, 1 << 32, |i| i as u32);
}

/// The same.
#[test]
#[ignore = "looks at all 2^32 words"]
fn every_word_of_mips32_differs_only_where_the_reference_does() {
    compare(CannonMips32::LATEST, mips, u32::to_be_bytes, 1 << 32, |i| i as u32);
}

/// What `fpvm decode-map` prints.
static COMMITTED: &str = include_str!("../DECODE.md");

/// The part of the committed map that is about a target.
fn committed<T: Target>(target: T) -> &'static str {
    let head = format!("## {}@{}\n", T::NAME, target.version());
    COMMITTED.split_once(&head).unwrap().1.split("\n## ").next().unwrap()
}

fn a_sample_is_as_committed<T: Encodings>(target: T) {
    let sample = Map::new(target, Scope::Sample).sample;
    let line = format!("Digest of the sample `{sample}`\n");
    assert!(committed(target).contains(&line), "{}@{}: not {line}", T::NAME, target.version());
}

#[test]
fn samples_of_all_targets_are_as_committed() {
    a_sample_is_as_committed(AsteriscRv64);
    CannonMips32::VERSIONS.into_iter().for_each(a_sample_is_as_committed);
}

#[test]
fn the_committed_differences_are_those_in_use() {
    for text in [DifferencesOf(rv64::Rv64).to_string(), DifferencesOf(mips32::Mips32).to_string()] {
        assert!(COMMITTED.contains(&text), "DECODE.md lacks: {text}");
    }
}

/// Takes some two minutes on two cores in the release profile.
#[test]
#[ignore = "looks at all 2^32 words of each target"]
fn all_words_of_all_targets_are_as_committed() {
    fn holds<T: Encodings>(target: T) {
        let text = Map::new(target, Scope::All).to_string();
        assert!(COMMITTED.contains(&text), "DECODE.md lacks: {text}");
    }
    holds(AsteriscRv64);
    CannonMips32::VERSIONS.into_iter().for_each(holds);
}

/// Whether a table row's count is the words of its mask, for rows that no other one overlaps.
#[test]
fn counts_are_those_of_the_patterns() {
    let count = |part: &str, name: &str| -> u64 {
        let line = part.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
        line.split(" | ").nth(1).unwrap().parse().unwrap()
    };
    let rv64 = committed(AsteriscRv64);
    for (name, mask) in [("add", 0xfe00_707f_u32), ("lb", 0x707f), ("jal", 0x7f), ("lr.w", 0xf800_707f)] {
        assert_eq!(count(rv64, name), 1 << mask.count_zeros(), "{name}");
    }
    let mips = committed(CannonMips32::LATEST);
    for (name, mask) in [("add", 0xfc00_003f_u32), ("lw", 0xfc00_0000), ("bltzal", 0xfc1f_0000)] {
        assert_eq!(count(mips, name), 1 << mask.count_zeros(), "{name}");
    }
    assert!(!committed(CannonMips32::VERSIONS[0]).contains("| bgezal |"));
    assert!(rv64.contains("of 4294967296 words") || rv64.contains("Of 4294967296 words"));
}
