//! The same program as a native process.
//!
//! Without arguments it speaks to a pre-image server on file descriptors 3 to 6, as the machines' host side does. With
//! `--preimages DIR` it reads files whose names are keys (64 hex digits) and whose contents are the values.

use crate::io::Fd;
use crate::key::Key;
use crate::oracle::{FdOracle, Oracle};
use alloc::{boxed::Box, format, string::ToString, vec::Vec};
use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    panic,
    path::PathBuf,
    process,
    sync::OnceLock,
};

pub(crate) use std::io::Error;

/// Runs `program` with the oracle the arguments name and exits with its code.
pub fn run(program: fn(&mut dyn Oracle) -> u8) -> ! {
    // As the machines do: the message to standard error, and exit code 2.
    panic::set_hook(Box::new(|info| {
        Fd::Stderr.write(format!("{info}\n").as_bytes());
        process::exit(2)
    }));
    let args: Vec<_> = env::args_os().skip(1).collect();
    let code = match args.as_slice() {
        [] => program(&mut FdOracle),
        [flag, dir] if flag == "--preimages" => program(&mut Directory(dir.into())),
        _ => panic!("the arguments are [--preimages DIR], found {args:?}"),
    };
    process::exit(code.into())
}

/// Reads into the front of `buffer` and returns how many bytes came.
pub(crate) fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize, Error> {
    inherited(fd).read(buffer)
}

/// Writes the front of `bytes` and returns how many were taken.
pub(crate) fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Error> {
    match fd {
        Fd::Stdout => io::stdout().write(bytes),
        Fd::Stderr => io::stderr().write(bytes),
        _ => inherited(fd).write(bytes),
    }
}

/// The pipe that the parent process left open, by its name in `/dev/fd`: taking the number itself would be `unsafe`.
fn inherited(fd: Fd) -> &'static File {
    static FILES: [OnceLock<File>; 7] = [const { OnceLock::new() }; 7];
    FILES[fd as usize].get_or_init(|| {
        let path = format!("/dev/fd/{}", fd as usize);
        let reads = matches!(fd, Fd::HintRead | Fd::PreimageRead);
        OpenOptions::new()
            .read(reads)
            .write(!reads)
            .open(&path)
            .unwrap_or_else(|error| panic!("{path}: {error} (no pre-image server, and no --preimages DIR)"))
    })
}

/// Pre-images in files named by their keys.
struct Directory(PathBuf);

impl Oracle for Directory {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        let path = self.0.join(key.to_string());
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn hint(&mut self, _: &str) {}
}
