//! The verifier of step proofs as a guest program: one step of either target, verified inside a machine.
//!
//! Local input 1 is a [`Claim`], that one state follows another, and all it takes to verify it. The program exits
//! with 0 where the claim holds and with 1 where it does not or is not proven, and prints one line. What holds
//! where it exits with 0 is all in that line, so it is what a proof of the program's own run would show.
#![no_std]

extern crate alloc;

mod claim;

pub use claim::{AnyTarget, Claim, Refusal};
use fpvm_guest::{Oracle, println};

/// Verifies the claim that local input 1 encodes: 0 where it holds, 1 where it does not.
pub fn run(oracle: &mut dyn Oracle) -> u8 {
    let input = oracle.local(1);
    match Claim::decode(&input).and_then(|claim| claim.verify().map(|()| claim)) {
        Ok(claim) => {
            println!("{claim}");
            0
        }
        Err(refusal) => {
            println!("refused: {refusal}");
            1
        }
    }
}
