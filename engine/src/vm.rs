//! A running machine: state, memory, and the loops that step it.

use std::boxed::Box;
use std::vec::Vec;

use isa_traits::{Concrete, Console, Hart, HartOf, Hash, Oracle, State, Stream, Target, Trap};

use crate::bus::ByLeaf;
use crate::code::CodeCache;
use crate::direct::Direct;
use crate::kernel::{Environment, StepError};
use crate::memory::{Memory, PAGE_BYTES, Page};
use crate::plain::{run_plain, run_tiered};
use crate::proof::StepProof;
use crate::record::Recorder;
use crate::replay::Replay;
use crate::step::{instruction, step};
use crate::tier::Tier;
use crate::witness::Witness;

/// Bytes of the length before a hint, big-endian.
const HINT_PREFIX_BYTES: usize = 4;

/// A machine of target `T` with its memory.
#[derive(Debug)]
pub struct Vm<T: Target> {
    target: T,
    state: State<HartOf<T>>,
    memory: Memory,
    last_hint: Vec<u8>,
    code: CodeCache<T>,
    tier: Option<Box<dyn Tier<T>>>,
}

/// The copy has a tier with the same settings, if there is one, and nothing compiled yet.
impl<T: Target> Clone for Vm<T> {
    fn clone(&self) -> Self {
        let mut vm = Self::new(self.target, self.state.clone(), self.memory.clone(), self.last_hint.clone());
        if let Some(tier) = &self.tier {
            vm.set_tier(tier.fresh());
        }
        vm
    }
}

/// A step in which the guest read a pre-image, hinted or printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The step counter before the step.
    pub step: u64,
    /// The address of the instruction.
    pub pc: u64,
    /// The key of the pre-image that was read, and the offset it was read from, which counts the 8-byte length.
    pub read: Option<(Hash, u64)>,
}

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError<E> {
    /// The machine refuses an instruction.
    #[error("step {step}, pc {pc:#x}: {trap}")]
    Trap {
        /// Steps made before.
        step: u64,
        /// The address of the instruction.
        pc: u64,
        /// The instruction word there.
        instruction: u32,
        /// Why it was refused.
        trap: Trap,
    },
    /// A pre-image could not be had, or a hint not be passed on.
    #[error("step {step}, pc {pc:#x}: {error}")]
    Oracle {
        /// Steps made before.
        step: u64,
        /// The address of the instruction.
        pc: u64,
        /// What the oracle said.
        error: E,
    },
}

impl<T: Target> Vm<T> {
    /// A machine in the given state. `last_hint` holds the part of a hint that was written but not complete.
    pub fn new(target: T, state: State<HartOf<T>>, memory: Memory, last_hint: Vec<u8>) -> Self {
        Self { target, state, memory, last_hint, code: CodeCache::default(), tier: None }
    }

    /// From now on, plain steps are made by `tier` where it can.
    pub fn set_tier(&mut self, tier: Box<dyn Tier<T>>) {
        self.code.follow();
        self.tier = Some(tier);
    }

    /// What is run.
    pub const fn target(&self) -> &T {
        &self.target
    }

    /// The state, but for its memory.
    pub const fn state(&self) -> &State<HartOf<T>> {
        &self.state
    }

    /// The memory.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The beginning of a hint that is not complete, length prefix included.
    pub fn last_hint(&self) -> &[u8] {
        &self.last_hint
    }

    /// The instruction word at the pc.
    pub fn instruction(&self) -> u32 {
        self.instruction_at(self.state.hart.pc().get())
    }

    /// The instruction word at an address.
    pub fn instruction_at(&self, at: u64) -> u32 {
        let mut bytes = [0; 4];
        self.memory.read(at, &mut bytes);
        instruction::<T>(bytes)
    }

    /// The encoded state.
    pub fn witness(&mut self) -> Witness {
        Witness::encode(&self.target, &self.state, &self.memory.root())
    }

    /// The state hash.
    pub fn state_hash(&mut self) -> Hash {
        self.witness().state_hash(self.state.status())
    }

