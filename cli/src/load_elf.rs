//! `fpvm load-elf`.

use std::path::PathBuf;

use anyhow::Result;
use isa_traits::Target;

use crate::status::Status;
use crate::targets::{IsaName, OnTarget};
use crate::{files, input};

/// The flags of the references' `load-elf`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ELF file
    #[arg(long, value_name = "ELF")]
    path: PathBuf,
    /// Where the state goes
    #[arg(long, value_name = "STATE", default_value = "state.bin.gz")]
    out: PathBuf,
    /// Where the metadata goes: symbols by address; empty for nowhere
    #[arg(long, value_name = "FILE", default_value = "meta.json")]
    meta: String,
    /// The instruction set; the file tells it
    #[arg(long)]
    isa: Option<IsaName>,
    /// Load the segments only: no patches, no stack
    #[arg(long)]
    bare: bool,
}

/// Loads an ELF file and writes its initial state.
pub(crate) fn load_elf(args: &Args) -> Result<Status> {
    let elf = input::read_elf(&args.path)?;
    IsaName::of_elf(&elf, args.isa)?.with(Load { args, elf: &elf })
}

struct Load<'a> {
    args: &'a Args,
    elf: &'a [u8],
}

impl OnTarget for Load<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let (mut vm, symbols) = input::load_elf(target, self.elf, self.args.bare)?;
        if !self.args.meta.is_empty() {
            files::write(self.args.meta.as_ref(), |to| {
                serde_json::to_writer_pretty(&mut *to, &symbols)?;
                Ok(writeln!(to, "\n")?)
            })?;
        }
        if !self.args.out.as_os_str().is_empty() {
            input::write_state(&mut vm, &self.args.out)?;
        }
        Ok(Status::Done)
    }
}
