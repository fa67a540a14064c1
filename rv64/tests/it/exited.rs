//! The byte of a witness that says whether the machine has exited.

use engine::{Witness, keccak256, verify};
use rv64::AsteriscRv64;

use crate::testing::{Before, HelloWorld, PC};

/// Where it is: after the memory's root, the pre-image's key and offset, the pc and the exit code
/// (Reference: asterisc 52519dc `rvsol/src/RISCV.sol:192-217`).
const EXITED: usize = 32 + 32 + 8 + 8 + 1;
/// The status of a machine without a verdict.
const UNFINISHED: u8 = 3;

/// Reference: RISCV.sol:479-490 leaves a machine alone whose byte is not 0, and 1146 takes only 1 for an exit.
#[test]
fn above_1_the_machine_stays_as_it_is_without_a_verdict() {
    const ADDI: u32 = 0x0010_0513;
    let proof = Before::at(PC, ADDI).vm().prove(&mut HelloWorld, &mut ()).unwrap();
    for byte in 2..=u8::MAX {
        let mut state = proof.state.clone();
        assert_eq!(std::mem::replace(&mut state[EXITED], byte), 0);
        let (after, status) = verify(&AsteriscRv64, &state, &proof.proof, None).unwrap();
        assert_eq!(status, UNFINISHED, "{byte}");
        let mut unfinished = keccak256(&state);
        unfinished[0] = UNFINISHED;
        assert_eq!(after.state_hash(status), unfinished, "{byte}");
        assert!(Witness::decode(&AsteriscRv64, &state).is_err(), "no file has such a state");
    }
}
