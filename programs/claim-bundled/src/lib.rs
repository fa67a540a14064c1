//! The program `claim` with a bundle as its only input, as a proof system would run it: no host answers, nothing is
//! asked for twice, and all there is to know was there before the first step.
//!
//! Local input 1 is the contents of a bundle. The program prints the inputs of `claim` that the bundle has, because a
//! verdict is about those, and then does as `claim` does.
#![no_std]
#![allow(clippy::panic, reason = "a panic is the verdict of a program that cannot go on: exit code 2")]

extern crate alloc;

use alloc::vec::Vec;

use fpvm_guest::{Key, Oracle, hex, println};
use preimage::bundle::{Contents, Reader};

/// An oracle that has all its answers in memory.
///
/// It checks no value: [`Oracle`] checks those that are named by a hash when they are used, and the others are inputs.
#[derive(Debug)]
pub struct Bundled<'a>(Reader<'a>);

impl<'a> Bundled<'a> {
    /// Answers from a bundle.
    #[must_use]
    pub fn new(contents: &Contents<'a>) -> Self {
        Self(contents.reader())
    }
}

impl Oracle for Bundled<'_> {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        let value = self.0.get(&preimage::Key::from(*key.as_bytes()));
        value.unwrap_or_else(|| panic!("pre-image {key} is not in the bundle")).into()
    }

    fn hint(&mut self, _: &str) {}
}

/// Checks the claim of the bundle in local input 1: 0 where it is right, 1 where it is wrong.
///
/// # Panics
/// Where that is no bundle, lacks a pre-image, or `claim` panics.
pub fn run(oracle: &mut dyn Oracle) -> u8 {
    let input = oracle.local(1);
    let contents =
        Contents::parse(&input).unwrap_or_else(|error| panic!("local input 1 is no bundle: {error}"));
    for input in contents.locals() {
        println!("{} = 0x{}", input.key, hex(input.value));
    }
    claim::run(&mut Bundled::new(&contents))
}
