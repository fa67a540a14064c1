//! A chain of our own, with the contracts on it.

#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::panic,
    clippy::new_without_default,
    reason = "the helpers of tests are tests as well"
)]

pub mod claim;
pub mod disputes;
pub mod equivalence;
pub mod malice;
pub mod random;

use std::path::Path;

use alloy_primitives::{Address, Bytes, U256};
use engine::{VerifyError, keccak256, verify};
use fpvm_contracts::calldata::word;
use fpvm_contracts::chain::{Accounts, Chain as _, Evm, Message, SpecId};
use fpvm_contracts::{Artifact, calldata};
use isa_traits::{Hash, Target};
use random::Preimage;
use revm::context::result::{ExecutionResult, ResultGas};

/// Who calls: a dispute game, as it were.
pub const CALLER: Address = Address::repeat_byte(0x11);

/// What a call gave.
#[derive(Clone, Debug)]
pub struct Called {
    /// The bytes returned, or with which it reverted.
    pub output: Result<Bytes, Bytes>,
    /// The gas it took.
    pub gas: ResultGas,
}

impl Called {
    /// The hash returned, if the call was accepted.
    pub fn hash(&self) -> Option<Hash> {
        self.output.as_ref().ok().map(|bytes| bytes[..].try_into().unwrap())
    }

    /// The gas of the call frame alone: without the transaction and its calldata.
    pub fn execution_gas(&self) -> u64 {
        self.gas.spent() - self.gas.intrinsic_gas()
    }
}

/// An EVM under Cancun, with our oracle and steppers.
pub struct Chain {
    evm: Evm,
    oracle: Address,
    rv64: Address,
    mips32: Address,
    /// The references' steppers, RISCV.sol and MIPS.sol, where their code is at hand.
    references: Option<[Address; 2]>,
    /// The chain before any pre-image.
    fresh: Accounts,
}

/// Names a folder with `RISCV.hex` and `MIPS.hex`: the code that deploys the references' contracts. With
/// `PreimageOracle.hex` there as well, all steppers read that oracle in place of ours.
const REFERENCES: &str = "FPVM_REFERENCE_CONTRACTS";

/// The code that deploys a contract of the references, if it is at hand.
fn reference(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(&std::env::var(REFERENCES).ok()?).join(name);
    let text = path.exists().then(|| std::fs::read_to_string(path).unwrap())?;
    Some(alloy_primitives::hex::decode(text.trim()).unwrap())
}

impl Chain {
    pub fn new() -> Self {
        let mut chain = Self {
            evm: Evm::new(SpecId::CANCUN),
            oracle: Address::ZERO,
            rv64: Address::ZERO,
            mips32: Address::ZERO,
            references: None,
            fresh: Accounts::default(),
        };
        chain.oracle = match reference("PreimageOracle.hex") {
            // As on mainnet: the least size of a large pre-image, and a day to challenge it.
            Some(code) => chain.deploy(&code, &[word(126_000), word(86_400)].concat()),
            None => chain.deploy(&Artifact::preimage_oracle().unwrap().bytecode, &[]),
        };
        let oracle = chain.oracle.into_word();
        chain.rv64 = chain.deploy(&Artifact::rv64_step().unwrap().bytecode, &oracle[..]);
        chain.mips32 = chain.deploy(&Artifact::mips32_step().unwrap().bytecode, &oracle[..]);
        chain.references = reference("RISCV.hex")
            .zip(reference("MIPS.hex"))
            .map(|(riscv, mips)| [chain.deploy(&riscv, &oracle[..]), chain.deploy(&mips, &oracle[..])]);
        if chain.references.is_none() {
            eprintln!("not compared with the references' contracts: {REFERENCES} is not set, or has none");
        }
        chain.fresh = chain.evm.accounts().clone();
        chain
    }

    /// Whether the references' steppers are at hand.
    pub const fn has_references(&self) -> bool {
        self.references.is_some()
    }

    /// Whether the oracle is the reference's.
    pub fn has_reference_oracle() -> bool {
        reference("PreimageOracle.hex").is_some()
    }

    /// Forgets all pre-images.
    pub fn forget(&mut self) {
        self.fresh.clone_into(self.evm.accounts());
    }

    /// Deploys a contract.
    pub fn deploy(&mut self, code: &[u8], arguments: &[u8]) -> Address {
        let data = [code, arguments].concat();
        self.evm.send(&Message { from: CALLER, to: None, value: 0, data }).unwrap().created.unwrap()
    }

    /// Calls a contract and keeps what it stores.
    pub fn send(&mut self, to: Address, data: Vec<u8>) -> Called {
        called(self.evm.execute(&message(to, data), true).unwrap())
    }

