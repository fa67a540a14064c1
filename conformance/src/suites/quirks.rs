//! `vectors`: what the references did on tiny programs, each with one odd behaviour.

use std::path::Path;
use std::sync::Arc;

use engine::{RunError, Vm};
use isa_traits::{Concrete, Hart, Target};
use loader::{Kind, Options};
use oracle::{Memory, Verified};

use super::recorded::{hash, same};
use super::{Judged, Limit, Setting, Test, judge, without_run};
use crate::modes::Ran;
use crate::report::Outcome;
use crate::vectors::{self, Quirk};

/// The names of files with quirks.
pub(super) const FILES: [&str; 2] = ["quirks.json", "quirks.json.gz"];

/// Whether a file has quirks.
pub(super) fn are_in(path: &Path) -> bool {
    FILES.contains(&&*path.file_name().unwrap_or_default().to_string_lossy())
}

/// The cases of the file at `path`, which is called `file`: its quirks, or its failure where it holds none.
pub(super) fn tests(path: &Path, file: &str, setting: Setting) -> Vec<(String, Test)> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let read =
        vectors::preimages_above(folder).and_then(|preimages| Ok((preimages, vectors::quirks_in(path)?)));
    let (preimages, quirks) = match read {
        Ok((preimages, quirks)) => (Arc::new(preimages), quirks),
        Err(error) => {
            let failed = Outcome::Failed(format!("cannot be read: {error}"));
            return vec![(file.to_owned(), Box::new(|_| Ok(without_run(failed))))];
        }
    };
    let test = |quirk: Quirk| -> (String, Test) {
        let (name, preimages) = (format!("{file}: {}", quirk.name), preimages.clone());
        (name, Box::new(move |limit| Ok(run(setting, &quirk, &preimages, limit))))
    };
    quirks.into_iter().map(test).collect()
}

/// Where the reference failed, the same step must be refused; elsewhere the states must be the same.
fn run(setting: Setting, quirk: &Quirk, preimages: &Memory, limit: Limit<'_>) -> Judged {
    match Kind::of(&quirk.elf) {
        Ok(kind) if kind == Kind::from(setting.rv64.elf()) => on(setting.rv64, quirk, preimages, limit),
        _ => on(setting.mips32, quirk, preimages, limit),
    }
}

fn on<T: Target>(target: T, quirk: &Quirk, preimages: &Memory, limit: Limit<'_>) -> Judged {
    if quirk.steps > limit.max_steps {
        let reason = format!("takes {} steps, and {} are allowed", quirk.steps, limit.max_steps);
        return without_run(Outcome::Failed(reason));
    }
    let vm = match loader::load(&target, &quirk.elf, Options::default()) {
        Ok(loaded) => Vm::new(target, loaded.state, loaded.memory, Vec::new()),
        Err(error) => return without_run(Outcome::Failed(error.to_string())),
    };
    let mut oracle = Verified::new(preimages.clone());
    let limit = Limit { max_steps: quirk.steps, ..limit };
    judge(
        vm,
        &mut oracle,
        limit,
        |_| false,
        |ran| compare(ran, quirk).map_or_else(Outcome::Failed, |()| Outcome::Passed),
    )
}

fn compare<T: Target, E: std::fmt::Display>(ran: &mut Ran<T, E>, quirk: &Quirk) -> Result<(), String> {
    let pc = ran.vm.state().hart.pc().get();
    match (&ran.error, &quirk.error) {
        (Some(RunError::Trap { step, .. }), Some(_)) => same("the step refused", step + 1, quirk.steps)?,
        (Some(error), None) => return Err(error.to_string()),
        (_, Some(wanted)) => return Err(format!("not refused, and the reference says: {wanted}")),
        (None, None) => {
            let state = ran.vm.state();
            same("the last step", state.step, quirk.steps)?;
            same("the exit", (state.exited, state.exit_code), (quirk.exited, quirk.exit))?;
            same("pages at the end", ran.vm.memory().page_count(), quirk.pages)?;
            same("the state at the end", hash(&mut ran.vm), quirk.final_hash)?;
        }
    }
    same("the pc at the end", pc, quirk.pc.to())
}
