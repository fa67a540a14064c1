// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Something that proves statements.
interface IProofSystem {
    /// Whether a statement is proven. Once it is, it stays so.
    function proven(bytes32 statement) external view returns (bool);
}

/// Accepts a statement when enough independent proof systems have proven it, so that a mistake in one of them, be it an
/// instruction set, a build of the program or a key, accepts nothing by itself.
contract ProofGate {
    IProofSystem[] public systems;
    uint256 public immutable QUORUM;

    error WrongQuorum();
    error Twice();

    constructor(IProofSystem[] memory systems_, uint256 quorum) {
        if (quorum == 0 || quorum > systems_.length) revert WrongQuorum();
        for (uint256 i = 0; i < systems_.length; i++) {
            for (uint256 j = 0; j < i; j++) {
                if (systems_[i] == systems_[j]) revert Twice();
            }
        }
        (systems, QUORUM) = (systems_, quorum);
    }

    /// Whether at least `QUORUM` systems have proven a statement.
    function accepted(bytes32 statement) external view returns (bool) {
        uint256 votes = 0;
        for (uint256 i = 0; i < systems.length; i++) {
            if (systems[i].proven(statement)) votes++;
        }
        return votes >= QUORUM;
    }
}
