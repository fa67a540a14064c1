// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPreimageOracle, Kernel} from "./Kernel.sol";
import {Step} from "./Step.sol";
import {W64} from "./W64.sol";
import "./generated/Rv64Target.sol";

/// The RV64 machine that definitions act on: registers, and memory in little-endian order. `isa_traits::Machine` for
/// RV64, on a witness and its paths.
abstract contract Rv64Machine is Step {
    constructor(IPreimageOracle oracle_) Kernel(oracle_) {}

    function addressBits() internal pure override returns (uint256) {
        return 64;
    }

    function wordBytes() internal pure override returns (uint256) {
        return 8;
    }

    function witnessBytes() internal pure override returns (uint256) {
        return WITNESS_BYTES;
    }

    function exitAt() internal pure override returns (uint256) {
        return EXIT;
    }

    function stepAt() internal pure override returns (uint256) {
        return STEP;
    }

    function transferBytes() internal pure override returns (uint256) {
        return TRANSFER_BYTES;
    }

    function badFd() internal pure override returns (uint256) {
        return BAD_FD;
    }

    function invalid() internal pure override returns (uint256) {
        return INVALID;
    }

    function exitRetires() internal pure override returns (bool) {
        return EXIT_RETIRES;
    }

    /// Reverts with an error code of the reference.
    function refuse(uint256 code) internal pure {
        assembly ("memory-safe") {
            mstore(0, code)
            revert(0, 32)
        }
    }

    function badProof() internal pure override {
        refuse(0xbadf00d1);
    }

    function noPreimage() internal pure override {
        refuse(0xbadf00d0);
    }

    /// Reference: calldata that ends early reads as zeros (RISCV.sol:592-617).
    function checkPath(uint256) internal pure override {}

    /// Reference: RISCV.sol:331-364.
    function checkLengths(uint256 state, uint256 proof) internal pure override {
        if (state != WITNESS_BYTES || proof % 1920 != 0) revert();
    }

    /// Reference: any flag but 0 is an exited machine (RISCV.sol:1146).
    function checkExited(uint256) internal pure override {}

    /// Reference: a pc need not be a multiple of 4, if its four bytes lie in one leaf.
    function fetch(uint256 m) internal pure override returns (uint256) {
        uint256 at = W64.unwrap(pc(m));
        if (at & 31 > 28) refuse(0xbad22220);
        return reverse(readInstruction(m, at), 4);
    }

    function sequential(uint256 m) internal pure override returns (uint256) {
        unchecked {
            return W64.unwrap(pc(m)) + 4;
        }
    }

    function retire(uint256 m, uint256 then) internal pure override {
        setField(m, PC, 8, then);
    }

    function pc(uint256 m) internal pure returns (W64) {
        return word(m, PC);
    }

    function reservation(uint256 m) internal pure returns (W64) {
        return word(m, LOAD_RESERVATION);
    }

    function setReservation(uint256 m, W64 value) internal pure {
        setField(m, LOAD_RESERVATION, 8, W64.unwrap(value));
    }

    /// The register that the low five bits of `r` number, as the witness has it.
    function x(uint256 m, uint256 r) internal pure returns (W64) {
        unchecked {
            return word(m, REGISTERS + 8 * (r & 31));
        }
    }

    /// Sets the register that the low five bits of `r` number; a write to register 0 is dropped.
    function setX(uint256 m, uint256 r, W64 value) internal pure {
        unchecked {
            if (r & 31 != 0) setField(m, REGISTERS + 8 * (r & 31), 8, W64.unwrap(value));
        }
    }

    function jump(uint256 m, W64 to) internal pure {
        continueAt(m, W64.unwrap(to));
    }

    /// The `bytes_` bytes at `at`, little-endian.
    function load(uint256 m, W64 at, uint256 bytes_) internal pure returns (W64) {
        return W64.wrap(uint64(reverse(read(m, W64.unwrap(at), bytes_), bytes_)));
    }

    /// Writes the low `bytes_` bytes of `value` at `at`, little-endian.
    function store(uint256 m, W64 at, uint256 bytes_, W64 value) internal pure {
        write(m, W64.unwrap(at), bytes_, reverse(W64.unwrap(value), bytes_));
    }

    function word(uint256 m, uint256 at) private pure returns (W64) {
        return W64.wrap(uint64(field(m, at, 8)));
    }

    /// The low `bytes_` bytes of `value`, at most 8, in reverse order.
    function reverse(uint256 value, uint256 bytes_) private pure returns (uint256) {
        unchecked {
            value = (value & 0x00ff00ff00ff00ff) << 8 | (value >> 8) & 0x00ff00ff00ff00ff;
            value = (value & 0x0000ffff0000ffff) << 16 | (value >> 16) & 0x0000ffff0000ffff;
            value = (value & 0x00000000ffffffff) << 32 | (value >> 32) & 0x00000000ffffffff;
            return value >> (64 - 8 * bytes_);
        }
    }
}
