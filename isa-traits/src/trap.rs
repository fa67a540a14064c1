//! Traps: why an instruction was refused.

/// The reason an instruction or system call was refused.
///
/// A trap leaves the state as it was. Except for [`EnvironmentCall`](Trap::EnvironmentCall), which the kernel
/// answers, a run ends with it: the reference contracts revert, so such a step cannot be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Trap {
    /// The instruction asks for a system call.
    #[error("environment call")]
    EnvironmentCall,
    /// No instruction of the set has this encoding.
    #[error("illegal instruction: unknown opcode")]
    UnknownOpcode,
    /// The opcode is known, and the rest of the encoding is reserved.
    #[error("illegal instruction: reserved encoding")]
    ReservedEncoding,
    /// A store encodes a width above 8 bytes.
    #[error("illegal instruction: store of more than 8 bytes")]
    StoreWidth,
    /// An atomic instruction encodes a width other than 4 or 8 bytes.
    #[error("illegal instruction: atomic of a width other than 4 or 8 bytes")]
    AtomicWidth,
    /// An atomic instruction encodes no known operation.
    #[error("illegal instruction: unknown atomic operation")]
    UnknownAtomic,
    /// A jump or branch would continue at an address that is not a multiple of 4.
    #[error("the next pc is not a multiple of 4")]
    MisalignedJump,
    /// An atomic instruction addresses memory that is not aligned to its width.
    #[error("the address of an atomic is not aligned to its width")]
    MisalignedAtomic,
    /// The pc is not where this target can fetch an instruction.
    #[error("the pc is not aligned for a fetch")]
    MisalignedFetch,
    /// A branch stands in the delay slot of another or of a jump.
    #[error("branch in a delay slot")]
    BranchInDelaySlot,
    /// A jump stands in the delay slot of another or of a branch.
    #[error("jump in a delay slot")]
    JumpInDelaySlot,
    /// A division by zero, where the instruction set has no result for it.
    #[error("division by zero")]
    DivisionByZero,
    /// The target refuses this system call.
    #[error("system call {0} is refused")]
    RefusedCall(u32),
    /// The system call asks about a resource the target does not know.
    #[error("system call {0} asks about an unknown resource")]
    UnknownResource(u32),
    /// A pre-image is read while its key has type 0, which no pre-image has.
    #[error("a pre-image was read by a key of type 0")]
    KeyType,
    /// A pre-image is read at or past its end.
    #[error("a pre-image was read at or past its end")]
    PreimageOffset,
    /// The machine could not make a memory access; it knows the reason.
    #[error("a memory access failed")]
    Access,
}
