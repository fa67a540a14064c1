//! What a command starts from: an ELF file or a state.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use engine::{Vm, snapshot};
use isa_traits::Target;
use loader::{Options, Symbols};

use crate::{files, log};

/// Loads an ELF file, with warnings on standard error.
pub(crate) fn load_elf<T: Target>(target: T, elf: &[u8], bare: bool) -> Result<(Vm<T>, Symbols)> {
    let loaded = loader::load(&target, elf, Options { bare })?;
    loaded.warnings.iter().for_each(log::warning);
    Ok((Vm::new(target, loaded.state, loaded.memory, Vec::new()), loaded.symbols))
}

/// Reads an ELF file.
pub(crate) fn read_elf(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a state file.
pub(crate) fn read_state<T: Target>(target: T, path: &Path) -> Result<Vm<T>> {
    let snapshot = snapshot::read(target, files::format(path), &mut files::open(path)?)
        .with_context(|| format!("cannot read a state of {} from {}", T::NAME, path.display()))?;
    Ok(snapshot.vm)
}

/// Writes a state file.
pub(crate) fn write_state<T: Target>(vm: &mut Vm<T>, path: &Path) -> Result<()> {
    files::write(path, |to| Ok(snapshot::write(vm, files::format(path), to)?))
}
