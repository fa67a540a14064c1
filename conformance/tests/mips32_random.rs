//! MIPS32 against an independent model, on random single steps.
//!
//! The inputs are made here as `vectors/mips32/random/generate.py` makes them; what the model made of them is in
//! `digests.bin`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use engine::bus::{ByLeaf, Leaves};
use engine::kernel::{Environment, StepError};
use engine::{Witness, step};
use isa_traits::{Exec, Hart, Hash, State, Stream, Target, Trap, W32};
use mips32::{CannonMips32, Hart32, Special};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};
use sha2::{Digest, Sha256};

/// 64 functions of SPECIAL, then 64 opcodes.
const KINDS: u64 = 128;
const CHUNKS: u64 = 32;
const CASES: u64 = 64;
/// The one kind that is a system call.
const SYSCALL: u64 = 0x0c;
const DIGEST_BYTES: usize = 8;
static DIGESTS: &[u8] = include_bytes!("../vectors/mips32/random/digests.bin");

const CORNERS: [u32; 8] = [0, 1, 0x7fff_ffff, 0x8000_0000, !0, !1, 0x7fff, 0xffff_8000];
const HEAPS: [u64; 4] = [0, 0x0500_0000, 0x5fff_f000, 0x6000_0000];
const REGIMM: [u32; 4] = [0x00, 0x01, 0x10, 0x11];
const SPECIAL2: [u32; 4] = [0x02, 0x20, 0x21, 0x20];
const CALLS: [u32; 7] = [4003, 4004, 4045, 4055, 4090, 4120, 4246];

struct Rng(SplitMix64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A word, often a small one or one from a corner.
    fn word(&mut self) -> u32 {
        let r = self.next();
        match r >> 61 {
            0 => CORNERS[(r % 8) as usize],
            1 => (r % 32) as u32,
            _ => r as u32,
        }
    }

    fn bytes32(&mut self) -> Hash {
        let mut bytes = [0; 32];
        for eight in bytes.chunks_mut(8) {
            eight.copy_from_slice(&self.next().to_be_bytes());
        }
        bytes
    }
}

const fn instruction(kind: u64, r: u64) -> u32 {
    if kind < 64 {
        return r as u32 & 0x03ff_ffc0 | kind as u32;
    }
    let (opcode, raw, pick) = (kind as u32 - 64, r as u32 & 0x03ff_ffff, r >> 32);
    let choice = (pick / 2 % 4) as usize;
    let raw = match opcode {
        0x01 if pick % 2 == 1 => raw & !(31 << 16) | REGIMM[choice] << 16,
        0x1c if pick % 2 == 1 => raw & !63 | SPECIAL2[choice],
        _ => raw,
    };
    opcode << 26 | raw
}

/// A state, and all of memory that its step sees.
fn case(kind: u64, number: u64) -> (State<Hart32>, TwoLeaves) {
    let mut rng = Rng(SplitMix64::seed_from_u64(number));
    let mut state = State::<Hart32>::default();
    let raw = instruction(kind, rng.next());
    let mut x: [u32; 32] = std::array::from_fn(|_| rng.word());
    if rng.next().is_multiple_of(4) {
        x[(raw >> 16 & 31) as usize] = x[(raw >> 21 & 31) as usize];
    }
    if !rng.next().is_multiple_of(16) {
        x[0] = 0;
    }
    state.hart.set_special(Special::Hi, W32(rng.word()));
    state.hart.set_special(Special::Lo, W32(rng.word()));
    let low = rng.next();
    let low = if low.is_multiple_of(64) { (low >> 8 & 3) as u32 } else { 0 };
    let pc = rng.word() & !3 | low;
    state.hart.start_at(W32(pc));
    if rng.next().is_multiple_of(8) {
        state.hart.set_special(Special::NextPc, W32(rng.word()));
    }
    state.heap = match (rng.next() % 8) as usize {
        pick @ ..4 => HEAPS[pick],
        _ => rng.word().into(),
    };
    state.step = rng.next();
    state.exit_code = rng.next() as u8;
    state.exited = rng.next().is_multiple_of(256);
    state.preimage_key = rng.bytes32();
    state.preimage_key[0] %= 8;
    state.preimage_offset = rng.next() % 96;
    let data = rng.bytes32();
    if kind == SYSCALL {
        system_call(&mut rng, &mut x);
    }
    *state.hart.x_mut().general_mut() = x.map(W32);
    (state, TwoLeaves { instruction: raw, data, touched: u32::MAX })
}

