//! The files of a suite.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::SuiteError;

/// A file that is a case.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// The path below the one that was named; where another file has that name too, the whole path.
    pub(super) name: String,
}

/// The files among `paths`, and those below the directories among them that `picks` takes, in order. A link to a
/// directory is not followed, so that the search comes to an end.
pub(super) fn find(paths: &[PathBuf], picks: impl Fn(&Path) -> bool) -> Result<Vec<Found>, SuiteError> {
    let mut found = Vec::new();
    for named in paths {
        let metadata = fs::metadata(named).map_err(|error| SuiteError::read(named, error))?;
        let mut files = Vec::new();
        if metadata.is_dir() {
            walk(named, &mut files)?;
            files.retain(|path| picks(path));
            files.sort();
        } else {
            files.push(named.clone());
        }
        found.extend(files.into_iter().map(|path| Found { name: name(named, &path), path }));
    }
    let mut seen = HashSet::new();
    found.retain(|file: &Found| seen.insert(file.path.clone()));
    let mut uses = HashMap::<_, usize>::new();
    for file in &found {
        *uses.entry(file.name.clone()).or_default() += 1;
    }
    for file in found.iter_mut().filter(|file| uses[&file.name] > 1) {
        file.name = file.path.display().to_string();
    }
    Ok(found)
}

fn name(named: &Path, path: &Path) -> String {
    let below = path.strip_prefix(named).ok().filter(|below| !below.as_os_str().is_empty());
    below.unwrap_or(path).display().to_string()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SuiteError> {
    let error = |error| SuiteError::read(folder, error);
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        if entry.file_type().map_err(error)?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a file begins as an ELF file does. A compressed one does not: it is a case only where it is named.
pub(super) fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && magic == *b"\x7fELF"
}

/// The contents of a file, unpacked if it is compressed.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SuiteError> {
    let error = |error| SuiteError::read(path, error);
    let file = fs::read(path).map_err(error)?;
    let unpacked = loader::unpack(&file).map_err(|reason| error(io::Error::other(reason)))?;
    Ok(unpacked.into_owned())
}
