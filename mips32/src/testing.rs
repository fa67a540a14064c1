//! One instruction on a machine of one's own making.

use std::vec::Vec;

use engine::{Memory, RunError, Vm, keccak256};
use isa_traits::{Hart as _, Hash, Oracle, Reg, State, Target as _, Trap, W32};

use crate::{CannonMips32, Hart32, Op, Special};

/// Where the instruction lies, unless a test says otherwise.
pub(crate) const PC: u32 = 0x1000;
/// Where the data lies that a test loads and stores.
pub(crate) const DATA: u32 = 0x2000;
/// A data word whose bytes can be told apart.
pub(crate) const WORD: u32 = 0xaabb_ccdd;

/// A machine before its one step.
#[derive(Clone)]
pub(crate) struct Before {
    pub(crate) target: CannonMips32,
    pub(crate) state: State<Hart32>,
    memory: Memory,
}

/// A machine after it.
pub(crate) type After = Vm<CannonMips32>;

impl Before {
    /// A machine of the latest version about to execute `raw` at [`PC`], with all registers zero.
    pub(crate) fn new(raw: u32) -> Self {
        let state = State::default();
        let before =
            Self { target: CannonMips32::default(), state, memory: Memory::new(CannonMips32::ADDRESS_BITS) };
        before.at(PC, PC + 4).word(PC, raw)
    }

    /// With another pc and next pc.
    pub(crate) fn at(mut self, pc: u32, next_pc: u32) -> Self {
        self.state.hart.start_at(W32(pc));
        self.state.hart.set_special(Special::NextPc, W32(next_pc));
        self
    }

    /// With a register set.
    pub(crate) fn x(mut self, register: u32, value: u32) -> Self {
        self.state.hart.x[Reg::source(register)] = W32(value);
        self
    }

    /// With a word in memory.
    pub(crate) fn word(mut self, at: u32, value: u32) -> Self {
        self.memory.write(u64::from(at), &value.to_be_bytes());
        self
    }

    /// With other parts of the state.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut State<Hart32>)) -> Self {
        change(&mut self.state);
        self
    }

    /// In another version.
    pub(crate) fn version(mut self, name: &str) -> Self {
        self.target = CannonMips32::version_named(name).unwrap();
        self
    }

    /// The machine as one that runs.
    pub(crate) fn vm(&self) -> After {
        Vm::new(self.target, self.state.clone(), self.memory.clone(), Vec::new())
    }

    /// Makes the step; a trap must leave everything as it was.
    pub(crate) fn step(&self) -> Result<After, Trap> {
        let mut vm = self.vm();
        match vm.run(self.state.step + 1, &mut HelloWorld, &mut ()) {
            Ok(()) => Ok(vm),
            Err(RunError::Trap { trap, .. }) => {
                assert_eq!(vm.state_hash(), self.vm().state_hash(), "a trap changes nothing");
                Err(trap)
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The value of a register.
pub(crate) fn x(vm: &After, register: u32) -> u32 {
    vm.state().hart.x[Reg::source(register)].0
}

/// The value of a special register.
pub(crate) fn special(vm: &After, s: Special) -> u32 {
    vm.state().hart.special(s).0
}

/// The word at `at`.
pub(crate) fn word(vm: &After, at: u32) -> u32 {
    let mut bytes = [0; 4];
    vm.memory().read(u64::from(at), &mut bytes);
    u32::from_be_bytes(bytes)
}

/// The encoding of `op` with three registers.
pub(crate) const fn r(op: Op, rs: u32, rt: u32, rd: u32) -> u32 {
    op.row().bits | rs << 21 | rt << 16 | rd << 11
}

/// The encoding of `op` with an immediate.
pub(crate) const fn i(op: Op, rs: u32, rt: u32, imm: u16) -> u32 {
    op.row().bits | rs << 21 | rt << 16 | imm as u32
}

/// Knows one pre-image.
pub(crate) struct HelloWorld;

impl HelloWorld {
    const VALUE: &[u8] = b"hello world";

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
