//! Writes the blocks into `programs/op-block/blocks`.
#![allow(clippy::unwrap_used, reason = "whoever runs it sees why it fails")]

fn main() {
    for (name, json) in op_block_own::blocks() {
        std::fs::write(op_block_own::folder().join(&name), json).unwrap();
        println!("{name}");
    }
}
