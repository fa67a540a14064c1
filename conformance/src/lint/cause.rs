//! Why something is reported, and what to do about it.

use mips32::CannonMips32;
use rv64::AsteriscRv64;

use super::{Cause, Level};
use crate::decode::{Class, Decoder, Difference, Encodings};

/// A system call that the target does not know.
pub(super) const UNKNOWN_CALL: Cause = Cause {
    level: Level::Differs,
    what: "a system call that the target does not know: it succeeds with result 0 and does nothing",
    advice: "do not rely on its result",
};

/// A jump in the delay slot of another.
pub(super) const JUMP_IN_SLOT: Cause = Cause {
    level: Level::Refused,
    what: "a jump or branch in a delay slot",
    advice: "look at what wrote it: the manual leaves its effect open",
};

/// What compilers leave behind a call that does not return.
pub(super) const PADDING: Cause =
    Cause { level: Level::Abort, what: "zeros behind a call, which then does not return", advice: "" };

/// What a program does that means to crash.
pub(super) const JUMP_TO_0: Cause =
    Cause { level: Level::Abort, what: "a jump to address 0, where the program has nothing", advice: "" };

/// A jump between two instructions.
pub(super) const MISALIGNED_JUMP: Cause = Cause {
    level: Level::Refused,
    what: "a jump to an address that is no multiple of 4",
    advice: "build without compressed code, for which alone there are such addresses",
};

/// An instruction that cannot be fetched.
pub(super) const MISALIGNED_FETCH: Cause = Cause {
    level: Level::Refused,
    what: "an instruction at an address that is not aligned for it, as of MIPS16 and microMIPS",
    advice: "build without compressed code, for which alone there are such addresses",
};

/// A system call that is refused.
pub(super) const REFUSED_CALL: Cause = Cause {
    level: Level::Refused,
    what: "a system call that the target refuses",
    advice: "build for a runtime that does without it; Go 1.22 is known to",
};

/// Functions of Go's runtime, up to 1.22, that a program without cgo does not come to: they keep the place of a
/// goroutine for C code.
const DORMANT: [&str; 2] = ["runtime.save_g", "runtime.load_g"];

/// Functions of Go's runtime that wait for other threads. With one thread, only a panic that nothing recovers comes to
/// them: it gives the others time to stop.
const WAITING: [&str; 2] = ["runtime.usleep", "runtime.usleep.abi0"];

impl Cause {
    /// The same in a function, of which more may be known.
    pub(super) fn in_function(self, name: &str) -> Self {
        if self.level != Level::Refused {
            return self;
        }
        if WAITING.contains(&name) {
            return Self {
                level: Level::Dormant,
                what: "a system call that the target refuses, by which Go waits for other threads",
                advice: "a panic comes to it and ends there, without a verdict: recover, and end by os.Exit",
            };
        }
        let level = if DORMANT.contains(&name) { Level::Dormant } else { self.level };
        Self { level, ..self }
    }
}

/// A target whose refusals can be explained.
pub trait Causes: Encodings {
    /// Whether a refused word is an instruction that is known, of four bytes.
    fn is_whole(word: u32) -> bool;

    /// Whether a word is refused, and fills the space between functions.
    fn is_padding(word: u32) -> bool;

    /// Why a word is refused.
    fn refusal(word: u32) -> Cause {
        match Difference::of::<Self::Isa>(word, None) {
            Some(&Difference { what, advice, .. }) => {
                let level = if advice.is_empty() { Level::Abort } else { Level::Refused };
                Cause { level, what, advice }
            }
            None => Cause {
                level: Level::Refused,
                what: "no instruction of the set",
                advice: "look whether it is code at all, and for which instruction set",
            },
        }
    }

    /// What else than the manual says an accepted word means, if so.
    fn difference(decoder: &Decoder<Self>, word: u32) -> Option<Cause> {
        let Class::Accepted(ours) = decoder.class(word) else { return None };
        let &Difference { what, advice, .. } = Difference::of::<Self::Isa>(word, Some(ours))?;
        Some(Cause { level: Level::Differs, what, advice })
    }
}

impl Causes for AsteriscRv64 {
    fn is_padding(word: u32) -> bool {
        word == 0
    }

    fn is_whole(word: u32) -> bool {
        word & 3 == 3 && Difference::of::<Self::Isa>(word, None).is_some()
    }
}

impl Causes for CannonMips32 {
    /// Zeros are a shift that does nothing.
    fn is_padding(_: u32) -> bool {
        false
    }

    fn is_whole(word: u32) -> bool {
        Difference::of::<Self::Isa>(word, None).is_some()
    }
}
