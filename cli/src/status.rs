//! How the process ends.

use std::process::ExitCode;

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The command did its work.
    Done,
    /// The tool could not do it.
    Failed,
    /// The machine refused an instruction; op-challenger reads this as a panic of the VM.
    Trap,
    /// A signal ended the run.
    Interrupted,
    /// The guest's own exit code, where the user asked for it.
    Guest(u8),
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Trap => 2,
            Status::Interrupted => 130,
            Status::Guest(code) => code,
        })
    }
}
