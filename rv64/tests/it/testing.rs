//! One instruction on a machine of one's own making.

use std::sync::LazyLock;

use engine::{Memory, Replay, RunError, Vm, keccak256, verify};
use isa_traits::{Flow as _, Hart as _, Hash, Oracle, Reg, State, Target as _, Trap, W64};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};
use rv64::{AsteriscRv64, Hart64, Op, Special};

/// Where the instruction lies, unless a test says otherwise.
pub(crate) const PC: u64 = 0x1000;
/// Where the data lies that a test loads and stores.
pub(crate) const DATA: u64 = 0x2000;
/// A register for each operand.
pub(crate) const RS1: u32 = 8;
pub(crate) const RS2: u32 = 9;
pub(crate) const RD: u32 = 10;

/// Numbers where arithmetic turns: signs, widths, shift amounts, and words whose upper half is dirty.
pub(crate) const CORNERS: [u64; 26] = [
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x0123_4567_89ab_cdef,
    0x7fff_ffff_8000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_8000_0001,
    0xdead_beef_0000_0000,
    0xdead_beef_7fff_ffff,
    0xffff_ffff_0000_0000,
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// Made once: the roots of empty subtrees take a while.
static EMPTY: LazyLock<Memory> = LazyLock::new(|| Memory::new(AsteriscRv64::ADDRESS_BITS));

/// A machine before its one step.
#[derive(Clone)]
pub(crate) struct Before {
    pub(crate) state: State<Hart64>,
    pub(crate) memory: Memory,
}

/// A machine after it.
pub(crate) type After = Vm<AsteriscRv64>;

impl Before {
    /// A machine about to execute `raw` at [`PC`]; every register but x0 holds a number of its own.
    pub(crate) fn new(raw: u32) -> Self {
        Self::at(PC, raw)
    }

    /// A machine about to execute `raw` at `pc`.
    pub(crate) fn at(pc: u64, raw: u32) -> Self {
        let mut state = State::<Hart64>::default();
        state.hart.start_at(W64(pc));
        let before = Self { state, memory: EMPTY.clone() };
        (1..32).fold(before.bytes(pc, &raw.to_le_bytes()), |before, n| {
            before.x(n, u64::from(n) * 0x0101_0101_0101_0101)
        })
    }

    /// With a register set.
    pub(crate) fn x(mut self, register: u32, value: u64) -> Self {
        set(&mut self.state, register, value);
        self
    }

    /// With bytes in memory.
    pub(crate) fn bytes(mut self, at: u64, bytes: &[u8]) -> Self {
        self.memory.write(at, bytes);
        self
    }

    /// With other parts of the state.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut State<Hart64>)) -> Self {
        change(&mut self.state);
        self
    }

    /// With an address reserved.
    pub(crate) fn reserved(self, at: u64) -> Self {
        self.with(|state| state.hart.set_special(Special::Reservation, W64(at)))
    }

    /// The machine as one that runs.
    pub(crate) fn vm(&self) -> After {
        Vm::new(AsteriscRv64, self.state.clone(), self.memory.clone(), Vec::new())
    }

    /// Makes the step; a trap must leave everything as it was.
    pub(crate) fn step(&self) -> Result<After, Trap> {
        self.step_with(&mut HelloWorld)
    }

    /// Makes the step with pre-images from `oracle`; a trap must leave everything as it was.
    pub(crate) fn step_with(&self, oracle: &mut impl Oracle) -> Result<After, Trap> {
        let mut vm = self.vm();
        match vm.run(self.state.step + 1, oracle, &mut ()) {
            Ok(()) => Ok(vm),
            Err(RunError::Trap { trap, .. }) => {
                assert_eq!(vm.state(), &self.state, "a trap changes no register");
                assert!(same_memory(vm.memory(), &self.memory), "a trap changes no memory");
                Err(trap)
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes the step, proves it and verifies the proof: all must agree. Yields how many paths it has, too.
    pub(crate) fn proven(&self) -> (After, usize) {
        let mut after = self.step().unwrap();
        let proof = self.vm().prove(&mut HelloWorld, &mut ()).unwrap();
        let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
        let (witness, status) = verify(&AsteriscRv64, &proof.state, &proof.proof, preimage).unwrap();
        assert_eq!(proof.post, after.state_hash(), "recorded");
        assert_eq!(witness.state_hash(status), proof.post, "verified");
        (after, proof.proof.len() / Replay::path_bytes(AsteriscRv64::ADDRESS_BITS))
    }

    /// The state one step later, at the next instruction, with further changes.
    pub(crate) fn retired(&self, change: impl FnOnce(&mut State<Hart64>)) -> State<Hart64> {
        let mut state = self.state.clone();
        state.step += 1;
        let next = state.hart.flow().sequential();
        state.hart.start_at(next);
        change(&mut state);
        state
    }
}

/// Sets a register, x0 too.
pub(crate) fn set(state: &mut State<Hart64>, register: u32, value: u64) {
    state.hart.x_mut()[Reg::source(register)] = W64(value);
}

/// The value of a register.
pub(crate) fn x(vm: &After, register: u32) -> u64 {
    vm.state().hart.x()[Reg::source(register)].0
}

/// The address reserved; 0 for none.
pub(crate) fn reservation(vm: &After) -> u64 {
    vm.state().hart.special(Special::Reservation).0
}

/// The 8 bytes at `at`, as a number.
pub(crate) fn double(memory: &Memory, at: u64) -> u64 {
    let mut bytes = [0; 8];
    memory.read(at, &mut bytes);
    u64::from_le_bytes(bytes)
}

/// Whether two memories have the same pages with the same bytes.
pub(crate) fn same_memory(a: &Memory, b: &Memory) -> bool {
    a.page_count() == b.page_count()
        && a.pages().zip(b.pages()).all(|((i, a), (j, b))| i == j && a[..] == b[..])
}

/// The encoding of `op` with three registers.
pub(crate) const fn r(op: Op, rd: u32, rs1: u32, rs2: u32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | rs2 << 20
}

/// The encoding of `op` with a 12-bit immediate, or a shift amount.
pub(crate) const fn i(op: Op, rd: u32, rs1: u32, imm: i32) -> u32 {
    op.row().bits | rd << 7 | rs1 << 15 | (imm as u32) << 20
}

/// The encoding of a store.
pub(crate) const fn s(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    op.row().bits | (imm & 31) << 7 | rs1 << 15 | rs2 << 20 | imm >> 5 << 25
}

/// The encoding of a branch: `imm[12|10:5]`, `imm[4:1|11]`.
pub(crate) const fn b(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    let (sign, bit_11) = (imm >> 12 & 1, imm >> 11 & 1);
    let (high, low) = (imm >> 5 & 0x3f, imm >> 1 & 0xf);
    op.row().bits | bit_11 << 7 | low << 8 | rs1 << 15 | rs2 << 20 | high << 25 | sign << 31
}

/// The encoding of LUI or AUIPC; `imm` is the upper 20 bits in their place.
pub(crate) const fn u(op: Op, rd: u32, imm: u32) -> u32 {
    op.row().bits | rd << 7 | imm & 0xffff_f000
}

/// The encoding of JAL: `imm[20|10:1|11|19:12]`.
pub(crate) const fn j(rd: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    let (sign, bit_11) = (imm >> 20 & 1, imm >> 11 & 1);
    let (high, low) = (imm >> 12 & 0xff, imm >> 1 & 0x3ff);
    Op::Jal.row().bits | rd << 7 | high << 12 | bit_11 << 20 | low << 21 | sign << 31
}

/// Random numbers.
pub(crate) struct Random(SplitMix64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// Knows one pre-image.
pub(crate) struct HelloWorld;

impl HelloWorld {
    pub(crate) const VALUE: &[u8] = b"hello world";

    /// Its key, of type 2.
    pub(crate) fn key() -> Hash {
        let mut key = keccak256(Self::VALUE);
        key[0] = 2;
        key
    }
}

impl Oracle for HelloWorld {
    type Error = core::convert::Infallible;

    fn hint(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn get(&mut self, key: &Hash) -> Result<&[u8], Self::Error> {
        assert_eq!(*key, Self::key());
        Ok(Self::VALUE)
    }
}
