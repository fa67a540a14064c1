//! The calldata of `step(bytes stateData, bytes proof, bytes32 localContext)`, and of the oracle.
//!
//! The references accept one arrangement alone: the state at byte 132, padded to whole words, then the proof's length
//! and the proof (`RISCV.sol:331-364` at asterisc 52519dc, `MIPS.sol:214-231` at optimism d317e96).

use alloy_primitives::{U256, keccak256};
use isa_traits::{Hash, Target};

/// `step(bytes,bytes,bytes32)`
pub const STEP: [u8; 4] = [0xe1, 0x4c, 0xed, 0x32];
/// `loadLocalData(uint256,bytes32,bytes32,uint256,uint256)`
pub const LOAD_LOCAL: [u8; 4] = [0x52, 0xf0, 0xf3, 0xad];
/// `loadKeccak256PreimagePart(uint256,bytes)`
pub const LOAD_KECCAK: [u8; 4] = [0xe1, 0x59, 0x26, 0x11];
/// `loadSha256PreimagePart(uint256,bytes)`
pub const LOAD_SHA256: [u8; 4] = [0x8d, 0xc4, 0xbe, 0x11];
/// `readPreimage(bytes32,uint256)`
pub const READ: [u8; 4] = [0xe0, 0x31, 0x10, 0xe1];

const WORD: usize = 32;
/// Two offsets and the context.
const HEAD: usize = 3 * WORD;
/// Where the state begins: behind the selector, the head and its length.
const STATE: usize = 4 + HEAD + WORD;

/// Where the proof begins.
pub const fn proof_offset<T: Target>() -> usize {
    STATE + T::WITNESS_BYTES.next_multiple_of(WORD) + WORD
}

/// A number as a word.
pub fn word(value: u64) -> Hash {
    U256::from(value).to_be_bytes()
}

/// The calldata of a function whose arguments are words: `propose(uint256,bytes32)`.
pub fn call(signature: &str, arguments: &[Hash]) -> Vec<u8> {
    [&keccak256(signature)[..4], &arguments.concat()].concat()
}

/// Bytes behind their length, padded to whole words.
fn bytes(value: &[u8]) -> Vec<u8> {
    let mut encoded = word(value.len() as u64).to_vec();
    encoded.extend_from_slice(value);
    encoded.resize(encoded.len().next_multiple_of(WORD), 0);
    encoded
}

/// The calldata of a step in a game, `step(uint256 challenge, bytes stateData, bytes proof)`: a stepper's, with the
/// challenge before the two offsets in place of the context behind them.
pub fn game_step(challenge: u64, state: &[u8], proof: &[u8]) -> Vec<u8> {
    let stepper = step(state, proof, &[0; WORD]);
    let (offsets, tail) = (&stepper[4..STATE - 2 * WORD], &stepper[STATE - WORD..]);
    [&call("step(uint256,bytes,bytes)", &[word(challenge)]), offsets, tail].concat()
}

/// The calldata of a step.
pub fn step(state: &[u8], proof: &[u8], context: &Hash) -> Vec<u8> {
    let state = bytes(state);
    let (at, behind) = (HEAD as u64, (HEAD + state.len()) as u64);
    [&STEP[..], &word(at), &word(behind), context, &state, &bytes(proof)].concat()
}

/// What a verifier is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The encoded state.
    pub state: Vec<u8>,
    /// The paths, as far as the contract of the target reads them.
    pub proof: Vec<u8>,
    /// What tells apart the local pre-images of one caller.
    pub context: Hash,
}

/// What the reference's contract of `T` reads from calldata; `None` where it refuses it.
///
/// The compiler's decoder wants both byte strings within the calldata. Then MIPS.sol looks at no length at all, and
/// reads paths as far as the calldata goes; RISCV.sol wants the state's length, and the proof's to be a multiple of
/// a path's, and reads zeros behind the end.
pub fn decode<T: Target>(calldata: &[u8]) -> Option<Decoded> {
    let number = |at: usize| -> Option<usize> {
        let word = calldata.get(at..at + WORD)?;
        usize::try_from(U256::from_be_slice(word)).ok()
    };
    // A byte string whose length stands at `at`.
    let length = |at: usize| -> Option<usize> {
        let length = number(at)?;
        if (at + WORD).checked_add(length)? <= calldata.len() { Some(length) } else { None }
    };
    if calldata.get(..4)? != STEP || number(4)? != STATE - 4 - WORD {
        return None;
    }
    let proof_at = proof_offset::<T>();
    if number(4 + WORD)? != proof_at - 4 - WORD {
        return None;
    }
    let context = calldata.get(4 + 2 * WORD..)?.first_chunk()?;
    let (state_bytes, proof_bytes) = (length(STATE - WORD)?, length(proof_at - WORD)?);
    let mut proof = calldata[proof_at..].to_vec();
    if T::PROOF_PATHS.is_none() {
        let path_bytes = path_bytes::<T>();
        if state_bytes != T::WITNESS_BYTES || !proof_bytes.is_multiple_of(path_bytes) {
            return None;
        }
        proof.resize(3 * path_bytes, 0);
    }
    Some(Decoded { state: calldata.get(STATE..STATE + T::WITNESS_BYTES)?.to_vec(), proof, context: *context })
}

/// Bytes of a path: a leaf and its siblings up to the root's child.
const fn path_bytes<T: Target>() -> usize {
    WORD * (T::ADDRESS_BITS as usize - 4)
}

/// The calldata that loads the part of a pre-image at `offset`, a local one in `context`; `None` for types of keys that
/// the oracle does not know. `value` has no length prefix; a local one has at most 32 bytes.
pub fn load(key: &Hash, value: &[u8], offset: u64, context: &Hash) -> Option<Vec<u8>> {
    let offset = word(offset);
    let hashed = |selector: [u8; 4]| [&selector[..], &offset, &word(2 * WORD as u64), &bytes(value)].concat();
    match key[0] {
        1 => {
            let mut ident = *key;
            ident[0] = 0;
            let mut data = [0; WORD];
            data.get_mut(..value.len())?.copy_from_slice(value);
            Some([&LOAD_LOCAL[..], &ident, context, &data, &word(value.len() as u64), &offset].concat())
        }
        2 => Some(hashed(LOAD_KECCAK)),
        4 => Some(hashed(LOAD_SHA256)),
        _ => None,
    }
}

/// The calldata that reads the part of a pre-image at `offset`.
pub fn read(key: &Hash, offset: u64) -> Vec<u8> {
    [&READ[..], key, &word(offset)].concat()
}
