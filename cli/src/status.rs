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

impl Status {
    /// The number that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Trap => 2,
            Self::Interrupted => 130,
            Self::Guest(code) => code,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}
