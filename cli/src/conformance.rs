//! `fpvm conformance`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fpvm_conformance::junit;
use fpvm_conformance::report::{Outcome, Report};
use fpvm_conformance::suites::{Progress, Setting, Suite};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

use crate::status::Status;
use crate::targets::AnyTarget;
use crate::{files, screen};

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
    /// Write the report as JUnit XML as well; refused cases are skipped ones in it
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
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
    if let Some(path) = &args.junit {
        files::check_writable(path)?;
    }
    let progress = Progress::default();
    let cases =
        screen::while_running(|| line(&progress), || args.suite.run(&args.paths, setting, &progress))?;
    let report = Report::new(args.suite.name(), cases, args.expect);
    if let Some(path) = &args.junit {
        let text = junit::text(&report)?;
        files::write(path, |out| Ok(out.write_all(text.as_bytes())?))?;
    }
    if args.json {
        files::print(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.ok { Status::Done } else { Status::Failed })
}

/// The line of progress.
fn line(progress: &Progress) -> String {
    let [cases, all] = [&progress.cases, &progress.all].map(|count| count.load(Ordering::Relaxed));
    let steps = progress.steps.load(Ordering::Relaxed);
    format!("{cases} of {all} cases, {} steps in every mode", screen::scaled(steps as f64))
}

/// The report for people: the cases that failed, what was refused and why, and the counts.
fn print(report: &Report) -> Result<()> {
    // For each reason the first case and how many more there are.
    let mut refused: Vec<(&str, &str, usize)> = Vec::new();
    for case in &report.cases {
        match &case.outcome {
            Outcome::Failed(reason) => files::print(format_args!("failed   {}: {reason}", case.name))?,
            Outcome::Refused(reason) => match refused.iter_mut().find(|(known, ..)| known == reason) {
                Some((.., more)) => *more += 1,
                None => refused.push((reason, &case.name, 0)),
            },
            _ => {}
        }
    }
    for (reason, name, more) in refused {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        files::print(format_args!("refused  {name}{more}: {reason}"))?;
    }
    let Report { suite, executed, passed, failed, refused, .. } = report;
    files::print("suite         executed  passed  failed  refused")?;
    files::print(format_args!("{suite:12}  {executed:>8}  {passed:>6}  {failed:>6}  {refused:>7}"))?;
    report.too_few().map_or(Ok(()), files::print)
}
