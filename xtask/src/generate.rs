//! `cargo xtask generate`: random programs that both machines must agree on, for some minutes.

use crate::{Task, root};
use anyhow::ensure;
use std::{env, process::Command};

pub(crate) const TASK: Task = Task {
    name: "generate",
    about: "check random programs on both machines; [--minutes N] [--from SEED]",
    run: |args| {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "fpvm-conformance",
            "--example",
            "generate",
            "--",
        ]);
        let status = cargo.args(args).current_dir(root()).status()?;
        ensure!(status.success(), "a program failed, or could not be checked");
        Ok(())
    },
};
