// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Memory} from "./Memory.sol";

/// Where pre-images are read: the references' PreimageOracle, or ours.
interface IPreimageOracle {
    /// The part of a pre-image at `offset`, left-aligned, and how many of its bytes there are.
    function readPreimage(bytes32 key, uint256 offset) external view returns (bytes32 part, uint256 length);
}

/// The system calls that both targets have, as `engine/src/kernel` has them. Numbers, registers, error codes and sizes
/// are the target's. A call yields a result and an error code; a failure is all ones and the code.
abstract contract Kernel is Memory {
    IPreimageOracle internal immutable ORACLE;

    uint256 private constant STDIN = 0;
    uint256 private constant STDOUT = 1;
    uint256 private constant STDERR = 2;
    uint256 private constant HINT_READ = 3;
    uint256 private constant HINT_WRITE = 4;
    uint256 private constant PREIMAGE_READ = 5;
    uint256 private constant PREIMAGE_WRITE = 6;

    uint256 private constant F_GETFD = 1;
    uint256 private constant F_GETFL = 3;
    uint256 private constant O_WRONLY = 1;

    uint256 internal constant FAILURE = type(uint256).max;

    /// Of the witnesses of both targets: where the key of the pre-image being read stands, and the offset read to.
    uint256 private constant PREIMAGE_KEY = 32;
    uint256 private constant PREIMAGE_OFFSET = 64;

    constructor(IPreimageOracle oracle_) {
        ORACLE = oracle_;
    }

    /// Where pre-images are read.
    function oracle() external view returns (IPreimageOracle) {
        return ORACLE;
    }

    /// Bytes of a register.
    function wordBytes() internal pure virtual returns (uint256);
    /// Bytes within which one step of reading a pre-image or writing a key stays: an aligned block of them.
    function transferBytes() internal pure virtual returns (uint256);
    /// The error code of a file descriptor that does not fit the call.
    function badFd() internal pure virtual returns (uint256);
    /// The error code of an argument that makes no sense.
    function invalid() internal pure virtual returns (uint256);

    /// Refuses a step whose pre-image the oracle does not have.
    function noPreimage() internal pure virtual;

    function sysRead(uint256 m, uint256 fd, uint256 at, uint256 count, bytes32 context)
        internal
        view
        returns (uint256, uint256)
    {
        if (fd == STDIN) return (0, 0);
        // The guest reads an acknowledgement of its hint: any will do.
        if (fd == HINT_READ) return (count, 0);
        if (fd == PREIMAGE_READ) return (readPreimage(m, at, count, context), 0);
        return (FAILURE, badFd());
    }

    function sysWrite(uint256 m, uint256 fd, uint256 at, uint256 count) internal pure returns (uint256, uint256) {
        if (fd == STDOUT || fd == STDERR || fd == HINT_WRITE) return (count, 0);
        if (fd == PREIMAGE_WRITE) return (writeKey(m, at, count), 0);
        return (FAILURE, badFd());
    }

    function sysFcntl(uint256 fd, uint256 command, bool getfd) internal pure returns (uint256, uint256) {
        if (command == F_GETFD && getfd) return fd <= PREIMAGE_WRITE ? (0, 0) : (FAILURE, badFd());
        if (command != F_GETFL) return (FAILURE, invalid());
        if (fd == STDIN || fd == HINT_READ || fd == PREIMAGE_READ) return (0, 0);
        return fd <= PREIMAGE_WRITE ? (O_WRONLY, 0) : (FAILURE, badFd());
    }

    /// Hands out address space: at the hint if there is one, else from the heap, whose end stands in the witness at
    /// `heapAt` and may not pass `limit`.
    function sysMmap(uint256 m, uint256 hint, uint256 bytes_, uint256 heapAt, uint256 limit)
        internal
        pure
        returns (uint256, uint256)
    {
        if (hint != 0) return (hint, 0);
        unchecked {
            uint256 heap = field(m, heapAt, wordBytes());
            uint256 end = heap + (bytes_ + 4095 & ~uint256(4095));
            if (end > limit) return (FAILURE, invalid());
            setField(m, heapAt, wordBytes(), end);
            return (heap, 0);
        }
    }

    /// Moves the next bytes of a pre-image to `at`; yields how many.
    function readPreimage(uint256 m, uint256 at, uint256 count, bytes32 context) private view returns (uint256 moved) {
        unchecked {
            uint256 offset = field(m, PREIMAGE_OFFSET, wordBytes());
            (uint256 part, uint256 available) = partAt(bytes32(field(m, PREIMAGE_KEY, 32)), offset, context);
            moved = window(at, count);
            if (available < moved) moved = available;
            // No bytes are shifted by all 256 bits, which leaves none.
            write(m, at, moved, part >> (256 - 8 * moved));
            setField(m, PREIMAGE_OFFSET, wordBytes(), offset + moved);
        }
    }

    /// The part of a pre-image at `offset`, as the oracle has it.
    ///
    /// A local key, of type 1, is one of the caller and its context: the oracle files it under that.
    function partAt(bytes32 key, uint256 offset, bytes32 context) private view returns (uint256 part_, uint256 length_) {
        if (key[0] == 0x01) {
            key = keccak256(abi.encode(key, msg.sender, context)) & ~bytes32(bytes1(0xff)) | bytes32(bytes1(0x01));
        }
        try ORACLE.readPreimage(key, offset) returns (bytes32 part, uint256 length) {
            (part_, length_) = (uint256(part), length);
        } catch {
            noPreimage();
        }
    }

    /// Shifts bytes from `at` into the low end of the key, and starts to read from the beginning; yields how many.
    function writeKey(uint256 m, uint256 at, uint256 count) private pure returns (uint256 moved) {
        unchecked {
            moved = window(at, count);
            uint256 key = field(m, PREIMAGE_KEY, 32) << (8 * moved) | read(m, at, moved);
            setField(m, PREIMAGE_KEY, 32, key);
            setField(m, PREIMAGE_OFFSET, wordBytes(), 0);
        }
    }

    /// How many bytes one step moves at `at`: as many as `count` asks for, to the end of the aligned block at most.
    function window(uint256 at, uint256 count) private pure returns (uint256) {
        unchecked {
            uint256 room = transferBytes() - at % transferBytes();
            return count < room ? count : room;
        }
    }

    /// The number of `bytes_` bytes at `at` of the witness.
    function field(uint256 m, uint256 at, uint256 bytes_) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, mul(8, bytes_)), mload(add(m, at)))
        }
    }

    /// Sets the number of `bytes_` bytes at `at` of the witness to the low bytes of `value`.
    function setField(uint256 m, uint256 at, uint256 bytes_, uint256 value) internal pure {
        assembly ("memory-safe") {
            let place := add(m, at)
            let rest := mul(8, bytes_)
            // What follows the field, and the field before it.
            let after := shr(rest, shl(rest, mload(place)))
            mstore(place, or(after, shl(sub(256, rest), value)))
        }
    }
}
