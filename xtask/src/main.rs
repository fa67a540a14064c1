//! Tasks of this repository: `cargo xtask NAME`. Each has a file of its own and a row in [`TASKS`].

mod asm;
mod blocks;
mod claim_inputs;
mod compare;
mod contracts;
mod coverage;
mod fuzz;
mod generate;
mod golden;
mod guests;
mod mutants;
mod questions;
mod report;
mod solidity;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// What `cargo xtask` can do.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    guests::TASK,
    asm::TASK,
    claim_inputs::TASK,
    compare::guests::TASK,
    generate::TASK,
    mutants::TASK,
    compare::TASK,
    blocks::TASK,
    questions::TASK,
    fuzz::TASK,
    coverage::TASK,
    solidity::TASK,
    contracts::GAS,
    contracts::EQUIVALENCE,
    contracts::DISPUTES,
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let wanted = args.first().and_then(|name| TASKS.iter().find(|task| task.name == name));
    match wanted {
        Some(task) => (task.run)(&args[1..]),
        None => {
            for Task { name, about, .. } in TASKS {
                eprintln!("cargo xtask {name:14} {about}");
            }
            bail!("no such task: {}", args.first().map_or("(none given)", String::as_str))
        }
    }
}

/// The repository.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
