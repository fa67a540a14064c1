//! MIPS32 against single-threaded Cannon 1.2.1-beta.6.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use mips32::CannonMips32;

/// The version the vectors were made by; the release differs from it in BLTZAL alone.
fn beta() -> CannonMips32 {
    CannonMips32::version_named("1.2.1-beta.6").unwrap()
}

#[test]
fn isa_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(beta(), "mips32", "isa");
}

#[test]
fn preimg_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(beta(), "mips32", "preimg");
}

#[test]
fn exit1_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(beta(), "mips32", "exit1");
}

#[test]
fn isa_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(beta(), "mips32", "isa");
}

#[test]
fn preimg_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(beta(), "mips32", "preimg");
}

#[test]
fn exit1_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(beta(), "mips32", "exit1");
}

#[test]
fn quirks_behave_as_recorded() {
    common::quirks_behave_as_recorded(beta(), "mips32", 37);
}
