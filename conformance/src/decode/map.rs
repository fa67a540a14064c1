//! The classes of all instruction words, counted and digested.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use alloy_primitives::B256;
use engine::keccak256;
use isa_traits::{Hash, Isa, Trap};
use rayon::prelude::*;

use super::{Class, DIFFERENCES, Decoder, Encodings};

/// Words with the same upper half are digested together.
const CHUNK: u32 = 1 << 16;
/// One in so many is in a sample: odd, and below 32, so that every value of the field rt of MIPS32 is among them for
/// every opcode.
pub const SAMPLED: usize = 31;
/// Chunks that are counted together.
const GROUP: usize = 64;
/// The reasons by which a word alone can be refused.
const REFUSALS: [Trap; 5] =
    [Trap::UnknownOpcode, Trap::ReservedEncoding, Trap::StoreWidth, Trap::AtomicWidth, Trap::UnknownAtomic];

/// How many words are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All 2^32.
    All,
    /// One in [`SAMPLED`]: all words of every so manieth upper half.
    Sample,
}

/// The classes of instruction words.
#[derive(Debug)]
pub struct Map<T> {
    decoder: Decoder<T>,
    /// The digest of all words, where all were looked at: Keccak-256 of the names of the classes, each with a line feed
    /// behind it, and of the digests of the chunks. The digest of a chunk is Keccak-256 of a byte for each of its words,
    /// which is the place of the word's class among the names.
    pub digest: Option<B256>,
    /// The same of the chunks in a sample alone.
    pub sample: B256,
    /// The names of the classes: the refusals, then the instructions in the order of the alphabet.
    names: Vec<&'static str>,
    counts: Counts,
}

impl<T: Encodings> Map<T> {
    /// Classifies the words in some scope, on all cores.
    pub fn new(target: T, scope: Scope) -> Self {
        let decoder = Decoder::new(target);
        let mut instructions: Vec<_> = T::rows().iter().map(|&op| T::Isa::mnemonic(op)).collect();
        instructions.sort_unstable();
        instructions.dedup();
        let names: Vec<_> = REFUSALS.into_iter().map(name).chain(instructions).collect();
        let of_class = |class| match class {
            Class::Accepted(mnemonic) => names.iter().position(|&name| name == mnemonic),
            Class::Refused(trap) => REFUSALS.iter().position(|&refusal| refusal == trap),
        };
        let place = |class| of_class(class).unwrap_or_else(|| unreachable!("{class:?} is no class")) as u8;
        let rows: Vec<u8> = decoder.rows.iter().map(|row| place(row.class)).collect();
        let count = |uppers: &[u32]| {
            let mut classes = vec![0; CHUNK as usize];
            let mut counts = Counts::new::<T>(names.len());
            let mut digests = Vec::new();
            for &upper in uppers {
                for (class, word) in classes.iter_mut().zip(upper * CHUNK..) {
                    match target.decode(word) {
                        Ok(insn) => *class = rows[T::place(insn.op)],
                        Err(trap) => *class = place(Class::Refused(trap)),
                    }
                    counts.add(usize::from(*class), T::selector(word));
                }
                digests.push(keccak256(&classes));
            }
            (digests, counts)
        };
        let uppers: Vec<u32> = match scope {
            Scope::All => (0..CHUNK).collect(),
            Scope::Sample => (0..CHUNK).step_by(SAMPLED).collect(),
        };
        let mut digests = Vec::new();
        let mut counts = Counts::new::<T>(names.len());
        for (some, counted) in uppers.par_chunks(GROUP).map(count).collect::<Vec<_>>() {
            digests.extend(some);
            counts.join(&counted);
        }
        let (digest, sample) = match scope {
            Scope::All => {
                (Some(digest(&names, digests.iter())), digest(&names, digests.iter().step_by(SAMPLED)))
            }
            Scope::Sample => (None, digest(&names, digests.iter())),
        };
        Self { digest, sample, decoder, names, counts }
    }
}

fn digest<'a>(names: &[&str], chunks: impl Iterator<Item = &'a Hash>) -> B256 {
    let mut text: Vec<u8> = names.iter().flat_map(|name| [name.as_bytes(), b"\n"].concat()).collect();
    text.extend(chunks.flatten());
    keccak256(&text).into()
}

/// Words counted.
#[derive(Debug)]
struct Counts {
    /// By class.
    classes: Vec<u64>,
    /// Those of each refusal, by selector.
    refused: Vec<Vec<u64>>,
}

impl Counts {
    fn new<T: Encodings>(classes: usize) -> Self {
        Self { classes: vec![0; classes], refused: vec![vec![0; T::SELECTORS]; REFUSALS.len()] }
    }

    fn add(&mut self, class: usize, selector: usize) {
        self.classes[class] += 1;
        if let Some(refused) = self.refused.get_mut(class) {
            refused[selector] += 1;
        }
    }

    fn join(&mut self, other: &Self) {
        for (all, some) in self.classes.iter_mut().zip(&other.classes) {
            *all += some;
        }
        for (all, some) in self.refused.iter_mut().flatten().zip(other.refused.iter().flatten()) {
            *all += some;
        }
    }
}

