//! Step proofs: what a verifier needs for one step, and the references' file of it.

use std::string::{String, ToString};
use std::vec::Vec;

use isa_traits::Hash;
use serde::{Deserialize, Serialize};

/// Bytes of the length before a pre-image, big-endian.
const PREFIX_BYTES: usize = 8;

/// One step with all that a verifier needs to repeat it.
///
/// As JSON it is the file that `--proof-at` writes (Asterisc `rvgo/cmd/run.go:26-38`, Cannon
/// `cannon/cmd/run.go:120-132`): hex with 0x, a pre-image with its length prefix, and no offset where it is 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct StepProof {
    /// The step counter before the step.
    pub step: u64,
    /// The state hash before the step.
    pub pre: Hash,
    /// The state hash after the step.
    pub post: Hash,
    /// The witness before the step.
    pub state: Vec<u8>,
    /// The Merkle path of each leaf touched, in order: the leaf, then its siblings up to the root's child.
    pub proof: Vec<u8>,
    /// The pre-image read by the step: its key, its value without length prefix, and the offset read from,
    /// which counts the 8-byte prefix.
    pub preimage: Option<(Hash, Vec<u8>, u64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    step: u64,
    #[serde(default)]
    pre: Hex,
    #[serde(default)]
    post: Hex,
    state_data: Hex,
    proof_data: Hex,
    #[serde(default, skip_serializing_if = "Hex::is_empty")]
    oracle_key: Hex,
    #[serde(default, skip_serializing_if = "Hex::is_empty")]
    oracle_value: Hex,
    #[serde(default, skip_serializing_if = "is_zero")]
    oracle_offset: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

/// Bytes that are hex with 0x in JSON; `null` and the empty string are none.
#[derive(Default)]
struct Hex(Vec<u8>);

impl Hex {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A hash; all zeros where nothing is given.
    fn hash(&self, name: &'static str) -> Result<Hash, ProofFileError> {
        if self.is_empty() {
            return Ok(Hash::default());
        }
        self.0.as_slice().try_into().map_err(|_| ProofFileError::Hash { name, found: self.0.len() })
    }
}

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&const_hex::encode_prefixed(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        const_hex::decode(&text).map(Self).map_err(|error| serde::de::Error::custom(error.to_string()))
    }
}

/// Why a file is no step proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFileError {
    /// A hash of another length.
    #[error("{name} has {found} bytes, wanted 32")]
    Hash {
        /// The field.
        name: &'static str,
        /// Bytes it has.
        found: usize,
    },
    /// The length prefix of the pre-image does not tell its length.
    #[error("oracle-value has {found} bytes, and its first {PREFIX_BYTES} do not tell how many follow")]
    Prefix {
        /// Bytes it has.
        found: usize,
    },
}

impl TryFrom<File> for StepProof {
    type Error = ProofFileError;

    fn try_from(file: File) -> Result<Self, ProofFileError> {
        let preimage = if file.oracle_key.is_empty() {
            None
        } else {
            let found = file.oracle_value.0.len();
            let (prefix, value) =
                file.oracle_value.0.split_first_chunk().ok_or(ProofFileError::Prefix { found })?;
            if u64::from_be_bytes(*prefix) != value.len() as u64 {
                return Err(ProofFileError::Prefix { found });
            }
            Some((file.oracle_key.hash("oracle-key")?, value.to_vec(), file.oracle_offset))
        };
        Ok(Self {
            step: file.step,
            pre: file.pre.hash("pre")?,
            post: file.post.hash("post")?,
            state: file.state_data.0,
            proof: file.proof_data.0,
            preimage,
        })
    }
}

impl From<StepProof> for File {
    fn from(proof: StepProof) -> Self {
        let (key, value, oracle_offset) = match proof.preimage {
            None => Default::default(),
            Some((key, value, offset)) => {
                let prefix = (value.len() as u64).to_be_bytes();
                (Hex(key.to_vec()), Hex([prefix.as_slice(), &value].concat()), offset)
            }
        };
        Self {
            step: proof.step,
            pre: Hex(proof.pre.to_vec()),
            post: Hex(proof.post.to_vec()),
            state_data: Hex(proof.state),
            proof_data: Hex(proof.proof),
            oracle_key: key,
            oracle_value: value,
            oracle_offset,
        }
    }
}
