//! Traces: a run that answers for any of its steps.
//!
//! A [`Trace`] runs a machine and keeps checkpoints on the way. To get to a step it was at before, it goes back to
//! the nearest checkpoint and runs from there. That comes to the same state, because what a machine does depends on
//! its state and on pre-images alone, and a pre-image once given stays: see [`Trace::run`].

mod checkpoint;
mod preimages;

use isa_traits::{Console, Hash, Oracle, Target};

use self::checkpoint::Checkpoints;
use self::preimages::{Preimages, Quiet, Recorded};
use crate::proof::StepProof;
use crate::vm::{RunError, Vm};

/// How much a trace may keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes for checkpoints and pre-images. The first and the newest checkpoint are kept in any case, and so are
    /// pre-images that cannot be checked; as checkpoints come to need more, every other one is dropped.
    pub memory: usize,
    /// Steps from one checkpoint to the next at first; 0 counts as 1.
    pub interval: u64,
}

impl Default for Limits {
    /// 1 GiB, and checkpoints that are some milliseconds apart.
    fn default() -> Self {
        Self { memory: 1 << 30, interval: 1 << 22 }
    }
}

/// What a trace keeps at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How many checkpoints.
    pub checkpoints: usize,
    /// Steps from one to the next.
    pub interval: u64,
    /// Bytes of pages and registers in them.
    pub checkpoint_bytes: usize,
    /// Bytes of the pre-images.
    pub preimage_bytes: usize,
}

/// Why a trace does not answer for a step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError<E> {
    /// The run began later.
    #[error("step {step} was asked for, and the trace begins at step {first}")]
    Before {
        /// What was asked for.
        step: u64,
        /// The first step there is.
        first: u64,
    },
    /// The guest exited earlier.
    #[error("step {step} was asked for, and the guest exited at step {last}")]
    After {
        /// What was asked for.
        step: u64,
        /// The last step there is.
        last: u64,
    },
    /// The run stopped on the way.
    #[error(transparent)]
    Run(#[from] RunError<E>),
}

/// A run that can go back.
#[derive(Debug)]
pub struct Trace<T: Target> {
    vm: Vm<T>,
    checkpoints: Checkpoints<T>,
    preimages: Preimages,
    /// The furthest step so far.
    reached: u64,
}

impl<T: Target> Trace<T> {
    /// A trace that begins where the machine stands.
    pub fn new(mut vm: Vm<T>, limits: Limits) -> Self {
        // Pre-images get a quarter at most: most can be asked for again, pages cannot.
        let for_preimages = limits.memory / 4;
        let checkpoints = Checkpoints::new(&mut vm, limits.memory - for_preimages, limits.interval);
        let reached = vm.state().step;
        Self { vm, checkpoints, preimages: Preimages::new(for_preimages), reached }
    }

    /// The machine, wherever it stands. One that went back may have pages that are zero because their first write
    /// is yet to come.
    pub const fn vm(&self) -> &Vm<T> {
        &self.vm
    }

    /// The first step.
    pub fn first(&self) -> u64 {
        self.checkpoints.first()
    }

    /// The furthest step reached so far.
    pub const fn reached(&self) -> u64 {
        self.reached
    }

    /// What is kept.
    pub const fn kept(&self) -> Kept {
        Kept {
            checkpoints: self.checkpoints.count(),
            interval: self.checkpoints.interval(),
            checkpoint_bytes: self.checkpoints.bytes(),
            preimage_bytes: self.preimages.bytes(),
        }
    }

    /// Goes to the nearest step up to `step` that it can go to without running: the last checkpoint before, or the
    /// step the machine is at.
    ///
    /// # Errors
    /// [`TraceError::Before`].
    pub fn approach<E>(&mut self, step: u64) -> Result<(), TraceError<E>> {
        let first = self.first();
        if step < first {
            return Err(TraceError::Before { step, first });
        }
        self.checkpoints.approach(&mut self.vm, step);
        Ok(())
    }

    /// Runs until the step counter is `until` or the guest exits, whichever comes first, from where the machine
    /// stands.
    ///
    /// Where it was before it neither hints nor prints again, and gets the pre-images that were kept. It keeps all
    /// whose key does not commit to them, of which a host could give others the next time. Keccak-256 and SHA-256
    /// pre-images are kept while there is room, and asked for again else: an oracle that checks them gives the same
    /// ones.
    ///
    /// # Errors
    /// [`RunError`]; the machine then stands before the step that was not made.
    pub fn run<O: Oracle, C: Console>(
        &mut self,
        until: u64,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<(), RunError<O::Error>> {
        while self.vm.state().step < until && !self.vm.state().exited {
            let again = self.vm.state().step < self.reached;
            let end = if again { self.reached } else { self.checkpoints.next(self.reached) };
            let mut oracle = Recorded { oracle, preimages: &mut self.preimages, again };
            let result = self.vm.run(end.min(until), &mut oracle, &mut Quiet { console, quiet: again });
            self.advanced();
            result?;
        }
        Ok(())
    }

    /// Goes to a step, for as long as that takes.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn seek<O: Oracle, C: Console>(
        &mut self,
        step: u64,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<(), TraceError<O::Error>> {
        self.approach(step)?;
        self.run(step, oracle, console)?;
        self.at(step)
    }

    /// Checks that the machine stands at `step`, and did not exit before.
    ///
    /// # Errors
    /// [`TraceError::After`].
    pub fn at<E>(&self, step: u64) -> Result<(), TraceError<E>> {
        let last = self.vm.state().step;
        if last == step { Ok(()) } else { Err(TraceError::After { step, last }) }
    }

    /// The state hash where the machine stands.
    pub fn state_hash(&mut self) -> Hash {
        self.vm.state_hash()
    }

    /// Makes the step at which the machine stands, and proves it.
    ///
    /// # Errors
    /// [`RunError`]; the machine then stands before the step that was not made.
    pub fn prove<O: Oracle, C: Console>(
        &mut self,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<StepProof, RunError<O::Error>> {
        let again = self.vm.state().step < self.reached;
        let mut oracle = Recorded { oracle, preimages: &mut self.preimages, again };
        let proof = self.vm.prove(&mut oracle, &mut Quiet { console, quiet: again })?;
        self.advanced();
        Ok(proof)
    }

    /// Notes how far the machine is, and adds a checkpoint where one is due: where it was never before.
    fn advanced(&mut self) {
        let (step, exited, due) =
            (self.vm.state().step, self.vm.state().exited, self.checkpoints.next(self.reached));
        if step > self.reached {
            self.reached = step;
            if step == due || exited {
                self.checkpoints.add(&mut self.vm);
            }
        }
    }
}
