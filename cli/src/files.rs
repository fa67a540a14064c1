//! Files by name: compressed where the name ends in `.gz`, whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use engine::snapshot::Format;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Stands for standard output in place of a file name.
pub(crate) const STANDARD_OUTPUT: &str = "-";

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

/// Writes a file by `fill`. It gets its name when it is complete and on disk; until then an older file of that
/// name stays.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_bare(path, fill).with_context(|| format!("cannot write {}", path.display()))
}

fn write_bare(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o644)).tempfile_in(folder)?;
    let mut out = BufWriter::new(file.as_file_mut());
    compress(path, &mut out, fill)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
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
