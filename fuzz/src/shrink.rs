//! From a case that differs to the few instructions that matter.

use anyhow::Result;
use isa_traits::Trap;

use crate::Subject;
use crate::case::{Case, End, Outcome};
use crate::model::Model;
use crate::ours::{Ours, Ran, agree};

/// Both sides of a case.
#[derive(Debug)]
pub struct Judge<'a, T> {
    /// Our side.
    pub ours: &'a Ours<T>,
    /// The model's side.
    pub model: &'a mut Model,
}

impl<T: Subject> Judge<'_, T> {
    /// What both made of a case, if they differ. A crash of the model is no difference.
    ///
    /// # Errors
    /// Where the model cannot be asked.
    pub fn difference(&mut self, case: &Case) -> Result<Option<(Ran, Outcome)>> {
        let ran = self.ours.run(case);
        if ran.outcome.end == End::Endless {
            return Ok(None);
        }
        let outcome = self.model.ask::<T>(&[case])?.pop().flatten();
        Ok(outcome.filter(|outcome| !agree::<T>(&ran, outcome)).map(|outcome| (ran, outcome)))
    }
}

/// Instructions that do nothing, in a row, from which on they are jumped over.
const MANY: usize = 8;

/// The instructions of a case that do something, by address. The word that ends the code is not among them.
pub fn words<T: Subject>(case: &Case) -> Vec<(u64, u32)> {
    let nop = |at: u64| case.code.get(&at) == Some(&T::NOP);
    let skips = |at: u64, raw: u32| {
        let over = |words: u32| (1..words).all(|word| nop(at.wrapping_add(4 * u64::from(word))));
        (2..).take(case.code.len()).any(|words| T::skip(words) == Some(raw) && over(words))
    };
    let code = case.code.iter().map(|(&at, &raw)| (at, raw));
    code.filter(|&(at, raw)| raw != T::NOP && !skips(at, raw) && at != case.end).collect()
}

/// Jumps over instructions that do nothing, where they are many in a row. The first stays: it may stand in a delay
/// slot.
fn skip_nops<T: Subject>(case: &mut Case) {
    let nops: Vec<u64> = case.code.iter().filter(|(_, raw)| **raw == T::NOP).map(|(&at, _)| at).collect();
    for row in nops.chunk_by(|left, right| left.wrapping_add(4) == *right).filter(|row| row.len() >= MANY) {
        if let Some(raw) = T::skip(row.len() as u32 - 1) {
            case.code.insert(row[1], raw);
        }
    }
}

/// How both sides ended: what a smaller case must keep, so that it does not differ for another reason.
fn ends((ran, outcome): (Ran, Outcome)) -> (End, Option<Trap>, End) {
    (ran.outcome.end, ran.trap, outcome.end)
}

/// Replaces instructions by ones that do nothing, as many as possible while both sides end as they did.
///
/// # Errors
/// Where the model cannot be asked.
pub fn shrink<T: Subject>(case: &Case, judge: &mut Judge<'_, T>) -> Result<Case> {
    let mut smallest = case.clone();
    let Some(kind) = judge.difference(case)?.map(ends) else { return Ok(smallest) };
    let mut without = |smallest: &mut Case, addresses: &[u64]| -> Result<bool> {
        let mut smaller = smallest.clone();
        for at in addresses {
            smaller.code.insert(*at, T::NOP);
        }
        let mut skipping = smaller.clone();
        skip_nops::<T>(&mut skipping);
        let differs = judge.difference(&skipping)?.map(ends) == Some(kind);
        if differs {
            *smallest = smaller;
        }
        Ok(differs)
    };
    let addresses = |case: &Case| words::<T>(case).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
    // Most often the first instruction is to blame alone.
    without(&mut smallest, addresses(case).split_first().map_or(&[], |(_, rest)| rest))?;
    let mut piece = addresses(&smallest).len().div_ceil(2);
    while piece > 0 {
        let mut removed = false;
        for addresses in addresses(&smallest).chunks(piece) {
            removed |= without(&mut smallest, addresses)?;
        }
        // Single instructions are tried again until none can go.
        piece = if piece == 1 { usize::from(removed) } else { piece.div_ceil(2) };
    }
    skip_nops::<T>(&mut smallest);
    Ok(smallest)
}
