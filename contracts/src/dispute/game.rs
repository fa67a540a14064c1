//! A game: the contracts of a dispute on a chain, and what is asked and told them.

use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use isa_traits::{Hash, Target};

use super::challenge::words;
use super::{Challenge, Terms, Turn};
use crate::calldata::{self, word};
use crate::chain::{Chain, ChainError, Message, Receipt};
use crate::{Artifact, ArtifactError};

/// A game on a chain.
#[derive(Clone, Debug)]
pub struct Game {
    /// The contract of the game.
    pub address: Address,
    /// The stepper.
    pub stepper: Address,
    /// The oracle the stepper reads from.
    pub oracle: Address,
    /// The gas it took to deploy the three.
    pub gas: u64,
    /// What it is about.
    pub terms: Terms,
}

/// Why a game could not be played on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GameError {
    /// The chain did not do as told.
    #[error("cannot {doing}: {error}")]
    Chain {
        /// What was being done.
        doing: &'static str,
        /// What the chain said.
        error: ChainError,
    },
    /// A contract is not as it was compiled.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A contract answers or logs something else than ours would.
    #[error("the contract at {contract} gave no {wanted}; is the code there that was deployed?")]
    Contract {
        /// Its address.
        contract: Address,
        /// What it was to give.
        wanted: &'static str,
    },
    /// The oracle does not take a pre-image.
    #[error(
        "step {step} reads the pre-image {} at offset {offset}, which the oracle does not take: local ones are numbered 1 \
         to 5 and have 32 bytes, 4 and 5 have 8; others are named by their Keccak-256 or SHA-256 hash",
        B256::from(*.key)
    )]
    Preimage {
        /// The step.
        step: u64,
        /// The key.
        key: Hash,
        /// The offset it is read from, counting the length before it.
        offset: u64,
    },
}

/// Says what was being done where a chain did not do it.
fn to(doing: &'static str) -> impl Fn(ChainError) -> GameError {
    move |error| GameError::Chain { doing, error }
}

/// Deploys a contract; yields its address and the gas it took.
fn deploy(
    chain: &mut dyn Chain,
    from: Address,
    contract: Artifact,
    arguments: &[Hash],
) -> Result<(Address, u64), GameError> {
    let data = [&contract.bytecode[..], &arguments.concat()].concat();
    let receipt = chain.send(&Message { from, to: None, value: 0, data }).map_err(to("deploy a contract"))?;
    let address = receipt.created.ok_or(GameError::Contract { contract: from, wanted: "new contract" })?;
    Ok((address, receipt.gas))
}

