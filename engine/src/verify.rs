//! Verification: the same step, on a machine that has only the proof.

use isa_traits::{Hash, Stream, Target, Trap};

use crate::bus::ByLeaf;
use crate::kernel::{Environment, StepError};
use crate::replay::{ProofError, Replay};
use crate::step::step;
use crate::witness::{Witness, WitnessError};

/// The status of a machine that has not exited.
const UNFINISHED: u8 = 3;

/// Why a step could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The state is malformed.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The proof is no whole number of paths.
    #[error("the proof has {found} bytes, no multiple of the {path_bytes} of a path")]
    Length {
        /// Bytes it has.
        found: usize,
        /// Bytes of a path.
        path_bytes: usize,
    },
    /// An access to memory is not proven.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The machine refuses the instruction, so no proof can show what follows.
    #[error("the step is refused: {0}")]
    Trap(Trap),
    /// The step reads a pre-image, and the proof brings none or another one.
    #[error("the step reads a pre-image that does not come with the proof")]
    MissingPreimage {
        /// The key the step asks for.
        key: Hash,
    },
}

/// The witness after the step from `witness`, and its status.
///
/// - `proof`: the paths of the leaves the step touches, in order.
/// - `preimage`: the key and the value, without length prefix, of the pre-image the step reads, if any. Whether
///   the value matches the key is for the caller to check, as it is the oracle contract's task on chain.
///
/// # Errors
/// [`VerifyError`] where the step is refused or not proven.
pub fn verify<T: Target>(
    target: &T,
    witness: &[u8],
    proof: &[u8],
    preimage: Option<(&Hash, &[u8])>,
) -> Result<(Witness, u8), VerifyError> {
    let path_bytes = Replay::path_bytes(T::ADDRESS_BITS);
    if T::PROOF_PATHS.is_none() && !proof.len().is_multiple_of(path_bytes) {
        return Err(VerifyError::Length { found: proof.len(), path_bytes });
    }
    let (mut state, root) = match Witness::decode(target, witness) {
        // Such a machine stays as it is, and is unfinished for ever.
        Err(WitnessError::Flag { .. }) if T::LENIENT_EXITED => {
            return Ok((Witness::verbatim(witness), UNFINISHED));
        }
        decoded => decoded?,
    };
    let mut bus = ByLeaf(Replay::new(T::ADDRESS_BITS, root, proof));
    match step(target, &mut state, &mut bus, &mut Given(preimage)) {
        Ok(()) => Ok((Witness::encode(target, &state, &bus.0.root()), state.status())),
        Err(StepError::World(Missing(key))) => Err(VerifyError::MissingPreimage { key }),
        Err(StepError::Trap(trap)) => Err(bus.0.error().map_or(VerifyError::Trap(trap), VerifyError::Proof)),
    }
}

/// The one pre-image that comes with a proof.
struct Given<'a>(Option<(&'a Hash, &'a [u8])>);

/// The key of a pre-image that does not come with the proof.
struct Missing(Hash);

impl Environment for Given<'_> {
    type Error = Missing;

    fn preimage(&mut self, key: &Hash) -> Result<&[u8], Missing> {
        match self.0 {
            Some((given, value)) if given == key => Ok(value),
            _ => Err(Missing(*key)),
        }
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Missing> {
        Ok(())
    }

    fn output(&mut self, _: Stream, _: &[u8]) {}
}
