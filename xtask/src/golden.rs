//! Generated files that are checked in: written by a task, or compared by it with `--check`.

use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Whether `args` is `--check`; anything else is refused.
pub(crate) fn check_flag(args: &[String]) -> Result<bool> {
    match args {
        [] => Ok(false),
        [flag] if flag == "--check" => Ok(true),
        _ => bail!("the only argument is --check, found {args:?}"),
    }
}

/// Makes `files`, by name, the only contents of `dir`; with `check`, fails where they are not.
pub(crate) fn settle(dir: &Path, files: &BTreeMap<String, Vec<u8>>, check: bool) -> Result<()> {
    let mut present = BTreeSet::new();
    if dir.exists() {
        for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
            present.insert(entry?.file_name().to_string_lossy().into_owned());
        }
    }
    let mut wrong = Vec::new();
    for (name, bytes) in files {
        if !present.contains(name) || fs::read(dir.join(name))? != *bytes {
            wrong.push(name);
        }
    }
    let stale: Vec<_> = present.iter().filter(|name| !files.contains_key(*name)).collect();

    if check {
        if !(wrong.is_empty() && stale.is_empty()) {
            bail!("{}: differ or are missing: {wrong:?}; should not be there: {stale:?}", dir.display());
        }
    } else {
        fs::create_dir_all(dir)?;
        for name in &wrong {
            fs::write(dir.join(name), &files[*name])?;
        }
        for name in &stale {
            fs::remove_file(dir.join(name))?;
        }
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    let done = if check { "as checked in" } else { "written" };
    println!("{}: {} files, {bytes} bytes, {done}", dir.display(), files.len());
    Ok(())
}
