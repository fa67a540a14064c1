//! A process, all that it starts, and how they end.

use std::{
    ffi::OsStr,
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How long a process may take to end before it gets the next signal, from the moment its pipes were closed.
///
/// The references send SIGINT after the first second, and the next waits let a host leave its data in order.
/// SIGTERM follows because what a shell starts in the background, and all its children, ignore SIGINT.
const ENDING: [(Duration, Signal); 3] = [
    (Duration::from_secs(1), Signal::INT),
    (Duration::from_secs(3), Signal::TERM),
    (Duration::from_secs(3), Signal::KILL),
];

/// The leader of a process group.
///
/// Whether it has ended is asked without reaping it: only while it is at least a zombie does its number
/// surely name this group, so only then may the group be killed.
#[derive(Debug)]
pub(super) struct Process {
    leader: Child,
    reaped: bool,
}

impl Process {
    /// Starts `argv` with the given file descriptors, and with its output on our standard error.
    pub(super) fn start<A: AsRef<OsStr>>(argv: &[A], fds: Vec<FdMapping>) -> io::Result<Self> {
        let [program, arguments @ ..] = argv else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(io::stderr())
            .stderr(Stdio::inherit())
            .process_group(0)
            .fd_mappings(fds)
            .map_err(io::Error::other)?;
        Ok(Self { leader: command.spawn()?, reaped: false })
    }

    /// Whether the leader has ended.
    pub(super) fn has_ended(&self) -> bool {
        let asked = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error means that there is no such child (any more).
        self.reaped || !matches!(waitid(WaitId::Pid(self.group()), asked), Ok(None))
    }

    /// Waits for the leader to end by itself; false where it does not in that time.
    pub(super) fn ends_within(&self, time: Duration) -> bool {
        let start = Instant::now();
        while !self.has_ended() {
            if start.elapsed() >= time {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Kills what is left of the group and says how the leader ended.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
        self.signal(Signal::KILL);
        self.reaped = true;
        self.leader.wait().ok()
    }

    fn signal(&self, signal: Signal) {
        if !self.reaped {
            // It fails only where no process is left.
            let _ = kill_process_group(self.group(), signal);
        }
    }

    fn group(&self) -> Pid {
        Pid::from_child(&self.leader)
    }
}

/// The pipes are closed by now: the process may end by itself, is asked to, and is made to.
impl Drop for Process {
    fn drop(&mut self) {
        for (time, signal) in ENDING {
            if self.ends_within(time) {
                break;
            }
            self.signal(signal);
        }
        self.reap();
    }
}
