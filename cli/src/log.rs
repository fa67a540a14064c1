//! Messages on standard error.

use std::fmt::Display;

/// Something went wrong.
pub(crate) fn error(message: impl Display) {
    eprintln!("error: {message}");
}

/// Something the user should know.
pub(crate) fn warning(message: impl Display) {
    eprintln!("warning: {message}");
}
