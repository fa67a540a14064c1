//! What the instructions mean, by chapter.

pub mod alu;
pub mod branch;
pub mod memory;
pub mod muldiv;
pub mod system;
