//! `fpvm` against what nobody here wrote.
//!
//! [`vectors`] reads what the reference machines did on a few small programs; the tests hold our machines
//! against it.

pub mod vectors;
