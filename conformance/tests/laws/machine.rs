//! A machine of one's own making, and the step-by-step walk that every run is held against.

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::LazyLock;

use engine::snapshot::{self, Format};
use engine::{Memory, RunError, StepProof, Vm, keccak256, verify};
use isa_traits::{ByteOrder, Concrete as _, Hart as _, HartOf, Hash, Isa, Oracle, Reg, State, Target, Trap};

/// Made once: the roots of empty subtrees take a while.
static EMPTY: LazyLock<[Memory; 2]> = LazyLock::new(|| [32, 64].map(Memory::new));

type WordOf<T> = <<T as Target>::Isa as Isa>::Word;

/// A machine before its first step.
#[derive(Clone)]
pub(crate) struct Start<T: Target> {
    pub(crate) target: T,
    pub(crate) state: State<HartOf<T>>,
    pub(crate) memory: Memory,
}

impl<T: Target> Start<T> {
    /// A machine about to execute at `pc`, with nothing in registers and memory.
    pub(crate) fn of(target: T, pc: u64) -> Self {
        let mut state = State::<HartOf<T>>::default();
        state.hart.start_at(WordOf::<T>::of(pc));
        state.preimage_key = Preimages::key();
        let memory = EMPTY[usize::from(T::ADDRESS_BITS == 64)].clone();
        Self { target, state, memory }
    }

    /// With a register set.
    pub(crate) fn x(mut self, register: u32, value: u64) -> Self {
        self.state.hart.x_mut()[Reg::source(register)] = WordOf::<T>::of(value);
        self
    }

    /// With bytes in memory, which may go on at its beginning.
    pub(crate) fn bytes(mut self, at: u64, bytes: &[u8]) -> Self {
        for (i, byte) in (0..).zip(bytes) {
            self.memory.write(WordOf::<T>::of(at.wrapping_add(i)).get(), &[*byte]);
        }
        self
    }

    /// With instructions in memory.
    pub(crate) fn code(self, at: u64, code: &[u32]) -> Self {
        let bytes: Vec<u8> = code.iter().flat_map(|&raw| instruction_bytes::<T>(raw)).collect();
        self.bytes(at, &bytes)
    }

    /// The machine as one that runs.
    pub(crate) fn vm(&self) -> Vm<T> {
        Vm::new(self.target, self.state.clone(), self.memory.clone(), Vec::new())
    }
}

/// An instruction as it lies in memory.
const fn instruction_bytes<T: Target>(raw: u32) -> [u8; 4] {
    match T::Isa::BYTE_ORDER {
        ByteOrder::Little => raw.to_le_bytes(),
        ByteOrder::Big => raw.to_be_bytes(),
    }
}

/// Every state on the way of a machine that proves each step, and why it stopped.
pub(crate) struct Walk<T: Target> {
    pub(crate) proofs: Vec<StepProof>,
    /// The states before each step, and the last one.
    pub(crate) states: Vec<(State<HartOf<T>>, Memory)>,
    pub(crate) trap: Option<Trap>,
    pub(crate) last: Hash,
}

/// Proves up to `steps` steps, verifies each proof and expects the recorded state after it. The walk decodes
/// every instruction afresh.
pub(crate) fn walk<T: Target>(start: &Start<T>, steps: u64) -> Walk<T> {
    let mut vm = start.vm();
    let (mut proofs, mut states, mut trap) = (Vec::new(), Vec::new(), None);
    for _ in 0..steps {
        states.push((vm.state().clone(), vm.memory().clone()));
        match vm.prove(&mut Preimages, &mut ()) {
            Ok(proof) => proofs.push(proof),
            Err(error) => {
                trap = Some(refused(error));
                break;
            }
        }
        let proof = &proofs[proofs.len() - 1];
        assert_eq!(verified(start.target, proof), Some(proof.post), "step {}", proof.step);
    }
    if trap.is_none() {
        states.push((vm.state().clone(), vm.memory().clone()));
    }
    Walk { proofs, states, trap, last: vm.state_hash() }
}

/// The state hash that a proof leads to, if it is accepted.
pub(crate) fn verified<T: Target>(target: T, proof: &StepProof) -> Option<Hash> {
    let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
    let (witness, status) = verify(&target, &proof.state, &proof.proof, preimage).ok()?;
    Some(witness.state_hash(status))
}

fn refused<E: Display>(error: RunError<E>) -> Trap {
    match error {
        RunError::Trap { trap, .. } => trap,
        error => panic!("{error}"),
    }
}

/// Runs to step `until`; yields the trap that prevented it, if one did.
pub(crate) fn run<T: Target>(vm: &mut Vm<T>, until: u64) -> Option<Trap> {
    run_with(vm, until, &mut Preimages)
}

/// The same with other pre-images.
pub(crate) fn run_with<T: Target, O: Oracle>(vm: &mut Vm<T>, until: u64, oracle: &mut O) -> Option<Trap> {
    vm.run(until, oracle, &mut ()).err().map(refused)
}

