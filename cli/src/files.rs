//! Files by name: compressed where the name ends in `.gz`, whole or not at all.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::builder::{OsStringValueParser, TypedValueParser};
use engine::snapshot::Format;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Stands for standard output in place of a file name.
pub(crate) const STANDARD_OUTPUT: &str = "-";

/// Takes a file name that may be empty, which stands for no file; clap's own parser of paths refuses that.
pub(crate) fn name_or_none() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Prints a line on standard output, which may be a full disk or a pipe that nobody reads.
pub(crate) fn print(line: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")
}

fn has_suffix(path: &Path, suffixes: &[&str]) -> bool {
    let name = path.to_string_lossy();
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

/// The format of a state file with this name.
pub(crate) fn format(path: &Path) -> Format {
    if has_suffix(path, &[".bin", ".bin.gz"]) { Format::Binary } else { Format::Json }
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let file = BufReader::new(file);
    Ok(if has_suffix(path, &[".gz"]) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Checks that a file of this name could be written, without writing it.
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    let result = match fs::metadata(path) {
        _ if path == Path::new(STANDARD_OUTPUT) => Ok(()),
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // Opening a pipe would wait for its reader.
        Ok(found) if !found.is_file() => Ok(()),
        _ => tempfile::tempfile_in(folder(path)).map(drop),
    };
    result.with_context(|| format!("cannot write {}", path.display()))
}

/// The folder a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file by `fill`. It gets its name when it is complete; until then an older file of that name stays.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_bare(path, false, fill).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file as [`write()`] does, and gives it its name when it is on disk: for what took long to make.
pub(crate) fn write_to_disk(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_bare(path, true, fill).with_context(|| format!("cannot write {}", path.display()))
}

fn write_bare(path: &Path, to_disk: bool, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    if path == Path::new(STANDARD_OUTPUT) {
        let mut out = BufWriter::new(io::stdout().lock());
        fill(&mut out)?;
        return Ok(out.flush()?);
    }
    // A device or a pipe cannot be replaced.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(File::create(path)?);
        compress(path, &mut out, fill)?;
        return Ok(out.flush()?);
    }
    let permissions = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(folder(path))?;
    let mut out = BufWriter::new(file.as_file_mut());
    compress(path, &mut out, fill)?;
    out.flush()?;
    drop(out);
    if to_disk {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    Ok(())
}

fn compress(path: &Path, out: &mut dyn Write, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    if !has_suffix(path, &[".gz"]) {
        return fill(out);
    }
    let mut encoder = GzEncoder::new(out, Compression::fast());
    fill(&mut encoder)?;
    encoder.finish()?;
    Ok(())
}
