//! Which target a command works on.

use anyhow::{Result, bail};
use clap::ValueEnum;
use isa_traits::Target;
use loader::Kind;
use rv64::AsteriscRv64;

/// An instruction set, by the name users give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsaName {
    /// RV64IMA, as Asterisc v1.3.0 runs it
    Rv64,
}

/// Something to do on whatever target it turns out to be.
pub(crate) trait OnTarget {
    /// What it yields.
    type Output;
    /// Does it.
    fn on<T: Target>(self, target: T) -> Result<Self::Output>;
}

impl IsaName {
    const ALL: [Self; 1] = [Self::Rv64];

    /// Does something on the target of this instruction set.
    pub(crate) fn with<V: OnTarget>(self, visitor: V) -> Result<V::Output> {
        match self {
            Self::Rv64 => visitor.on(AsteriscRv64),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Rv64 => Kind::from(AsteriscRv64.elf()),
        }
    }

    /// The instruction set of an ELF file; `asked` is what the user named, which must agree.
    pub(crate) fn of_elf(elf: &[u8], asked: Option<Self>) -> Result<Self> {
        let kind = Kind::of(elf)?;
        let found = Self::ALL.into_iter().find(|isa| isa.kind() == kind);
        match (found, asked) {
            (Some(found), Some(asked)) if found != asked => {
                bail!("the file is for {found:?}, and --isa names {asked:?}; leave --isa out")
            }
            // The loader says what the file is instead.
            (None, asked) => Ok(asked.unwrap_or(Self::Rv64)),
            (Some(found), _) => Ok(found),
        }
    }
}
