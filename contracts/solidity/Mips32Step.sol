// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPreimageOracle} from "./Kernel.sol";
import {Mips32Machine} from "./Mips32Machine.sol";
import {Mips32Table} from "./generated/Mips32Table.sol";

/// Verifies a step of the target cannon-mips32 1.2.1, in place of MIPS.sol.
contract Mips32Step is Mips32Table {
    constructor(IPreimageOracle oracle_) Mips32Machine(oracle_) {}
}
