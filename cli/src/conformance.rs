//! `fpvm conformance`.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fpvm_conformance::report::{Outcome, Report};
use fpvm_conformance::suites::{Setting, Suite};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::files;
use crate::status::Status;
use crate::targets::AnyTarget;

/// The flags of `fpvm conformance`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The suite, which tells what the files are
    #[arg(value_parser = suites())]
    suite: Suite,
    /// Files of the suite, and directories to search for them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Cases that must be executed at least
    #[arg(long, value_name = "CASES", default_value_t = 1)]
    expect: usize,
    /// Steps after which a case has failed; if left out, what the suite's own harness allows
    #[arg(long, value_name = "STEPS")]
    max_steps: Option<u64>,
    /// The target in a named version: cannon-mips32@1.1.0; the newest if left out
    #[arg(long, value_name = "NAME[@VERSION]")]
    target: Option<AnyTarget>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A suite by its name.
fn suites() -> impl TypedValueParser<Value = Suite> {
    PossibleValuesParser::new(Suite::ALL.map(Suite::name)).try_map(|name| {
        Suite::ALL.into_iter().find(|suite| suite.name() == name).ok_or("there is no such suite")
    })
}

/// Runs the cases of a suite in every mode of the engine.
pub(crate) fn run(args: &Args) -> Result<Status> {
    let mut setting = Setting { rv64: AsteriscRv64, mips32: CannonMips32::LATEST, max_steps: args.max_steps };
    match args.target {
        Some(AnyTarget::Asterisc(target)) => setting.rv64 = target,
        Some(AnyTarget::Cannon(target)) => setting.mips32 = target,
        None => {}
    }
    let report = Report::new(args.suite.name(), args.suite.run(&args.paths, setting)?, args.expect);
    if args.json {
        files::print(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.ok { Status::Done } else { Status::Failed })
}

/// The report for people: what did not pass, case by case, and the counts.
fn print(report: &Report) -> Result<()> {
    for case in &report.cases {
        match &case.outcome {
            Outcome::Failed(reason) => files::print(format_args!("failed   {}: {reason}", case.name))?,
            Outcome::Refused(reason) => files::print(format_args!("refused  {}: {reason}", case.name))?,
            _ => {}
        }
    }
    let Report { suite, executed, passed, failed, refused, expected, .. } = report;
    files::print("suite         executed  passed  failed  refused")?;
    files::print(format_args!("{suite:12}  {executed:>8}  {passed:>6}  {failed:>6}  {refused:>7}"))?;
    if executed < expected {
        files::print(format_args!("too few: {executed} cases were executed, wanted at least {expected}"))?;
    }
    Ok(())
}
