//! Contracts, in the EVM's machine code.

use alloy_primitives::{Bytes, bytes};

/// Stores the L1 attributes where the L1 fee is computed from, as the predeploy `L1Block` does.
///
/// OP Stack spec, «Isthmus: L1 attributes»: slot 3 has sequence number and scalars, 0 number and time, 1 and 7 the base
/// fees, 2 the hash, 4 the batcher, 8 the operator's fee.
pub(crate) fn l1_block() -> Bytes {
    // Of the calldata: the offset, bits to drop on the right, and the slot.
    let fields: [(u8, u8, u8); 7] =
        [(4, 128, 3), (20, 128, 0), (36, 0, 1), (68, 0, 7), (100, 0, 2), (132, 0, 4), (164, 160, 8)];
    // PUSH1 offset, CALLDATALOAD, PUSH1 bits, SHR, PUSH1 slot, SSTORE
    fields
        .iter()
        .flat_map(|&(offset, bits, slot)| [0x60, offset, 0x35, 0x60, bits, 0x1c, 0x60, slot, 0x55])
        .collect()
}

/// Adds 1 to slot 0; clears the slot that the calldata name; stores the hash of the block before the parent in slot 1,
/// logs the calldata.
pub(crate) const COUNTER: Bytes = bytes!(
    "5f54600101" // SLOAD(0) + 1
    "5f55"       // into slot 0
    "5f5f3555"   // 0 into the slot CALLDATALOAD(0)
    "6002430340600155" // BLOCKHASH(NUMBER - 2) into slot 1
    "60205f5f37" // CALLDATACOPY(0, 0, 32)
    "60205fa000" // LOG0(0, 32), STOP
);

/// Reverts with nothing.
pub(crate) const REVERTS: Bytes = bytes!("5f5ffd");

/// Deploys a contract that adds 1 to slot 0.
pub(crate) const CREATION: Bytes = bytes!(
    "6a5f546001015f5500000000" // PUSH11: the code
    "5f52"                     // MSTORE at 0, right-aligned
    "600b6015f3"               // RETURN(21, 11)
);

/// Calls the contract whose address is the first word with what follows the second; reverts unless the call succeeds
/// and the hash of its answer is the second word; then stores the hash by the address.
pub(crate) const CHECKER: Bytes = bytes!(
    "60403603"       // n = CALLDATASIZE - 64
    "8060405f37"     // CALLDATACOPY(0, 64, n)
    "5f5f825f5f355a" // 0, 0, n, 0, CALLDATALOAD(0), GAS
    "fa601757"       // STATICCALL; on success to 0x17
    "5f5ffd"         // REVERT
    "5b"             // 0x17
    "3d5f5f3e"       // RETURNDATACOPY(0, 0, RETURNDATASIZE)
    "3d5f20"         // KECCAK256(0, RETURNDATASIZE)
    "8060203514602a57" // as wanted? to 0x2a
    "5f5ffd"
    "5b"             // 0x2a
    "5f355500"       // SSTORE(CALLDATALOAD(0), hash)
);