/// Registers with which most system calls do something.
fn system_call(rng: &mut Rng, x: &mut [u32; 32]) {
    let [pick, fd, small, count] = std::array::from_fn(|_| rng.next());
    if let Some(&call) = CALLS.get((pick % 8) as usize) {
        x[2] = call;
    }
    if fd % 8 != 0 {
        x[4] = (fd >> 3) as u32 % 8;
    }
    if x[2] == 4055 {
        x[5] = (small % 5) as u32;
    }
    if x[2] == 4090 && small % 2 == 1 {
        x[4] = 0;
    }
    if count % 4 != 0 {
        x[6] = (count >> 2) as u32 % 8;
    }
}

/// Memory without a tree: the instruction, and one leaf of data that serves every address.
struct TwoLeaves {
    instruction: u32,
    data: Hash,
    touched: u32,
}

impl Leaves for TwoLeaves {
    fn fetch_leaf(&mut self, _: u64) -> Result<Hash, Trap> {
        let instruction = self.instruction.to_be_bytes();
        Ok(std::array::from_fn(|i| instruction[i % 4]))
    }

    fn leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        let at = u32::try_from(at).unwrap();
        assert!([u32::MAX, at].contains(&self.touched), "one leaf of data a step");
        self.touched = at;
        Ok(self.data)
    }

    fn set_in_leaf(&mut self, at: u64, bytes: &[u8]) -> Exec {
        self.data[at as usize % 32..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn observe(&self, _: u64, _: &mut [u8]) -> bool {
        false
    }
}

/// Makes a pre-image from its key.
struct FromKey(Vec<u8>);

impl Environment for FromKey {
    type Error = std::convert::Infallible;

    fn preimage(&mut self, key: &Hash) -> Result<&[u8], Self::Error> {
        self.0 = (0..key[31] % 64).map(|i| key[usize::from(i % 32)] ^ i).collect();
        Ok(&self.0)
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn output(&mut self, _: Stream, _: &[u8]) {}
}

/// The witness after the step with the leaf of data in place of the root, and the address of that leaf; or the
/// reference's message of a refusal.
fn outcome(target: CannonMips32, kind: u64, number: u64) -> Vec<u8> {
    let (mut state, memory) = case(kind, number);
    let mut bus = ByLeaf(memory);
    match step(&target, &mut state, &mut bus, &mut FromKey(Vec::new())) {
        Ok(()) => {
            let witness = Witness::encode(&target, &state, &bus.0.data);
            [&*witness, &bus.0.touched.to_be_bytes()].concat()
        }
        Err(StepError::Trap(trap)) => {
            assert_eq!((state, bus.0.data), (case(kind, number).0, case(kind, number).1.data), "{trap}");
            target.reference_error(trap).into()
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn random_steps_agree_with_the_model() {
    let target = CannonMips32::default();
    assert_eq!(DIGESTS.len() as u64, KINDS * CHUNKS * DIGEST_BYTES as u64);
    let mut made = 0;
    for (block, wanted) in (0..).zip(DIGESTS.chunks(DIGEST_BYTES)) {
        let (kind, chunk) = (block / CHUNKS, block % CHUNKS);
        let mut digest = Sha256::new();
        for number in block * CASES..(block + 1) * CASES {
            let outcome = outcome(target, kind, number);
            made += u32::from(outcome.len() > CannonMips32::WITNESS_BYTES);
            digest.update(outcome);
        }
        assert_eq!(
            digest.finalize()[..DIGEST_BYTES],
            *wanted,
            "look at the cases with: generate.py {kind} {chunk}"
        );
    }
    assert_eq!(made, 119_492, "steps that are not refused");
}