    /// Calls a contract and forgets what it stores.
    pub fn call(&mut self, to: Address, data: Vec<u8>) -> Called {
        called(self.evm.execute(&message(to, data), false).unwrap())
    }

    /// The stepper of a target.
    pub fn stepper<T: Target>(&self) -> Address {
        if T::ADDRESS_BITS == 64 { self.rv64 } else { self.mips32 }
    }

    /// Calls the stepper of a target.
    pub fn step<T: Target>(&mut self, calldata: Vec<u8>) -> Called {
        self.call(self.stepper::<T>(), calldata)
    }

    /// Calls the reference's stepper of a target, if it is at hand and has the instruction: ours is of version 1.2.1, and
    /// the published sources of MIPS.sol before it know no BLTZAL.
    pub fn reference<T: Target>(&mut self, calldata: &[u8]) -> Option<Called> {
        let [riscv, mips] = self.references?;
        if T::ADDRESS_BITS == 64 {
            return Some(self.call(riscv, calldata.to_vec()));
        }
        let at = calldata::proof_offset::<T>() + usize::from(calldata.get(132 + 71).map_or(0, |pc| pc & 31));
        let bltzal = calldata.get(at..at + 2).is_some_and(|raw| raw[0] & 0xfc == 4 && raw[1] & 0x1f == 0x10);
        if bltzal { None } else { Some(self.call(mips, calldata.to_vec())) }
    }

    /// Loads the part of a pre-image that a step reads.
    pub fn load(&mut self, preimage: &Preimage, context: &Hash) {
        let (key, value, offset) = preimage;
        let Some(load) = calldata::load(key, value, *offset, context) else {
            return self.plant(preimage, context);
        };
        let loaded = self.send(self.oracle, load);
        assert!(loaded.output.is_ok(), "the oracle does not take a pre-image: {loaded:?}");
    }

    /// Writes the part of a pre-image into the oracle's storage. The recorded programs ask for local ones of more than
    /// 32 bytes, which no oracle takes.
    fn plant(&mut self, (key, value, offset): &Preimage, context: &Hash) {
        let mut key = *key;
        if key[0] == 1 {
            key = keccak256(&[&key[..], &CALLER.into_word()[..], context].concat());
            key[0] = 1;
        }
        let slot = |key: Hash, of: Hash| keccak256(&[key, of].concat());
        let prefixed = [&(value.len() as u64).to_be_bytes()[..], value, &[0; 32]].concat();
        let part: Hash = *prefixed[*offset as usize..].first_chunk().unwrap();
        let written = [
            (slot(key, word(0)), word(value.len() as u64)),
            (slot(word(*offset), slot(key, word(1))), part),
            (slot(word(*offset), slot(key, word(2))), word(1)),
        ];
        for (slot, value) in written {
            let (slot, value) = (U256::from_be_bytes(slot), U256::from_be_bytes(value));
            self.evm.accounts().insert_account_storage(self.oracle, slot, value).unwrap();
        }
    }
}

const fn message(to: Address, data: Vec<u8>) -> Message {
    Message { from: CALLER, to: Some(to), value: 0, data }
}

fn called(result: ExecutionResult) -> Called {
    match result {
        ExecutionResult::Success { output, gas, .. } => Called { output: Ok(output.into_data()), gas },
        ExecutionResult::Revert { output, gas, .. } => Called { output: Err(output), gas },
        ExecutionResult::Halt { gas, .. } => Called { output: Err(Bytes::new()), gas },
    }
}

/// What the native verifier makes of calldata, by the references' rules of decoding it: the hash after the step, if it
/// is accepted. The oracle has one part of one pre-image: at its offset, and if it is a local one, in its context.
pub fn native<T: Target>(target: &T, data: &[u8], loaded: Option<(&Preimage, &Hash)>) -> Option<Hash> {
    let decoded = calldata::decode::<T>(data)?;
    let word = T::ADDRESS_BITS as usize / 8;
    let offset = decoded.state[64..64 + word].iter().fold(0, |offset, &byte| offset << 8 | u64::from(byte));
    let given = loaded
        .filter(|((key, _, at), context)| offset == *at && (key[0] != 1 || decoded.context == **context))
        .map(|((key, value, _), _)| (key, value.as_slice()));
    match verify(target, &decoded.state, &decoded.proof, given) {
        Ok((witness, status)) => Some(witness.state_hash(status)),
        Err(
            VerifyError::Witness(_)
            | VerifyError::Proof(_)
            | VerifyError::Trap(_)
            | VerifyError::MissingPreimage { .. },
        ) => None,
        Err(error) => panic!("a verifier has no other reason to refuse: {error}"),
    }
}
