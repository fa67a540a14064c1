//! Pre-images: the [`Key`]s that name them, and the format of a [`bundle`], one file with all that a run reads.
//!
//! This crate performs no I/O and needs no allocator, so that a guest of any machine, or of a proof system, can read
//! a bundle where it lies. Files, compression and recording are the crate `oracle`'s.
#![no_std]

pub mod bundle;
mod key;

pub use key::{Key, KeyType};
