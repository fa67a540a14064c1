//! Those who ask: standard input, or the clients of a socket.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::line::{self, Line};
use crate::{files, log};

/// Lines that wait; whoever sends more waits with theirs.
const WAITING: usize = 16;
/// Clients of a socket at a time. More are turned away.
const MAX_CLIENTS: usize = 64;
/// How long a client may take to read an answer before it is given up: others wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that happened.
pub(super) enum Event {
    /// A client sent a line.
    Line(Line, Client),
    /// Nobody is left, and nobody can come.
    End,
}

/// Someone to answer.
#[derive(Clone)]
pub(super) enum Client {
    Standard,
    Socket(Arc<UnixStream>),
}

/// Whatever clients come by. A socket goes when this is dropped.
pub(super) struct Clients {
    socket: Option<PathBuf>,
}

impl Client {
    /// Sends a line. A client that does not take it is given up.
    pub(super) fn send(&self, text: &str) {
        match self {
            // Where it cannot be printed there is nobody to tell.
            Self::Standard => drop(files::print(text)),
            Self::Socket(stream) => {
                if write_in_time(stream, format!("{text}\n").as_bytes()).is_err() {
                    // It may be gone already.
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        }
    }

    /// Reads lines until the input or the server ends.
    fn listen(&self, mut from: impl BufRead, events: &SyncSender<Event>) {
        while let Ok(Some(line)) = line::read(&mut from)
            && events.send(Event::Line(line, self.clone())).is_ok()
        {}
    }
}

/// Writes all of `bytes` to a client that does not keep others waiting for long. Each write has a limit of its own.
fn write_in_time(mut stream: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    let start = Instant::now();
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if start.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

impl Clients {
    pub(super) fn on_standard_input() -> (Self, Receiver<Event>) {
        let (events, receiver) = sync_channel(WAITING);
        thread::spawn(move || {
            Client::Standard.listen(io::stdin().lock(), &events);
            // The server may have ended before.
            let _ = events.send(Event::End);
        });
        (Self { socket: None }, receiver)
    }

    /// Listens on a new socket. One of the same name that nobody listens on is replaced.
    pub(super) fn on_socket(path: &Path) -> Result<(Self, Receiver<Event>)> {
        let bind = || match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_left_behind(path) => {
                fs::remove_file(path)?;
                UnixListener::bind(path)
            }
            result => result,
        };
        let listener = bind().with_context(|| format!("cannot listen on {}", path.display()))?;
        let (events, receiver) = sync_channel(WAITING);
        thread::spawn(move || accept(&listener, &events));
        log::line(format_args!("listening on {}", path.display()));
        Ok((Self { socket: Some(path.to_owned()) }, receiver))
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        if let Some(path) = &self.socket {
            // Someone may have removed it before.
            let _ = fs::remove_file(path);
        }
    }
}

fn is_left_behind(path: &Path) -> bool {
    // Files that are no sockets refuse connections as well.
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
        && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn accept(listener: &UnixListener, events: &SyncSender<Event>) {
    // Each client's thread holds one until it ends.
    let places = Arc::new(());
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of file descriptors, as a rule: some will be free again.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if Arc::strong_count(&places) > MAX_CLIENTS || stream.set_write_timeout(Some(PATIENCE)).is_err() {
            continue;
        }
        let (place, stream, events) = (Arc::clone(&places), Arc::new(stream), events.clone());
        // Without a thread for it the client is turned away.
        let _ = thread::Builder::new().spawn(move || {
            Client::Socket(Arc::clone(&stream)).listen(BufReader::new(&*stream), &events);
            drop(place);
        });
    }
}
