//! Checks random programs for some minutes: `cargo xtask generate --minutes N [--from SEED]`.
//!
//! Exits with 1 where a program does on a machine what the evaluator of its language does not say, and prints the
//! smallest program found that does so.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fpvm_conformance::generate::{check, program, shrink};
use rayon::prelude::*;

/// Programs between looks at the clock.
const BATCH: u64 = 1000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (mut minutes, mut from) = (1, 0);
    let (pairs, rest) = args.as_chunks();
    for [flag, value] in pairs {
        match (flag.as_str(), value.parse()) {
            ("--minutes", Ok(value)) => minutes = value,
            ("--from", Ok(value)) => from = value,
            _ => return usage(),
        }
    }
    if !rest.is_empty() {
        return usage();
    }
    let (start, mut next) = (Instant::now(), from);
    while start.elapsed() < Duration::from_secs(60 * minutes) {
        let batch = next..next + BATCH;
        if let Some(seed) = batch.clone().into_par_iter().find_first(|&seed| check(&program(seed)).is_err()) {
            return report(seed);
        }
        next = batch.end;
    }
    let rate = (next - from) as f64 / start.elapsed().as_secs_f64() * 60.0;
    println!("{} programs from seed {from} on, no difference, {rate:.0} a minute", next - from);
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("the arguments are [--minutes N] [--from SEED]");
    ExitCode::FAILURE
}

/// Prints what is wrong with the program of a seed.
fn report(seed: u64) -> ExitCode {
    let small = shrink(&program(seed), |program| check(program).is_err());
    if let Err(mismatch) = check(&small) {
        println!("{small:#?}");
        println!("seed {seed}, made small: {mismatch}");
    }
    ExitCode::FAILURE
}
