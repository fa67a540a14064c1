//! Players, and how a dispute goes.

use alloy_primitives::Address;
use engine::StepProof;
use isa_traits::Hash;

use super::{Challenge, Game, GameError, Machine, Turn};
use crate::chain::{Chain, Receipt};

/// A side of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It says how the program ends.
    Claimant,
    /// It says that this is not so.
    Challenger,
}

impl Side {
    /// The side across the table.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Claimant => Self::Challenger,
            Self::Challenger => Self::Claimant,
        }
    }
}

/// Why a dispute could not be played on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisputeError<E> {
    /// The game could not be played on.
    #[error(transparent)]
    Game(#[from] GameError),
    /// A player's machine could not answer.
    #[error("{0}")]
    Machine(E),
    /// The machine ends in a state that nobody can claim.
    #[error(
        "the machine ends after {steps} steps with status {status}; only ends of status 0, valid, after a step or more \
         can be claimed"
    )]
    NotValid {
        /// How many steps it makes.
        steps: u64,
        /// Its status then: 1 invalid, 2 panic, 3 unfinished.
        status: u8,
    },
}

/// Somebody with an account, who says what a machine says.
pub struct Player<'a, E> {
    /// The account that sends the moves.
    pub account: Address,
    /// What it goes by.
    pub machine: &'a mut dyn Machine<Error = E>,
}

/// What a player does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Claims how the program ends.
    Claim {
        /// After so many steps.
        steps: u64,
        /// In this state.
        post: Hash,
    },
    /// Challenges that.
    Challenge,
    /// Tells the state hash in the middle.
    Propose {
        /// The middle.
        step: u64,
        /// The state hash there.
        hash: Hash,
    },
    /// Tells whether it agrees with that.
    Respond {
        /// The middle.
        step: u64,
        /// Whether it agrees.
        agrees: bool,
    },
    /// Loads a part of a pre-image for the verifier.
    Load {
        /// The key of the pre-image.
        key: Hash,
        /// Where the part begins, counting the length before the pre-image.
        offset: u64,
    },
    /// Proves the one step that is left.
    Step {
        /// The step.
        step: u64,
        /// The state hash after it, as the verifier has it.
        verified: Hash,
    },
    /// Ends the game, for the other one's time is over.
    Timeout,
}

/// A move that is on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Who made it.
    pub by: Side,
    /// What it was.
    pub what: Move,
    /// The gas its transaction took.
    pub gas: u64,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The number of the claim in its game.
    pub claim: u64,
    /// The step they do not agree on.
    pub step: u64,
    /// The state hash after it, as the claimant has it.
    pub claimed: Hash,
    /// The state hash after it, as the verifier has it; none where the clock decided.
    pub verified: Option<Hash>,
    /// Who won.
    pub winner: Side,
}

impl<E> std::fmt::Debug for Player<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("account", &self.account).finish_non_exhaustive()
    }
}

impl<E> Player<'_, E> {
    /// The state hash after so many steps. A machine that does not get there stays as it is.
    fn state_hash(&mut self, steps: u64) -> Result<Hash, DisputeError<E>> {
        let made = self.machine.steps().map_err(DisputeError::Machine)?;
        self.machine.state_hash(steps.min(made)).map_err(DisputeError::Machine)
    }

    fn proof(&mut self, step: u64) -> Result<Option<StepProof>, DisputeError<E>> {
        let made = self.machine.steps().map_err(DisputeError::Machine)?;
        self.machine.proof(step.min(made)).map_err(DisputeError::Machine)
    }
}

/// A table with a game on it, and the two at either side.
struct Table<'a, 'b, E> {
    chain: &'a mut dyn Chain,
    game: &'a Game,
    claimant: &'a mut Player<'b, E>,
    challenger: &'a mut Player<'b, E>,
    watch: &'a mut dyn FnMut(&Made),
    /// What the verifier said of the step that was proven.
    verified: Option<Hash>,
}

/// Plays a dispute to its end: the claimant claims, the challenger challenges, and they halve the steps until one is
/// left. `watch` is told each move. None where the challenger has nothing to say against the claim.
///
/// # Errors
/// [`DisputeError`].
pub fn play<'b, E>(
    chain: &mut dyn Chain,
    game: &Game,
    claimant: &mut Player<'b, E>,
    challenger: &mut Player<'b, E>,
    watch: &mut dyn FnMut(&Made),
) -> Result<Option<Outcome>, DisputeError<E>> {
    Table { chain, game, claimant, challenger, watch, verified: None }.play()
}

