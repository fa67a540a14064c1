//! A program inside a machine: everything is a system call.

use super::abi::{EXIT_GROUP, MAP_ANONYMOUS, MMAP, READ, WRITE, syscall};
use crate::io::Fd;
use crate::oracle::{FdOracle, Oracle};
use core::{fmt, panic::PanicInfo};

/// The error number of a refused system call.
#[derive(Debug)]
pub(crate) struct Error(pub(super) usize);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}", self.0)
    }
}

/// Reads into the front of `buffer` and returns how many bytes came.
pub(crate) fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize, Error> {
    let at = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the call writes within `buffer`, which is borrowed until it returns.
    unsafe { syscall(READ, [fd as usize, at, buffer.len(), 0, 0, 0]) }
}

/// Writes the front of `bytes` and returns how many were taken.
pub(crate) fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Error> {
    // SAFETY: the call only reads memory.
    unsafe { syscall(WRITE, [fd as usize, bytes.as_ptr().expose_provenance(), bytes.len(), 0, 0, 0]) }
}

/// Reserves `bytes` zero bytes of memory and returns their address.
pub(crate) fn map(bytes: usize) -> Option<usize> {
    const PROT_READ_WRITE: usize = 1 | 2;
    const MAP_PRIVATE: usize = 2;
    const NO_FD: usize = usize::MAX;
    let flags = MAP_PRIVATE | MAP_ANONYMOUS;
    // SAFETY: a new mapping changes no memory in use.
    unsafe { syscall(MMAP, [0, bytes, PROT_READ_WRITE, flags, NO_FD, 0]) }.ok()
}

/// Runs `program` with the machine's oracle and exits with its code.
pub fn run(program: fn(&mut dyn Oracle) -> u8) -> ! {
    exit(program(&mut FdOracle))
}

fn exit(code: u8) -> ! {
    loop {
        // SAFETY: the call touches no memory; it does not return.
        let _ = unsafe { syscall(EXIT_GROUP, [usize::from(code), 0, 0, 0, 0, 0]) };
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    /// Standard error, whose own failure must not panic again.
    struct Stderr;
    impl fmt::Write for Stderr {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            write(Fd::Stderr, text.as_bytes()).map(|_| ()).map_err(|_| fmt::Error)
        }
    }
    // Not by way of the heap: that may be what ran out. A message that cannot be written changes no verdict.
    let _ = fmt::write(&mut Stderr, format_args!("{info}\n"));
    exit(2)
}
