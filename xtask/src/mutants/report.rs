//! `conformance/MUTANTS.md`: which test killed which mutant.

use super::data::{Mutant, Plan};
use std::collections::BTreeMap;

/// The tests that killed mutants, by the mutants' names and digests: a mutant that was changed is another one.
pub(crate) struct Killers(BTreeMap<(String, String), String>);

impl Killers {
    /// Those of an earlier report.
    pub(crate) fn parse(report: &str) -> Self {
        let row = |line: &str| {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            match *cells.as_slice() {
                ["", name, _, _, by, digest, ""] if by != NOTHING => {
                    Some(((name.to_owned(), digest.to_owned()), by.to_owned()))
                }
                _ => None,
            }
        };
        Self(report.lines().filter_map(row).collect())
    }

    pub(crate) fn set(&mut self, mutant: &Mutant, by: String) {
        self.0.insert((mutant.name.clone(), mutant.digest()), by);
    }

    pub(crate) fn forget(&mut self, mutant: &Mutant) {
        self.0.remove(&(mutant.name.clone(), mutant.digest()));
    }

    /// Whether a test killed the mutant.
    pub(crate) fn have(&self, mutant: &Mutant) -> bool {
        self.get(mutant).is_some()
    }

    fn get(&self, mutant: &Mutant) -> Option<&String> {
        self.0.get(&(mutant.name.clone(), mutant.digest()))
    }
}

/// In place of a test.
const NOTHING: &str = "nothing yet";

/// The report, in the order of the plan.
pub(crate) fn write(plan: &Plan, killers: &Killers) -> String {
    let row = |mutant: &Mutant| {
        let by = killers.get(mutant).map_or(NOTHING, String::as_str);
        let Mutant { name, bug, source, .. } = mutant;
        format!("| {name} | {bug} | {source} | `{by}` | `{}` |\n", mutant.digest())
    };
    let rows: String = plan.mutants.iter().map(row).collect();
    let (all, killed) =
        (plan.mutants.len(), plan.mutants.iter().filter(|mutant| killers.have(mutant)).count());
    format!(
        "# Mutants\n\n\
         Killed: **{killed} of {all}**. Each is a bug put into a copy of the code, and a test that fails kills it. \
         `cargo xtask mutants`\nwrites this file from `mutants.toml`; the last column tells one change from another.\n\n\
         | mutant | class | public case | killed by | change |\n|---|---|---|---|---|\n{rows}"
    )
}
