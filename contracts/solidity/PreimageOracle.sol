// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A part of a pre-image beyond its end.
error PartOffsetOOB();

/// Pre-images for the steppers, checked against their keys: local data, Keccak-256 and SHA-256.
///
/// The interface is that of the references' PreimageOracle, and so is what it files: a part is up to 32 bytes of the
/// pre-image behind its length in 8 bytes, big-endian, from an offset into both. Either stepper reads either oracle.
contract PreimageOracle {
    /// Bytes of the length before a pre-image.
    uint256 private constant PREFIX_BYTES = 8;
    /// A part is 32 bytes, and may begin at the last one of the pre-image.
    bytes32 private constant OVERRUN = 0;

    /// Bytes of each pre-image, without prefix.
    mapping(bytes32 key => uint256 bytes_) public preimageLengths;
    /// The parts, left-aligned, and whether they were loaded.
    mapping(bytes32 key => mapping(uint256 offset => bytes32 part)) public preimageParts;
    mapping(bytes32 key => mapping(uint256 offset => bool loaded)) public preimagePartOk;

    /// The part of a pre-image at `offset`, left-aligned, and how many of its bytes there are.
    function readPreimage(bytes32 key, uint256 offset) external view returns (bytes32 part, uint256 length) {
        require(preimagePartOk[key][offset], "pre-image must exist");
        uint256 rest = preimageLengths[key] + PREFIX_BYTES - offset;
        length = rest < 32 ? rest : 32;
        part = preimageParts[key][offset];
    }

    /// Files a part of local data: the first `size` bytes of `word`, under `ident` in a context of the caller. Nobody else
    /// can write there.
    function loadLocalData(uint256 ident, bytes32 localContext, bytes32 word, uint256 size, uint256 partOffset)
        external
        returns (bytes32 key)
    {
        if (size > 32) revert PartOffsetOOB();
        bytes32 unlocalized = bytes32(uint256(0x01) << 248 | ident);
        key = typed(keccak256(abi.encode(unlocalized, msg.sender, localContext)), 0x01);
        file(key, abi.encodePacked(uint64(size), word, OVERRUN), size, partOffset);
    }

    /// Files the part of `preimage` at `partOffset` under its Keccak-256 key.
    function loadKeccak256PreimagePart(uint256 partOffset, bytes calldata preimage) external {
        uint256 size = preimage.length;
        bytes memory value = abi.encodePacked(uint64(size), preimage, OVERRUN);
        bytes32 hash;
        assembly ("memory-safe") {
            hash := keccak256(add(value, 40), size)
        }
        file(typed(hash, 0x02), value, size, partOffset);
    }

    /// Files the part of `preimage` at `partOffset` under its SHA-256 key.
    function loadSha256PreimagePart(uint256 partOffset, bytes calldata preimage) external {
        uint256 size = preimage.length;
        bytes memory value = abi.encodePacked(uint64(size), preimage, OVERRUN);
        bytes32 hash;
        bool hashed;
        assembly ("memory-safe") {
            hashed := staticcall(gas(), 2, add(value, 40), size, 0, 32)
            hash := mload(0)
        }
        if (!hashed) revert();
        file(typed(hash, 0x04), value, size, partOffset);
    }

    /// Files the part at `partOffset` of a pre-image of `size` bytes. `value` is the pre-image behind its length and before
    /// what a part may read over the end.
    function file(bytes32 key, bytes memory value, uint256 size, uint256 partOffset) private {
        if (partOffset >= size + PREFIX_BYTES) revert PartOffsetOOB();
        bytes32 part;
        assembly ("memory-safe") {
            part := mload(add(add(value, 32), partOffset))
        }
        preimagePartOk[key][partOffset] = true;
        preimageParts[key][partOffset] = part;
        preimageLengths[key] = size;
    }

    /// A hash as a key of a type, which replaces its first byte.
    function typed(bytes32 hash, bytes1 keyType) private pure returns (bytes32) {
        return hash & ~bytes32(bytes1(0xff)) | bytes32(keyType);
    }
}
