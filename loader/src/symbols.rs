//! The symbols of a program: names of addresses.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A name of some addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// The name, exactly as in the file; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// The first address.
    pub start: u64,
    /// Bytes from there; 0 where the file does not tell.
    pub size: u64,
}

/// All symbols of a program by ascending address.
///
/// In JSON this is the references' metadata: `{"symbols":[{"name":…,"start":…,"size":…},…]}`. Symbols with the
/// same address keep the order of the file (the references leave it open).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Unsorted")]
pub struct Symbols {
    symbols: Vec<Symbol>,
}

/// Symbols as a file lists them, which may be in any order.
#[derive(Deserialize)]
struct Unsorted {
    symbols: Vec<Symbol>,
}

impl From<Unsorted> for Symbols {
    fn from(unsorted: Unsorted) -> Self {
        unsorted.symbols.into_iter().collect()
    }
}

impl FromIterator<Symbol> for Symbols {
    fn from_iter<I: IntoIterator<Item = Symbol>>(symbols: I) -> Self {
        let mut symbols: Vec<_> = symbols.into_iter().collect();
        symbols.sort_by_key(|s| s.start);
        Self { symbols }
    }
}

impl Symbols {
    /// The symbols by ascending address.
    pub fn as_slice(&self) -> &[Symbol] {
        &self.symbols
    }

    /// What is at an address, as the references say it: the last symbol that starts there or before. A symbol
    /// counts the address after its last one as its own.
    pub fn at(&self, at: u64) -> Place<'_> {
        if self.symbols.is_empty() {
            return Place::Unknown;
        }
        match self.symbols[..self.symbols.partition_point(|s| s.start <= at)].last() {
            None => Place::Start,
            Some(symbol) if at - symbol.start > symbol.size => Place::Gap,
            Some(symbol) => Place::Symbol(symbol),
        }
    }

    /// The symbols with exactly this name, by ascending address.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Symbol> {
        self.symbols.iter().filter(move |s| s.name == name)
    }
}

/// What is at an address. Its text is the references': the symbol's name, or a word after an exclamation mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A symbol.
    Symbol(&'a Symbol),
    /// Nothing: the symbol before ends earlier. Written `!gap`.
    Gap,
    /// Nothing: all symbols come later. Written `!start`.
    Start,
    /// There are no symbols at all. Written `!unknown`.
    Unknown,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symbol(symbol) => &symbol.name,
            Self::Gap => "!gap",
            Self::Start => "!start",
            Self::Unknown => "!unknown",
        })
    }
}
