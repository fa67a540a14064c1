// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Kernel} from "./Kernel.sol";

/// One step: fetch, decode, execute, and the kernel where the instruction asks for it. `engine/src/step.rs`, with the
/// calldata of the references around it.
abstract contract Step is Kernel {
    /// Where the instruction's continuation stands, which it may change: `Cpu::then`.
    uint256 internal constant THEN = 448;
    uint256 private constant MACHINE_BYTES = 480;

    uint256 private constant STATE_OFFSET = 132;
    /// The status of a machine that has not exited.
    uint256 private constant UNFINISHED = 3;

    /// Bytes of a witness.
    function witnessBytes() internal pure virtual returns (uint256);
    /// Where the exit code, the flag after it, and the counter of the steps stand in a witness.
    function exitAt() internal pure virtual returns (uint256);
    function stepAt() internal pure virtual returns (uint256);
    /// Whether an exiting guest's pc still moves on.
    function exitRetires() internal pure virtual returns (bool);
    /// Refuses lengths of the state and the proof that the reference refuses.
    function checkLengths(uint256 state, uint256 proof) internal pure virtual;
    /// Refuses an exited flag that the reference refuses.
    function checkExited(uint256 flag) internal pure virtual;
    /// The instruction word at the pc.
    function fetch(uint256 m) internal pure virtual returns (uint256 raw);
    /// Decodes and executes an instruction, or answers the system call it asks for.
    function execute(uint256 m, uint256 raw, bytes32 context) internal view virtual;
    /// Where the machine continues if the instruction does not jump.
    function sequential(uint256 m) internal pure virtual returns (uint256);
    /// Goes on to the next instruction, and to `then` after it or at once.
    function retire(uint256 m, uint256 then) internal pure virtual;

    /// Makes one step from `stateData`, an encoded state; yields the hash of the state after it.
    ///
    /// `proof` is the path of each leaf the step touches, in order. `localContext` tells apart the local pre-images of
    /// one caller. As with the references, both stand in canonical order and without gaps. Nothing is stored.
    function step(bytes calldata stateData, bytes calldata proof, bytes32 localContext)
        external
        view
        returns (bytes32)
    {
        unchecked {
            uint256 stateOffset;
            uint256 proofOffset;
            assembly {
                stateOffset := stateData.offset
                proofOffset := proof.offset
            }
            uint256 padded = witnessBytes() + 31 & ~uint256(31);
            if (stateOffset != STATE_OFFSET || proofOffset != STATE_OFFSET + padded + 32) revert();
            checkLengths(stateData.length, proof.length);

            uint256 m = newMachine(proofOffset);
            uint256 exited = field(m, exitAt() + 1, 1);
            checkExited(exited);
            if (exited == 0) {
                uint256 raw = fetch(m);
                continueAt(m, sequential(m));
                execute(m, raw, localContext);
                if (exitRetires() || field(m, exitAt() + 1, 1) == 0) retire(m, continuation(m));
                setField(m, stepAt(), 8, field(m, stepAt(), 8) + 1);
            }
            return stateHash(m);
        }
    }

    /// A machine in the state that stands in calldata.
    function newMachine(uint256 proofOffset) private pure returns (uint256 m) {
        uint256 bytes_ = witnessBytes();
        assembly ("memory-safe") {
            m := mload(0x40)
            mstore(0x40, add(m, MACHINE_BYTES))
            calldatacopy(m, STATE_OFFSET, bytes_)
            mstore(add(m, PATH), proofOffset)
            mstore(add(m, LEAF), NO_LEAF)
        }
    }

    /// The hash of the witness, with the status of the machine for its first byte.
    function stateHash(uint256 m) private pure returns (bytes32 hash) {
        uint256 status = UNFINISHED;
        if (field(m, exitAt() + 1, 1) == 1) {
            uint256 code = field(m, exitAt(), 1);
            status = code < 2 ? code : 2;
        }
        uint256 bytes_ = witnessBytes();
        assembly ("memory-safe") {
            hash := or(shr(8, shl(8, keccak256(m, bytes_))), shl(248, status))
        }
    }

    /// The value of a field as a machine's continuation.
    function continuation(uint256 m) private pure returns (uint256 then) {
        assembly ("memory-safe") {
            then := mload(add(m, THEN))
        }
    }

    /// Continues at `then` once the instruction, and its delay slot, are done.
    function continueAt(uint256 m, uint256 then) internal pure {
        assembly ("memory-safe") {
            mstore(add(m, THEN), then)
        }
    }
}
