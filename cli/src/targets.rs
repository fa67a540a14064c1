//! Which target a command works on.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use isa_traits::{Isa, Target};
use loader::Kind;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// An instruction set, by the name users give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsaName {
    /// RV64IMA; the target asterisc-rv64
    Rv64,
    /// MIPS32, big-endian; the target cannon-mips32
    Mips,
}

/// A target in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnyTarget {
    Asterisc(AsteriscRv64),
    Cannon(CannonMips32),
}

/// Something to do on whatever target it turns out to be.
pub(crate) trait OnTarget {
    /// What it yields.
    type Output;
    /// Does it.
    fn on<T: Target>(self, target: T) -> Result<Self::Output>;
}

/// The flags that name a target. The input tells the instruction set, so that neither is needed.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The instruction set, if the input is not to tell it
    #[arg(long)]
    isa: Option<IsaName>,
    /// The target, in its newest version or a named one: asterisc-rv64, cannon-mips32, cannon-mips32@1.1.0
    #[arg(long, value_name = "NAME[@VERSION]")]
    target: Option<AnyTarget>,
}

impl Args {
    /// As if the user had named an instruction set.
    pub(crate) const fn with_isa(isa: Option<IsaName>) -> Self {
        Self { isa, target: None }
    }

    /// The instruction set the user named.
    pub(crate) fn named(self) -> Option<IsaName> {
        self.isa.or_else(|| self.target.map(AnyTarget::isa))
    }

    /// The target for an input of instruction set `found`, which must agree with what the user named.
    pub(crate) fn agree(self, found: IsaName) -> Result<AnyTarget> {
        if let Some(asked) = self.isa.filter(|&asked| asked != found) {
            bail!(
                "the input is for {found}, and --isa names {asked}; leave --isa out, or name another input"
            );
        }
        match self.target {
            Some(asked) if asked.isa() != found => {
                bail!("the input is for {found}, and --target names {asked}; name another target or input")
            }
            asked => Ok(asked.unwrap_or_else(|| AnyTarget::default_of(found))),
        }
    }

    /// The target of an ELF file.
    pub(crate) fn of_elf(self, elf: &[u8]) -> Result<AnyTarget> {
        let kind = Kind::of(elf)?;
        match IsaName::value_variants().iter().find(|isa| isa.kind() == kind) {
            Some(&found) => self.agree(found),
            None => bail!(
                "the file is for {kind}; wanted: a static ELF file for {} or {}",
                IsaName::Rv64.kind(),
                IsaName::Mips.kind()
            ),
        }
    }
}

impl IsaName {
    fn kind(self) -> Kind {
        match self {
            Self::Rv64 => Kind::from(AsteriscRv64.elf()),
            Self::Mips => Kind::from(CannonMips32::LATEST.elf()),
        }
    }
}

impl fmt::Display for IsaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rv64 => rv64::Rv64::NAME,
            Self::Mips => mips32::Mips32::NAME,
        })
    }
}

impl AnyTarget {
    /// The newest version of the target of an instruction set.
    pub(crate) const fn default_of(isa: IsaName) -> Self {
        match isa {
            IsaName::Rv64 => Self::Asterisc(AsteriscRv64),
            IsaName::Mips => Self::Cannon(CannonMips32::LATEST),
        }
    }

    pub(crate) const fn isa(self) -> IsaName {
        match self {
            Self::Asterisc(_) => IsaName::Rv64,
            Self::Cannon(_) => IsaName::Mips,
        }
    }

    /// Does something on the target.
    pub(crate) fn with<V: OnTarget>(self, visitor: V) -> Result<V::Output> {
        match self {
            Self::Asterisc(target) => visitor.on(target),
            Self::Cannon(target) => visitor.on(target),
        }
    }

    /// Every version of every target.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Self::Asterisc(AsteriscRv64)].into_iter().chain(CannonMips32::VERSIONS.map(Self::Cannon))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Asterisc(_) => AsteriscRv64::NAME,
            Self::Cannon(_) => CannonMips32::NAME,
        }
    }
}

impl fmt::Display for AnyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = match self {
            Self::Asterisc(target) => target.version(),
            Self::Cannon(target) => target.version(),
        };
        write!(f, "{}@{version}", self.name())
    }
}

impl FromStr for AnyTarget {
    type Err = anyhow::Error;

    /// A name alone means the newest version, which is the last one.
    fn from_str(text: &str) -> Result<Self> {
        let known = || Self::all().map(|target| target.to_string()).collect::<Vec<_>>().join(", ");
        Self::all()
            .filter(|target| target.name() == text || target.to_string() == text)
            .last()
            .with_context(|| format!("there is no target {text}; known: {}", known()))
    }
}
