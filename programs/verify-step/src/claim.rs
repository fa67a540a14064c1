//! A claim about one step: its encoding, and whether it holds.

use alloc::vec::Vec;
use core::fmt;

use engine::{VerifyError, verify};
use fpvm_guest::{Hash, Key, hex, keccak256, sha256};
use isa_traits::Target;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// That a state follows another in one step, and what it takes to verify it.
///
/// As bytes, numbers being big-endian:
///
/// | bytes | |
/// |---|---|
/// | 1 | target: 0 `asterisc-rv64`, 1 `cannon-mips32` |
/// | 1 | version: for `asterisc-rv64` 0; for `cannon-mips32` the place in [`CannonMips32::VERSIONS`] |
/// | 32, 32 | the state hash before the step, and after it |
/// | 4, *n* | the witness before the step, after its length |
/// | 4, *n* | the Merkle paths of the leaves touched, after their length |
/// | none, or 32 and *n* | the key of the pre-image that the step reads; its value is all the rest |
///
/// The offset from which the step reads is in the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The machine that makes the step.
    pub target: AnyTarget,
    /// The state hash before the step.
    pub pre: Hash,
    /// The state hash after the step.
    pub post: Hash,
    /// The witness before the step.
    pub state: &'a [u8],
    /// The Merkle paths of the leaves touched, in order.
    pub proof: &'a [u8],
    /// The key and the value, without length prefix, of the pre-image the step reads, if any.
    pub preimage: Option<(Hash, &'a [u8])>,
}

/// A target in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyTarget {
    /// RV64.
    Asterisc(AsteriscRv64),
    /// MIPS32.
    Cannon(CannonMips32),
}

/// Why a claim is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no claim.
    #[error("the claim ends within its {0}")]
    Short(&'static str),
    /// The target or its version is unknown.
    #[error("there is no target {target} of version {version}")]
    Target {
        /// The target's number.
        target: u8,
        /// The version's number.
        version: u8,
    },
    /// The witness is not that of the state before.
    #[error("the state hashes to 0x{}, and pre is 0x{}, byte 0 apart", hex(.found), hex(.wanted))]
    Pre {
        /// The hash of the witness.
        found: Hash,
        /// The claimed one.
        wanted: Hash,
    },
    /// The pre-image is that of another key.
    #[error("the pre-image has the key 0x{}, wanted 0x{}", hex(.found), hex(.wanted))]
    Preimage {
        /// The key that follows from the value.
        found: Hash,
        /// The claimed one.
        wanted: Hash,
    },
    /// The step is refused or not proven.
    #[error(transparent)]
    Step(#[from] VerifyError),
    /// The step leads to another state.
    #[error("the step leads to 0x{}, and post is 0x{}", hex(.found), hex(.wanted))]
    Post {
        /// The state hash after the step.
        found: Hash,
        /// The claimed one.
        wanted: Hash,
    },
}

impl<'a> Claim<'a> {
    /// The claim as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (key, value) = self.preimage.as_ref().map_or((&[][..], &[][..]), |(key, value)| (key, *value));
        let length = |bytes: &[u8]| (bytes.len() as u32).to_be_bytes();
        let target = self.target.number();
        [
            &target[..],
            &self.pre,
            &self.post,
            &length(self.state),
            self.state,
            &length(self.proof),
            self.proof,
            key,
            value,
        ]
        .concat()
    }

    /// Reads what [`encode`](Claim::encode) wrote.
    ///
    /// # Errors
    /// [`Refusal::Short`] or [`Refusal::Target`]. No claim has two encodings.
    pub fn decode(mut bytes: &'a [u8]) -> Result<Self, Refusal> {
        let rest = &mut bytes;
        let target = AnyTarget::numbered(take(rest, "target")?)?;
        let (pre, post) = (take(rest, "pre")?, take(rest, "post")?);
        let (state, proof) = (take_counted(rest, "state")?, take_counted(rest, "proof")?);
        let preimage = if rest.is_empty() { None } else { Some((take(rest, "pre-image key")?, *rest)) };
        Ok(Self { target, pre, post, state, proof, preimage })
    }

    /// Whether the claim holds.
    ///
    /// Byte 0 of `pre`, a status, is not looked at, as in the dispute game. A pre-image whose key is a Keccak-256 or
    /// SHA-256 hash is held against it. Of other types any value is taken, and the claim holds if it is the key's,
    /// which the displayed claim says.
    ///
    /// # Errors
    /// [`Refusal`] where it does not.
    pub fn verify(&self) -> Result<(), Refusal> {
        let found = keccak256(self.state);
        if found[1..] != self.pre[1..] {
            return Err(Refusal::Pre { found, wanted: self.pre });
        }
        if let Some((wanted, value)) = self.preimage
            && let Some(found) = recomputed(&wanted, value)
            && found != wanted
        {
            return Err(Refusal::Preimage { found, wanted });
        }
        let found = match self.target {
            AnyTarget::Asterisc(target) => self.post_of(&target),
            AnyTarget::Cannon(target) => self.post_of(&target),
        }?;
        if found == self.post { Ok(()) } else { Err(Refusal::Post { found, wanted: self.post }) }
    }

    /// The state hash after the step.
    fn post_of<T: Target>(&self, target: &T) -> Result<Hash, VerifyError> {
        let preimage = self.preimage.as_ref().map(|(key, value)| (key, *value));
        let (witness, status) = verify(target, self.state, self.proof, preimage)?;
        Ok(witness.state_hash(status))
    }
}

