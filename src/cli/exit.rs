//! How the program ends.

use std::process::ExitCode;

/// Every exit code there is; the README's table is held against this list by a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line could not be understood.
    Usage = 2,
    /// Findings at or over the threshold.
    Findings = 3,
    /// Changes are pending, or something drifted.
    Pending = 4,
    /// Applied in part.
    Partial = 5,
    /// Refused by the guard.
    Refused = 6,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
