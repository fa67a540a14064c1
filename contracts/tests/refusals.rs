//! What the references' contracts refuse, case by case, and with what: RISCV.sol's error codes (Asterisc
//! `rvgo/riscv/constants.go:42-57`, `rvsol/src/RISCV.sol` at 52519dc), MIPS.sol's reasons
//! (`MIPS.sol`, `libraries/MIPSInstructions.sol`, `libraries/MIPSMemory.sol` at optimism d317e96).

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use common::random::{Sample, set};
use common::{Chain, native};
use engine::Memory;
use fpvm_contracts::calldata::{self, word};
use isa_traits::{ByteOrder, Hash, Isa, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

const CODE: u64 = 0x1000;
const DATA: u64 = 0x8000;
const CONTEXT: Hash = [7; 32];
/// The instruction that does nothing: ADDI x0, x0, 0, and SLL r0, r0, 0.
const NOPS: [u32; 2] = [0x13, 0];

/// A step, by what is not zero in it.
#[derive(Clone, Default)]
struct Step {
    raw: u32,
    /// How far behind the beginning of the code the pc is.
    at: u64,
    /// How far behind the pc that of the next instruction is, where there is one.
    next: Option<u64>,
    registers: Vec<(usize, u64)>,
    /// The flag of a machine that has exited.
    exited: u8,
    /// The key of the pre-image.
    key: Hash,
}

const fn raw(raw: u32) -> Step {
    Step { raw, at: 0, next: None, registers: Vec::new(), exited: 0, key: [0; 32] }
}

fn with(word: u32, registers: &[(usize, u64)]) -> Step {
    Step { registers: registers.to_vec(), ..raw(word) }
}

/// The calldata of a step, with paths for its instruction and its data.
fn encoded<T: Sample>(step: &Step) -> Vec<u8> {
    let mut memory = Memory::new(T::ADDRESS_BITS);
    let bytes = match T::Isa::BYTE_ORDER {
        ByteOrder::Little => step.raw.to_le_bytes(),
        ByteOrder::Big => step.raw.to_be_bytes(),
    };
    let pc = CODE + step.at;
    memory.write(pc, &bytes);
    let mut state = vec![0; T::WITNESS_BYTES];
    state[..32].copy_from_slice(&memory.root());
    state[32..64].copy_from_slice(&step.key);
    set::<T>(&mut state, T::PC, pc);
    if T::WORD == 4 {
        set::<T>(&mut state, T::PC + 4, pc + step.next.unwrap_or(4));
    }
    state[T::EXIT + 1] = step.exited;
    for (register, value) in &step.registers {
        set::<T>(&mut state, T::REGISTERS + T::WORD * register, *value);
    }
    let mut proof = Vec::new();
    memory.path(pc, |node| proof.extend_from_slice(node));
    memory.path(DATA, |node| proof.extend_from_slice(node));
    calldata::step(&state, &proof, &CONTEXT)
}

/// Holds contract and verifier to a refusal; `reason` is what the contract reverts with.
fn refused<T: Sample>(chain: &mut Chain, target: T, name: &str, data: &[u8], reason: &[u8]) {
    assert_eq!(native(&target, data, None), None, "{name}: the verifier accepts it");
    let called = chain.step::<T>(data.to_vec());
    let found = called.output.map(|_| "accepted").unwrap_err();
    assert_eq!(found[..], *reason, "{name}: {found}");
    if let Some(reference) = chain.reference::<T>(data) {
        assert!(reference.output.is_err(), "{name}: the reference accepts it");
    }
}

/// Without what is wrong with them, steps like these are accepted.
fn chain_that_accepts_nops<T: Sample>(target: T) -> Chain {
    let mut chain = Chain::new();
    let data = encoded::<T>(&raw(NOPS[usize::from(T::WORD == 4)]));
    let post = native(&target, &data, None);
    assert!(post.is_some());
    assert_eq!(chain.step::<T>(data).hash(), post);
    chain
}

/// Calldata that is arranged otherwise, which both refuse without a word.
fn rearranged<T: Target>(data: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let other = |at: usize, value: u8| {
        let mut data = data.to_vec();
        data[at] = value;
        data
    };
    let mut cases = vec![
        ("another selector", other(0, 0)),
        ("no calldata", Vec::new()),
        ("the state elsewhere", other(35, 0x80)),
        ("the proof elsewhere", other(67, data[67] ^ 0x20)),
        ("a state longer than calldata", other(4 + 3 * 32, 1)),
        ("a proof longer than calldata", other(calldata::proof_offset::<T>() - 32, 1)),
    ];
    if T::PROOF_PATHS.is_none() {
        cases.push(("a state a byte shorter", other(4 + 4 * 32 - 1, data[4 + 4 * 32 - 1] - 1)));
        let length = calldata::proof_offset::<T>() - 1;
        cases.push(("a proof that is no whole number of paths", other(length, data[length] ^ 1)));
    }
    cases
}

#[test]
fn rv64() {
    let (target, mut chain) = (AsteriscRv64, chain_that_accepts_nops(AsteriscRv64));
    let a0 = |value| vec![(10, value)];
    let call = |number, argument| with(0x73, &[(17, number), (10, argument), (11, DATA), (12, 8)]);
    #[rustfmt::skip]
    let cases = [
        ("UnknownOpCode: the word 0", 0xf001_c0de, raw(0)),
        ("UnknownOpCode: C.NOP", 0xf001_c0de, raw(0x0001)),
        ("UnknownOpCode: FMADD.S", 0xf001_c0de, raw(0x43)),
        ("UnknownOpCode: FMSUB.S", 0xf001_c0de, raw(0x47)),
        ("UnknownOpCode: FNMSUB.S", 0xf001_c0de, raw(0x4b)),
        ("UnknownOpCode: FNMADD.S", 0xf001_c0de, raw(0x4f)),
        ("UnknownOpCode: OP-V", 0xf001_c0de, raw(0x57)),
        ("UnknownOpCode: custom-0", 0xf001_c0de, raw(0x0b)),
        ("IllegalInstruction: load, funct3 7", 0xbad_c0de, with(0x0005_7503, &a0(DATA))),
        ("IllegalInstruction: SRLI, imm[11:6] 0x20", 0xbad_c0de, raw(0x8005_5293)),
        ("IllegalInstruction: SLLIW, imm[5] 1", 0xbad_c0de, raw(0x0205_129b)),
        ("IllegalInstruction: SRLIW, imm[5] 1", 0xbad_c0de, raw(0x0205_529b)),
        ("IllegalInstruction: SRLIW, imm[11:5] 2", 0xbad_c0de, raw(0x0405_529b)),
        ("IllegalInstruction: OP-IMM-32, funct3 2", 0xbad_c0de, raw(0x0005_229b)),
        ("IllegalInstruction: ADD, funct7 2", 0xbad_c0de, raw(0x04b5_02b3)),
        ("IllegalInstruction: SRL, funct7 2", 0xbad_c0de, raw(0x04b5_52b3)),
        ("IllegalInstruction: OP-32, funct7 1, funct3 1", 0xbad_c0de, raw(0x02b5_12bb)),
        ("IllegalInstruction: ADDW, funct7 2", 0xbad_c0de, raw(0x04b5_02bb)),
        ("IllegalInstruction: SRLW, funct7 2", 0xbad_c0de, raw(0x04b5_52bb)),
        ("IllegalInstruction: OP-32, funct3 2", 0xbad_c0de, raw(0x00b5_22bb)),
        ("StoreExceeds8Bytes: funct3 4", 0xbad5_12e8, with(0x00a5_4023, &a0(DATA))),
        ("StoreExceeds8Bytes: funct3 5", 0xbad5_12e8, with(0x00a5_5023, &a0(DATA))),
        ("StoreExceeds8Bytes: funct3 6", 0xbad5_12e8, with(0x00a5_6023, &a0(DATA))),
        ("StoreExceeds8Bytes: funct3 7", 0xbad5_12e8, with(0x00a5_7023, &a0(DATA))),
        ("BadAMOSize: funct3 1", 0xbad_a70, with(0x00a5_12af, &a0(DATA))),
        ("BadAMOSize: funct3 4", 0xbad_a70, with(0x00a5_42af, &a0(DATA))),
        ("UnknownAtomicOperation: funct5 31", 0xf00_1a70, with(0xf8a5_22af, &a0(DATA))),
        ("NotAlignedAddr: AMOADD.W", 0xbad1_0ad0, with(0x00a5_22af, &a0(DATA + 2))),
        ("NotAlignedAddr: AMOADD.D", 0xbad1_0ad0, with(0x00a5_32af, &a0(DATA + 4))),
        ("NotAlignedAddr: LR.W", 0xbad1_0ad0, with(0x1005_22af, &a0(DATA + 1))),
        ("NotAlignedAddr: SC.D", 0xbad1_0ad0, with(0x18a5_32af, &a0(DATA + 4))),
        ("NotAlignedAddr: JAL by 6", 0xbad1_0ad0, raw(0x0060_006f)),
        ("NotAlignedAddr: JALR", 0xbad1_0ad0, with(0x0005_0067, &a0(CODE + 2))),
        ("NotAlignedAddr: BEQ taken by 6", 0xbad1_0ad0, raw(0x0000_0363)),
        ("NotAlignedAddr: BNE not taken, at a pc that is not", 0xbad1_0ad0, Step { at: 2, ..raw(0x0000_1463) }),
        ("UnexpectedRProofLoad: a fetch across a leaf", 0xbad2_2220, Step { at: 30, ..raw(NOPS[0]) }),
        ("InvalidSyscall: nanosleep", 0xf001_ca11, call(101, 0)),
        ("InvalidSyscall: prlimit64", 0xf001_ca11, call(261, 0)),
        ("InvalidSyscall: futex", 0xf001_ca11, call(422, 0)),
        ("UnrecognizedResource: getrlimit 3", 0xf_0012, call(163, 3)),
        ("FailToReadPreimage: not loaded", 0xbadf_00d0, Step { key: [2; 32], ..call(63, 5) }),
    ];
    for (name, code, step) in cases {
        refused(&mut chain, target, name, &encoded::<AsteriscRv64>(&step), &word(code));
    }
    let mut data = encoded::<AsteriscRv64>(&raw(NOPS[0]));
    for (name, data) in rearranged::<AsteriscRv64>(&data) {
        refused(&mut chain, target, name, &data, &[]);
    }
    data[calldata::proof_offset::<AsteriscRv64>() + 100] ^= 1;
    refused(&mut chain, target, "BadMemoryProof", &data, &word(0xbadf_00d1));
}

/// What `revert("…")` reverts with.
fn in_words(reason: &str) -> Vec<u8> {
    let mut data = calldata::call("Error(string)", &[word(32), word(reason.len() as u64)]);
    data.extend_from_slice(reason.as_bytes());
    data.resize(4 + 64 + reason.len().next_multiple_of(32), 0);
    data
}

#[test]
fn mips32() {
    let (target, mut chain) = (CannonMips32::LATEST, chain_that_accepts_nops(CannonMips32::LATEST));
    let mut check = |name: &str, step: &Step, reason: &[u8]| {
        refused(&mut chain, target, name, &encoded::<CannonMips32>(step), reason);
    };
    let invalid = in_words("invalid instruction");
    let opcodes = (0x10..=0x1b).chain(0x1d..=0x1f).chain([0x27, 0x2c, 0x2d, 0x2f]);
    for opcode in opcodes.chain(0x31..=0x37).chain(0x39..=0x3f) {
        check(&format!("opcode {opcode:#x}"), &raw(opcode << 26), &invalid);
    }
    let functs = [0x01, 0x05, 0x0d, 0x0e].into_iter().chain(0x14..=0x17).chain(0x1c..=0x1f);
    for funct in functs.chain([0x28, 0x29]).chain(0x2c..=0x3f) {
        check(&format!("SPECIAL, funct {funct:#x}"), &raw(funct), &invalid);
    }
    for funct in (0..0x40).filter(|funct| ![0x02, 0x20, 0x21].contains(funct)) {
        check(&format!("SPECIAL2, funct {funct:#x}"), &raw(0x1c << 26 | funct), &invalid);
    }

    let after_jump = |word: u32| Step { next: Some(8), ..raw(word) };
    for (name, word) in [("J", 2 << 26), ("JAL", 3 << 26), ("JR", 8), ("JALR", 9)] {
        check(&format!("{name} in a delay slot"), &after_jump(word), &in_words("jump in delay slot"));
    }
    let branches = [4, 5, 6, 7].map(|opcode| opcode << 26).into_iter();
    for word in branches.chain([0, 1, 0x10, 0x11].map(|rt| 1 << 26 | rt << 16)) {
        let name = format!("the branch {word:#x} in a delay slot");
        check(&name, &after_jump(word), &in_words("branch in delay slot"));
    }
    // MIPS.sol says "MIPS: division by zero"; the words are Cannon's.
    for (name, funct) in [("DIV", 0x1a), ("DIVU", 0x1b)] {
        check(&format!("{name} by 0"), &raw(funct), &in_words("instruction divide by zero"));
    }
    check("a fetch from an address that is not aligned", &Step { at: 2, ..raw(0) }, &[]);
    let read = with(0xc, &[(2, 4003), (4, 5), (5, DATA), (6, 8)]);
    check(
        "a pre-image that is not loaded",
        &Step { key: [2; 32], ..read },
        &in_words("pre-image must exist"),
    );
    for exited in [2, 255] {
        let name = format!("the exited flag {exited}");
        check(&name, &Step { exited, ..raw(0) }, &calldata::call("InvalidExitedValue()", &[]));
    }

    let mut data = encoded::<CannonMips32>(&raw(0));
    for (name, data) in rearranged::<CannonMips32>(&data) {
        refused(&mut chain, target, name, &data, &[]);
    }
    data[calldata::proof_offset::<CannonMips32>() + 100] ^= 1;
    refused(&mut chain, target, "another path", &data, &calldata::call("InvalidMemoryProof()", &[]));

    // The proof's length is not looked at, and its end is.
    let load = with(0x23 << 26 | 8 << 21, &[(8, DATA)]);
    let mut data = encoded::<CannonMips32>(&load);
    let proof = calldata::proof_offset::<CannonMips32>();
    data[proof - 32..proof].copy_from_slice(&word(0));
    data.truncate(data.len() - 1);
    refused(&mut chain, target, "a proof cut short", &data, &in_words("check that there is enough calldata"));
}
