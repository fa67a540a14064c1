//! The contracts against the native verifier, step by step.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use isa_traits::Hash;

use super::malice::Malice;
use super::random::{Case, Rng, Sample, memory, step};
use super::{Chain, native};

/// Steps on one memory, and what is done to the calldata of each.
const STEPS: u64 = 64;
const MALICE: u64 = 7;

/// How often contract and verifier both accepted, and both refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub accepted: u64,
    pub refused: u64,
}

/// What was compared so far.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(&'static str, Malice), Count>);

impl Tally {
    pub fn cases(&self) -> u64 {
        self.0.values().map(|count| count.accepted + count.refused).sum()
    }

    pub fn of<T: Sample>(&self, malice: Malice) -> Count {
        self.0.get(&(T::NAME, malice)).copied().unwrap_or_default()
    }

    /// The counts as rows of a table.
    pub fn rows(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, ((target, malice), count)| {
            let _ =
                writeln!(text, "| {target} | {} | {} | {} |", malice.name(), count.accepted, count.refused);
            text
        })
    }

    /// Compares at least `cases` random cases of a target, from `seed` on.
    pub fn compare<T: Sample>(&mut self, chain: &mut Chain, target: T, seed: u64, cases: u64) {
        let (mut rng, until) = (Rng::new(seed), self.cases() + cases);
        while self.cases() < until {
            chain.forget();
            let mut memory = memory::<T>(&mut rng);
            for _ in 0..STEPS {
                let case = step(&mut rng, target, &mut memory);
                if matches!(case.preimage.0[0], 1 | 2 | 4)
                    && case.preimage.2 < case.preimage.1.len() as u64 + 8
                {
                    chain.load(&case.preimage, &case.context);
                }
                self.check(chain, target, &case, Malice::None, case.data.clone());
                for _ in 0..MALICE {
                    let malice = rng.pick(&Malice::ALL[1..]);
                    let data = malice.done_to::<T>(&mut rng, &case.data);
                    self.check(chain, target, &case, malice, data);
                }
            }
        }
    }

    fn check<T: Sample>(&mut self, chain: &mut Chain, target: T, case: &Case, malice: Malice, data: Vec<u8>) {
        let wanted = native(&target, &data, Some((&case.preimage, &case.context)));
        let found = chain.step::<T>(data.clone()).hash();
        let what = || format!("{} {malice:?}: {}", T::NAME, alloy_primitives::hex::encode(&data));
        assert_eq!(found, wanted, "contract and verifier differ, {}", what());
        if malice == Malice::None {
            assert_eq!(wanted, case.post, "the machine and its verifier differ, {}", what());
        }
        if malice == Malice::FlippedProofBit {
            let other = found.is_some_and(|hash: Hash| Some(hash) != case.post);
            assert!(!other, "a flipped bit of a proof shows another state, {}", what());
        }
        if let Some(reference) = chain.reference::<T>(&data) {
            assert_eq!(reference.hash(), wanted, "the reference's contract differs, {}", what());
        }
        let count = self.0.entry((T::NAME, malice)).or_default();
        *(if found.is_some() { &mut count.accepted } else { &mut count.refused }) += 1;
    }
}
