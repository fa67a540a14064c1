//! The loader against the references' figures, and against malformed files of both classes.
#![allow(clippy::unwrap_used, reason = "clippy does not take the helpers of tests for tests")]

mod exact;
mod program;
mod refused;
mod robust;
mod targets;
