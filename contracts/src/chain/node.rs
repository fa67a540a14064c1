//! A chain behind a node: Ethereum's JSON-RPC over HTTP, with the node's unlocked accounts. No key is handled here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes, Log, U64, hex};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;

use super::{Chain, ChainError, Message, Receipt, revert};

/// Between two looks for a receipt, or at a clock.
const POLL: Duration = Duration::from_millis(20);
/// An answer has no more bytes.
const MAX_ANSWER: u64 = 1 << 24;
/// What an error shows of an answer.
const SHOWN: usize = 200;

/// A node.
#[derive(Debug)]
pub struct Node {
    url: String,
    agent: Agent,
    limit: Duration,
    stop: Arc<AtomicBool>,
    asked: u64,
}

#[derive(Deserialize)]
struct Block {
    timestamp: U64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mined {
    status: U64,
    gas_used: U64,
    contract_address: Option<Address>,
    logs: Vec<Log>,
}

/// An answer that is an error.
#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
    /// What a contract reverted with, where it did.
    data: Option<Bytes>,
}

impl Node {
    /// The node at `url`.
    ///
    /// - `limit`: how long it may take for an answer, for putting a transaction into a block, and for a clock of a game
    ///   to run out.
    /// - `stop`: whoever sets it ends a wait.
    pub fn new(url: &str, limit: Duration, stop: Arc<AtomicBool>) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(limit))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build()
            .into();
        Self { url: url.to_owned(), agent, limit, stop, asked: 0 }
    }

    /// The accounts for which the node signs.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn accounts(&mut self) -> Result<Vec<Address>, ChainError> {
        self.ask("eth_accounts", json!([]), "a list of addresses")
    }

    /// Asks, and makes sense of the answer.
    fn ask<V: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: Value,
        wanted: &'static str,
    ) -> Result<V, ChainError> {
        self.asked += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params });
        let answer = self.post(&request).map_err(|error| ChainError::Unreachable {
            method,
            url: self.url.clone(),
            reason: error.to_string(),
        })?;
        let nonsense = |wanted| {
            let begins = String::from_utf8_lossy(&answer[..answer.len().min(SHOWN)]);
            let found = format!("\"{}\"", begins.escape_debug());
            ChainError::Answer { method, url: self.url.clone(), found, wanted }
        };
        let mut object: Value =
            serde_json::from_slice(&answer).map_err(|_| nonsense("an object of JSON-RPC"))?;
        if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
            let refusal =
                Refusal::deserialize(error).map_err(|_| nonsense("an error with code and message"))?;
            return Err(self.refusal(method, refusal));
        }
        if object.get("id") != Some(&json!(self.asked)) {
            return Err(nonsense("the answer to this request"));
        }
        let result = object.get_mut("result").map(Value::take).ok_or_else(|| nonsense("a result"))?;
        V::deserialize(result).map_err(|_| nonsense(wanted))
    }

    fn refusal(&self, method: &'static str, refusal: Refusal) -> ChainError {
        let Refusal { code, message, data } = refusal;
        match data {
            Some(data) => ChainError::Reverted(revert::reason(&data)),
            None if message.contains("revert") => ChainError::Reverted(message),
            None => ChainError::Node { method, url: self.url.clone(), code, message },
        }
    }

    fn post(&self, request: &Value) -> Result<Vec<u8>, ureq::Error> {
        let request = self.agent.post(&self.url).content_type("application/json").send(request.to_string());
        request?.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()
    }

    /// Waits for a moment, unless somebody asked to stop.
    fn pause(&self) -> Result<(), ChainError> {
        thread::sleep(POLL);
        if self.stop.load(Ordering::Relaxed) { Err(ChainError::Interrupted) } else { Ok(()) }
    }
}

/// A message as nodes want it.
fn parameters(message: &Message) -> Value {
    let mut parameters = json!({
        "from": message.from,
        "value": format!("{:#x}", message.value),
        "data": hex::encode_prefixed(&message.data),
    });
    if let Some(to) = message.to {
        parameters["to"] = json!(to);
    }
    parameters
}

impl Chain for Node {
    fn send(&mut self, message: &Message) -> Result<Receipt, ChainError> {
        let mut parameters = parameters(message);
        // Where a contract refuses, this tells why, and costs nothing.
        let gas: U64 = self.ask("eth_estimateGas", json!([parameters]), "a number")?;
        // What a move takes depends on the time of its block too.
        parameters["gas"] = json!(gas.saturating_mul(U64::from(2)));
        let transaction: B256 =
            self.ask("eth_sendTransaction", json!([parameters]), "the hash of a transaction")?;
        let start = Instant::now();
        let mined = loop {
            let mined: Option<Mined> =
                self.ask("eth_getTransactionReceipt", json!([transaction]), "a receipt, or null")?;
            if let Some(mined) = mined {
                break mined;
            }
            if start.elapsed() > self.limit {
                let (transaction, seconds) = (transaction.to_string(), self.limit.as_secs());
                return Err(ChainError::NotMined { transaction, seconds });
            }
            self.pause()?;
        };
        if mined.status.is_zero() {
            return Err(ChainError::Reverted(
                "that was not to be foreseen when its gas was estimated".to_owned(),
            ));
        }
        Ok(Receipt {
            gas: mined.gas_used.to(),
            created: mined.contract_address.filter(|_| message.to.is_none()),
            logs: mined.logs,
        })
    }

    fn call(&mut self, message: &Message) -> Result<Bytes, ChainError> {
        self.ask("eth_call", json!([parameters(message), "latest"]), "bytes")
    }

    /// The time of the block that is next, for a node may make none while there are no transactions.
    fn time(&mut self) -> Result<u64, ChainError> {
        let block: Block = self.ask("eth_getBlockByNumber", json!(["pending", false]), "a block")?;
        Ok(block.timestamp.to())
    }

    fn wait(&mut self, until: u64) -> Result<(), ChainError> {
        let start = Instant::now();
        loop {
            let seconds = until.saturating_sub(self.time()?);
            if seconds == 0 {
                return Ok(());
            }
            if seconds > self.limit.saturating_sub(start.elapsed()).as_secs() {
                return Err(ChainError::TooLong { seconds, limit: self.limit.as_secs() });
            }
            self.pause()?;
        }
    }
}
