// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPreimageOracle, Kernel} from "./Kernel.sol";
import {Step} from "./Step.sol";
import {W32} from "./W32.sol";
import "./generated/Mips32Target.sol";

/// An exited flag that is neither 0 nor 1, as MIPS.sol names it.
error InvalidExitedValue();
/// A path that leads to another root, as MIPS.sol names it.
error InvalidMemoryProof();

/// The MIPS32 machine that definitions act on: registers, two program counters, and memory in big-endian order.
/// `isa_traits::Machine` for MIPS32, on a witness and its paths.
abstract contract Mips32Machine is Step {
    constructor(IPreimageOracle oracle_) Kernel(oracle_) {}

    function addressBits() internal pure override returns (uint256) {
        return 32;
    }

    function wordBytes() internal pure override returns (uint256) {
        return 4;
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

    function badProof() internal pure override {
        revert InvalidMemoryProof();
    }

    function noPreimage() internal pure override {
        revert("pre-image must exist");
    }

    /// Reference: MIPSMemory.sol:147-156.
    function checkPath(uint256 end) internal pure override {
        require(msg.data.length >= end, "check that there is enough calldata");
    }

    /// Reference: the lengths are not looked at (MIPS.sol:214-231).
    function checkLengths(uint256, uint256) internal pure override {}

    /// Reference: MIPS.sol:101-107.
    function checkExited(uint256 flag) internal pure override {
        if (flag > 1) revert InvalidExitedValue();
    }

    function fetch(uint256 m) internal pure override returns (uint256) {
        uint256 at = W32.unwrap(pc(m));
        if (at & 3 != 0) revert();
        return readInstruction(m, at);
    }

    function sequential(uint256 m) internal pure override returns (uint256) {
        unchecked {
            return W32.unwrap(nextPc(m)) + 4;
        }
    }

    function retire(uint256 m, uint256 then) internal pure override {
        setField(m, PC, 4, W32.unwrap(nextPc(m)));
        setField(m, NEXT_PC, 4, then);
    }

    function pc(uint256 m) internal pure returns (W32) {
        return word(m, PC);
    }

    function nextPc(uint256 m) internal pure returns (W32) {
        return word(m, NEXT_PC);
    }

    function hi(uint256 m) internal pure returns (W32) {
        return word(m, HI);
    }

    function setHi(uint256 m, W32 value) internal pure {
        setField(m, HI, 4, W32.unwrap(value));
    }

    function lo(uint256 m) internal pure returns (W32) {
        return word(m, LO);
    }

    function setLo(uint256 m, W32 value) internal pure {
        setField(m, LO, 4, W32.unwrap(value));
    }

    /// The register that the low five bits of `r` number, as the witness has it.
    function x(uint256 m, uint256 r) internal pure returns (W32) {
        unchecked {
            return word(m, REGISTERS + 4 * (r & 31));
        }
    }

    /// Sets the register that the low five bits of `r` number; a write to register 0 is dropped.
    function setX(uint256 m, uint256 r, W32 value) internal pure {
        unchecked {
            if (r & 31 != 0) setField(m, REGISTERS + 4 * (r & 31), 4, W32.unwrap(value));
        }
    }

    function jump(uint256 m, W32 to) internal pure {
        continueAt(m, W32.unwrap(to));
    }

    /// The `bytes_` bytes at `at`, big-endian.
    function load(uint256 m, W32 at, uint256 bytes_) internal pure returns (W32) {
        return W32.wrap(uint32(read(m, W32.unwrap(at), bytes_)));
    }

    /// Writes the low `bytes_` bytes of `value` at `at`, big-endian.
    function store(uint256 m, W32 at, uint256 bytes_, W32 value) internal pure {
        write(m, W32.unwrap(at), bytes_, W32.unwrap(value));
    }

    function word(uint256 m, uint256 at) private pure returns (W32) {
        return W32.wrap(uint32(field(m, at, 4)));
    }
}
