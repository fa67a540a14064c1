//! `fpvm diff`.

mod event;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::Result;
use serde::Serialize;

use self::event::{Event, Teller};
use crate::files;
use crate::host;
use crate::member::{Conditions, Member, Outcome};
use crate::report::table;
use crate::signals;
use crate::status::Status;
use crate::tier;

/// Events that one member may be ahead of the other.
const AHEAD: usize = 1024;

/// The flags of `fpvm diff`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// A program
    #[arg(value_name = "A")]
    a: PathBuf,
    /// The same program, for the other instruction set or from another compiler
    #[arg(value_name = "B")]
    b: PathBuf,
    /// Steps after which a program is taken not to finish
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    agree: bool,
    /// Events that both members have in common.
    events: u64,
    /// The first event in which they differ.
    split: Option<Split>,
    members: [Outcome; 2],
}

/// The event of each member; none where it had ended before.
#[derive(Serialize)]
struct Split {
    a: Option<Event>,
    b: Option<Event>,
}

/// Runs two programs over the same inputs and compares what they do.
pub(crate) fn run(args: &Args) -> Result<Status> {
    args.record.check()?;
    let members = [Member::open(&args.a, None)?, Member::open(&args.b, None)?];
    let stop = signals::flag()?;
    let conditions = Conditions {
        host: &args.host,
        tier: args.tier,
        records: args.record.is_wanted(),
        max_steps: args.max_steps,
        stop: &stop,
    };
    let (sender_a, a) = sync_channel(AHEAD);
    let (sender_b, b) = sync_channel(AHEAD);
    let ((events, split), interrupted, outcomes) = thread::scope(|scope| {
        let run_a = scope.spawn(|| follow(&members[0], &conditions, sender_a));
        let run_b = scope.spawn(|| follow(&members[1], &conditions, sender_b));
        let compared = compare(a, b);
        // Set by now only if a signal came; after a split nobody needs the rest of the runs.
        let interrupted = stop.swap(compared.1.is_some(), Ordering::Relaxed);
        (compared, interrupted, [run_a.join(), run_b.join()])
    });
    if interrupted {
        return Ok(Status::Interrupted);
    }
    let [outcome_a, outcome_b] = outcomes.map(|joined| match joined {
        Ok(outcome) => outcome,
        Err(panic) => std::panic::resume_unwind(panic),
    });
    let members = [outcome_a?, outcome_b?];
    args.record.save(members.iter().filter_map(|member| member.used.as_ref()))?;
    let report = Report { agree: split.is_none(), events, split, members };
    if args.json {
        files::print(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.agree { Status::Done } else { Status::Failed })
}

fn follow(member: &Member, conditions: &Conditions<'_>, sender: SyncSender<Event>) -> Result<Outcome> {
    member.run(conditions, &mut Teller::new(sender))
}

/// Takes events from both until they differ; counts those in common.
fn compare(a: Receiver<Event>, b: Receiver<Event>) -> (u64, Option<Split>) {
    let mut common = 0;
    loop {
        match (a.recv().ok(), b.recv().ok()) {
            (None, None) => return (common, None),
            (Some(a), Some(b)) if a.what == b.what && a.what.may_agree() => common += 1,
            (a, b) => return (common, Some(Split { a, b })),
        }
    }
}

fn print(report: &Report) -> Result<()> {
    match &report.split {
        None => {
            let code = report.members[0].exit_code.unwrap_or_default();
            files::print(format_args!("agree: {} events, exit code {code}", report.events))?;
        }
        Some(Split { a, b }) => {
            files::print(format_args!(
                "split: the first {} events agree, the next one differs",
                report.events
            ))?;
            for (name, event) in [("A", a), ("B", b)] {
                match event {
                    Some(event) => event.print(name)?,
                    None => files::print(format_args!("{name}  has ended before"))?,
                }
            }
        }
    }
    table(&report.members.each_ref())
}

#[cfg(test)]
mod tests;
