//! What players go by.

use std::cell::RefCell;

use engine::StepProof;
use isa_traits::Hash;

/// A machine that answers for any of its steps, which are counted from 0 where the dispute begins.
pub trait Machine {
    /// Why it could not answer.
    type Error;

    /// How many steps it makes: until the guest exits, or it cannot go on.
    ///
    /// # Errors
    /// Where the machine cannot be run.
    fn steps(&mut self) -> Result<u64, Self::Error>;

    /// The state hash after `steps` steps, at most as many as it [makes](Machine::steps).
    ///
    /// # Errors
    /// Where the machine cannot be run.
    fn state_hash(&mut self, steps: u64) -> Result<Hash, Self::Error>;

    /// The proof of the step after as many; none where there is nothing to prove, because the machine refuses the step.
    ///
    /// # Errors
    /// Where the machine cannot be run.
    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, Self::Error>;
}

/// A machine that several players share.
impl<M: Machine> Machine for &RefCell<M> {
    type Error = M::Error;

    fn steps(&mut self) -> Result<u64, M::Error> {
        self.borrow_mut().steps()
    }

    fn state_hash(&mut self, steps: u64) -> Result<Hash, M::Error> {
        self.borrow_mut().state_hash(steps)
    }

    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, M::Error> {
        self.borrow_mut().proof(steps)
    }
}

/// A machine that makes one step wrong, and goes on from there.
#[derive(Debug)]
pub struct Faulty<A, B> {
    /// The machine without the bug.
    pub right: A,
    /// The step that is made wrong.
    pub step: u64,
    /// The machine from after that step on, by the same count.
    pub wrong: B,
}

impl<A: Machine, B: Machine<Error = A::Error>> Machine for Faulty<A, B> {
    type Error = A::Error;

    fn steps(&mut self) -> Result<u64, A::Error> {
        self.wrong.steps()
    }

    fn state_hash(&mut self, steps: u64) -> Result<Hash, A::Error> {
        if steps <= self.step { self.right.state_hash(steps) } else { self.wrong.state_hash(steps) }
    }

    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, A::Error> {
        if steps <= self.step { self.right.proof(steps) } else { self.wrong.proof(steps) }
    }
}

/// A machine that is believed but for its end, of which something else is said.
#[derive(Debug)]
pub struct Forged<M> {
    /// The machine.
    pub machine: M,
    /// How many steps it is said to make.
    pub steps: u64,
    /// The state hash it is said to have then.
    pub post: Hash,
}

impl<M: Machine> Machine for Forged<M> {
    type Error = M::Error;

    fn steps(&mut self) -> Result<u64, M::Error> {
        Ok(self.steps)
    }

    fn state_hash(&mut self, steps: u64) -> Result<Hash, M::Error> {
        if steps >= self.steps {
            return Ok(self.post);
        }
        let steps = steps.min(self.machine.steps()?);
        self.machine.state_hash(steps)
    }

    fn proof(&mut self, steps: u64) -> Result<Option<StepProof>, M::Error> {
        let steps = steps.min(self.machine.steps()?);
        self.machine.proof(steps)
    }
}
