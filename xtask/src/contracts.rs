//! Reports on the contracts, which are written by programs of their crate: gas, and equivalence with the verifier.

use crate::{Task, root};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, Stdio};

pub(crate) const GAS: Task = Task {
    name: "gas",
    about: "measures the gas of steps on chain and writes contracts/GAS.md",
    run: |args| match args {
        [] => write("gas", &[], "GAS.md"),
        _ => bail!("gas takes no arguments, found {args:?}"),
    },
};

pub(crate) const DISPUTES: Task = Task {
    name: "disputes",
    about: "plays --count N disputes a target against machines with a bug, and writes contracts/DISPUTES.md",
    run: |args| match args {
        [flag, count] if flag == "--count" => write("disputes", &[count], "DISPUTES.md"),
        [flag, count, seed_flag, seed] if flag == "--count" && seed_flag == "--seed" => {
            write("disputes", &[count, seed], "DISPUTES.md")
        }
        _ => bail!("wanted --count N and perhaps --seed N, found {args:?}"),
    },
};

pub(crate) const EQUIVALENCE: Task = Task {
    name: "equivalence",
    about: "compares contracts and verifier on --cases N random cases a target, and writes contracts/EQUIVALENCE.md",
    run: |args| match args {
        [flag, cases] if flag == "--cases" => write("equivalence", &[cases], "EQUIVALENCE.md"),
        [flag, cases, seed_flag, seed] if flag == "--cases" && seed_flag == "--seed" => {
            write("equivalence", &[cases, seed], "EQUIVALENCE.md")
        }
        _ => bail!("wanted --cases N and perhaps --seed N, found {args:?}"),
    },
};

/// Runs an example of the contracts' crate and keeps what it prints.
fn write(example: &str, args: &[&String], report: &str) -> Result<()> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .current_dir(root())
        // Not for release, which takes longer to build than a million cases to compare.
        .args(["run", "--quiet", "--package", "fpvm-contracts", "--example", example, "--"])
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cargo run of the example {example}"))?;
    if !output.status.success() {
        bail!("the example {example} failed: {}", output.status);
    }
    let path = root().join("contracts").join(report);
    fs::write(&path, &output.stdout).with_context(|| path.display().to_string())?;
    println!("{}: written", path.display());
    Ok(())
}
