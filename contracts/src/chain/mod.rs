//! Chains that contracts are deployed and called on: [`Evm`] in memory, [`Node`] behind JSON-RPC.

mod evm;
mod node;
mod revert;

use alloy_primitives::{Address, Bytes, Log};

pub use self::evm::{Accounts, Evm, SpecId};
pub use self::node::Node;

/// A transaction, or a call that leaves no trace.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who sends it.
    pub from: Address,
    /// The contract it is for; none deploys one.
    pub to: Option<Address>,
    /// What goes with it, in wei.
    pub value: u64,
    /// The calldata, or the code that deploys a contract with its constructor's arguments behind it.
    pub data: Vec<u8>,
}

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The gas that is paid for: refunds are taken off, and since EIP-7623 calldata has a floor.
    pub gas: u64,
    /// The contract it deployed.
    pub created: Option<Address>,
    /// What the contracts logged.
    pub logs: Vec<Log>,
}

/// Why a chain did not do as told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A contract refused.
    #[error("the contract refuses it: {0}")]
    Reverted(String),
    /// The transaction is not valid.
    #[error("the transaction is refused: {0}")]
    Refused(String),
    /// A node could not be asked.
    #[error("{method} to {url}: {reason}; is a node running there that speaks JSON-RPC over HTTP?")]
    Unreachable {
        /// What was asked.
        method: &'static str,
        /// The node.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A node answered with an error.
    #[error("the node at {url} refuses {method}: {message} (code {code})")]
    Node {
        /// What was asked.
        method: &'static str,
        /// The node.
        url: String,
        /// The node's code.
        code: i64,
        /// The node's words.
        message: String,
    },
    /// A node's answer makes no sense.
    #[error("the node at {url} answers {method} with {found}, wanted {wanted}")]
    Answer {
        /// What was asked.
        method: &'static str,
        /// The node.
        url: String,
        /// The answer, or its beginning.
        found: String,
        /// What would have made sense.
        wanted: &'static str,
    },
    /// A transaction is not mined.
    #[error("transaction {transaction} is not in a block after {seconds} s; does the node mine?")]
    NotMined {
        /// Its hash.
        transaction: String,
        /// How long was waited for it.
        seconds: u64,
    },
    /// The wait for a clock would take longer than is allowed.
    #[error(
        "a clock of the game runs for another {seconds} s, and at most {limit} s are waited; a shorter period or a \
        longer wait helps"
    )]
    TooLong {
        /// How long.
        seconds: u64,
        /// How long is allowed.
        limit: u64,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A chain.
pub trait Chain {
    /// Sends a transaction, and waits until it is in a block.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Reverted`] where a contract refused.
    fn send(&mut self, message: &Message) -> Result<Receipt, ChainError>;

    /// What a call returns that changes nothing.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Reverted`] where a contract refused.
    fn call(&mut self, message: &Message) -> Result<Bytes, ChainError>;

    /// The time of the newest block, in seconds.
    ///
    /// # Errors
    /// [`ChainError`].
    fn time(&mut self) -> Result<u64, ChainError>;

    /// Waits until a block has a time of `until` or later.
    ///
    /// # Errors
    /// [`ChainError`].
    fn wait(&mut self, until: u64) -> Result<(), ChainError>;
}
