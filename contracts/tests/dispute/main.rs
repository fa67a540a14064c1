//! Disputes about the program `claim` on both instruction sets, and the rules they are played by.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

#[path = "../common/mod.rs"]
mod common;
mod gate;
mod honest;
mod rules;
