//! What only MIPS32 has: its encodings, and delay slots.

mod delay_slots;
pub(crate) mod encoding;
mod random;
mod self_modifying;
