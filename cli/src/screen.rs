//! What a run shows: the guest's output, and on a terminal one line of progress.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use isa_traits::{Console, Stream};
use oracle::Request;

/// How often the line of progress is drawn.
const REDRAW: Duration = Duration::from_millis(200);
/// Back to the margin and clear the line, on terminals.
const CLEAR: &str = "\r\x1b[K";

/// Whether the line says that the host is waited for; [`waiting`] has no screen at hand.
static WAITED: AtomicBool = AtomicBool::new(false);

/// The guest's output and the line of progress.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Where the guest's standard output goes: to standard error where standard output is kept for a report.
    output_to_stderr: bool,
    /// Whether the guest's output goes nowhere.
    ignores_guest: bool,
    /// Whether standard error is a terminal, so that a line may be drawn over.
    draws: bool,
    drawn: bool,
    start: Instant,
    first_step: u64,
    last_drawn: Instant,
}

impl Screen {
    pub(crate) fn new(output_to_stderr: bool, first_step: u64) -> Self {
        let now = Instant::now();
        let draws = io::stderr().is_terminal();
        let ignores_guest = false;
        Self { output_to_stderr, ignores_guest, draws, drawn: false, start: now, first_step, last_drawn: now }
    }

    /// The same without the guest's output.
    #[cfg(feature = "dispute")]
    pub(crate) const fn ignoring_guest(self) -> Self {
        Self { ignores_guest: true, ..self }
    }

    /// Shows how far the run is, at times.
    pub(crate) fn progress(&mut self, step: u64, pages: usize, end: Option<u64>) {
        if !self.draws || self.last_drawn.elapsed() < REDRAW {
            return;
        }
        let per_second = (step - self.first_step) as f64 / self.start.elapsed().as_secs_f64();
        let mut line =
            format!("{} steps, {} steps/s, {} MiB", scaled(step as f64), scaled(per_second), pages >> 8);
        if let Some(end) = end {
            let left = end.saturating_sub(step) as f64 / per_second;
            // Writing to a string does not fail.
            let _ = write!(line, ", {:.0} s left", left.max(0.0));
        }
        draw(&line);
        (self.drawn, self.last_drawn) = (true, Instant::now());
    }

    /// Takes the line of progress away, before something else is printed.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) | WAITED.swap(false, Ordering::Relaxed) {
            draw("");
        }
    }
}

impl Console for Screen {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if self.ignores_guest {
            return;
        }
        self.clear();
        // A closed pipe must not end the run: its result does not depend on who reads along.
        let _ = match stream {
            Stream::Output if !self.output_to_stderr => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            _ => io::stderr().write_all(bytes),
        };
    }
}

/// Draws over the line of progress. The terminal may be gone, and the run goes on without it.
fn draw(line: &str) {
    let _ = write!(io::stderr(), "{CLEAR}{line}");
}

/// Seconds between lines about a host that keeps a run waiting, where there is no terminal.
const LOG_EVERY: u64 = 60;

/// Says what the host has been asked for and how long it has taken so far.
pub(crate) fn waiting(request: &Request, waited: Duration) {
    if io::stderr().is_terminal() {
        WAITED.store(true, Ordering::Relaxed);
        draw(&format!("waiting for the host, {:.0} s: {request}", waited.as_secs_f64()));
    } else if waited.as_secs() > 0 && waited.as_secs().is_multiple_of(LOG_EVERY) {
        // A log is not to fill with what a terminal draws over.
        crate::log::warning(format_args!("waiting for the host, {} s: {request}", waited.as_secs()));
    }
}

/// Does some work, and on a terminal shows how far it is.
pub(crate) fn while_running<V>(line: impl Fn() -> String + Send, work: impl FnOnce() -> V) -> V {
    if !io::stderr().is_terminal() {
        return work();
    }
    std::thread::scope(|scope| {
        let (done, running) = mpsc::channel::<()>();
        scope.spawn(move || {
            while running.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                draw(&line());
            }
            draw("");
        });
        let value = work();
        drop(done);
        value
    })
}

/// A count with a metric prefix.
pub(crate) fn scaled(count: f64) -> String {
    match count {
        1e9.. => format!("{:.2} G", count / 1e9),
        1e6.. => format!("{:.1} M", count / 1e6),
        1e3.. => format!("{:.1} k", count / 1e3),
        _ => format!("{count:.0}"),
    }
}
