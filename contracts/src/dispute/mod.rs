//! Disputes about what a program does, played down to one step on a [chain](crate::chain) around a stepper.
//!
//! A [`Game`] is the contracts on a chain. A [`Player`] has an account and a [`Machine`], and says what its machine says,
//! be that right or wrong: there is one strategy. [`play`] brings two of them together. [`Bug`] makes machines that are
//! wrong.

mod bug;
mod challenge;
mod game;
mod machine;
mod play;
mod terms;

pub use self::bug::{Bug, BugError};
pub use self::challenge::{Challenge, Turn};
pub use self::game::{Game, GameError};
pub use self::machine::{Faulty, Forged, Machine};
pub use self::play::{DisputeError, Made, Move, Outcome, Player, Side, play};
pub use self::terms::{LOCALS, Locals, Terms};
