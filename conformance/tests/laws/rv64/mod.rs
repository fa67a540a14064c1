//! What only RV64 has: its encodings, and where its instructions come from.

pub(crate) mod encoding;
mod fetch;
mod random;
mod self_modifying;
