//! What malice makes of the calldata of a step.

use fpvm_contracts::calldata;

use super::random::{Rng, Sample};

/// What is done to calldata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Malice {
    /// As it is.
    None,
    FlippedProofBit,
    FlippedStateBit,
    /// A bit of the selector, an offset, the context or a length.
    FlippedFrameBit,
    /// An offset or a length made a little greater or smaller.
    OtherNumber,
    CutShort,
    Trailing,
    /// A path zeroed, put in the place of the first, or added once more.
    MovedPath,
    ExitedFlag,
    OtherState,
}

impl Malice {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::FlippedProofBit,
        Self::FlippedStateBit,
        Self::FlippedFrameBit,
        Self::OtherNumber,
        Self::CutShort,
        Self::Trailing,
        Self::MovedPath,
        Self::ExitedFlag,
        Self::OtherState,
    ];

    /// What is done, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "as it is",
            Self::FlippedProofBit => "a bit of a proof flipped",
            Self::FlippedStateBit => "a bit of the state flipped",
            Self::FlippedFrameBit => "a bit of selector, offsets, context or lengths flipped",
            Self::OtherNumber => "an offset or a length changed",
            Self::CutShort => "cut short",
            Self::Trailing => "bytes behind the end",
            Self::MovedPath => "a path zeroed, replaced or added",
            Self::ExitedFlag => "another flag and exit code",
            Self::OtherState => "a byte of the state changed",
        }
    }

    /// Does it.
    pub fn done_to<T: Sample>(self, rng: &mut Rng, data: &[u8]) -> Vec<u8> {
        const STATE: usize = 132;
        let mut data = data.to_vec();
        let proof = calldata::proof_offset::<T>();
        let path = 32 * (T::ADDRESS_BITS as usize - 4);
        let flip = |data: &mut Vec<u8>, bit: u64| data[bit as usize / 8] ^= 1 << (bit % 8);
        match self {
            Self::None => {}
            Self::FlippedProofBit if data.len() > proof => {
                let bits = 8 * (data.len() - proof) as u64;
                flip(&mut data, 8 * proof as u64 + rng.below(bits));
            }
            Self::FlippedProofBit => {}
            Self::FlippedStateBit => {
                flip(&mut data, 8 * STATE as u64 + rng.below(8 * T::WITNESS_BYTES as u64));
            }
            Self::FlippedFrameBit => {
                let bit = rng.below(8 * (STATE + 32) as u64);
                flip(
                    &mut data,
                    if bit < 8 * STATE as u64 { bit } else { bit + 8 * (proof - 32 - STATE) as u64 },
                );
            }
            Self::OtherNumber => {
                let at = rng.pick(&[4, 36, STATE - 32, proof - 32]) + 24;
                let by = rng.pick(&[1, 2, 31, 32, 896, 1920, 3840, 1 << 62]);
                let old = u64::from_be_bytes(data[at..at + 8].try_into().unwrap());
                let new = if rng.one_in(2) { old.wrapping_add(by) } else { old.wrapping_sub(by) };
                data[at..at + 8].copy_from_slice(&new.to_be_bytes());
            }
            Self::CutShort => {
                let most = if rng.one_in(4) { data.len() } else { 2 * path };
                let cut = rng.below(most.min(data.len()) as u64 + 1) as usize;
                data.truncate(data.len() - if rng.one_in(3) { cut.min(33) } else { cut });
            }
            Self::Trailing => {
                let count = rng.pick(&[1, 31, 32, path]);
                data.extend(rng.bytes(count));
            }
            Self::MovedPath => {
                let paths = (data.len() - proof) / path;
                if paths > 0 {
                    let at = proof + path * rng.below(paths as u64) as usize;
                    let one = data[at..at + path].to_vec();
                    match rng.below(3) {
                        0 => data[at..at + path].fill(0),
                        1 => data[proof..proof + path].copy_from_slice(&one),
                        _ => data.extend(one),
                    }
                }
            }
            Self::ExitedFlag => {
                data[STATE + T::EXIT + 1] = rng.pick(&[1, 2, 128, 255]);
                data[STATE + T::EXIT] = rng.below(4) as u8;
            }
            Self::OtherState => {
                let at = STATE + 32 + rng.below(T::WITNESS_BYTES as u64 - 32) as usize;
                data[at] = rng.next() as u8;
            }
        }
        data
    }
}
