//! Random steps: any instruction in any state.

use core::convert::Infallible;

use engine::{Memory, Vm, Witness, keccak256};
use fpvm_contracts::calldata;
use isa_traits::{ByteOrder, Hash, Isa, Oracle, Target};
use mips32::CannonMips32;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};
use rv64::AsteriscRv64;
use sha2::{Digest, Sha256};

/// A pre-image as a step reads it: key, value and offset.
pub type Preimage = (Hash, Vec<u8>, u64);

/// A step as it is sent to a contract.
pub struct Case {
    pub data: Vec<u8>,
    /// The one pre-image that the oracle has for it.
    pub preimage: Preimage,
    pub context: Hash,
    /// The state hash after it, where the machine makes the step.
    pub post: Option<Hash>,
}

/// Where the code lies, and where the data: around ends of leaves, of pages and of the space.
const CODE: u64 = 0x1000;
const ENDS: [u64; 6] = [0x8020, 0x9000, 0, 1 << 31, 1 << 63, 0x7fff_f000];
const CORNERS: [u64; 8] =
    [0, 1, u64::MAX, 1 << 31, 1 << 63, (1 << 31) - 1, (1 << 63) - 1, 0xdead_beef_0000_0000];

/// Numbers by SplitMix64, and what is made of them.
pub struct Rng(SplitMix64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Whether one chance in `chances` comes true.
    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// A register: an address of data, aligned or not, a corner, or anything.
    fn register(&mut self) -> u64 {
        match self.below(6) {
            0 | 1 => self.pick(&ENDS).wrapping_add(self.below(65)).wrapping_sub(32),
            2 => self.pick(&ENDS).wrapping_add(8 * self.below(9)).wrapping_sub(32),
            3 => self.pick(&CORNERS),
            4 => self.below(48),
            _ => self.next(),
        }
    }

    fn preimage(&mut self) -> Preimage {
        let kind = self.pick(&[2, 2, 2, 4, 1, 0]);
        let length = self.below(if kind == 1 { 33 } else { 70 }) as usize;
        let value = [&self.next().to_be_bytes()[..], &self.bytes(length)].concat()[..length].to_vec();
        let mut key = match kind {
            4 => Sha256::digest(&value).into(),
            1 => keccak256(&self.bytes(8)),
            _ => keccak256(&value),
        };
        key[0] = kind;
        let past = u64::from(self.one_in(8));
        let offset = self.below(length as u64 + 8 + past);
        (key, value, offset)
    }
}

/// What the random states of a target need to know of its witness and its system calls.
pub trait Sample: Target {
    const WORD: usize;
    const PC: usize;
    /// The exit code; the flag follows it.
    const EXIT: usize;
    const REGISTERS: usize;
    /// The registers of the number of a call and of its arguments, and numbers worth calling.
    const CALL: (usize, usize, &'static [u64]);
    fn rows() -> Vec<(u32, u32)>;
    /// The instruction that calls the kernel.
    const ECALL: u32;
    /// Makes the rest of a state, of which the instruction is `raw`, likely to be accepted.
    fn settle(rng: &mut Rng, state: &mut [u8], raw: u32);
}

/// Where the offset into the pre-image stands; its key stands before it.
const PREIMAGE_OFFSET: usize = 64;

pub fn number<T: Sample>(state: &[u8], at: usize) -> u64 {
    state[at..at + T::WORD].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

pub fn set<T: Sample>(state: &mut [u8], at: usize, value: u64) {
    state[at..at + T::WORD].copy_from_slice(&value.to_be_bytes()[8 - T::WORD..]);
}

impl Sample for AsteriscRv64 {
    const WORD: usize = 8;
    const PC: usize = 72;
    const EXIT: usize = 80;
    const REGISTERS: usize = 106;
    const CALL: (usize, usize, &'static [u64]) =
        (17, 10, &[25, 56, 63, 63, 63, 64, 64, 93, 94, 101, 113, 163, 214, 220, 222, 261, 422, 172]);
    const ECALL: u32 = 0x73;

    fn rows() -> Vec<(u32, u32)> {
        rv64::Op::ALL.iter().map(|op| (op.row().mask, op.row().bits)).collect()
    }

    fn settle(rng: &mut Rng, state: &mut [u8], raw: u32) {
        let rs1 = number::<Self>(state, Self::REGISTERS + 8 * (raw as usize >> 15 & 31));
        if rng.one_in(2) {
            set::<Self>(state, 98, rs1);
        }
        if rng.one_in(2) {
            set::<Self>(state, Self::REGISTERS + 8 * 13, 0x22);
            set::<Self>(state, Self::REGISTERS + 8 * 14, u64::MAX);
        }
        if rng.one_in(2) && raw == Self::ECALL && number::<Self>(state, Self::REGISTERS + 8 * 17) == 163 {
            set::<Self>(state, Self::REGISTERS + 8 * 10, 7);
        }
    }
}

impl Sample for CannonMips32 {
    const WORD: usize = 4;
    const PC: usize = 68;
    const EXIT: usize = 88;
    const REGISTERS: usize = 98;
    const CALL: (usize, usize, &'static [u64]) =
        (2, 4, &[4003, 4003, 4003, 4004, 4004, 4045, 4055, 4090, 4120, 4246, 4005]);
    const ECALL: u32 = 0xc;

    fn rows() -> Vec<(u32, u32)> {
        mips32::Op::ALL.iter().map(|op| (op.row().mask, op.row().bits)).collect()
    }

    fn settle(rng: &mut Rng, state: &mut [u8], _: u32) {
        let pc = number::<Self>(state, Self::PC);
        if !rng.one_in(8) {
            set::<Self>(state, 72, pc + 4);
        }
        if rng.one_in(2) {
            set::<Self>(state, 84, 0x0500_0000 + (rng.below(1 << 20) << 12));
        }
    }
}

/// An oracle with one value for every key.
struct Only<'a>(&'a [u8]);

impl Oracle for Only<'_> {
    type Error = Infallible;
    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }
    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(self.0)
    }
}

