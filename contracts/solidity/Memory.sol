// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Guest memory as a proof shows it: a root, and the paths of the leaves a step touches.
///
/// A path is a leaf and its siblings up to the root's child, as it lies in calldata. A machine `m` is a place in EVM
/// memory: first its witness, of which the memory root is the first word, then what is needed for the one step.
/// This is `engine/src/replay.rs` and the leaf rules of `engine/src/bus.rs`.
abstract contract Memory {
    /// Where the next path begins in calldata.
    uint256 internal constant PATH = 384;
    /// The address of the leaf proven last, or `NO_LEAF`, which is none.
    uint256 internal constant LEAF = 416;
    uint256 internal constant NO_LEAF = 1;

    /// Bits of an address.
    function addressBits() internal pure virtual returns (uint256);

    /// Refuses a path that is not accepted where it lies, which ends at `end`.
    function checkPath(uint256 end) internal pure virtual;

    /// Refuses a path that leads to another root.
    function badProof() internal pure virtual;

    /// The `bytes_` bytes at `at`, at most 32, big-endian. Where they cross a leaf, both are proven against one root.
    function read(uint256 m, uint256 at, uint256 bytes_) internal pure returns (uint256 value) {
        unchecked {
            uint256 end = (at & 31) + bytes_;
            uint256 leaf = readLeaf(m, at & ~uint256(31), path(m, at));
            if (end <= 32) {
                value = leaf >> (256 - 8 * end);
            } else {
                uint256 next = nextLeaf(at);
                value = leaf << (8 * end - 256) | readLeaf(m, next, path(m, next)) >> (512 - 8 * end);
            }
            value &= lowBytes(bytes_);
        }
    }

    /// Writes the low `bytes_` bytes of `value`, at most 32, at `at`, big-endian. Where they cross a leaf, the right one
    /// is proven against the root after the left write.
    function write(uint256 m, uint256 at, uint256 bytes_, uint256 value) internal pure {
        unchecked {
            uint256 end = (at & 31) + bytes_;
            uint256 mask = lowBytes(bytes_);
            value &= mask;
            uint256 left = at & ~uint256(31);
            if (end <= 32) {
                uint256 by = 256 - 8 * end;
                replaceInLeaf(m, left, path(m, at), mask << by, value << by);
            } else {
                uint256 over = 8 * end - 256;
                replaceInLeaf(m, left, path(m, at), mask >> over, value >> over);
                uint256 next = nextLeaf(at);
                replaceInLeaf(m, next, path(m, next), mask << (256 - over), value << (256 - over));
            }
        }
    }

    /// The four bytes of the instruction at `at`, which lie in one leaf. Its path is shared with no other access.
    function readInstruction(uint256 m, uint256 at) internal pure returns (uint256 raw) {
        raw = read(m, at, 4);
        assembly ("memory-safe") {
            mstore(add(m, LEAF), NO_LEAF)
        }
    }

    /// The leaf at `at`, if its path at `from` leads to the root.
    function readLeaf(uint256 m, uint256 at, uint256 from) private pure returns (uint256 leaf) {
        uint256 levels = addressBits() - 5;
        uint256 root;
        uint256 node;
        assembly ("memory-safe") {
            leaf := calldataload(from)
            node := leaf
            let end := add(from, mul(32, levels))
            // Bit 5 of the address, shifted level by level: the node stands right of its sibling, or left.
            for {} lt(from, end) {} {
                from := add(from, 32)
                let place := and(at, 32)
                mstore(place, node)
                mstore(xor(place, 32), calldataload(from))
                node := keccak256(0, 64)
                at := shr(1, at)
            }
            root := mload(m)
        }
        if (node != root) badProof();
    }

    /// Replaces the bits `mask` of the leaf at `at` by those of `bits`, if its path at `from` leads to the root.
    ///
    /// One walk checks the old leaf and computes the new root, so that no write goes without its check.
    function replaceInLeaf(uint256 m, uint256 at, uint256 from, uint256 mask, uint256 bits) private pure {
        uint256 levels = addressBits() - 5;
        uint256 root;
        uint256 old;
        uint256 new_;
        assembly ("memory-safe") {
            old := calldataload(from)
            new_ := or(and(old, not(mask)), bits)
            let end := add(from, mul(32, levels))
            for {} lt(from, end) {} {
                from := add(from, 32)
                let place := and(at, 32)
                mstore(xor(place, 32), calldataload(from))
                mstore(place, old)
                old := keccak256(0, 64)
                mstore(place, new_)
                new_ := keccak256(0, 64)
                at := shr(1, at)
            }
            root := mload(m)
        }
        if (old != root) badProof();
        assembly ("memory-safe") {
            mstore(m, new_)
        }
    }

    /// Where the path of the leaf of `at` begins: the next one, or the one before if it is of the same leaf.
    function path(uint256 m, uint256 at) private pure returns (uint256 from) {
        uint256 bytes_ = 32 * (addressBits() - 4);
        at &= ~uint256(31);
        uint256 last;
        assembly ("memory-safe") {
            from := mload(add(m, PATH))
            last := mload(add(m, LEAF))
        }
        if (at == last) {
            unchecked {
                return from - bytes_;
            }
        }
        unchecked {
            checkPath(from + bytes_);
        }
        assembly ("memory-safe") {
            mstore(add(m, PATH), add(from, bytes_))
            mstore(add(m, LEAF), at)
        }
    }

    /// The address of the leaf after that of `at`.
    function nextLeaf(uint256 at) private pure returns (uint256) {
        unchecked {
            return ((at | 31) + 1) & ((1 << addressBits()) - 1);
        }
    }

    /// A mask of the low `bytes_` bytes, at most 32.
    function lowBytes(uint256 bytes_) private pure returns (uint256) {
        unchecked {
            return (1 << (8 * bytes_)) - 1;
        }
    }
}
