//! The laws of a machine, on every target: running, recording and replaying agree, a trap changes nothing, a
//! forged proof shows nothing, code may change under way, and the root is a function of the contents.
//!
//! Two of them take too long for every day in full; `steps` and `flips` tell how to run them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy does not take the helpers of tests for tests")]

mod agreement;
mod budgets;
mod compiled;
mod flips;
mod forgery;
mod machine;
mod mips32;
mod random;
mod root;
mod rv64;
mod steps;
mod traps;
