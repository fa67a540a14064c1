//! RV64 against Asterisc v1.3.0.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use rv64::AsteriscRv64;

#[test]
fn isa_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(AsteriscRv64, "rv64", "isa");
}

#[test]
fn preimg_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(AsteriscRv64, "rv64", "preimg");
}

#[test]
fn exit1_reaches_every_checkpoint() {
    common::reaches_every_checkpoint(AsteriscRv64, "rv64", "exit1");
}

#[test]
fn isa_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(AsteriscRv64, "rv64", "isa");
}

#[test]
fn preimg_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(AsteriscRv64, "rv64", "preimg");
}

#[test]
fn exit1_is_proven_as_by_the_reference() {
    common::proves_and_verifies_as_the_reference(AsteriscRv64, "rv64", "exit1");
}

#[test]
fn quirks_behave_as_recorded() {
    common::quirks_behave_as_recorded(AsteriscRv64, "rv64", 34);
}