/// What is known where the claim holds.
impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, pre, post, .. } = self;
        write!(f, "{target}: 0x{} steps to 0x{}", hex(pre), hex(post))?;
        match self.preimage {
            Some((key, value)) if recomputed(&key, value).is_none() => {
                write!(f, ", if 0x{} is the key of what hashes to 0x{}", hex(&key), hex(&keccak256(value)))
            }
            _ => Ok(()),
        }
    }
}

impl AnyTarget {
    /// The numbers of the target and of its version.
    fn number(self) -> [u8; 2] {
        match self {
            Self::Asterisc(AsteriscRv64) => [0, 0],
            Self::Cannon(target) => {
                let version = CannonMips32::VERSIONS.iter().take_while(|version| **version != target);
                [1, version.count() as u8]
            }
        }
    }

    fn numbered([target, version]: [u8; 2]) -> Result<Self, Refusal> {
        let cannon = CannonMips32::VERSIONS.get(usize::from(version));
        match (target, version, cannon) {
            (0, 0, _) => Ok(Self::Asterisc(AsteriscRv64)),
            (1, _, Some(&cannon)) => Ok(Self::Cannon(cannon)),
            _ => Err(Refusal::Target { target, version }),
        }
    }
}

/// The name and the version: `asterisc-rv64@1.3.0`.
impl fmt::Display for AnyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = match self {
            Self::Asterisc(target) => (AsteriscRv64::NAME, target.version()),
            Self::Cannon(target) => (CannonMips32::NAME, target.version()),
        };
        write!(f, "{name}@{version}")
    }
}

/// The key that `value` has as a pre-image of the type of `key`, where the value alone decides that.
fn recomputed(key: &Hash, value: &[u8]) -> Option<Hash> {
    match key[0] {
        2 => Some(*Key::keccak256(&keccak256(value)).as_bytes()),
        4 => Some(*Key::sha256(&sha256(value)).as_bytes()),
        _ => None,
    }
}

/// The next `N` bytes.
fn take<const N: usize>(rest: &mut &[u8], field: &'static str) -> Result<[u8; N], Refusal> {
    let (taken, tail) = rest.split_first_chunk().ok_or(Refusal::Short(field))?;
    *rest = tail;
    Ok(*taken)
}

/// The next bytes, after their number.
fn take_counted<'a>(rest: &mut &'a [u8], field: &'static str) -> Result<&'a [u8], Refusal> {
    let count = u32::from_be_bytes(take(rest, field)?);
    let (taken, tail) = rest.split_at_checked(count as usize).ok_or(Refusal::Short(field))?;
    *rest = tail;
    Ok(taken)
}
