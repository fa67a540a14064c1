//! The `fpvm` binary: runs fault-proof programs, and saves and hashes their states.
//!
//! Exit status: 0 the command did its work, whatever the guest's verdict; 1 the tool could not; 2 a trap, the
//! references' panic; 130 interrupted.

mod backtrace;
mod bundle;
mod conformance;
mod decode_map;
mod diff;
#[cfg(feature = "dispute")]
mod dispute;
mod explain;
mod files;
mod host;
mod input;
mod lint;
mod load_elf;
mod log;
mod member;
mod pattern;
mod profile;
mod query;
mod quorum;
mod report;
mod run;
mod screen;
mod serve;
mod signals;
mod status;
mod targets;
mod tier;
mod trace;
mod trace_digest;
mod verify;
mod witness;

use std::process::ExitCode;

use clap::Parser;

use crate::status::Status;

/// A fault-proof virtual machine: runs a program deterministically, step by step, as Asterisc and Cannon do.
#[derive(Debug, Parser)]
#[command(name = "fpvm", version, max_term_width = 110)]
#[command(
    after_help = "Exit status: 0 the command did its work, whatever the guest's verdict; 1 the tool could \
    not; 2 a trap; 130 interrupted.\nState files are binary where their name ends in .bin or .bin.gz, else JSON; \
    compressed where it ends in .gz; - is standard output."
)]
enum Command {
    /// Run an ELF file or a saved state to its end, or to --stop-at
    Run(run::Args),
    /// Make the initial state of an ELF file, and metadata with its symbols
    LoadElf(load_elf::Args),
    /// Run one program on both instruction sets and compare what it does
    Diff(diff::Args),
    /// Run several builds of a program side by side and count their verdicts
    Quorum(quorum::Args),
    /// Run a program and say where its steps went
    Profile(profile::Args),
    /// Make, check and convert bundles of pre-images
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Run a suite of test programs in every mode of the engine
    Conformance(conformance::Args),
    /// Tell what of an ELF file its target would refuse
    Lint(lint::Args),
    /// Print what the targets make of every instruction word, counted and digested
    DecodeMap(decode_map::Args),
    /// Print the digest of the proofs of all steps of an ELF file
    TraceDigest(trace_digest::Args),
    /// Print the state hashes and proofs of steps, in any order
    Query(query::Args),
    /// Answer questions about the steps of a run, as JSON-RPC
    Serve(serve::Args),
    /// Play a dispute down to one step on a chain, in memory or behind a node
    #[cfg(feature = "dispute")]
    Dispute(dispute::Args),
    /// Check step proofs from nothing but their files
    Verify(verify::Args),
    /// Print the witness and the hash of a saved state, as JSON
    Witness(witness::Args),
}

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            let asked = !error.use_stderr();
            // Where even the message cannot be printed there is nobody to tell.
            let _ = error.print();
            // clap's own 2 would read as "VM panic" to op-challenger.
            return if asked { Status::Done } else { Status::Failed }.into();
        }
    };
    let result = match command {
        Command::Run(args) => run::run(&args),
        Command::LoadElf(args) => load_elf::load_elf(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Quorum(args) => quorum::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Bundle(command) => bundle::run(&command),
        Command::Conformance(args) => conformance::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::DecodeMap(args) => decode_map::run(&args),
        Command::TraceDigest(args) => trace_digest::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Serve(args) => serve::run(&args),
        #[cfg(feature = "dispute")]
        Command::Dispute(args) => dispute::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Witness(args) => witness::witness(&args),
    };
    match result {
        Ok(status) => status.into(),
        Err(error) => {
            log::error(format_args!("{error:#}"));
            Status::Failed.into()
        }
    }
}
