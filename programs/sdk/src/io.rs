//! The machine's file descriptors.

use crate::sys;
use alloc::{format, string::String};
use core::fmt;

/// The open files of a program: the same numbers in both machines and in a native process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fd {
    Stdout = 1,
    Stderr = 2,
    HintRead = 3,
    HintWrite = 4,
    PreimageRead = 5,
    PreimageWrite = 6,
}

impl Fd {
    /// Writes all of `bytes`; one system call may move only some of them.
    pub(crate) fn write(self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let moved = self.moved("write", sys::write(self, bytes));
            bytes = &bytes[moved..];
        }
    }

    /// Fills `buffer`; one system call may move only some of its bytes.
    pub(crate) fn read(self, mut buffer: &mut [u8]) {
        while !buffer.is_empty() {
            let moved = self.moved("read", sys::read(self, buffer));
            buffer = &mut buffer[moved..];
        }
    }

    fn moved(self, call: &str, result: Result<usize, sys::Error>) -> usize {
        match result {
            Ok(0) => panic!("{call} on {self:?}: end of file"),
            Ok(moved) => moved,
            Err(error) => panic!("{call} on {self:?}: {error}"),
        }
    }
}

/// Writes `line` and a newline to standard output.
///
/// In one piece, so that what the machine sees does not depend on how the formatting code splits its output.
pub fn print_line(line: fmt::Arguments<'_>) {
    let line: String = format!("{line}\n");
    Fd::Stdout.write(line.as_bytes());
}
