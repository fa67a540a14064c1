//! What of a program its target would refuse, without running it.
//!
//! Code is reached from the entry and from every function whose address the program's data or code holds, through
//! jumps, branches and calls, with constants followed along straight lines (`known`). That takes too much for reached
//! rather than too little: every such function, both ways of every branch, the return of every call, and all of a
//! function that jumps to a computed address, but for zeros that fill it up. It takes for granted that computed jumps and calls lead to functions
//! whose addresses stand in the program as they are, not as offsets from another one, that code is not made at run
//! time, and that an instruction's delay slot is not a jump's target with another meaning. In a program without
//! symbols, a computed jump leads anywhere.

mod cause;
mod known;
mod reach;

use std::collections::BTreeMap;

use isa_traits::{Concrete, Hart};
use loader::{LoadError, Loaded, Options, Warning};
use serde::Serialize;

pub use cause::Causes;

use crate::decode::Decoder;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The machine refuses it: the run ends there, and no verdict comes of it.
    Refused,
    /// The machine refuses it, and it is there to end the program.
    Abort,
    /// The machine refuses it, and Go's runtime does not come to it with one thread and without cgo, unless it panics.
    Dormant,
    /// The machine accepts it, and does something else than the manual says.
    Differs,
}

/// Why something is reported, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// How much it matters.
    pub level: Level,
    /// What is there.
    pub what: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// A place in a program that its author should know about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The address.
    pub pc: u64,
    /// The function it is in.
    pub symbol: String,
    /// The instruction word there.
    pub instruction: u32,
}

/// All places with one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What is there.
    pub what: String,
    /// What to do about it.
    pub advice: &'static str,
    /// Where, by ascending address. None where it is a matter of the whole file.
    pub places: Vec<Place>,
}

/// What was found in a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What can be reached: first what is refused.
    pub findings: Vec<Finding>,
    /// Instructions that can be reached.
    pub reached: usize,
    /// Words of code that are not reached, and how many of them are refused: code that nothing calls, and data.
    pub unreached: usize,
    /// How many words of those the machine would refuse.
    pub unreached_refused: usize,
    /// System calls whose number is not visible, and so not judged.
    pub hidden_calls: Vec<Place>,
}

impl Report {
    /// Whether nothing that can be reached is refused, but for what is there to end the program.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Refused)
    }

    /// The findings that matter so much.
    pub fn at(&self, level: Level) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.level == level)
    }
}

/// Looks for what the target would refuse of an ELF file.
///
/// # Errors
/// Why the file cannot be loaded.
pub fn lint<T: Causes>(target: T, elf: &[u8]) -> Result<Report, LoadError> {
    lint_with(target, &Decoder::new(target), elf)
}

/// Does so with a decoder that was made before, for many files.
///
/// # Errors
/// Why the file cannot be loaded.
pub fn lint_with<T: Causes>(target: T, decoder: &Decoder<T>, elf: &[u8]) -> Result<Report, LoadError> {
    let loaded = loader::load(&target, elf, Options::default())?;
    let mut reach = reach::Reach::new(target, decoder, &loaded);
    reach.run(loaded.state.hart.pc().get());
    let place = |pc| Place {
        pc,
        symbol: loaded.symbols.at(pc).to_string(),
        instruction: reach::word::<T>(&loaded.memory, pc),
    };
    let mut findings: Vec<_> = loaded.warnings.iter().map(of_file).collect();
    let mut by_cause: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (&pc, &cause) in &reach.found {
        let place = place(pc);
        let mut cause = cause.in_function(&place.symbol);
        // The assembly code of Go's runtime crashes by such a word, and Go's linker marks places by them.
        let by_go = ["runtime.", "go:"].iter().any(|start| place.symbol.starts_with(start));
        if T::is_padding(place.instruction) && by_go {
            cause.level = cause.level.max(Level::Abort);
        }
        by_cause.entry(cause).or_default().push(place);
    }
    findings.extend(by_cause.into_iter().map(|(Cause { level, what, advice }, places)| Finding {
        level,
        what: what.to_owned(),
        advice,
        places,
    }));
    findings.sort_by_key(|finding| finding.level);
    let unreached = unreached(&loaded, &reach);
    let refused = |&&pc: &&u64| decoder.decode(reach::word::<T>(&loaded.memory, pc)).is_err();
    Ok(Report {
        findings,
        reached: reach.reached(),
        unreached: unreached.len(),
        unreached_refused: unreached.iter().filter(refused).count(),
        hidden_calls: reach.hidden_calls.iter().copied().map(place).collect(),
    })
}

/// The words of code that are not reached.
fn unreached<T: Causes>(loaded: &Loaded<T>, reach: &reach::Reach<'_, T>) -> Vec<u64> {
    let words = loaded.code.iter().flat_map(|code| code.clone().step_by(4));
    words.filter(|&pc| !reach.has(pc)).collect()
}

/// What the loader has to say of a file.
fn of_file(warning: &Warning) -> Finding {
    let (level, advice) = match warning {
        Warning::NewerGo { .. } => (Level::Refused, "build it with Go 1.22"),
        _ => (
            Level::Differs,
            "keep the symbols: they are what Go programs are patched by, and name what is found",
        ),
    };
    Finding { level, what: warning.to_string(), advice, places: Vec::new() }
}
