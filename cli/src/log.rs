//! Messages on standard error.

use std::fmt::Display;
use std::io::{self, Write};

/// A line. Where it cannot be written there is nobody to tell, and the work goes on.
pub(crate) fn line(message: impl Display) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Something went wrong.
pub(crate) fn error(message: impl Display) {
    line(format_args!("error: {message}"));
}

/// Something the user should know.
pub(crate) fn warning(message: impl Display) {
    line(format_args!("warning: {message}"));
}

/// More about the message before.
pub(crate) fn detail(message: impl Display) {
    eprintln!("  {message}");
}
