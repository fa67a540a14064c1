//! Where a run's pre-images come from.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail};
use oracle::{Directory, Server, Source, Verified, Waiting};

use crate::screen;

/// The flags that say where pre-images come from.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// A directory of pre-images: files named by hex key, or op-program's `file` or `directory` layout
    #[arg(long, value_name = "DIR")]
    preimages: Option<PathBuf>,
    /// How long the server may take for one answer, in seconds; for as long as it needs if left out
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    host_timeout: Option<Duration>,
    /// A server of pre-images and its arguments; it is started with its pipes as file descriptors 3 to 6
    #[arg(last = true, value_name = "SERVER")]
    server: Vec<OsString>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| format!("{text} seconds are no time to wait; wanted: a number above 0"))
}

impl Args {
    /// Opens the source; `interrupt` ends a wait for it.
    pub(crate) fn open(&self, interrupt: &Arc<AtomicBool>) -> Result<Verified<Box<dyn Source>>> {
        let source: Box<dyn Source> = match (&self.preimages, self.server.as_slice()) {
            (Some(_), [_, ..]) => bail!("pre-images come from --preimages or from a server, not from both"),
            (Some(folder), []) => Box::new(Directory::open(folder)?),
            (None, []) => Box::new(()),
            (None, argv) => {
                let waiting = Waiting {
                    limit: self.host_timeout,
                    interrupt: Arc::clone(interrupt),
                    observer: Some(Box::new(screen::waiting)),
                };
                Box::new(Server::start(argv, waiting)?)
            }
        };
        Ok(Verified::new(source))
    }
}
