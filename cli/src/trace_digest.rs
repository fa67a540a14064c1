//! `fpvm trace-digest`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::B256;
use anyhow::{Context, Result};
use engine::{Replay, RunError};
use fpvm_conformance::modes::run_in_every_mode;
use isa_traits::{Isa, Target};
use serde::Serialize;

use crate::status::Status;
use crate::targets::{self, OnTarget};
use crate::{files, host, input, log, signals};

/// The flags of `fpvm trace-digest`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The program; its segments are loaded, and nothing is patched
    elf: PathBuf,
    #[command(flatten)]
    target: targets::Args,
    /// Steps to make at most; to the program's end if left out
    #[arg(long, value_name = "STEPS", default_value_t = u64::MAX, hide_default_value = true)]
    max_steps: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    record: host::Record,
    #[command(flatten)]
    host: host::Args,
}

/// The one object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    isa: &'static str,
    target: String,
    pages: usize,
    steps: u64,
    exited: bool,
    exit_code: u8,
    /// Merkle paths in all step proofs together.
    proofs: u64,
    /// The state hash before the first step.
    pre: B256,
    /// The state hash after the last step.
    post: B256,
    digest: B256,
}

/// Proves every step of a program and prints the digest of the proofs.
pub(crate) fn run(args: &Args) -> Result<Status> {
    args.record.check()?;
    let elf = input::read_elf(&args.elf)?;
    args.target
        .of_elf(&elf)
        .and_then(|target| target.with(Digest { args, elf: &elf, interrupt: &signals::flag()? }))
        .with_context(|| format!("cannot run {}", args.elf.display()))
}

struct Digest<'a> {
    args: &'a Args,
    elf: &'a [u8],
    interrupt: &'a Arc<AtomicBool>,
}

impl OnTarget for Digest<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let (mut vm, _) = input::load_elf(target, self.elf, true)?;
        let (pages, pre) = (vm.memory().page_count(), vm.state_hash().into());
        let mut oracle = self.args.host.open(self.args.record.is_wanted(), self.interrupt)?;
        let stop = |_: &_| self.interrupt.load(Ordering::Relaxed);
        let mut ran = run_in_every_mode(vm, &mut oracle, self.args.max_steps, stop)?;
        self.args.record.save(oracle.record())?;
        let state = ran.vm.state();
        let report = Report {
            isa: T::Isa::NAME,
            target: format!("{}@{}", T::NAME, target.version()),
            pages,
            steps: ran.trace.steps,
            exited: state.exited,
            exit_code: state.exit_code,
            proofs: ran.trace.proof_bytes / Replay::path_bytes(T::ADDRESS_BITS) as u64,
            pre,
            post: ran.vm.state_hash().into(),
            digest: ran.trace.digest,
        };
        if self.args.json {
            files::print(serde_json::to_string_pretty(&report)?)?;
        } else {
            report.print()?;
        }
        if let Some(error) = &ran.error {
            log::error(error);
        }
        Ok(match ran.error {
            Some(RunError::Trap { .. }) => Status::Trap,
            Some(_) => Status::Failed,
            None if self.interrupt.load(Ordering::Relaxed) => Status::Interrupted,
            None => Status::Done,
        })
    }
}

impl Report {
    fn print(&self) -> Result<()> {
        let Self { pages, steps, proofs, pre, post, digest, .. } = self;
        files::print(format_args!("pages   {pages}\nsteps   {steps}\nproofs  {proofs}"))?;
        files::print(format_args!("pre     {pre}\npost    {post}\ndigest  {digest}"))
    }
}
