//! `fpvm bundle`.

mod export;
mod import;

use std::collections::BTreeMap;
use std::path::PathBuf;

use alloy_primitives::{B256, Bytes};
use anyhow::{Result, bail};
use oracle::{Bundle, KeyType};
use serde::Serialize;

use crate::member::{Conditions, Member};
use crate::status::Status;
use crate::{files, host, signals, tier};

/// The commands of `fpvm bundle`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print what a bundle holds
    Info(InfoArgs),
    /// Check bundles: each value against its key, and all against the bundle's name
    Verify(VerifyArgs),
    /// Make a bundle of a store that a host left behind, of files named by key, or of a block's JSON
    Import(import::Args),
    /// Make a store of a bundle, or the input of a guest that reads it
    Export(export::Args),
    /// Put several bundles into one
    Merge(MergeArgs),
    /// Keep exactly what programs use
    Minimise(MinimiseArgs),
}

/// The flags of `fpvm bundle info`.
#[derive(Debug, clap::Args)]
pub(crate) struct InfoArgs {
    /// The bundle
    bundle: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The flags of `fpvm bundle verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Bundles
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
}

/// The flags of `fpvm bundle merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// Bundles
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Where the bundle of all their pre-images goes
    #[arg(long, value_name = "BUNDLE")]
    to: PathBuf,
}

/// The flags of `fpvm bundle minimise`.
#[derive(Debug, clap::Args)]
pub(crate) struct MinimiseArgs {
    /// The bundle
    bundle: PathBuf,
    /// Programs to run with it, which must come to a verdict
    #[arg(value_name = "ELF", required = true)]
    programs: Vec<PathBuf>,
    /// Where the bundle of what they use goes
    #[arg(long, value_name = "BUNDLE")]
    to: PathBuf,
    /// Steps after which a program is taken not to finish
    #[arg(long, value_name = "STEPS", default_value_t = u64::MAX, hide_default_value = true)]
    max_steps: u64,
    #[command(flatten)]
    tier: tier::Args,
}

/// Does what a command of `fpvm bundle` says.
pub(crate) fn run(command: &Command) -> Result<Status> {
    match command {
        Command::Info(args) => info(args),
        Command::Verify(args) => verify(args),
        Command::Import(args) => import::import(args),
        Command::Export(args) => export::export(args),
        Command::Merge(args) => merge(args),
        Command::Minimise(args) => minimise(args),
    }
}

/// The one object that `info --json` prints.
#[derive(Serialize)]
struct Info {
    version: u8,
    name: B256,
    preimages: usize,
    /// Bytes of the contents, and of the compressed file.
    contents_bytes: u64,
    file_bytes: u64,
    by_type: Vec<OfType>,
    /// Local values, the inputs of the run.
    locals: Vec<Local>,
}

#[derive(Serialize)]
struct OfType {
    #[serde(rename = "type")]
    kind: String,
    count: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Local {
    key: B256,
    value: Bytes,
}

fn info(args: &InfoArgs) -> Result<Status> {
    let bundle = host::read_bundle(&args.bundle)?;
    let mut by_type = BTreeMap::<KeyType, (u64, u64)>::new();
    for (key, value) in bundle.entries() {
        let (count, bytes) = by_type.entry(key.key_type()).or_default();
        *count += 1;
        *bytes += value.len() as u64;
    }
    let locals = bundle.entries().take_while(|(key, _)| key.key_type() == KeyType::Local);
    let info = Info {
        version: preimage::bundle::VERSION,
        name: bundle.name().0.into(),
        preimages: bundle.len(),
        contents_bytes: bundle.contents_bytes(),
        file_bytes: std::fs::metadata(&args.bundle)?.len(),
        by_type: by_type
            .into_iter()
            .map(|(kind, (count, bytes))| OfType { kind: kind.to_string(), count, bytes })
            .collect(),
        locals: locals
            .map(|(key, value)| Local { key: key.as_bytes().into(), value: value.to_vec().into() })
            .collect(),
    };
    if args.json {
        files::print(serde_json::to_string_pretty(&info)?)?;
        return Ok(Status::Done);
    }
    files::print(format_args!("version     {}", info.version))?;
    files::print(format_args!("name        {}", info.name))?;
    files::print(format_args!("bytes       {}, compressed {}", info.contents_bytes, info.file_bytes))?;
    files::print(format_args!("pre-images  {}", info.preimages))?;
    for OfType { kind, count, bytes } in &info.by_type {
        files::print(format_args!("  {kind}: {count}, {bytes} bytes"))?;
    }
    for Local { key, value } in &info.locals {
        files::print(format_args!("  {key} = {}", shortened(value)))?;
    }
    Ok(Status::Done)
}

/// A value for people: a chain's configuration is some kilobytes.
fn shortened(value: &Bytes) -> String {
    const SHOWN: usize = 64;
    match value.get(..SHOWN) {
        Some(shown) if value.len() > SHOWN => {
            format!("{}… ({} bytes)", alloy_primitives::hex::encode_prefixed(shown), value.len())
        }
        _ => value.to_string(),
    }
}

fn verify(args: &VerifyArgs) -> Result<Status> {
    let mut status = Status::Done;
    for path in &args.bundles {
        match host::read_bundle(path) {
            Ok(bundle) => {
                files::print(format_args!(
                    "{}: sound, {}, {} pre-images",
                    path.display(),
                    bundle.name(),
                    bundle.len()
                ))?;
            }
            Err(error) => {
                crate::log::error(format_args!("{error:#}"));
                status = Status::Failed;
            }
        }
    }
    Ok(status)
}

fn merge(args: &MergeArgs) -> Result<Status> {
    host::check_bundle_name(&args.to)?;
    let bundles = args.bundles.iter().map(|path| host::read_bundle(path)).collect::<Result<Vec<_>>>()?;
    host::write_bundle(&args.to, &host::merged(&bundles)?)?;
    Ok(Status::Done)
}

fn minimise(args: &MinimiseArgs) -> Result<Status> {
    host::check_bundle_name(&args.to)?;
    let host = host::Args::replaying(&args.bundle);
    let stop = signals::flag()?;
    let conditions =
        Conditions { host: &host, tier: args.tier, records: true, max_steps: args.max_steps, stop: &stop };
    let mut used = Bundle::default();
    for program in &args.programs {
        let outcome = Member::open(program, None)?.run(&conditions, &mut ())?;
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(Status::Interrupted);
        }
        if outcome.exit_code.is_none() {
            let why = outcome.error.unwrap_or_default();
            bail!("{} came to no verdict, so what it needs is not known: {why}", program.display());
        }
        used.merge(&outcome.used.unwrap_or_default())?;
    }
    host::write_bundle(&args.to, &used)?;
    Ok(Status::Done)
}
