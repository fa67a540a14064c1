//! Where a run's pre-images come from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail};
use oracle::{Bundle, Directory, Server, Source, Verified, Waiting};

use crate::{files, log, screen};

/// The flags that say where pre-images come from.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// A directory of pre-images: files named by hex key, or op-program's `file` or `directory` layout
    #[arg(long, value_name = "DIR")]
    preimages: Option<PathBuf>,
    /// A bundle of pre-images that another run has recorded; no server is needed
    #[arg(long, value_name = "BUNDLE", conflicts_with = "preimages")]
    replay: Option<PathBuf>,
    /// How long the server may take for one answer, in seconds; for as long as it needs if left out
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    host_timeout: Option<Duration>,
    /// A server of pre-images and its arguments; it is started with its pipes as file descriptors 3 to 6
    #[arg(last = true, value_name = "SERVER")]
    server: Vec<OsString>,
}

/// A time to wait, in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| format!("{text} seconds are no time to wait; wanted: a number above 0"))
}

impl Args {
    /// Pre-images from a bundle alone.
    pub(crate) fn replaying(bundle: &Path) -> Self {
        Self { replay: Some(bundle.to_owned()), ..Self::default() }
    }

    /// Opens the source, and keeps what it gives if `records` holds; `interrupt` ends a wait for it.
    pub(crate) fn open(
        &self,
        records: bool,
        interrupt: &Arc<AtomicBool>,
    ) -> Result<Verified<Box<dyn Source>>> {
        let source = self.source(interrupt)?;
        Ok(if records { Verified::recording(source) } else { Verified::new(source) })
    }

    fn source(&self, interrupt: &Arc<AtomicBool>) -> Result<Box<dyn Source>> {
        Ok(match (&self.preimages, &self.replay, self.server.as_slice()) {
            (None, None, []) => Box::new(()),
            (Some(folder), None, []) => Box::new(Directory::open(folder)?),
            (None, Some(bundle), []) => Box::new(read_bundle(bundle)?),
            (None, None, argv) => {
                let waiting = Waiting {
                    limit: self.host_timeout,
                    interrupt: Arc::clone(interrupt),
                    observer: Some(Box::new(screen::waiting)),
                };
                Box::new(Server::start(argv, waiting)?)
            }
            _ => bail!("pre-images come from --preimages, from --replay or from a server, not from both"),
        })
    }
}

/// The flag of a command that can keep what a run uses.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Record {
    /// Where a bundle of exactly the pre-images that are used goes, for --replay
    #[arg(long, value_name = "BUNDLE")]
    record: Option<PathBuf>,
}

impl Record {
    /// Whether a bundle is asked for.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.record.is_some()
    }

    /// Checks that the bundle can be written, before any work is lost to it.
    pub(crate) fn check(&self) -> Result<()> {
        self.record.as_deref().map_or(Ok(()), check_bundle_name)
    }

    /// Writes the bundle of what was used, if it is asked for.
    pub(crate) fn save<'a>(&self, used: impl IntoIterator<Item = &'a Bundle>) -> Result<()> {
        let Some(path) = &self.record else { return Ok(()) };
        write_bundle(path, &merged(used)?)
    }
}

/// All pre-images of several bundles, in order.
pub(crate) fn merged<'a>(bundles: impl IntoIterator<Item = &'a Bundle>) -> Result<Bundle> {
    let mut merged = Bundle::default();
    bundles.into_iter().try_for_each(|bundle| merged.merge(bundle))?;
    Ok(merged)
}

/// Reads a bundle.
pub(crate) fn read_bundle(path: &Path) -> Result<Bundle> {
    Ok(Bundle::read(files::open(path)?, &path.display().to_string())?)
}

/// Checks that a bundle can be written to a file of this name.
pub(crate) fn check_bundle_name(path: &Path) -> Result<()> {
    if path == Path::new(files::STANDARD_OUTPUT) {
        bail!("a bundle is no text for standard output; name a file");
    }
    files::check_writable(path)
}

/// Writes a bundle and says so.
pub(crate) fn write_bundle(path: &Path, bundle: &Bundle) -> Result<()> {
    files::write_to_disk(path, |to| Ok(bundle.write(to)?))?;
    let (file, count, bytes) = (path.display(), bundle.len(), bundle.contents_bytes());
    log::line(format_args!("bundle      {file}: {count} pre-images, {bytes} bytes, name {}", bundle.name()));
    Ok(())
}