impl<'b, E> Table<'_, 'b, E> {
    fn play(mut self) -> Result<Option<Outcome>, DisputeError<E>> {
        let steps = self.claimant.machine.steps().map_err(DisputeError::Machine)?;
        let post = self.claimant.state_hash(steps)?;
        if post[0] != 0 || steps == 0 {
            return Err(DisputeError::NotValid { steps, status: post[0] });
        }
        let (claim, receipt) = self.game.claim(self.chain, self.claimant.account, post, steps)?;
        self.made(Side::Claimant, Move::Claim { steps, post }, receipt.gas);
        if self.challenger.state_hash(steps)? == post {
            return Ok(None);
        }
        let (id, receipt) = self.game.challenge(self.chain, self.challenger.account, claim)?;
        self.made(Side::Challenger, Move::Challenge, receipt.gas);
        let mut before = None;
        let end = loop {
            let state: Challenge = self.game.state(self.chain, id)?;
            if state.decided {
                break state;
            }
            // Every move changes it, on a chain that keeps its word.
            if before.replace(state) == Some(state) {
                let contract = self.game.address;
                return Err(GameError::Contract { contract, wanted: "sign of the last move" }.into());
            }
            if state.high - state.low > 1 {
                self.halve(id, &state)?;
            } else if !self.prove(Side::Claimant, id, &state)? && !self.prove(Side::Challenger, id, &state)? {
                self.let_the_clock_decide(id, &state)?;
            }
        };
        let defeated = self.game.is_defeated(self.chain, claim)?;
        let winner = if defeated { Side::Challenger } else { Side::Claimant };
        let Challenge { low: step, disputed: claimed, .. } = end;
        Ok(Some(Outcome { claim, step, claimed, verified: self.verified, winner }))
    }

    fn player(&mut self, side: Side) -> &mut Player<'b, E> {
        match side {
            Side::Claimant => self.claimant,
            Side::Challenger => self.challenger,
        }
    }

    fn turn(&mut self, side: Side, id: u64, turn: Turn<'_>) -> Result<Receipt, GameError> {
        let from = self.player(side).account;
        self.game.turn(self.chain, from, id, turn)
    }

    fn made(&mut self, by: Side, what: Move, gas: u64) {
        (self.watch)(&Made { by, what, gas });
    }

    /// The move of whoever's turn it is, while there is more than a step between them.
    fn halve(&mut self, id: u64, state: &Challenge) -> Result<(), DisputeError<E>> {
        let step = state.between();
        if state.claimant_moves {
            let hash = self.claimant.state_hash(step)?;
            let receipt = self.turn(Side::Claimant, id, Turn::Propose(hash))?;
            self.made(Side::Claimant, Move::Propose { step, hash }, receipt.gas);
        } else {
            let agrees = self.challenger.state_hash(step)? == state.middle;
            let receipt = self.turn(Side::Challenger, id, Turn::Respond(agrees))?;
            self.made(Side::Challenger, Move::Respond { step, agrees }, receipt.gas);
        }
        Ok(())
    }

    /// Proves the one step that is left, if that shows that this side is right.
    fn prove(&mut self, side: Side, id: u64, state: &Challenge) -> Result<bool, DisputeError<E>> {
        let step = state.low;
        let Some(proof) = self.player(side).proof(step)? else { return Ok(false) };
        if (proof.post == state.disputed) != (side == Side::Claimant) {
            return Ok(false);
        }
        let from = self.player(side).account;
        if let Some(preimage) = &proof.preimage {
            let receipt = self.game.load(self.chain, from, step, preimage)?;
            self.made(side, Move::Load { key: preimage.0, offset: preimage.2 }, receipt.gas);
        }
        let verified = self.game.verified(self.chain, &proof.state, &proof.proof)?;
        let receipt = self.turn(side, id, Turn::Step { state: &proof.state, proof: &proof.proof })?;
        self.verified = Some(verified);
        self.made(side, Move::Step { step, verified }, receipt.gas);
        Ok(true)
    }

    /// Nobody has shown a step that is a claimant's to show: its time runs out.
    fn let_the_clock_decide(&mut self, id: u64, state: &Challenge) -> Result<(), DisputeError<E>> {
        let waited = self.chain.wait(state.deadline + 1);
        waited.map_err(|error| GameError::Chain { doing: "wait for the claimant's clock", error })?;
        let receipt = self.turn(Side::Challenger, id, Turn::Timeout)?;
        self.made(Side::Challenger, Move::Timeout, receipt.gas);
        Ok(())
    }
}
