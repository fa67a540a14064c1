//! `fpvm bundle import`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use alloy_primitives::{B256, hex};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use oracle::{Bundle, Directory, Key, Layout, Source};

use crate::status::Status;
use crate::{files, host, log};

/// The longest JSON of a block that is read: 1 GiB.
const MAX_JSON_BYTES: u64 = 1 << 30;
/// How many files that are no pre-images are named.
const NAMED: usize = 3;

/// The flags of `fpvm bundle import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A directory, or the JSON of a block, compressed where its name ends in .gz
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// What it is; if left out, what the marker of the directory says, and keys without one
    #[arg(long, value_name = "FORMAT")]
    from: Option<Format>,
    /// Where the bundle goes
    #[arg(long, value_name = "BUNDLE")]
    to: PathBuf,
    /// A local value, an input of the program, which hosts do not store; 0x-prefixed hex
    #[arg(long = "local", value_name = "INDEX=HEX")]
    locals: Vec<Local>,
    /// The hash that the program of a block is to check, in place of the block's own
    #[arg(long, value_name = "HASH")]
    claim: Option<B256>,
}

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// op-program's `file`: 0xKEY.txt
    File,
    /// op-program's and kona's `directory`: 4 digits of the key as a folder, 60 as a name
    #[value(alias = "kona")]
    Directory,
    /// Files named by key
    Keys,
    /// A block with its pre-images, as kona's stateless-execution fixtures have it; the inputs of `op-block` are made
    /// from it
    BlockJson,
}

/// A local value by its index.
#[derive(Clone, Debug)]
struct Local {
    index: u64,
    value: Vec<u8>,
}

impl FromStr for Local {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = |why: &str| format!("'{text}' is no local value: {why}; wanted: 3=0x and hex digits");
        let (index, value) = text.split_once('=').ok_or_else(|| wanted("it has no '='"))?;
        let index = index.parse().map_err(|_| wanted("its index is no number"))?;
        let digits = value.strip_prefix("0x").ok_or_else(|| wanted("its value does not begin with 0x"))?;
        Ok(Self { index, value: hex::decode(digits).map_err(|error| wanted(&error.to_string()))? })
    }
}

/// Makes a bundle of what hosts and test suites keep pre-images in.
pub(super) fn import(args: &Args) -> Result<Status> {
    host::check_bundle_name(&args.to)?;
    let mut bundle = Bundle::default();
    for Local { index, value } in &args.locals {
        bundle.insert(Key::local(*index), value, "--local")?;
    }
    let layout = match args.from {
        Some(Format::BlockJson) => None,
        Some(Format::File) => Some(Some(Layout::File)),
        Some(Format::Directory) => Some(Some(Layout::Directory)),
        Some(Format::Keys) => Some(Some(Layout::Keys)),
        None if args.path.is_file() => {
            bail!("{} is a file; say --from block-json if it is a block", args.path.display())
        }
        None => Some(None),
    };
    match layout {
        None => import_block(&args.path, args.claim, &mut bundle)?,
        Some(_) if args.claim.is_some() => bail!("--claim is for --from block-json; use --local 3=0x…"),
        Some(layout) => import_store(&args.path, layout, &mut bundle)?,
    }
    host::write_bundle(&args.to, &bundle)?;
    Ok(Status::Done)
}

fn import_store(path: &Path, layout: Option<Layout>, bundle: &mut Bundle) -> Result<()> {
    let mut store = Directory::open(path)?;
    if let Some(asked) = layout {
        // Without a marker it may be of a time when there were none.
        if store.layout() != Layout::Keys && store.layout() != asked {
            bail!("{} says that it is of layout {}, not {asked}", path.display(), store.layout());
        }
        store = store.with_layout(asked);
    }
    let (keys, others) = store.list()?;
    for key in &keys {
        bundle.insert(*key, &store.fetch(key)?, &store.place(key))?;
    }
    if keys.is_empty() {
        bail!("{} has no file of layout {}; name another with --from", path.display(), store.layout());
    }
    if !others.is_empty() {
        let named: Vec<_> = others.iter().take(NAMED).map(|file| file.display().to_string()).collect();
        let (count, named) = (others.len(), named.join(", "));
        log::warning(format_args!("{count} files are no pre-images and were left out: {named}"));
    }
    Ok(())
}

fn import_block(path: &Path, claim: Option<B256>, bundle: &mut Bundle) -> Result<()> {
    let mut json = Vec::new();
    files::open(path)?
        .take(MAX_JSON_BYTES)
        .read_to_end(&mut json)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let imported = op_block_inputs::import(&json);
    let mut inputs = imported.with_context(|| format!("cannot import {}", path.display()))?;
    if let Some(claim) = claim {
        inputs.set_claim(claim.0);
    }
    let place = path.display().to_string();
    for (key, value) in &inputs.values {
        bundle.insert(Key::from(*key.as_bytes()), value, &place)?;
    }
    Ok(())
}