impl Game {
    /// Deploys an oracle, the stepper of a target, and a game about it.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn deploy<T: Target>(chain: &mut dyn Chain, from: Address, terms: Terms) -> Result<Self, GameError> {
        let stepper = if T::ADDRESS_BITS == 64 { Artifact::rv64_step() } else { Artifact::mips32_step() };
        let (oracle, for_oracle) = deploy(chain, from, Artifact::preimage_oracle()?, &[])?;
        let (stepper, for_stepper) = deploy(chain, from, stepper?, &[oracle.into_word().0])?;
        let Terms { prestate, bond, period, .. } = terms;
        let arguments = [stepper.into_word().0, prestate, word(bond), word(period)];
        let (address, for_game) = deploy(chain, from, Artifact::dispute_game()?, &arguments)?;
        Ok(Self { address, stepper, oracle, gas: for_oracle + for_stepper + for_game, terms })
    }

    /// Claims that the program ends in `post` after so many steps; yields the number of the claim.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn claim(
        &self,
        chain: &mut dyn Chain,
        from: Address,
        post: Hash,
        steps: u64,
    ) -> Result<(u64, Receipt), GameError> {
        let arguments = [self.terms.locals.statement(), post, word(steps)];
        let data = calldata::call("claim(bytes32,bytes32,uint64)", &arguments);
        let receipt = chain.send(&self.message(from, self.terms.bond, data)).map_err(to("claim"))?;
        Ok((self.numbered(&receipt, "Claimed(uint256,bytes32,address,bytes32,uint64)")?, receipt))
    }

    /// Challenges a claim; yields the number of the challenge.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn challenge(
        &self,
        chain: &mut dyn Chain,
        from: Address,
        claim: u64,
    ) -> Result<(u64, Receipt), GameError> {
        let data = calldata::call("challenge(uint256)", &[word(claim)]);
        let message = self.message(from, self.terms.bond, data);
        let receipt = chain.send(&message).map_err(to("challenge the claim"))?;
        Ok((self.numbered(&receipt, "Challenged(uint256,uint256,address)")?, receipt))
    }

    /// Makes a move in a challenge.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn turn(
        &self,
        chain: &mut dyn Chain,
        from: Address,
        challenge: u64,
        turn: Turn<'_>,
    ) -> Result<Receipt, GameError> {
        chain.send(&self.message(from, 0, turn.calldata(challenge))).map_err(to(turn.doing()))
    }

    /// Files the part at `offset` of the pre-image that a step reads, where that step is verified.
    ///
    /// # Errors
    /// [`GameError`]; [`GameError::Preimage`] where the oracle does not take it.
    pub fn load(
        &self,
        chain: &mut dyn Chain,
        from: Address,
        step: u64,
        (key, value, offset): &(Hash, Vec<u8>, u64),
    ) -> Result<Receipt, GameError> {
        let (contract, data) = if key[0] == 1 {
            let local = self.terms.locals.ident(key, value).map(|ident| {
                let arguments = [&self.terms.locals.0[..], &[word(ident), word(*offset)]].concat();
                calldata::call("loadLocal(bytes32[5],uint256,uint256)", &arguments)
            });
            (self.address, local)
        } else {
            (self.oracle, calldata::load(key, value, *offset, &[0; 32]))
        };
        let data = data.ok_or(GameError::Preimage { step, key: *key, offset: *offset })?;
        let message = Message { from, to: Some(contract), value: 0, data };
        chain.send(&message).map_err(to("load a pre-image"))
    }

    /// The state hash that the stepper finds after a step of this game.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn verified(&self, chain: &mut dyn Chain, state: &[u8], proof: &[u8]) -> Result<Hash, GameError> {
        let data = calldata::step(state, proof, &self.terms.locals.statement());
        let message = Message { from: self.address, to: Some(self.stepper), value: 0, data };
        let hash = chain.call(&message).map_err(to("have the step verified"))?;
        words(&hash).map(|[hash]| hash).ok_or(self.strange("state hash"))
    }

    /// How a challenge stands.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn state(&self, chain: &mut dyn Chain, challenge: u64) -> Result<Challenge, GameError> {
        let answer = self.ask(chain, "challenges(uint256)", challenge)?;
        Challenge::decode(&answer).ok_or(self.strange("challenge"))
    }

    /// Whether a claim has been defeated.
    ///
    /// # Errors
    /// [`GameError`].
    pub fn is_defeated(&self, chain: &mut dyn Chain, claim: u64) -> Result<bool, GameError> {
        // claimant, challengedUntil, open, defeated, settled, statement, post, steps
        let words: [Hash; 8] =
            words(&self.ask(chain, "claims(uint256)", claim)?).ok_or(self.strange("claim"))?;
        Ok(words[3] != [0; 32])
    }

    const fn message(&self, from: Address, value: u64, data: Vec<u8>) -> Message {
        Message { from, to: Some(self.address), value, data }
    }

    /// Asks about something that has a number.
    fn ask(&self, chain: &mut dyn Chain, getter: &str, number: u64) -> Result<Bytes, GameError> {
        let message = self.message(Address::ZERO, 0, calldata::call(getter, &[word(number)]));
        chain.call(&message).map_err(to("look at the game"))
    }

    /// The number that an event of this game begins with.
    fn numbered(&self, receipt: &Receipt, event: &str) -> Result<u64, GameError> {
        let name = keccak256(event);
        let is_it = |log: &&Log| log.address == self.address && log.topics().first() == Some(&name);
        let log = receipt.logs.iter().find(is_it).ok_or(self.strange("event"))?;
        let number = log.topics().get(1).and_then(|topic| u64::try_from(U256::from_be_bytes(topic.0)).ok());
        number.ok_or(self.strange("number"))
    }

    const fn strange(&self, wanted: &'static str) -> GameError {
        GameError::Contract { contract: self.address, wanted }
    }
}