/// A run to the end, a run to each step and a run that stops at each step reach the states of the walk.
pub(crate) fn runs_as_it_walks<T: Target>(start: &Start<T>, steps: u64) -> Walk<T> {
    let walk = walk(start, steps);
    let first = start.state.step;
    // A run that ends by itself gets a budget that is never short: the last thousand steps of one are made singly.
    let ends = walk.trap.is_some() || walk.states.last().is_some_and(|(state, _)| state.exited);
    let last = if ends { u64::MAX } else { first + steps };
    let mut whole = start.vm();
    assert_eq!(run(&mut whole, last), walk.trap, "a run to the end");
    assert_eq!(whole.state_hash(), walk.last, "a run to the end");
    let mut stopping = start.vm();
    for (step, (state, memory)) in (first..).zip(&walk.states) {
        let mut direct = start.vm();
        for vm in [&mut direct, &mut stopping] {
            assert_eq!(run(vm, step.min(state.step)), None, "step {step}");
            assert_eq!(vm.state(), state, "step {step}");
            assert!(same_memory(vm.memory(), memory), "step {step}");
        }
    }
    assert_eq!(run(&mut stopping, last), walk.trap, "a run that stops at each step");
    assert_eq!(stopping.state_hash(), walk.last, "a run that stops at each step");
    compiled_code_runs_as_it_walks(start, &walk, last);
    walk
}

/// Runs in compiled code reach the states of the walk, whenever the code is ready: one to the end, and one that stops
/// now and then, with roots in between, which close all pages.
fn compiled_code_runs_as_it_walks<T: Target>(start: &Start<T>, walk: &Walk<T>, last: u64) {
    use jit::{Jit, Options, Schedule};
    if !jit::supported() {
        return;
    }
    for schedule in [Schedule::Immediate, Schedule::Delayed(3)] {
        let tier = || Box::new(Jit::new(Options { threshold: 1, schedule }));
        let mut whole = start.vm();
        whole.set_tier(tier());
        assert_eq!(run(&mut whole, last), walk.trap, "{schedule:?}");
        assert_eq!(whole.state_hash(), walk.last, "{schedule:?}");
        let mut stopping = start.vm();
        stopping.set_tier(tier());
        for (state, memory) in walk.states.iter().step_by(7) {
            assert_eq!(run(&mut stopping, state.step), None, "{schedule:?}, step {}", state.step);
            assert_eq!(stopping.state(), state, "{schedule:?}");
            assert!(same_memory(stopping.memory(), memory), "{schedule:?}, step {}", state.step);
            if state.step % 3 == 0 {
                stopping.state_hash();
            }
        }
        assert_eq!(run(&mut stopping, last), walk.trap, "{schedule:?}");
        assert_eq!(stopping.state_hash(), walk.last, "{schedule:?}");
    }
}

/// A run that is saved and loaded at each step reaches the states of the walk; so does one that goes on from
/// each of the files without a stop.
pub(crate) fn resumes_as_it_walks<T: Target>(start: &Start<T>, walk: &Walk<T>, steps: u64) {
    let last = start.state.step + steps;
    let mut vm = start.vm();
    for (state, memory) in &walk.states {
        assert_eq!(run(&mut vm, state.step), None);
        vm = reloaded(&mut vm, Format::Binary);
        assert_eq!(vm.state(), state);
        assert!(same_memory(vm.memory(), memory), "step {}", state.step);
        let mut alone = vm.clone();
        assert_eq!(run(&mut alone, last), walk.trap, "from step {}", state.step);
        assert_eq!(alone.state_hash(), walk.last, "from step {}", state.step);
    }
}

/// What comes back from a state file of the machine.
pub(crate) fn reloaded<T: Target>(vm: &mut Vm<T>, format: Format) -> Vm<T> {
    let mut file = Vec::new();
    snapshot::write(vm, format, &mut file).unwrap();
    snapshot::read(*vm.target(), format, &mut file.as_slice()).unwrap().vm
}

/// Whether two memories have the same pages with the same bytes.
pub(crate) fn same_memory(a: &Memory, b: &Memory) -> bool {
    a.page_count() == b.page_count()
        && a.pages().zip(b.pages()).all(|((i, a), (j, b))| i == j && a[..] == b[..])
}

/// Has the same value under every key.
pub(crate) struct Preimages;

impl Preimages {
    /// Two instructions of RV64: `addi x10, x10, 0x40` and `addi x10, x10, 0x80`.
    pub(crate) const VALUE: &[u8] = &[0x13, 0x05, 0x05, 0x04, 0x13, 0x05, 0x05, 0x08];

    /// The key it should have, of type 2.
    pub(crate) fn key() -> Hash {
        let mut key = keccak256(Self::VALUE);
        key[0] = 2;
        key
    }
}

impl Oracle for Preimages {
    type Error = Infallible;

    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(Self::VALUE)
    }
}