/// What a class of refused words is called.
fn name(trap: Trap) -> &'static str {
    match trap {
        Trap::UnknownOpcode => "refused: unknown opcode",
        Trap::ReservedEncoding => "refused: reserved encoding",
        Trap::StoreWidth => "refused: store of more than 8 bytes",
        Trap::AtomicWidth => "refused: atomic of a width other than 4 or 8 bytes",
        Trap::UnknownAtomic => "refused: unknown atomic operation",
        _ => "refused",
    }
}

impl<T: Encodings> Map<T> {
    /// Words that are looked at.
    pub fn words(&self) -> u64 {
        self.counts.classes.iter().sum()
    }

    /// Words that are accepted.
    pub fn accepted(&self) -> u64 {
        self.counts.classes[REFUSALS.len()..].iter().sum()
    }

    /// The rows of a table of what is accepted: instruction, words, and why some states refuse it.
    fn instructions(&self) -> Vec<[String; 3]> {
        let counted = self.names.iter().zip(&self.counts.classes).skip(REFUSALS.len());
        let row = |(&name, &words): (&&'static str, &u64)| {
            let rows = self.decoder.rows.iter().filter(|row| row.class == Class::Accepted(name));
            let traps: Vec<_> = rows.flat_map(|row| &row.traps).map(Trap::to_string).collect();
            [name.to_owned(), words.to_string(), traps.join("; ")]
        };
        counted.filter(|&(_, &words)| words > 0).map(row).collect()
    }

    /// The rows of a table of what is refused: reason, opcodes and functions, and words.
    fn refusals(&self) -> Vec<[String; 3]> {
        let mut rows = Vec::new();
        for (name, words) in self.names.iter().zip(&self.counts.refused) {
            // Opcodes of which the same functions are refused stand together.
            let mut patterns: BTreeMap<Vec<usize>, (Vec<usize>, u64)> = BTreeMap::new();
            let opcodes = words.chunks(1 << T::split(usize::MAX).1.count_ones()).enumerate();
            for (opcode, words) in opcodes {
                let functions: Vec<_> =
                    (0..).zip(words).filter(|(_, words)| **words > 0).map(|(f, _)| f).collect();
                if !functions.is_empty() {
                    let (opcodes, all) = patterns.entry(functions).or_default();
                    opcodes.push(opcode);
                    *all += words.iter().sum::<u64>();
                }
            }
            let all = 1 << T::split(usize::MAX).1.count_ones();
            rows.extend(patterns.into_iter().map(|(functions, (opcodes, words))| {
                let functions = if functions.len() == all { String::new() } else { ranges(&functions) };
                let functions =
                    if functions.is_empty() { functions } else { format!(", function {functions}") };
                let reason = name.trim_start_matches("refused: ").to_owned();
                [reason, format!("opcode {}{functions}", ranges(&opcodes)), words.to_string()]
            }));
        }
        rows
    }
}

/// Numbers in hex, those in a row as a range.
fn ranges(numbers: &[usize]) -> String {
    let mut text = Vec::new();
    let mut rest = numbers;
    while let [first, ..] = rest {
        let row = rest.iter().zip(*first..).take_while(|(found, next)| *found == next).count();
        text.push(match row {
            1 => format!("{first:x}"),
            _ => format!("{first:x}-{:x}", first + row - 1),
        });
        rest = &rest[row..];
    }
    text.join(" ")
}

/// As Markdown.
impl<T: Encodings> Display for Map<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (words, accepted) = (self.words(), self.accepted());
        let version = self.decoder.target.version();
        writeln!(f, "## {}@{version}\n", T::NAME)?;
        writeln!(f, "Of {words} words {accepted} are accepted and {} are refused.\n", words - accepted)?;
        if let Some(digest) = self.digest {
            writeln!(f, "Digest of all words `{digest}`\n")?;
        }
        writeln!(f, "Digest of the sample `{}`\n", self.sample)?;
        table(f, ["instruction", "words", "refused in some states"], &self.instructions())?;
        writeln!(f)?;
        table(f, ["refused", "where", "words"], &self.refusals())
    }
}

fn table(f: &mut Formatter<'_>, head: [&str; 3], rows: &[[String; 3]]) -> fmt::Result {
    writeln!(f, "| {} |\n|---|---|---|", head.join(" | "))?;
    rows.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
}

/// The differences of an instruction set, as Markdown.
#[derive(Clone, Copy, Debug)]
pub struct DifferencesOf<I>(pub I);

impl<I: Isa> Display for DifferencesOf<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Differences from the manual: {}\n", I::NAME)?;
        writeln!(f, "| words, as mask / match | taken for | what they are | reference |\n|---|---|---|---|")?;
        let words = |(mask, bits): &(u32, u32)| format!("`{mask:08x}` / `{bits:08x}`");
        for difference in DIFFERENCES.iter().filter(|difference| difference.isa == I::NAME) {
            let but: Vec<_> = difference.but.iter().map(words).collect();
            let but = if but.is_empty() { String::new() } else { format!(" but {}", but.join(", ")) };
            let (ours, what) = (difference.ours.unwrap_or("refused"), difference.what);
            writeln!(f, "| {}{but} | {ours} | {what} | `{}` |", words(&difference.words), difference.source)?;
        }
        Ok(())
    }
}
