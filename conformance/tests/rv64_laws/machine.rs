//! A machine of one's own making, and the step-by-step walk that every run is held against.

use std::convert::Infallible;
use std::sync::LazyLock;

use engine::{Memory, RunError, StepProof, Vm, keccak256, verify};
use isa_traits::{Hart as _, Hash, Oracle, Reg, State, Target as _, Trap, W64};
use rv64::{AsteriscRv64, Hart64, Op};

/// Made once: the roots of empty subtrees take a while.
static EMPTY: LazyLock<Memory> = LazyLock::new(|| Memory::new(AsteriscRv64::ADDRESS_BITS));

/// A machine before its first step.
#[derive(Clone)]
pub(crate) struct Start {
    pub(crate) state: State<Hart64>,
    pub(crate) memory: Memory,
}

impl Start {
    /// A machine about to execute at `pc`, with nothing in registers and memory.
    pub(crate) fn at(pc: u64) -> Self {
        let mut state = State::<Hart64>::default();
        state.hart.start_at(W64(pc));
        state.preimage_key = Preimages::key();
        Self { state, memory: EMPTY.clone() }
    }

    /// With a register set.
    pub(crate) fn x(mut self, register: u32, value: u64) -> Self {
        self.state.hart.x_mut()[Reg::source(register)] = W64(value);
        self
    }

    /// With bytes in memory.
    pub(crate) fn bytes(mut self, at: u64, bytes: &[u8]) -> Self {
        self.memory.write(at, bytes);
        self
    }

    /// With instructions in memory.
    pub(crate) fn code(self, at: u64, code: &[u32]) -> Self {
        let bytes: Vec<u8> = code.iter().flat_map(|raw| raw.to_le_bytes()).collect();
        self.bytes(at, &bytes)
    }

    /// The machine as one that runs.
    pub(crate) fn vm(&self) -> Vm<AsteriscRv64> {
        Vm::new(AsteriscRv64, self.state.clone(), self.memory.clone(), Vec::new())
    }
}

/// Every state on the way of a machine that proves each step, and why it stopped.
pub(crate) struct Walk {
    pub(crate) proofs: Vec<StepProof>,
    /// The states before each step, and the last one.
    pub(crate) states: Vec<(State<Hart64>, Memory)>,
    pub(crate) trap: Option<Trap>,
    pub(crate) last: Hash,
}

/// Proves up to `steps` steps, verifies each proof and expects the recorded state after it. The walk decodes
/// every instruction afresh.
pub(crate) fn walk(start: &Start, steps: u64) -> Walk {
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
        assert_eq!(verified(proof), Some(proof.post), "step {}", proof.step);
    }
    if trap.is_none() {
        states.push((vm.state().clone(), vm.memory().clone()));
    }
    Walk { proofs, states, trap, last: vm.state_hash() }
}

/// The state hash that a proof leads to, if it is accepted.
pub(crate) fn verified(proof: &StepProof) -> Option<Hash> {
    let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
    let (witness, status) = verify(&AsteriscRv64, &proof.state, &proof.proof, preimage).ok()?;
    Some(witness.state_hash(status))
}

fn refused(error: RunError<Infallible>) -> Trap {
    match error {
        RunError::Trap { trap, .. } => trap,
        error => panic!("{error}"),
    }
}

/// Runs to step `until`; yields the trap that prevented it, if one did.
pub(crate) fn run(vm: &mut Vm<AsteriscRv64>, until: u64) -> Option<Trap> {
    vm.run(until, &mut Preimages, &mut ()).err().map(refused)
}

/// A run to the end, a run to each step and a run that stops at each step reach the states of the walk.
pub(crate) fn runs_as_it_walks(start: &Start, steps: u64) -> Walk {
    let walk = walk(start, steps);
    let (first, last) = (start.state.step, start.state.step + steps);
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
    walk
}

/// Whether two memories have the same pages with the same bytes.
pub(crate) fn same_memory(a: &Memory, b: &Memory) -> bool {
    a.page_count() == b.page_count()
        && a.pages().zip(b.pages()).all(|((i, a), (j, b))| i == j && a[..] == b[..])
}

/// Has the same value under every key.
pub(crate) struct Preimages;

impl Preimages {
    /// Two instructions: `addi x10, x10, 0x40` and `addi x10, x10, 0x80`.
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

/// The encoding of `op` with three registers.
pub(crate) const fn r(op: Op, rd: u32, rs1: u32, rs2: u32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | rs2 << 20
}

/// The encoding of `op` with a 12-bit immediate.
pub(crate) const fn i(op: Op, rd: u32, rs1: u32, imm: i32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | (imm as u32) << 20
}

/// The encoding of a store.
pub(crate) const fn s(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    op.row().bits | (imm & 31) << 7 | rs1 << 15 | rs2 << 20 | imm >> 5 << 25
}

/// The encoding of a branch by less than 32 bytes.
pub(crate) const fn b(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    let sign = if imm >> 31 == 1 { 0xfe00_0080 } else { 0 };
    op.row().bits | (imm >> 1 & 0xf) << 8 | rs1 << 15 | rs2 << 20 | sign
}