    /// Runs until the step counter is `until` or the guest exits, whichever comes first.
    ///
    /// # Errors
    /// [`RunError`]; the machine then stands before the step that was not made.
    pub fn run<O: Oracle, C: Console>(
        &mut self,
        until: u64,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<(), RunError<O::Error>> {
        self.run_while(until, oracle, console, |_| true).map(drop)
    }

    /// Runs as [`run`](Vm::run) does, or until a step has had to do with the world outside.
    ///
    /// # Errors
    /// [`RunError`]; the machine then stands before the step that was not made.
    pub fn run_to_contact<O: Oracle, C: Console>(
        &mut self,
        until: u64,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<Option<Contact>, RunError<O::Error>> {
        self.run_while(until, oracle, console, |outside| !outside)
    }

    /// Runs while `on` agrees with whether the last step has had to do with the world outside.
    fn run_while<O: Oracle, C: Console>(
        &mut self,
        until: u64,
        oracle: &mut O,
        console: &mut C,
        on: impl Fn(bool) -> bool,
    ) -> Result<Option<Contact>, RunError<O::Error>> {
        let mut world = Outside::new(oracle, console, &mut self.last_hint);
        let (memory, code, state) = (&mut self.memory, &mut self.code, &mut self.state);
        while state.step < until && !state.exited {
            let (hart, left) = (&mut state.hart, until - state.step);
            let left = match &mut self.tier {
                Some(tier) => run_tiered(&self.target, hart, memory, code, &mut **tier, left),
                None => run_plain(&self.target, hart, memory, code, left),
            };
            state.step = until - left;
            if state.step < until {
                let (at_step, pc, offset) = (state.step, state.hart.pc().get(), state.preimage_offset);
                let mut bus = Direct { memory, code };
                let result = step(&self.target, state, &mut bus, &mut world);
                world.settle(result.is_ok());
                if let Err(error) = result {
                    return Err(self.explain(error));
                }
                if !on(std::mem::take(&mut world.touched)) {
                    let read = world.read.map(|key| (key, offset));
                    return Ok(Some(Contact { step: at_step, pc, read }));
                }
            }
        }
        Ok(None)
    }

    /// The numbers of the pages that were written since the last call, ascending.
    pub(crate) fn take_written(&mut self) -> Vec<u64> {
        self.memory.take_written()
    }

    /// Goes to another state of the same program; `pages` are those that differ there.
    pub(crate) fn restore<'a>(
        &mut self,
        state: &State<HartOf<T>>,
        last_hint: &[u8],
        pages: impl Iterator<Item = (u64, &'a Page)>,
    ) {
        let mut bus = Direct { memory: &mut self.memory, code: &mut self.code };
        for (number, page) in pages {
            bus.write_through(number * PAGE_BYTES as u64, page);
        }
        self.state.clone_from(state);
        last_hint.clone_into(&mut self.last_hint);
    }

    /// Makes one step and proves it. An exited machine stays as it is, and its proof is empty.
    ///
    /// # Errors
    /// [`RunError`]; the machine then stands before the step that was not made.
    pub fn prove<O: Oracle, C: Console>(
        &mut self,
        oracle: &mut O,
        console: &mut C,
    ) -> Result<StepProof, RunError<O::Error>> {
        let pre = self.witness();
        let (at_step, pre_status, offset) =
            (self.state.step, self.state.status(), self.state.preimage_offset);
        let mut world = Outside::new(oracle, console, &mut self.last_hint);
        world.keeps_value = true;
        let direct = Direct { memory: &mut self.memory, code: &mut self.code };
        let mut bus = ByLeaf(Recorder::new(direct));
        let result = step(&self.target, &mut self.state, &mut bus, &mut world);
        world.settle(result.is_ok());
        let (mut proof, read) = (bus.0.into_paths(), world.read.zip(world.value));
        result.map_err(|error| self.explain(error))?;
        if let (Some(paths), false) = (T::PROOF_PATHS, proof.is_empty()) {
            proof.resize(paths * Replay::path_bytes(T::ADDRESS_BITS), 0);
        }
        Ok(StepProof {
            step: at_step,
            pre: pre.state_hash(pre_status),
            post: self.state_hash(),
            state: pre.to_vec(),
            proof,
            preimage: read.map(|(key, value)| (key, value, offset)),
        })
    }

    fn explain<E>(&self, error: StepError<E>) -> RunError<E> {
        let (step, pc) = (self.state.step, self.state.hart.pc().get());
        match error {
            StepError::Trap(trap) => RunError::Trap { step, pc, instruction: self.instruction(), trap },
            StepError::World(error) => RunError::Oracle { step, pc, error },
        }
    }
}

/// The world outside a run: an oracle, a console, and the hint that is being written.
struct Outside<'a, O, C> {
    oracle: &'a mut O,
    console: &'a mut C,
    /// The hints written and not complete, and those of the current step.
    pending: &'a mut Vec<u8>,
    /// Bytes of `pending` before the current step.
    before: usize,
    /// Bytes of `pending` that were passed on in the current step.
    passed_on: usize,
    /// The key of the pre-image that was read last.
    read: Option<Hash>,
    /// Its value, where it is to be kept.
    value: Option<Vec<u8>>,
    keeps_value: bool,
    /// Whether the guest read, hinted or printed.
    touched: bool,
}

impl<'a, O, C> Outside<'a, O, C> {
    const fn new(oracle: &'a mut O, console: &'a mut C, pending: &'a mut Vec<u8>) -> Self {
        let before = pending.len();
        Self {
            oracle,
            console,
            pending,
            before,
            passed_on: 0,
            read: None,
            value: None,
            keeps_value: false,
            touched: false,
        }
    }

    /// Ends a step: what was passed on is done with, or, if the step was not made, nothing was written.
    fn settle(&mut self, made: bool) {
        if made {
            self.pending.drain(..self.passed_on);
        } else {
            self.pending.truncate(self.before);
        }
        (self.before, self.passed_on) = (self.pending.len(), 0);
    }
}

impl<O: Oracle, C: Console> Environment for Outside<'_, O, C> {
    type Error = O::Error;

    fn preimage(&mut self, key: &Hash) -> Result<&[u8], O::Error> {
        (self.read, self.touched) = (Some(*key), true);
        let value = self.oracle.get(key)?;
        if self.keeps_value {
            self.value = Some(value.to_vec());
        }
        Ok(value)
    }

    fn hint(&mut self, bytes: &[u8]) -> Result<(), O::Error> {
        self.touched = true;
        self.pending.extend_from_slice(bytes);
        while let Some((prefix, rest)) =
            self.pending[self.passed_on..].split_first_chunk::<HINT_PREFIX_BYTES>()
            && let Some(hint) = rest.get(..u32::from_be_bytes(*prefix) as usize)
        {
            self.oracle.hint(hint)?;
            self.passed_on += HINT_PREFIX_BYTES + hint.len();
        }
        Ok(())
    }

    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        self.touched = true;
        self.console.write(stream, bytes);
    }
}
