//! Traces as the machines of players.

use engine::StepProof;
use fpvm_contracts::dispute::Machine;
use isa_traits::{Hash, Target};

use crate::trace::{Failure, Tracer};

/// A trace whose steps are counted from where it begins.
pub(super) struct Traced<T: Target> {
    pub(super) tracer: Tracer<T>,
    /// The step it is taken to begin at.
    pub(super) first: u64,
    /// It makes no more steps.
    pub(super) limit: u64,
    /// Whether it stays where it is when something fails; a failure is an error otherwise.
    pub(super) stays: bool,
    steps: Option<u64>,
}

impl<T: Target> Traced<T> {
    /// The machine that is right.
    pub(super) const fn right(tracer: Tracer<T>) -> Self {
        let first = tracer.trace.reached();
        Self { tracer, first, limit: u64::MAX, stays: false, steps: None }
    }

    /// A machine with a bug: it may come to ask for pre-images that there are not, and never come to an end.
    pub(super) const fn wrong(tracer: Tracer<T>, first: u64, limit: u64) -> Self {
        Self { tracer, first, limit, stays: true, steps: None }
    }
}

impl<T: Target> Machine for Traced<T> {
    type Error = Failure;

    fn steps(&mut self) -> Result<u64, Failure> {
        if let Some(steps) = self.steps {
            return Ok(steps);
        }
        let tracer = &mut self.tracer;
        while tracer.end.is_none() && tracer.trace.reached() - self.first < self.limit {
            if tracer.interrupted() {
                return Err(Failure::Interrupted);
            }
            tracer.go_on();
        }
        if let Some(end) = tracer.end.as_ref().filter(|end| end.verdict.is_none() && !self.stays) {
            return Err(Failure::Failed(end.error.clone().unwrap_or_default()));
        }
        let steps = (tracer.trace.reached() - self.first).min(self.limit);
        self.steps = Some(steps);
        Ok(steps)
    }

    fn state_hash(&mut self, steps: u64) -> Result<Hash, Failure> {
        self.tracer.state_hash(self.first + steps)
    }

    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, Failure> {
        self.tracer.state_hash(self.first + steps)?;
        match self.tracer.proof_of_next() {
            Ok(proof) => Ok(Some(proof)),
            Err(Failure::Trap(_)) => Ok(None),
            Err(Failure::Failed(_)) if self.stays => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
