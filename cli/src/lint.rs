//! `fpvm lint`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fpvm_conformance::lint::{self, Finding, Level, Place, Report};
use rustc_demangle::demangle;

use crate::status::Status;
use crate::targets::{self, AnyTarget};
use crate::{files, input};

/// Places that are named of each finding.
const NAMED: usize = 5;

/// The flags of `fpvm lint`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The program, in any language
    elf: PathBuf,
    #[command(flatten)]
    target: targets::Args,
    /// Print one JSON object, with every place
    #[arg(long)]
    json: bool,
}

/// Tells what of a program its target would refuse.
pub(crate) fn run(args: &Args) -> Result<Status> {
    let elf = input::read_elf(&args.elf)?;
    let target = args.target.of_elf(&elf);
    let report = target.and_then(|target| {
        Ok(match target {
            AnyTarget::Asterisc(target) => lint::lint(target, &elf)?,
            AnyTarget::Cannon(target) => lint::lint(target, &elf)?,
        })
    });
    let report = report.with_context(|| format!("cannot look at {}", args.elf.display()))?;
    if args.json {
        files::print(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.is_clean() { Status::Done } else { Status::Failed })
}

fn print(report: &Report) -> Result<()> {
    for finding in &report.findings {
        files::print(text(finding))?;
    }
    let Report { reached, unreached, unreached_refused, hidden_calls, .. } = report;
    files::print(format_args!(
        "{reached} instructions can be reached; of {unreached} other words of code {unreached_refused} would be refused"
    ))?;
    if !hidden_calls.is_empty() {
        let places = places(hidden_calls);
        files::print(format_args!(
            "{} system calls whose number is not visible: {places}",
            hidden_calls.len()
        ))?;
    }
    // A file may differ as a whole, by having no symbols for instance.
    let differs = report.at(Level::Differs).any(|finding| !finding.places.is_empty());
    files::print(match (report.is_clean(), differs) {
        (true, false) => "clean: nothing that can be reached is refused",
        (true, true) => "nothing that can be reached is refused, but what differs may change results",
        (false, _) => "not clean",
    })
}

fn text(finding: &Finding) -> String {
    let Finding { level, what, advice, places: found } = finding;
    let level = match level {
        Level::Refused => "refused",
        Level::Abort => "abort  ",
        Level::Dormant => "dormant",
        Level::Differs => "differs",
    };
    let mut text = format!("{level}  {what}");
    if !found.is_empty() {
        let noun = if found.len() == 1 { "place" } else { "places" };
        text += &format!("\n         {} {noun}: {}", found.len(), places(found));
    }
    if !advice.is_empty() {
        text += &format!("\n         {advice}");
    }
    text
}

/// The first places by name.
fn places(places: &[Place]) -> String {
    let named =
        places.iter().take(NAMED).map(|place| format!("{:#x} in {:#}", place.pc, demangle(&place.symbol)));
    let more = if places.len() > NAMED { ", …" } else { "" };
    named.collect::<Vec<_>>().join(", ") + more
}
