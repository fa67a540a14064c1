//! A fault-proof virtual machine for two instruction sets.
fn main() {}