/// Memory with something in it wherever random registers point.
pub fn memory<T: Sample>(rng: &mut Rng) -> Memory {
    let mut memory = Memory::new(T::ADDRESS_BITS);
    let mask = u64::MAX >> (64 - T::ADDRESS_BITS);
    for end in ENDS {
        for leaf in 0..4 {
            let at = end.wrapping_add(32 * leaf).wrapping_sub(64) & mask;
            memory.write(at, &rng.bytes(32));
        }
    }
    memory
}

/// A random step on `memory`, where its instruction is written.
pub fn step<T: Sample>(rng: &mut Rng, target: T, memory: &mut Memory) -> Case {
    let mut state = rng.bytes(T::WITNESS_BYTES);
    for register in 0..32 {
        let value = if register == 0 && !rng.one_in(32) { 0 } else { rng.register() };
        set::<T>(&mut state, T::REGISTERS + T::WORD * register, value);
    }
    let pc = CODE + 4 * rng.below(32) + if rng.one_in(16) { rng.below(4) } else { 0 };
    set::<T>(&mut state, T::PC, pc);
    let (mask, bits) = rng.pick(&T::rows());
    let mut raw = if rng.one_in(32) { rng.next() as u32 } else { rng.next() as u32 & !mask | bits };
    if rng.one_in(6) {
        raw = T::ECALL;
        let (number, first, calls) = T::CALL;
        let register = |index: usize| T::REGISTERS + T::WORD * index;
        set::<T>(&mut state, register(number), rng.pick(calls));
        let fd = if rng.one_in(2) { rng.pick(&[5, 6]) } else { rng.below(9) };
        set::<T>(&mut state, register(first), fd);
        if rng.one_in(2) {
            set::<T>(&mut state, register(first + 2), rng.below(40));
        }
    }
    T::settle(rng, &mut state, raw);
    let preimage = rng.preimage();
    state[32..64].copy_from_slice(&preimage.0);
    set::<T>(&mut state, PREIMAGE_OFFSET, preimage.2);
    state[T::EXIT + 1] = u8::from(rng.one_in(32));
    if rng.one_in(2) {
        state[T::EXIT] = rng.below(3) as u8;
    }
    let bytes = match T::Isa::BYTE_ORDER {
        ByteOrder::Little => raw.to_le_bytes(),
        ByteOrder::Big => raw.to_be_bytes(),
    };
    memory.write(pc, &bytes);

    let (decoded, _) = Witness::decode(&target, &state).unwrap();
    let mut vm = Vm::new(target, decoded, memory.clone(), Vec::new());
    let context = keccak256(&rng.next().to_be_bytes());
    let (state, proof, post) = match vm.prove(&mut Only(&preimage.1), &mut ()) {
        Ok(proof) => (proof.state, proof.proof, Some(proof.post)),
        // No proof shows a step that is refused: the paths it might need.
        Err(_) => {
            let data = number::<T>(&state, T::REGISTERS + T::WORD * rng.below(32) as usize);
            let mut proof = Vec::new();
            memory.path(pc, |node| proof.extend_from_slice(node));
            memory.path(data, |node| proof.extend_from_slice(node));
            (vm.witness().to_vec(), proof, None)
        }
    };
    Case { data: calldata::step(&state, &proof, &context), preimage, context, post }
}
