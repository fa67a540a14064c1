//! Cases that are kept, with what the model made of them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::case::{Case, Outcome};
use crate::ours::{Ours, Ran, agree};
use crate::{Difference, Quirk, Subject};

/// A case that came out differently once, shrunk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Regression {
    /// The name of the instruction set.
    pub isa: String,
    /// Who the model was.
    pub model: String,
    /// The quirk that the difference is; where there is none, both must agree.
    pub quirk: Option<String>,
    /// The instructions that matter, for people.
    pub instructions: Vec<String>,
    /// The case.
    pub case: Case,
    /// What the model made of it.
    pub outcome: Outcome,
}

/// Where they lie.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/regressions")
}

impl Regression {
    /// Runs the case on our side and says what is not as it should be: a quirk must still be that quirk, anything else
    /// must agree with the model.
    ///
    /// # Errors
    /// In words, what is wrong.
    pub fn check<T: Subject>(&self, ours: &Ours<T>) -> Result<(), String> {
        let ran = ours.run(&self.case);
        if agree::<T>(&ran, &self.outcome) {
            return match &self.quirk {
                Some(name) => Err(format!("the quirk {name} is gone: both agree")),
                None => Ok(()),
            };
        }
        let found = quirk::<T>(&self.case, &ran, &self.outcome).map(|quirk| quirk.name);
        if self.quirk.is_some() && found == self.quirk.as_deref() {
            return Ok(());
        }
        Err(format!(
            "differs as {found:?}, expected {:?}: {ran:?}, the model: {:?}",
            self.quirk, self.outcome
        ))
    }
}

/// The quirk that a difference is. The case must be shrunk.
pub fn quirk<T: Subject>(case: &Case, ran: &Ran, model: &Outcome) -> Option<&'static Quirk> {
    if ran.interpreted.is_some() {
        return None;
    }
    let words: Vec<u32> = crate::shrink::words::<T>(case).into_iter().map(|(_, raw)| raw).collect();
    let difference = Difference { case, words: &words, ours: &ran.outcome, trap: ran.trap, model };
    T::QUIRKS.iter().find(|quirk| (quirk.applies)(&difference))
}
