//! What may go wrong with a program that was loaded.

use core::fmt;

use crate::go::NEWEST_MINOR;

/// Something about a loaded program that its user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The file has no symbol table; the references refuse it.
    NoSymbols,
    /// The program was built by a Go that the patches do not know.
    NewerGo {
        /// The version, as Go writes it: `go1.26.8`.
        version: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSymbols => f.write_str(
                "the file has no symbol table: if it is a Go program it will not run, because the patches find \
                 functions by name; build it without -s (strip)",
            ),
            Self::NewerGo { version } => write!(
                f,
                "the program was built by {version}, and the patches are made for Go up to 1.{NEWEST_MINOR}: it \
                 may fail when it exits or earlier; build it with Go 1.{NEWEST_MINOR}",
            ),
        }
    }
}
