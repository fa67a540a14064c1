//! The targets of the tests.

pub(crate) use mips32::CannonMips32;
pub(crate) use rv64::AsteriscRv64 as Rv64;

/// Cannon in its newest version.
pub(crate) const CANNON: CannonMips32 = CannonMips32::LATEST;
