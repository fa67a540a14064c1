// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPreimageOracle} from "./Kernel.sol";
import {Rv64Machine} from "./Rv64Machine.sol";
import {Rv64Table} from "./generated/Rv64Table.sol";

/// Verifies a step of the target asterisc-rv64 1.3.0, in place of RISCV.sol.
contract Rv64Step is Rv64Table {
    constructor(IPreimageOracle oracle_) Rv64Machine(oracle_) {}
}
