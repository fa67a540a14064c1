//! A server process: a host that is asked over pipes.
//!
//! The wire is that of op-preimage (`oracle.go`, `hints.go`), all lengths big-endian:
//!
//! ```text
//!                                   fd in the server
//! hint            u32 length, bytes ──► 3
//! acknowledgement one byte          ◄── 4
//! key             32 bytes          ──► 5
//! pre-image       u64 length, bytes ◄── 6
//! ```

mod exchange;
mod process;

use std::{
    ffi::OsStr,
    fmt,
    io::{self, PipeReader, PipeWriter},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use command_fds::FdMapping;

use self::{exchange::Exchange, process::Process};
use crate::{Error, Key, MAX_PREIMAGE_BYTES, Request, Source};

/// Called about once a second with what is waited for, and for how long.
type Observer = Box<dyn FnMut(&Request, Duration) + Send>;

/// How to wait for a server, which may fetch from a slow network what it is asked for.
#[derive(Default)]
pub struct Waiting {
    /// How long one request may take; `None` for as long as it needs.
    pub limit: Option<Duration>,
    /// Ends the wait soon after someone, such as a signal handler, sets it. It is never cleared here.
    pub interrupt: Arc<AtomicBool>,
    /// Told about once a second what is waited for, and for how long.
    pub observer: Option<Observer>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("limit", &self.limit)
            .field("interrupt", &self.interrupt)
            .field("observer", &self.observer.is_some())
            .finish()
    }
}

/// A running server.
///
/// After an error it is given up: the pipes are closed, as they may stand in the middle of a message, and
/// every further request fails. Dropping it ends the process and all it has started (and left in its process
/// group), within some seconds: first its pipes are closed, then it gets SIGINT, SIGTERM and SIGKILL.
#[derive(Debug)]
pub struct Server {
    /// The program, for messages. Its arguments stay out of them: they may hold the secret of a node's URL.
    program: String,
    /// Our ends; `None` once given up. They stand before `process` because fields are dropped in order, and
    /// a server ends by itself when it sees its pipes closed.
    pipes: Option<Pipes>,
    process: Process,
    waiting: Waiting,
}

/// Our ends of the pipes, none of which blocks.
#[derive(Debug)]
struct Pipes {
    hints: PipeWriter,
    acknowledgements: PipeReader,
    keys: PipeWriter,
    preimages: PipeReader,
}

impl Server {
    /// Starts the program `argv[0]` with the arguments that follow.
    ///
    /// It inherits the environment and the working directory, and reads nothing from standard input. Both its
    /// output streams go to our standard error: standard output carries results. It leads a process group of
    /// its own, so that a Ctrl-C reaches only us, and we decide when it ends.
    ///
    /// # Errors
    /// Where `argv` is empty or the program cannot be started.
    pub fn start<A: AsRef<OsStr>>(argv: &[A], waiting: Waiting) -> Result<Self, Error> {
        let program = argv.first().map(|program| program.as_ref().to_string_lossy()).unwrap_or_default();
        let program = format!("`{program}`");
        match Pipes::open().and_then(|(pipes, theirs)| Ok((pipes, Process::start(argv, theirs)?))) {
            Ok((pipes, process)) => Ok(Self { program, pipes: Some(pipes), process, waiting }),
            Err(reason) => Err(Error::Start { server: program, reason }),
        }
    }

    /// Has one exchange with the server, and gives the server up where it fails.
    fn ask<T>(
        &mut self,
        request: Request,
        talk: impl FnOnce(&mut Exchange<'_>, &Pipes) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(pipes) = self.pipes.take() else {
            return Err(Error::GivenUp { request, server: self.program.clone() });
        };
        let mut exchange = Exchange::new(request, &self.program, &mut self.process, &mut self.waiting);
        let reply = talk(&mut exchange, &pipes)?;
        self.pipes = Some(pipes);
        Ok(reply)
    }
}

impl Source for Server {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        self.ask(Request::Preimage(*key), |exchange, pipes| {
            exchange.send(&pipes.keys, key.as_bytes())?;
            let mut length = [0; size_of::<u64>()];
            length.copy_from_slice(&exchange.receive(&pipes.preimages, size_of::<u64>())?);
            let length = exchange.within(u64::from_be_bytes(length), MAX_PREIMAGE_BYTES)?;
            exchange.receive(&pipes.preimages, length)
        })
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), Error> {
        self.ask(Request::hint(hint), |exchange, pipes| {
            exchange.within(hint.len() as u64, u32::MAX.into())?;
            let length = (hint.len() as u32).to_be_bytes();
            exchange.send(&pipes.hints, &[&length, hint].concat())?;
            // Any byte will do: the references send 0, also where they failed to act on the hint.
            exchange.receive(&pipes.acknowledgements, 1).map(drop)
        })
    }

    fn place(&self, _: &Key) -> String {
        format!("the server {}", self.program)
    }
}

impl Pipes {
    /// Opens four pipes: our ends, and those for the server.
    fn open() -> io::Result<(Self, Vec<FdMapping>)> {
        let ((hint_reader, hints), (acknowledgements, acknowledgement_writer)) = (io::pipe()?, io::pipe()?);
        let ((key_reader, keys), (preimages, preimage_writer)) = (io::pipe()?, io::pipe()?);
        for writer in [&hints, &keys] {
            rustix::io::ioctl_fionbio(writer, true)?;
        }
        for reader in [&acknowledgements, &preimages] {
            rustix::io::ioctl_fionbio(reader, true)?;
        }
        let theirs = vec![
            FdMapping { parent_fd: hint_reader.into(), child_fd: 3 },
            FdMapping { parent_fd: acknowledgement_writer.into(), child_fd: 4 },
            FdMapping { parent_fd: key_reader.into(), child_fd: 5 },
            FdMapping { parent_fd: preimage_writer.into(), child_fd: 6 },
        ];
        Ok((Self { hints, acknowledgements, keys, preimages }, theirs))
    }
}
