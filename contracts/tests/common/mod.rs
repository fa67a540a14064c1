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

pub mod equivalence;
pub mod malice;
pub mod random;

use std::path::Path;

use engine::{VerifyError, keccak256, verify};
use fpvm_contracts::{Artifact, calldata};
use isa_traits::{Hash, Target};
use random::Preimage;
use revm::context::result::{ExecutionResult, Output, ResultGas};
use revm::context::{Context, ContextTr, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind, U256};
use revm::state::AccountInfo;

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
    evm: MainnetEvm<MainnetContext<CacheDB<EmptyDB>>>,
    oracle: Address,
    rv64: Address,
    mips32: Address,
    /// The references' steppers, RISCV.sol and MIPS.sol, where their code is at hand.
    references: Option<[Address; 2]>,
    /// The chain before any pre-image.
    fresh: CacheDB<EmptyDB>,
}

/// Names a folder with `RISCV.hex` and `MIPS.hex`: the code that deploys the references' contracts.
const REFERENCES: &str = "FPVM_REFERENCE_CONTRACTS";

impl Chain {
    pub fn new() -> Self {
        let evm = Context::mainnet()
            .modify_cfg_chained(|cfg| {
                cfg.spec = SpecId::CANCUN;
                cfg.disable_nonce_check = true;
                cfg.limit_contract_code_size = Some(24_576);
            })
            .with_db(CacheDB::new(EmptyDB::default()))
            .build_mainnet();
        let mut chain = Self {
            evm,
            oracle: Address::ZERO,
            rv64: Address::ZERO,
            mips32: Address::ZERO,
            references: None,
            fresh: CacheDB::new(EmptyDB::default()),
        };
        chain.oracle = chain.deploy(&Artifact::preimage_oracle().unwrap().bytecode, &[]);
        let oracle = chain.oracle.into_word();
        chain.rv64 = chain.deploy(&Artifact::rv64_step().unwrap().bytecode, &oracle[..]);
        chain.mips32 = chain.deploy(&Artifact::mips32_step().unwrap().bytecode, &oracle[..]);
        if let Ok(folder) = std::env::var(REFERENCES) {
            chain.references = Some(["RISCV.hex", "MIPS.hex"].map(|name| {
                let text = std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
                chain.deploy(&alloy_primitives::hex::decode(text.trim()).unwrap(), &oracle[..])
            }));
        } else {
            eprintln!("not compared with the references' contracts: {REFERENCES} is not set");
        }
        chain.fresh = chain.evm.ctx.db_mut().clone();
        chain
    }

    /// Whether the references' steppers are at hand.
    pub const fn has_references(&self) -> bool {
        self.references.is_some()
    }

    /// Forgets all pre-images.
    pub fn forget(&mut self) {
        *self.evm.ctx.db_mut() = self.fresh.clone();
    }

    fn transaction(kind: TxKind, data: Vec<u8>) -> TxEnv {
        TxEnv {
            caller: CALLER,
            kind,
            data: data.into(),
            gas_limit: 30_000_000,
            value: U256::ZERO,
            ..TxEnv::default()
        }
    }

    /// Deploys a contract.
    pub fn deploy(&mut self, code: &[u8], arguments: &[u8]) -> Address {
        let transaction = Self::transaction(TxKind::Create, [code, arguments].concat());
        match self.evm.transact_commit(transaction).unwrap() {
            ExecutionResult::Success { output: Output::Create(_, Some(address)), .. } => address,
            other => panic!("not deployed: {other:?}"),
        }
    }

    /// Whether a contract can be deployed with these arguments.
    pub fn deploys(&mut self, code: &[u8], arguments: &[u8]) -> bool {
        let transaction = Self::transaction(TxKind::Create, [code, arguments].concat());
        self.evm.transact(transaction).unwrap().result.is_success()
    }

    /// Gives somebody all the ether there is.
    pub fn enrich(&mut self, who: Address) {
        let balance = U256::from(u64::MAX);
        self.evm.ctx.db_mut().insert_account_info(who, AccountInfo { balance, ..AccountInfo::default() });
    }

    /// The time from now on, in seconds.
    pub fn set_time(&mut self, seconds: u64) {
        self.evm.ctx.modify_block(|block| block.timestamp = U256::from(seconds));
    }

    /// Calls a contract on somebody's behalf, with ether, and keeps what it stores.
    pub fn send_from(&mut self, caller: Address, to: Address, value: u64, data: Vec<u8>) -> Called {
        let transaction =
            TxEnv { caller, value: U256::from(value), ..Self::transaction(TxKind::Call(to), data) };
        called(self.evm.transact_commit(transaction).unwrap())
    }

    /// Calls a contract and keeps what it stores.
    pub fn send(&mut self, to: Address, data: Vec<u8>) -> Called {
        called(self.evm.transact_commit(Self::transaction(TxKind::Call(to), data)).unwrap())
    }

    /// Calls a contract and forgets what it stores.
    pub fn call(&mut self, to: Address, data: Vec<u8>) -> Called {
        called(self.evm.transact(Self::transaction(TxKind::Call(to), data)).unwrap().result)
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
        let number = |number: u64| U256::from(number).to_be_bytes::<32>();
        let prefixed = [&(value.len() as u64).to_be_bytes()[..], value, &[0; 32]].concat();
        let part: Hash = *prefixed[*offset as usize..].first_chunk().unwrap();
        let written = [
            (slot(key, number(0)), number(value.len() as u64)),
            (slot(number(*offset), slot(key, number(1))), part),
            (slot(number(*offset), slot(key, number(2))), number(1)),
        ];
        for (slot, value) in written {
            let (slot, value) = (U256::from_be_bytes(slot), U256::from_be_bytes(value));
            self.evm.ctx.db_mut().insert_account_storage(self.oracle, slot, value).unwrap();
        }
    }
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
