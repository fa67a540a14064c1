// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IProofSystem} from "./ProofGate.sol";

/// Proves what one attester says: an enclave's key, or a contract that counts the votes of several.
contract Attestation is IProofSystem {
    address public immutable ATTESTER;

    /// @inheritdoc IProofSystem
    mapping(bytes32 statement => bool) public proven;

    event Attested(bytes32 indexed statement);

    error NotTheAttester();

    constructor(address attester) {
        ATTESTER = attester;
    }

    /// Attests a statement, for good.
    function attest(bytes32 statement) external {
        if (msg.sender != ATTESTER) revert NotTheAttester();
        proven[statement] = true;
        emit Attested(statement);
    }
}
