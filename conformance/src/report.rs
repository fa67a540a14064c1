//! What became of the cases of a suite.

use serde::Serialize;

use crate::modes::Trace;

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// It did in every mode what the suite asks for.
    Passed,
    /// It did not, for this reason.
    Failed(String),
    /// The target is not made to run it, for this reason; it counts as not executed.
    Refused(String),
}

/// A case of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The file's path below the one that was named.
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Its run, where all modes agreed on one.
    #[serde(flatten)]
    pub trace: Option<Trace>,
}

/// What became of the cases of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the suite.
    pub suite: &'static str,
    /// Cases that were executed.
    pub executed: usize,
    /// Cases that passed.
    pub passed: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that the target is not made to run.
    pub refused: usize,
    /// How many cases were to be executed at least.
    pub expected: usize,
    /// Whether enough cases were executed, and all of them passed.
    pub ok: bool,
    /// The cases in the order of their names.
    pub cases: Vec<Case>,
}

impl Report {
    /// Counts the cases. At least `expected` of them should have been executed, and at least one.
    #[must_use]
    pub fn new(suite: &'static str, cases: Vec<Case>, expected: usize) -> Self {
        let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|case| is(&case.outcome)).count();
        let passed = count(|outcome| matches!(outcome, Outcome::Passed));
        let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let refused = count(|outcome| matches!(outcome, Outcome::Refused(_)));
        let (executed, expected) = (passed + failed, expected.max(1));
        let ok = failed == 0 && executed >= expected;
        Self { suite, executed, passed, failed, refused, expected, ok, cases }
    }

    /// What to say where too few cases were executed.
    #[must_use]
    pub fn too_few(&self) -> Option<String> {
        let Self { executed, expected, .. } = self;
        (executed < expected)
            .then(|| format!("too few: {executed} cases were executed, wanted at least {expected}"))
    }
}
