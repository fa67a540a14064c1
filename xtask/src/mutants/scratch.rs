//! A copy of the repository to put bugs into, with builds of its own.

use super::data::TestTarget;
use crate::root;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A copy of the files that git knows or would add.
pub(crate) struct Copy {
    tree: PathBuf,
    target: PathBuf,
}

/// A test program that was built.
pub(crate) struct Built {
    pub(crate) program: PathBuf,
    /// The folder of its package, where cargo would run it.
    pub(crate) folder: PathBuf,
    /// Which of its tests are meant.
    pub(crate) filter: Option<String>,
}

/// The lines of `cargo --message-format=json` that matter.
#[derive(Deserialize)]
struct Message {
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    profile: Option<Profile>,
}

/// How an artifact was built: a package's own programs are not its tests.
#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Copy {
    /// Copies the repository to `dir`. The times of the files stay, so that what was built there before still counts.
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        let (tree, target) = (dir.join("tree"), dir.join("target"));
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
        let listed = git.output().context("git is missing")?;
        ensure!(listed.status.success(), "git ls-files failed");
        for file in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let (from, to) = (root().join(file), tree.join(file));
            // Git still lists a file that was just deleted.
            let Ok(meta) = fs::metadata(&from) else { continue };
            fs::create_dir_all(to.parent().context("a file without folder")?)?;
            fs::copy(&from, &to).with_context(|| to.display().to_string())?;
            fs::File::options().write(true).open(&to)?.set_modified(meta.modified()?)?;
        }
        Ok(Self { tree, target })
    }

    pub(crate) fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.tree.join(file)).with_context(|| file.to_owned())
    }

    pub(crate) fn write(&self, file: &str, text: &str) -> Result<()> {
        fs::write(self.tree.join(file), text).with_context(|| file.to_owned())
    }

    /// Builds a test program.
    pub(crate) fn build(&self, test: &TestTarget) -> Result<Built> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["test", "--no-run", "--locked", "--quiet", "--message-format=json", "--package"]);
        cargo.arg(&test.package);
        match test.target.as_str() {
            "lib" => cargo.arg("--lib"),
            name => cargo.args(["--test", name]),
        };
        cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).stderr(Stdio::piped());
        let output = cargo.output()?;
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{test} does not build:\n{stdout}{stderr}");
        for line in stdout.lines() {
            if let Ok(Message {
                manifest_path: Some(manifest),
                executable: Some(program),
                profile: Some(Profile { test: true }),
            }) = serde_json::from_str(line)
            {
                let folder = manifest.parent().context("a package without folder")?.to_owned();
                return Ok(Built { program, folder, filter: test.filter.clone() });
            }
        }
        bail!("cargo built no program for {test}")
    }
}
