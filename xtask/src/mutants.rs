//! `cargo xtask mutants`: seeded bugs, each of which some test must notice.
//!
//! The bugs are data, `conformance/mutants.toml`, so that no source has a switch for them. They are put into a copy of
//! the repository, and the report of which test killed which is `conformance/MUTANTS.md`.

mod data;
mod hunt;
mod report;
mod scratch;

use crate::{Task, root};
use anyhow::{Context, Result, bail, ensure};
use data::{Mutant, Plan};
use hunt::Fate;
use report::Killers;
use std::{
    cmp::Reverse,
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

pub(crate) const TASK: Task = Task {
    name: "mutants",
    about: "kill the bugs of conformance/mutants.toml and write MUTANTS.md; [--only PART-OF-NAME-OR-FILE] [--missing] [--jobs N]; \
            with --check, see that they apply and are reported, and kill a few",
    run,
};

/// What `--check` kills: one for each of the suites that build fast.
const SAMPLE: [&str; 2] = ["addw-is-zero-extended", "link-is-the-delay-slot"];

struct Options {
    only: Option<String>,
    /// Only those that no test is known to kill.
    missing: bool,
    jobs: usize,
    check: bool,
}

fn run(args: &[String]) -> Result<()> {
    let options = parse(args)?;
    let plan = Plan::read()?;
    let path = root().join("conformance/MUTANTS.md");
    let old = fs::read_to_string(&path).unwrap_or_default();
    let mut killers = Killers::parse(&old);
    if options.check {
        ensure!(
            report::write(&plan, &killers) == old,
            "{} does not report the mutants of mutants.toml: run cargo xtask mutants",
            path.display()
        );
        let alive = plan.mutants.iter().filter(|mutant| !killers.have(mutant));
        let alive: Vec<_> = alive.map(|mutant| &mutant.name).collect();
        ensure!(alive.is_empty(), "no test is known to kill {alive:?}");
    }
    let wanted = |mutant: &&Mutant| match &options.only {
        _ if options.check => SAMPLE.contains(&mutant.name.as_str()),
        _ if options.missing && killers.have(mutant) => false,
        Some(part) => mutant.name.contains(part.as_str()) || mutant.file.contains(part.as_str()),
        None => true,
    };
    let mut chosen: Vec<&Mutant> = plan.mutants.iter().filter(wanted).collect();
    // Mutants of one file follow each other: what does not depend on it is built once. Those of an instruction set
    // build faster than those of the engine.
    chosen.sort_by_key(|mutant| Reverse(&mutant.file));
    ensure!(!chosen.is_empty(), "no mutant is chosen");
    let (mut unharmed, mut written) = (Vec::new(), Ok(()));
    hunt_all(&plan, &chosen, options.jobs, |mutant, fate| {
        match fate {
            Fate::Killed { by } => killers.set(mutant, by),
            Fate::Survived | Fate::Invalid { .. } => {
                killers.forget(mutant);
                unharmed.push(mutant.name.clone());
            }
        }
        if !options.check {
            // So that a campaign that is cut short leaves what it found.
            written = fs::write(&path, report::write(&plan, &killers));
        }
    })?;
    written.with_context(|| path.display().to_string())?;
    ensure!(unharmed.is_empty(), "not killed: {unharmed:?}");
    println!("{} mutants, all killed", chosen.len());
    Ok(())
}

fn parse(args: &[String]) -> Result<Options> {
    let mut options = Options { only: None, missing: false, jobs: 1, check: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => options.check = true,
            "--missing" => options.missing = true,
            "--only" => {
                options.only = Some(args.next().context("--only wants a part of a name or a file")?.clone())
            }
            "--jobs" => {
                let jobs = args.next().context("--jobs wants a number")?;
                options.jobs = jobs.parse().with_context(|| format!("--jobs {jobs}"))?;
            }
            _ => bail!("no such argument: {arg}"),
        }
    }
    ensure!(options.jobs > 0, "--jobs must be at least 1");
    ensure!(!options.check || options.only.is_none(), "--check chooses its own mutants");
    Ok(options)
}

/// Hunts the chosen mutants on as many copies as there are jobs, and has `note` take down what becomes of each.
fn hunt_all(
    plan: &Plan,
    chosen: &[&Mutant],
    jobs: usize,
    note: impl FnMut(&Mutant, Fate) + Send,
) -> Result<()> {
    let next = Mutex::new(chosen.iter());
    let note = Mutex::new(note);
    let work = |job| -> Result<()> {
        let copy = scratch::Copy::new(&scratch_dir(job))?;
        let mut sound = Vec::new();
        while let Some(mutant) = locked(&next).next() {
            let start = Instant::now();
            let fate = hunt::hunt(&copy, plan, mutant, &mut sound);
            println!("{}: {fate} ({} s)", mutant.name, start.elapsed().as_secs());
            (*locked(&note))(mutant, fate);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|job| {
                let work = &work;
                scope.spawn(move || work(job))
            })
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// What a worker that panicked left is as good as before: its panic ends the task.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn scratch_dir(job: usize) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join("mutants").join(job.to_string())
}
