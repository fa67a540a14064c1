//! `fpvm bundle export`.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use oracle::{Directory, Layout};

use crate::status::Status;
use crate::{files, host, log};

/// The flags of `fpvm bundle export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle
    bundle: PathBuf,
    /// What to make of it
    #[arg(long = "as", value_name = "FORMAT", default_value = "keys")]
    format: Format,
    /// Where it goes: a directory that is empty or not there; a file for contents
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
}

/// What is made of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// op-program's `file`: 0xKEY.txt
    File,
    /// op-program's and kona's `directory`: 4 digits of the key as a folder, 60 as a name
    #[value(alias = "kona")]
    Directory,
    /// Files named by key
    Keys,
    /// One file, not compressed, as a guest or a zkVM reads it
    Contents,
}

/// Makes a store of a bundle.
pub(super) fn export(args: &Args) -> Result<Status> {
    let bundle = host::read_bundle(&args.bundle)?;
    let layout = match args.format {
        Format::File => Layout::File,
        Format::Directory => Layout::Directory,
        Format::Keys => Layout::Keys,
        Format::Contents => {
            files::write(&args.to, |to| Ok(to.write_all(&bundle.contents())?))?;
            return Ok(Status::Done);
        }
    };
    let store = Directory::create(&args.to, layout)?;
    bundle.entries().try_for_each(|(key, value)| store.store(&key, value))?;
    log::line(format_args!("{}: {} pre-images of layout {layout}", args.to.display(), bundle.len()));
    Ok(Status::Done)
}
