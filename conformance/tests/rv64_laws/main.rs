//! The laws of a machine, on RV64: running, recording and replaying agree, a trap changes nothing, a forged
//! proof shows nothing, and code may change under way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy does not take the helpers of tests for tests")]

mod agreement;
mod fetch;
mod forgery;
mod machine;
mod random;
mod self_modifying;
mod traps;
