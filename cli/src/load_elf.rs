//! `fpvm load-elf`.

use std::path::PathBuf;

use anyhow::Result;
use isa_traits::Target;

use crate::status::Status;
use crate::targets::{self, AnyTarget, IsaName, OnTarget};
use crate::{files, input};

/// The flags of the references' `load-elf`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The ELF file
    #[arg(long, value_name = "ELF")]
    path: PathBuf,
    /// Where the state goes; empty for nowhere, - for standard output
    #[arg(long, value_name = "STATE", value_parser = files::name_or_none(), default_value = "state.bin.gz")]
    out: PathBuf,
    /// Where the metadata goes: symbols by address; empty for nowhere
    #[arg(long, value_name = "FILE", value_parser = files::name_or_none(), default_value = "meta.json")]
    meta: PathBuf,
    #[command(flatten)]
    target: targets::Args,
    /// The version of Cannon's states; only this one is known here
    #[arg(long = "type", value_name = "TYPE", value_parser = ["singlethreaded-2"])]
    state_type: Option<String>,
    /// Load the segments only: no patches, no stack
    #[arg(long)]
    bare: bool,
}

/// Loads an ELF file and writes its initial state.
pub(crate) fn load_elf(args: &Args) -> Result<Status> {
    let elf = input::read_elf(&args.path)?;
    let target = args.target.of_elf(&elf)?;
    if args.state_type.is_some() && target.isa() != IsaName::Mips {
        anyhow::bail!("--type is for Cannon's states, and the file is for {}", AnyTarget::isa(target));
    }
    target.with(Load { args, elf: &elf })
}

struct Load<'a> {
    args: &'a Args,
    elf: &'a [u8],
}

impl OnTarget for Load<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let Args { out, meta, bare, .. } = self.args;
        let writes_state = !out.as_os_str().is_empty();
        if writes_state {
            input::check_state_format::<T>(out)?;
        }
        let (mut vm, symbols) = input::load_elf(target, self.elf, *bare)?;
        if !meta.as_os_str().is_empty() {
            files::write(meta, |to| {
                serde_json::to_writer_pretty(&mut *to, &symbols)?;
                // As the references' encoder ends a file.
                Ok(to.write_all(b"\n\n")?)
            })?;
        }
        if writes_state {
            input::write_state(&mut vm, out)?;
        }
        Ok(Status::Done)
    }
}
