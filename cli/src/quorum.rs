//! `fpvm quorum`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::Ordering;
use std::thread;

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::Serialize;

use crate::files;
use crate::host;
use crate::member::{Conditions, Member, Outcome};
use crate::report::{Verdict, table};
use crate::signals;
use crate::status::Status;
use crate::targets::IsaName;
use crate::tier;

/// The flags of `fpvm quorum`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// A program and its instruction set, rv64 or mips; once for each member
    #[arg(long = "program", value_name = "ISA=ELF", required = true)]
    programs: Vec<Program>,
    /// How many members must agree; all if left out
    #[arg(long, value_name = "MEMBERS")]
    threshold: Option<usize>,
    /// Steps after which a member is taken not to finish
    #[arg(long, value_name = "STEPS", default_value_t = u64::MAX, hide_default_value = true)]
    max_steps: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    record: host::Record,
    #[command(flatten)]
    tier: tier::Args,
    #[command(flatten)]
    host: host::Args,
}

#[derive(Clone, Debug)]
struct Program {
    isa: IsaName,
    file: PathBuf,
}

impl FromStr for Program {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || format!("'{text}' is no member; wanted: rv64=ELF or mips=ELF");
        let (isa, file) = text.split_once('=').ok_or_else(wanted)?;
        let isa = IsaName::from_str(isa, false).map_err(|_| wanted())?;
        Ok(Self { isa, file: file.into() })
    }
}

#[derive(Serialize)]
struct Report {
    agree: bool,
    threshold: usize,
    /// What most members say; none where no member came to a verdict.
    majority: Option<Verdict>,
    /// How many say so.
    votes: usize,
    members: Vec<Outcome>,
    /// The members, counted from 0, that say something else.
    dissent: Vec<usize>,
}

/// Runs all members side by side and counts their verdicts.
pub(crate) fn run(args: &Args) -> Result<Status> {
    let count = args.programs.len();
    let threshold = args.threshold.unwrap_or(count);
    if !(1..=count).contains(&threshold) {
        bail!("--threshold {threshold} with {count} members; wanted: 1 to {count}");
    }
    args.record.check()?;
    let members: Vec<Member> = args
        .programs
        .iter()
        .map(|program| Member::open(&program.file, Some(program.isa)))
        .collect::<Result<_>>()?;
    let interrupt = signals::flag()?;
    let conditions = Conditions {
        host: &args.host,
        tier: args.tier,
        records: args.record.is_wanted(),
        max_steps: args.max_steps,
        stop: &interrupt,
    };
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let runs: Vec<_> =
            members.iter().map(|member| scope.spawn(|| member.run(&conditions, &mut ()))).collect();
        runs.into_iter()
            .map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<_>>()
    })?;
    if interrupt.load(Ordering::Relaxed) {
        return Ok(Status::Interrupted);
    }
    args.record.save(outcomes.iter().filter_map(|outcome| outcome.used.as_ref()))?;
    let report = count_votes(outcomes, threshold);
    if args.json {
        files::print(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.agree { Status::Done } else { Status::Failed })
}

/// A trap is no verdict of the program, and neither is a run that did not finish.
fn count_votes(members: Vec<Outcome>, threshold: usize) -> Report {
    let votes = |verdict| members.iter().filter(|member| member.verdict == verdict).count();
    let verdicts = [Verdict::Panic, Verdict::Invalid, Verdict::Valid];
    let majority =
        verdicts.into_iter().filter(|&verdict| votes(verdict) > 0).max_by_key(|&verdict| votes(verdict));
    let tied = verdicts
        .into_iter()
        .any(|other| Some(other) != majority && majority.map(votes) == Some(votes(other)));
    let votes = majority.map_or(0, votes);
    let dissent = members
        .iter()
        .enumerate()
        .filter(|(_, member)| Some(member.verdict) != majority)
        .map(|(i, _)| i)
        .collect();
    Report { agree: votes >= threshold && !tied, threshold, majority, votes, members, dissent }
}

fn print(report: &Report) -> Result<()> {
    table(&report.members.iter().collect::<Vec<_>>())?;
    let of = report.members.len();
    match report.majority {
        Some(majority) => files::print(format_args!(
            "majority: {} ({} of {of}, threshold {})",
            majority.words(),
            report.votes,
            report.threshold
        ))?,
        None => files::print("majority: none, no member came to a verdict")?,
    }
    for &member in &report.dissent {
        let Outcome { file, verdict, error, .. } = &report.members[member];
        let why = error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
        files::print(format_args!("dissent: {} says {}{why}", file.display(), verdict.words()))?;
    }
    Ok(())
}
