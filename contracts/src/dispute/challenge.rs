//! A challenge: how it stands, and what is told its contract.

use alloy_primitives::U256;
use isa_traits::Hash;

use crate::calldata::{self, word};

/// How a challenge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whether it is over.
    pub decided: bool,
    /// Whether it is the claimant's move, which it also is when one step is left.
    pub claimant_moves: bool,
    /// When the side to move will have used up its time, in seconds: it loses after that.
    pub deadline: u64,
    /// The step up to which both agree.
    pub low: u64,
    /// The step from which on they do not.
    pub high: u64,
    /// The state hash there, as the claimant has it.
    pub disputed: Hash,
    /// The claimant's state hash in the middle, where it is the challenger's move.
    pub middle: Hash,
}

impl Challenge {
    /// The step in the middle.
    pub const fn between(&self) -> u64 {
        self.low + (self.high - self.low) / 2
    }

    /// Reads what the contract's `challenges` returns: claim, challenger, decided, claimantMoves, since, claimantTime,
    /// challengerTime, agreed, low, disputed, high, middle.
    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let words: [Hash; 12] = words(data)?;
        let number = |index: usize| u64::try_from(U256::from_be_bytes(words[index])).ok();
        let claimant_moves = number(3)? != 0;
        let left = number(if claimant_moves { 5 } else { 6 })?;
        let (low, high) = (number(8)?, number(10)?);
        (low < high).then_some(Self {
            decided: number(2)? != 0,
            claimant_moves,
            deadline: number(4)?.checked_add(left)?,
            low,
            high,
            disputed: words[9],
            middle: words[11],
        })
    }
}

/// Data as so many words.
pub(super) fn words<const N: usize>(data: &[u8]) -> Option<[Hash; N]> {
    let (words, rest) = data.as_chunks::<32>();
    if rest.is_empty() { words.try_into().ok() } else { None }
}

/// A move in a challenge, with what the contract is told.
#[derive(Clone, Copy, Debug)]
pub enum Turn<'a> {
    /// The claimant's state hash in the middle.
    Propose(Hash),
    /// Whether the challenger agrees with it.
    Respond(bool),
    /// The one step that is left, which decides.
    Step {
        /// The witness before it.
        state: &'a [u8],
        /// The paths of the leaves it touches.
        proof: &'a [u8],
    },
    /// That the side to move has no time left, which decides.
    Timeout,
}

impl Turn<'_> {
    pub(super) const fn doing(self) -> &'static str {
        match self {
            Self::Propose(_) => "propose a state hash",
            Self::Respond(_) => "respond",
            Self::Step { .. } => "prove the step",
            Self::Timeout => "end the game by its clock",
        }
    }

    pub(super) fn calldata(self, challenge: u64) -> Vec<u8> {
        let id = word(challenge);
        match self {
            Self::Propose(middle) => calldata::call("propose(uint256,bytes32)", &[id, middle]),
            Self::Respond(agrees) => calldata::call("respond(uint256,bool)", &[id, word(agrees.into())]),
            Self::Step { state, proof } => calldata::game_step(challenge, state, proof),
            Self::Timeout => calldata::call("timeout(uint256)", &[id]),
        }
    }
}
