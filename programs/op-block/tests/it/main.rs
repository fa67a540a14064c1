//! The program on this machine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail anywhere")]

mod blocks;
mod common;
mod own;
