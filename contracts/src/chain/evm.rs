//! A chain in memory.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use revm::context::result::ExecutionResult;
use revm::context::{Context, ContextTr, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetContext, MainnetEvm};
use revm::state::AccountInfo;

pub use revm::primitives::hardfork::SpecId;

use super::{Chain, ChainError, Message, Receipt, revert};

/// The state of all accounts.
pub type Accounts = CacheDB<EmptyDB>;

/// What a transaction may take: the most there is since EIP-7825.
const GAS_LIMIT: u64 = 1 << 24;

/// An EVM of mainnet, with no gas price. Time stands still unless somebody [waits](Chain::wait).
pub struct Evm(MainnetEvm<MainnetContext<Accounts>>);

impl Evm {
    /// An empty chain under the rules of a fork.
    pub fn new(fork: SpecId) -> Self {
        let context = Context::mainnet().modify_cfg_chained(|cfg| {
            cfg.spec = fork;
            cfg.disable_nonce_check = true;
            // A call may be made on a contract's behalf.
            cfg.disable_eip3607 = true;
        });
        Self(context.with_db(Accounts::default()).build_mainnet())
    }

    /// Gives somebody 2^64 - 1 wei.
    pub fn enrich(&mut self, who: Address) {
        let balance = U256::from(u64::MAX);
        self.accounts().insert_account_info(who, AccountInfo { balance, ..AccountInfo::default() });
    }

    /// Sets the time of the blocks from now on, in seconds.
    pub fn set_time(&mut self, seconds: u64) {
        self.0.ctx.modify_block(|block| block.timestamp = U256::from(seconds));
    }

    /// All accounts, to look at or change.
    pub fn accounts(&mut self) -> &mut Accounts {
        self.0.ctx.db_mut()
    }

    /// Executes a message; with `keeps`, what it changes stays.
    ///
    /// # Errors
    /// [`ChainError::Refused`] where it is no valid transaction.
    pub fn execute(&mut self, message: &Message, keeps: bool) -> Result<ExecutionResult, ChainError> {
        let transaction = TxEnv {
            caller: message.from,
            kind: message.to.map_or(TxKind::Create, TxKind::Call),
            value: U256::from(message.value),
            data: message.data.clone().into(),
            gas_limit: GAS_LIMIT,
            ..TxEnv::default()
        };
        if keeps {
            self.0.transact_commit(transaction)
        } else {
            self.0.transact(transaction).map(|done| done.result)
        }
        .map_err(|error| ChainError::Refused(error.to_string()))
    }
}

impl std::fmt::Debug for Evm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evm").finish_non_exhaustive()
    }
}

/// The result, if no contract refused.
fn accepted(result: ExecutionResult) -> Result<ExecutionResult, ChainError> {
    match result {
        ExecutionResult::Success { .. } => Ok(result),
        ExecutionResult::Revert { output, .. } => Err(ChainError::Reverted(revert::reason(&output))),
        ExecutionResult::Halt { reason, .. } => Err(ChainError::Reverted(format!("{reason:?}"))),
    }
}

impl Chain for Evm {
    fn send(&mut self, message: &Message) -> Result<Receipt, ChainError> {
        let result = accepted(self.execute(message, true)?)?;
        Ok(Receipt { gas: result.gas_used(), created: result.created_address(), logs: result.into_logs() })
    }

    fn call(&mut self, message: &Message) -> Result<Bytes, ChainError> {
        Ok(accepted(self.execute(message, false)?)?.into_output().unwrap_or_default())
    }

    fn time(&mut self) -> Result<u64, ChainError> {
        Ok(self.0.ctx.block().timestamp.saturating_to())
    }

    fn wait(&mut self, until: u64) -> Result<(), ChainError> {
        let now = self.time()?;
        self.set_time(now.max(until));
        Ok(())
    }
}
