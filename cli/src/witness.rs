//! `fpvm witness`.

use std::path::PathBuf;

use alloy_primitives::{B256, Bytes};
use anyhow::Result;
use isa_traits::{Concrete, Hart, Target};
use serde::Serialize;

use crate::status::Status;
use crate::targets::{self, OnTarget};
use crate::{files, input};

/// The flags of the references' `witness`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The state file
    #[arg(long, value_name = "STATE")]
    input: PathBuf,
    /// Where the witness goes as raw bytes; empty for nowhere
    #[arg(long, value_name = "FILE", value_parser = files::name_or_none())]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: targets::Args,
    /// Refuse a state whose file carries another hash than its own
    #[arg(long)]
    strict: bool,
}

/// The union of what Asterisc and Cannon print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    witness: Bytes,
    witness_hash: B256,
    state_hash: B256,
    step: u64,
    exited: bool,
    exit_code: u8,
    pc: u64,
}

/// Prints the witness of a state and its hash, both computed anew.
pub(crate) fn witness(args: &Args) -> Result<Status> {
    input::target_of_state(&args.input, args.target)?.with(args)
}

impl OnTarget for &Args {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let mut vm = input::read_state(target, &self.input, self.strict)?;
        let witness = vm.witness();
        if let Some(path) = self.output.as_deref().filter(|path| !path.as_os_str().is_empty()) {
            files::write(path, |to| Ok(to.write_all(&witness)?))?;
        }
        let hash = B256::from(vm.state_hash());
        let state = vm.state();
        let printed = Printed {
            witness: Bytes::copy_from_slice(&witness),
            witness_hash: hash,
            state_hash: hash,
            step: state.step,
            exited: state.exited,
            exit_code: state.exit_code,
            pc: state.hart.pc().get(),
        };
        files::print(serde_json::to_string_pretty(&printed)?)?;
        Ok(Status::Done)
    }
}
