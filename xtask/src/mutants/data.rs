//! The mutants, and the tests that should notice them.

use crate::root;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fmt, fs};

/// `conformance/mutants.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    suites: Vec<Suites>,
    pub(crate) mutants: Vec<Mutant>,
}

/// Which tests cover some files, the cheapest first; the first such entry counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    /// The beginning of their names.
    files: String,
    tests: Vec<TestTarget>,
}

/// A package, one of its test targets, `lib` for the tests beside the code, and perhaps a part of the tests' names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TestTarget {
    pub(crate) package: String,
    pub(crate) target: String,
    pub(crate) filter: Option<String>,
}

impl TryFrom<String> for TestTarget {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split(' ').map(str::to_owned);
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(package), Some(target), filter, None) => Ok(Self { package, target, filter }),
            _ => {
                Err(format!("{text:?} is no package and target, with a part of the tests' names or without"))
            }
        }
    }
}

/// A bug to be put into the code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    pub(crate) name: String,
    /// The class of bugs it belongs to.
    pub(crate) bug: String,
    /// A public case of that class.
    pub(crate) source: String,
    /// The file it is put into.
    pub(crate) file: String,
    /// The text it replaces, which occurs once.
    find: String,
    replace: String,
}

impl fmt::Display for TestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.target)?;
        self.filter.as_ref().map_or(Ok(()), |filter| write!(f, " {filter}"))
    }
}

impl Plan {
    /// Reads the plan, and sees that every mutant can be put into the code as it is.
    pub(crate) fn read() -> Result<Self> {
        let path = root().join("conformance/mutants.toml");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let plan: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let names: BTreeSet<_> = plan.mutants.iter().map(|mutant| &mutant.name).collect();
        ensure!(names.len() == plan.mutants.len(), "two mutants have one name");
        for mutant in &plan.mutants {
            plan.tests(mutant)?;
            let text = fs::read_to_string(root().join(&mutant.file));
            mutant.apply(&text.with_context(|| mutant.file.clone())?)?;
        }
        Ok(plan)
    }

    /// The tests that should notice a mutant.
    pub(crate) fn tests(&self, mutant: &Mutant) -> Result<&[TestTarget]> {
        let suites = self.suites.iter().find(|suites| mutant.file.starts_with(&suites.files));
        Ok(&suites.with_context(|| format!("no suites cover {}", mutant.file))?.tests)
    }
}

impl Mutant {
    /// Tells this change from any other: the beginning of a SHA-256 of the file's name and both texts.
    pub(crate) fn digest(&self) -> String {
        let digest = Sha256::digest([self.file.as_str(), &self.find, &self.replace].join("\0"));
        format!("{digest:x}")[..8].to_owned()
    }

    /// The text of the file with the bug in it.
    pub(crate) fn apply(&self, text: &str) -> Result<String> {
        let Self { name, file, find, replace, .. } = self;
        let found = text.matches(find.as_str()).count();
        ensure!(found == 1, "{name}: its text occurs {found} times in {file}, wanted 1:\n{find}");
        ensure!(find != replace, "{name}: replaces a text by itself");
        Ok(text.replacen(find.as_str(), replace, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When code moves, a mutant whose text went with it must follow.
    #[test]
    fn every_mutant_can_be_put_into_the_code() -> Result<()> {
        let plan = Plan::read()?;
        ensure!(plan.mutants.len() >= 100, "{} mutants", plan.mutants.len());
        Ok(())
    }
}
