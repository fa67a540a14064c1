//! The line of progress on a terminal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::thread;

use common::elf::{Ending, tiny};
use common::process::{Running, wait_for};
use common::{claim, folder};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// All that has been written to a terminal so far.
struct Terminal {
    text: Arc<Mutex<String>>,
}

impl Terminal {
    /// Opens a terminal; yields the end for a process as well.
    fn open() -> (Self, OwnedFd) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let end = File::options().read(true).write(true).open(name).unwrap();
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        thread::spawn(move || {
            let (mut ours, mut piece) = (File::from(ours), [0; 4096]);
            loop {
                match ours.read(&mut piece) {
                    Ok(bytes) => shared.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..bytes])),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Nobody has the other end any more.
                    Err(_) => return,
                }
            }
        });
        (Self { text }, end.into())
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

#[test]
fn on_a_terminal_one_line_shows_progress_and_is_gone_at_the_end() {
    let scratch = folder();
    let elf = tiny(scratch.path(), "rv64", Ending::Loop);
    let (terminal, end) = Terminal::open();
    let args = ["run".as_ref(), elf.as_os_str(), "--stop-at".as_ref(), "=1_000_000_000_000".as_ref()];
    let running = Running::start_with(scratch.path(), args, end);
    wait_for("two lines of progress", || terminal.text().matches("\r\x1b[K").count() >= 2);
    running.signal(Signal::INT);
    running.end().exits(130).prints_nothing();
    wait_for("the report", || terminal.text().contains("state hash"));
    let text = terminal.text();
    let (progress, report) = text.split_once("error: interrupted").unwrap();
    assert!(!progress.contains('\n'), "more than one line: {text:?}");
    let lines: Vec<_> = progress.split("\r\x1b[K").collect();
    // Before the first line and after the last there is nothing.
    assert_eq!((lines[0], lines[lines.len() - 1]), ("", ""), "{text:?}");
    for line in &lines[1..lines.len() - 1] {
        let parts = [" steps, ", " steps/s, ", " MiB, ", " s left"];
        assert!(parts.iter().all(|part| line.contains(part)), "{line:?}");
    }
    assert!(!report.contains('\x1b'), "{text:?}");
}

#[test]
fn on_a_terminal_a_wait_for_the_host_is_shown_and_gone_before_the_next_message() {
    let scratch = folder();
    let (terminal, end) = Terminal::open();
    let elf = claim("rv64");
    let args = ["run".as_ref(), elf.as_os_str(), "--host-timeout".as_ref(), "1.5".as_ref(), "--".as_ref()];
    let args = args.into_iter().chain(["sleep".as_ref(), "600".as_ref()]);
    Running::start_with(scratch.path(), args, end).end().exits(1).prints_nothing();
    wait_for("the report", || terminal.text().contains("state hash"));
    let text = terminal.text();
    assert!(text.contains("\r\x1b[Kwaiting for the host, 1 s: pre-image 0x01000"), "{text:?}");
    assert!(text.contains("\r\x1b[Kerror: step "), "{text:?}");
}
