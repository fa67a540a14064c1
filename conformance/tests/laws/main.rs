//! The laws of a machine, on every target: running, recording and replaying agree, a trap changes nothing, a
//! forged proof shows nothing, code may change under way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy does not take the helpers of tests for tests")]

mod agreement;
mod forgery;
mod machine;
mod mips32;
mod random;
mod rv64;
mod traps;
