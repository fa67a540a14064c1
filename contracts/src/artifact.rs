//! What the compiler made of a contract, as it is checked in.

use std::collections::BTreeMap;

use alloy_primitives::Bytes;
use serde::Deserialize;

/// A compiled contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// The contract's name.
    pub contract: String,
    /// The version of the compiler.
    pub compiler: String,
    /// The compiler's settings.
    pub settings: serde_json::Value,
    /// The SHA-256 of each source, in hex, by its path under `solidity`.
    pub sources: BTreeMap<String, String>,
    /// The interface.
    pub abi: serde_json::Value,
    /// The code that deploys the contract; its constructor's arguments follow it.
    pub bytecode: Bytes,
    /// The code that is deployed, with zeros where the constructor writes the oracle's address.
    pub deployed_bytecode: Bytes,
}

/// Why an artifact could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the artifact of {contract} is malformed: {reason}; contracts/build.sh writes it anew")]
pub struct ArtifactError {
    contract: &'static str,
    reason: serde_json::Error,
}

macro_rules! artifacts {
    ($($(#[$doc:meta])* $function:ident $contract:literal;)*) => {
        impl Artifact {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Where the file that was compiled in is malformed.
                pub fn $function() -> Result<Self, ArtifactError> {
                    let text = include_str!(concat!("../artifacts/", $contract, ".json"));
                    serde_json::from_str(text).map_err(|reason| ArtifactError { contract: $contract, reason })
                }
            )*
        }
    };
}

artifacts! {
    /// The verifier of RV64 steps. Its constructor takes the address of an oracle.
    rv64_step "Rv64Step";
    /// The verifier of MIPS32 steps. Its constructor takes the address of an oracle.
    mips32_step "Mips32Step";
    /// The oracle, whose constructor takes nothing.
    preimage_oracle "PreimageOracle";
    /// The bisection game. Its constructor takes a stepper's address, the state hash of the program before its first step,
    /// a bond in wei, and a period in seconds.
    dispute_game "DisputeGame";
    /// The quorum of proof systems. Its constructor takes their addresses, and how many must agree.
    proof_gate "ProofGate";
    /// The proof system that is one attester's word. Its constructor takes the attester's address.
    attestation "Attestation";
}
