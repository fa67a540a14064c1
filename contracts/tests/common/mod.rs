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

use engine::{VerifyError, keccak256, verify};
use fpvm_contracts::{Artifact, calldata};
use isa_traits::{Hash, Target};
use revm::context::result::{ExecutionResult, Output, ResultGas};
use revm::context::{Context, ContextTr, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind, U256};

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
}

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
        let mut chain = Self { evm, oracle: Address::ZERO, rv64: Address::ZERO, mips32: Address::ZERO };
        chain.oracle = chain.deploy(&Artifact::preimage_oracle().unwrap().bytecode, &[]);
        let oracle = chain.oracle.into_word();
        chain.rv64 = chain.deploy(&Artifact::rv64_step().unwrap().bytecode, &oracle[..]);
        chain.mips32 = chain.deploy(&Artifact::mips32_step().unwrap().bytecode, &oracle[..]);
        chain
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

    /// Loads the part of a pre-image that a step reads.
    pub fn load(&mut self, preimage: &(Hash, Vec<u8>, u64), context: &Hash) {
        let (key, value, offset) = preimage;
        let Some(load) = calldata::load(key, value, *offset, context) else {
            return self.plant(preimage, context);
        };
        let loaded = self.send(self.oracle, load);
        assert!(loaded.output.is_ok(), "the oracle does not take a pre-image: {loaded:?}");
    }

    /// Writes the part of a pre-image into the oracle's storage. The recorded programs ask for local ones of more than
    /// 32 bytes, which no oracle takes.
    fn plant(&mut self, (key, value, offset): &(Hash, Vec<u8>, u64), context: &Hash) {
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
/// is accepted.
pub fn native<T: Target>(target: &T, data: &[u8], preimage: Option<&(Hash, Vec<u8>, u64)>) -> Option<Hash> {
    let decoded = calldata::decode::<T>(data)?;
    let given = preimage.map(|(key, value, _)| (key, value.as_slice()));
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
