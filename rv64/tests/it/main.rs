//! RV64 as Asterisc v1.3.0 has it, against tables of cases and the manual's arithmetic.
#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy does not take the helpers of tests for tests")]

mod atomics;
mod calls;
mod computation;
mod control;
mod encodings;
mod exited;
mod hints;
mod manual;
mod memory;
mod preimages;
mod table;
mod testing;
