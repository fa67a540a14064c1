//! `fpvm verify`.

mod explanation;

use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use engine::{StepProof, Witness, keccak256, verify};
use isa_traits::{Hash, Target};
use loader::Symbols;
use oracle::Key;
use serde::Serialize;

use crate::files;
use crate::status::Status;
use crate::targets::{self, IsaName, OnTarget};

/// The flags of `fpvm verify`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Step proofs as `run --proof-at` and the references write them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: targets::Args,
    /// Print an array of {file, post, matches, error}
    #[arg(long)]
    json: bool,
    /// Print the instruction, the accesses to memory and every field that changes
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Metadata with symbols, for --explain
    #[arg(long, value_name = "FILE")]
    meta: Option<PathBuf>,
}

/// What became of one file.
#[derive(Serialize)]
struct Verified {
    file: PathBuf,
    /// The state hash after the step, where there is one.
    post: Option<B256>,
    /// Whether it is the one the file tells; `null` where the file tells none.
    matches: Option<bool>,
    error: Option<String>,
}

/// Verifies step proofs, each on its own and from nothing but the file.
pub(crate) fn run(args: &Args) -> Result<Status> {
    let symbols = match &args.meta {
        Some(path) => serde_json::from_reader(files::open(path)?)
            .with_context(|| format!("{} is no metadata", path.display()))?,
        None => Symbols::default(),
    };
    let results: Vec<Verified> = args.files.iter().map(|path| verify_file(args, &symbols, path)).collect();
    if args.json {
        files::print(serde_json::to_string_pretty(&results)?)?;
    } else {
        for Verified { file, post, matches, error } in &results {
            let post = post.map_or_else(|| "no post-state".to_owned(), |post| post.to_string());
            match (matches, error) {
                (_, Some(error)) => {
                    files::print(format_args!("{}: {post}, refused: {error}", file.display()))?
                }
                (Some(true), None) => files::print(format_args!("{}: {post}, matches", file.display()))?,
                (_, None) => {
                    files::print(format_args!("{}: {post}, the file tells no post", file.display()))?
                }
            }
        }
    }
    let good = results.iter().all(|result| result.error.is_none());
    Ok(if good { Status::Done } else { Status::Failed })
}

fn verify_file(args: &Args, symbols: &Symbols, path: &Path) -> Verified {
    let mut verified = Verified { file: path.to_owned(), post: None, matches: None, error: None };
    if let Err(error) = verify_into(args, symbols, path, &mut verified) {
        verified.error = Some(format!("{error:#}"));
    }
    verified
}

fn verify_into(args: &Args, symbols: &Symbols, path: &Path, verified: &mut Verified) -> Result<()> {
    let proof: StepProof = serde_json::from_reader(files::open(path)?).context("no step proof")?;
    let isa = match proof.state.len() {
        rv64::AsteriscRv64::WITNESS_BYTES => IsaName::Rv64,
        mips32::CannonMips32::WITNESS_BYTES => IsaName::Mips,
        found => bail!(
            "state-data has {found} bytes; a state of {} has {}, one of {} has {}",
            rv64::AsteriscRv64::NAME,
            rv64::AsteriscRv64::WITNESS_BYTES,
            mips32::CannonMips32::NAME,
            mips32::CannonMips32::WITNESS_BYTES
        ),
    };
    args.target.agree(isa)?.with(Check { explain: args.explain, symbols, proof: &proof, verified })
}

struct Check<'a> {
    explain: bool,
    symbols: &'a Symbols,
    proof: &'a StepProof,
    verified: &'a mut Verified,
}

impl OnTarget for Check<'_> {
    type Output = ();

    fn on<T: Target>(self, target: T) -> Result<()> {
        let StepProof { pre, post, state, proof, preimage, .. } = self.proof;
        check_pre(state, pre)?;
        if let Some((key, value, offset)) = preimage {
            check_offset(&target, state, *offset)?;
            let key = Key::from(*key);
            if let Some(found) = key.recomputed(value).filter(|found| *found != key) {
                bail!("oracle-value has the key {found}, and oracle-key is {key}");
            }
        }
        let given = preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
        let (witness, status) = verify(&target, state, proof, given)
            .map_err(|error| anyhow::anyhow!("{}", explanation::of_error(&target, &error)))?;
        let found = witness.state_hash(status);
        self.verified.post = Some(found.into());
        if self.explain {
            explanation::print(&target, self.symbols, self.proof, &witness)?;
        }
        if *post != Hash::default() {
            self.verified.matches = Some(found == *post);
            if found != *post {
                bail!("the file tells the post hash {}", B256::from(*post));
            }
        }
        Ok(())
    }
}

/// Checks that the state hashes to `pre`, but for byte 0, as the dispute game does. A file may tell none.
fn check_pre(state: &[u8], pre: &Hash) -> Result<()> {
    let found = keccak256(state);
    if *pre != Hash::default() && found[1..] != pre[1..] {
        bail!("state-data hashes to {}, and pre is {}, byte 0 apart", B256::from(found), B256::from(*pre));
    }
    Ok(())
}

/// Checks that the pre-image is given at the offset the state reads from: on chain the part there is loaded.
fn check_offset<T: Target>(target: &T, state: &[u8], offset: u64) -> Result<()> {
    match Witness::decode(target, state) {
        Ok((state, _)) if state.preimage_offset != offset => {
            bail!("oracle-offset is {offset}, and the state reads from {}", state.preimage_offset)
        }
        // What else is wrong with a state, the verifier says.
        _ => Ok(()),
    }
}
