//! Processes: what becomes of them, and signals.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Run, SOON};

/// Tries until it comes true, or until no test should wait any longer.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "waited too long for: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Checks that the process whose number a server has left in `folder/pid` ends. It may be a zombie whose parent
/// has gone before it; that one is the system's business.
#[track_caller]
pub(crate) fn leaves_no_process(folder: &Path) {
    let pid = fs::read_to_string(folder.join("pid")).unwrap();
    wait_for("the end of the server", || {
        // The state is the first field after the name, which stands in parentheses.
        let stat = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z'))
    });
}

/// A running `fpvm`. It is killed where a test fails before its end.
pub(crate) struct Running(Child);

impl Running {
    /// Starts `fpvm` in a folder, with pipes for both its streams.
    pub(crate) fn start<A: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = A>) -> Self {
        Self::start_with(folder, args, Stdio::piped())
    }

    pub(crate) fn start_with<A: AsRef<OsStr>>(
        folder: &Path,
        args: impl IntoIterator<Item = A>,
        stderr: impl Into<Stdio>,
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fpvm"));
        command.current_dir(folder).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        Self(command.spawn().unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Run {
        wait_for("the end of fpvm", || self.0.try_wait().unwrap().is_some());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.0.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        if let Some(mut pipe) = self.0.stderr.take() {
            pipe.read_to_end(&mut stderr).unwrap();
        }
        Run(Output { status: self.0.wait().unwrap(), stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It fails where the process has ended, as it should have.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
