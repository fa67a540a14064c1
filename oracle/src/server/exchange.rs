//! One request to a server and the wait for its reply.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::{Process, Waiting};
use crate::{Error, Progress, Request};

/// How long a wait lasts before the interrupt flag and the process are looked at: too short to be felt, too
/// long to cost anything.
const SLICE: Duration = Duration::from_millis(100);

/// How often the observer is told.
const REPORT: Duration = Duration::from_secs(1);

/// How long a server that closed its pipes has to end, so that its exit status can be told.
const EXIT: Duration = Duration::from_secs(1);

/// One request under way: it knows what is asked, of whom, and since when.
pub(super) struct Exchange<'a> {
    request: Request,
    server: &'a str,
    process: &'a mut Process,
    waiting: &'a mut Waiting,
    since: Instant,
    /// When the observer is told next, counted from `since`.
    report: Duration,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        request: Request,
        server: &'a str,
        process: &'a mut Process,
        waiting: &'a mut Waiting,
    ) -> Self {
        Self { request, server, process, waiting, since: Instant::now(), report: REPORT }
    }

    /// A length, where it is no greater than `limit`.
    pub(super) fn within(&self, bytes: u64, limit: u64) -> Result<usize, Error> {
        usize::try_from(bytes).ok().filter(|_| bytes <= limit).ok_or_else(|| Error::TooLong {
            request: self.request.clone(),
            place: format!("the server {}", self.server),
            bytes,
            limit,
        })
    }

    /// Sends all of a message.
    pub(super) fn send(&mut self, mut pipe: &PipeWriter, message: &[u8]) -> Result<(), Error> {
        let mut sent = 0;
        while sent < message.len() {
            let progress = Progress::Sent { bytes: sent, of: message.len() };
            match pipe.write(&message[sent..]) {
                Ok(bytes) => sent += bytes,
                Err(reason) if must_wait(&reason) => self.wait(pipe.as_fd(), PollFlags::OUT, progress)?,
                Err(reason) if reason.kind() == io::ErrorKind::BrokenPipe => return Err(self.died(progress)),
                Err(reason) => return Err(self.failed(reason)),
            }
        }
        Ok(())
    }

    /// Receives so many bytes.
    ///
    /// Memory is taken for what has come, not for what was announced.
    pub(super) fn receive(&mut self, pipe: &PipeReader, bytes: usize) -> Result<Vec<u8>, Error> {
        let mut received = Vec::new();
        while received.len() < bytes {
            // What has come before an error, such as «nothing there yet», is kept in `received`.
            let end = pipe.take((bytes - received.len()) as u64).read_to_end(&mut received);
            let progress = Progress::Received { bytes: received.len(), of: bytes };
            match end {
                Ok(_) if received.len() == bytes => {}
                Ok(_) => return Err(self.died(progress)),
                Err(reason) if must_wait(&reason) => self.wait(pipe.as_fd(), PollFlags::IN, progress)?,
                Err(reason) => return Err(self.failed(reason)),
            }
        }
        Ok(received)
    }

    /// Waits until the pipe can be used, or its other end is closed, or there is a reason to give up.
    fn wait(&mut self, pipe: BorrowedFd<'_>, ready: PollFlags, progress: Progress) -> Result<(), Error> {
        loop {
            let waited = self.since.elapsed();
            let mut slice = SLICE;
            if self.waiting.interrupt.load(Ordering::Relaxed) {
                let (request, server) = self.names();
                return Err(Error::Interrupted { request, server, waited, progress });
            }
            if let Some(limit) = self.waiting.limit {
                if waited >= limit {
                    let (request, server) = self.names();
                    return Err(Error::Timeout { request, server, waited, limit, progress });
                }
                slice = slice.min(limit - waited);
            }
            if waited >= self.report
                && let Some(observer) = &mut self.waiting.observer
            {
                observer(&self.request, waited);
                self.report = waited + REPORT;
            }
            // Asked before the poll, which then sees all that the process has written.
            let ended = self.process.has_ended();
            let slice = if ended { Duration::ZERO } else { slice };
            let slice = Timespec { tv_sec: 0, tv_nsec: slice.subsec_nanos().into() };
            match poll(&mut [PollFd::from_borrowed_fd(pipe, ready)], Some(&slice)) {
                // The process is gone, but one it has left behind holds the pipe open.
                Ok(0) if ended => return Err(self.died(progress)),
                // A signal may be the one that sets the flag.
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(reason) => return Err(self.failed(reason.into())),
            }
        }
    }

    fn died(&mut self, progress: Progress) -> Error {
        let status = if self.process.ends_within(EXIT) { self.process.reap() } else { None };
        let (request, server) = self.names();
        Error::HostDied { request, server, status, progress }
    }

    fn failed(&self, reason: io::Error) -> Error {
        let (request, server) = self.names();
        Error::Pipe { request, server, reason }
    }

    fn names(&self) -> (Request, String) {
        (self.request.clone(), self.server.to_owned())
    }
}

/// Whether a pipe has no room or nothing to give yet.
fn must_wait(reason: &io::Error) -> bool {
    matches!(reason.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
