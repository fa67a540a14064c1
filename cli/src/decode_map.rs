//! `fpvm decode-map`.

use anyhow::Result;
use clap::ValueEnum;
use fpvm_conformance::decode::{DifferencesOf, Map, Scope};
use mips32::Mips32;
use rv64::Rv64;

use crate::files;
use crate::status::Status;
use crate::targets::{AnyTarget, IsaName};

/// The flags of `fpvm decode-map`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The target, in its newest version or a named one; every version of every target if left out
    #[arg(long, value_name = "NAME[@VERSION]")]
    target: Option<AnyTarget>,
    /// Look at one word in 31 only
    #[arg(long)]
    sample: bool,
}

/// Prints what the targets make of every instruction word, as Markdown.
pub(crate) fn run(args: &Args) -> Result<Status> {
    let scope = if args.sample { Scope::Sample } else { Scope::All };
    let targets = || AnyTarget::all().filter(|&target| args.target.is_none_or(|asked| asked == target));
    for target in targets() {
        match target {
            AnyTarget::Asterisc(target) => files::print(Map::new(target, scope))?,
            AnyTarget::Cannon(target) => files::print(Map::new(target, scope))?,
        }
    }
    for isa in IsaName::value_variants().iter().filter(|&&isa| targets().any(|target| target.isa() == isa)) {
        match isa {
            IsaName::Rv64 => files::print(DifferencesOf(Rv64))?,
            IsaName::Mips => files::print(DifferencesOf(Mips32))?,
        }
    }
    Ok(Status::Done)
}
