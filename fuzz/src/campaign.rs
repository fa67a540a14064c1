//! Campaigns: many random cases on both sides.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::Subject;
use crate::case::{Case, End, Outcome};
use crate::model::Model;
use crate::ours::{Ours, Ran, agree};
use crate::random::Random;
use crate::regression::{self, Regression};
use crate::shrink::{Judge, shrink, words};

/// Cases that are sent at once.
const BATCH: usize = 128;
/// Every second case is a program, the others are single encodings.
const CASES_PER_PROGRAM: u64 = 2;
/// Unnamed differences after which a campaign ends: something is wrong at large.
const ENOUGH: usize = 20;

/// How long a campaign goes on: until either is reached.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions executed on both sides.
    pub instructions: u64,
    /// Time.
    pub time: Duration,
}

/// A quirk that was met.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Met {
    /// How often.
    pub count: u64,
    /// What each side does.
    pub about: String,
}

/// What a campaign found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// What was tested: a commit and a day.
    pub origin: String,
    /// The name of the instruction set.
    pub isa: String,
    /// Name and version of the model.
    pub model: String,
    /// The seed.
    pub seed: u64,
    /// Programs that came out the same.
    pub programs: u64,
    /// Single encodings that came out the same.
    pub encodings: u64,
    /// Instructions executed by our machine in cases that came out the same.
    pub instructions: u64,
    /// Encodings that both refused, or took as system calls.
    pub refused: u64,
    /// Cases left out, because they do not come to an end.
    pub endless: u64,
    /// Cases the model crashed on.
    pub crashes: u64,
    /// Quirks by name.
    pub quirks: BTreeMap<String, Met>,
    /// Differences that no quirk names.
    pub differences: Vec<Regression>,
    /// One case of each quirk.
    #[serde(skip)]
    pub samples: BTreeMap<String, Regression>,
    /// Seconds it took.
    pub seconds: f64,
}

/// Runs a campaign with the model that `python` has. `progress` is called after each batch.
///
/// # Errors
/// Where the model cannot be asked.
pub fn run<T: Subject>(
    python: &Path,
    seed: u64,
    limits: Limits,
    mut progress: impl FnMut(&Findings),
) -> Result<Findings> {
    let begin = Instant::now();
    let (ours, mut model) = (Ours::<T>::default(), Model::start::<T>(python)?);
    let mut findings =
        Findings { isa: T::ISA.into(), model: model.name.clone(), seed, ..Findings::default() };
    let mut number = 0;
    while findings.instructions < limits.instructions
        && begin.elapsed() < limits.time
        && findings.differences.len() < ENOUGH
    {
        let mut cases: Vec<(Case, Ran)> = Vec::with_capacity(BATCH);
        while cases.len() < BATCH {
            let case = make::<T>(seed, number);
            number += 1;
            let ran = ours.run(&case);
            match ran.outcome.end {
                End::Endless => findings.endless += 1,
                _ => cases.push((case, ran)),
            }
        }
        let outcomes = model.ask::<T>(&cases.iter().map(|(case, _)| case).collect::<Vec<_>>())?;
        for ((case, ran), outcome) in cases.into_iter().zip(outcomes) {
            match outcome {
                None => findings.crashes += 1,
                Some(outcome) if agree::<T>(&ran, &outcome) => findings.count(&case, &ran),
                Some(_) => {
                    findings.explain(case, &mut Judge { ours: &ours, model: &mut model })?;
                }
            }
        }
        findings.seconds = begin.elapsed().as_secs_f64();
        progress(&findings);
    }
    Ok(findings)
}

/// The case of a number.
pub fn make<T: Subject>(seed: u64, number: u64) -> Case {
    let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.rotate_left(32));
    random.next();
    if number.is_multiple_of(CASES_PER_PROGRAM) { T::sequence(&mut random) } else { T::encoding(&mut random) }
}

impl Findings {
    fn count(&mut self, case: &Case, ran: &Ran) {
        self.instructions += ran.steps;
        match (case.code.len() > 20, ran.outcome.end) {
            (true, _) => self.programs += 1,
            (false, End::Reached) => self.encodings += 1,
            (false, _) => self.refused += 1,
        }
    }

    /// Names the differences of a case, one after the other: what is named is taken out, and the rest must agree.
    fn explain<T: Subject>(&mut self, mut case: Case, judge: &mut Judge<'_, T>) -> Result<()> {
        while judge.difference(&case)?.is_some() {
            let small = shrink(&case, judge)?;
            let Some((ran, outcome)) = judge.difference(&small)? else { break };
            let quirk = regression::quirk::<T>(&small, &ran, &outcome);
            let blamed = words::<T>(&small);
            for (at, _) in &blamed {
                case.code.insert(*at, T::NOP);
            }
            let regression = self.regression::<T>(small, outcome, quirk.map(|quirk| quirk.name));
            match quirk {
                Some(quirk) if !blamed.is_empty() => {
                    let new = || Met { count: 0, about: quirk.about.into() };
                    self.quirks.entry(quirk.name.into()).or_insert_with(new).count += 1;
                    self.samples.entry(quirk.name.into()).or_insert(regression);
                }
                _ => {
                    self.differences.push(regression);
                    break;
                }
            }
        }
        Ok(())
    }

    fn regression<T: Subject>(&self, case: Case, outcome: Outcome, quirk: Option<&str>) -> Regression {
        let name = |raw| {
            let insn = T::default().decode(raw);
            insn.map_or("refused", |insn| <T::Isa as isa_traits::Isa>::mnemonic(insn.op))
        };
        let instructions =
            words::<T>(&case).into_iter().map(|(at, raw)| format!("{at:#x}: {raw:#010x} {}", name(raw)));
        Regression {
            isa: self.isa.clone(),
            model: self.model.clone(),
            quirk: quirk.map(Into::into),
            instructions: instructions.collect(),
            case,
            outcome,
        }
    }
}
