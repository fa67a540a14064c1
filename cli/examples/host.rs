//! A pre-image server: what stands after `--` on the command line of `fpvm run`.
//!
//! It serves a directory, named by `--datadir` as with op-program, of files named by hex key; other arguments are
//! ignored. The wire is op-preimage's, all lengths big-endian: hints come in on file descriptor 3 and are
//! acknowledged on 4, keys come in on 5, and pre-images go out on 6. It ends when the last key has been answered and
//! the pipe is closed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::{env, thread};

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip_while(|argument| argument != "--datadir").skip(1);
    let folder = PathBuf::from(arguments.next().ok_or_else(|| io::Error::other("no --datadir DIR"))?);
    let (hints, acknowledgements) = (fd(3, false)?, fd(4, true)?);
    let (mut keys, mut preimages) = (fd(5, false)?, fd(6, true)?);
    thread::spawn(move || take_hints(hints, acknowledgements));
    let mut key = [0; 32];
    while keys.read_exact(&mut key).is_ok() {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let value =
            fs::read(folder.join(&name)).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
        preimages.write_all(&(value.len() as u64).to_be_bytes())?;
        preimages.write_all(&value)?;
    }
    Ok(())
}

/// An inherited file descriptor, by the name that the system has for it.
fn fd(number: u32, write: bool) -> io::Result<File> {
    File::options().read(!write).write(write).open(format!("/dev/fd/{number}"))
}

/// Shows hints. A real host fetches what they name before it acknowledges them.
fn take_hints(mut hints: File, mut acknowledgements: File) -> io::Result<()> {
    let mut length = [0; 4];
    while hints.read_exact(&mut length).is_ok() {
        let mut hint = vec![0; u32::from_be_bytes(length) as usize];
        hints.read_exact(&mut hint)?;
        eprintln!("host: hint {}", String::from_utf8_lossy(&hint));
        acknowledgements.write_all(&[0])?;
    }
    Ok(())
}
