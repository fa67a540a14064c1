//! What a command starts from: an ELF file or a state.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use engine::Vm;
use engine::snapshot::{self, Format};
use isa_traits::Target;
use loader::{Options, Symbols};
use serde::de::IgnoredAny;

use crate::targets::{self, AnyTarget, IsaName};
use crate::{files, log};

/// Loads an ELF file, with warnings on standard error.
pub(crate) fn load_elf<T: Target>(target: T, elf: &[u8], bare: bool) -> Result<(Vm<T>, Symbols)> {
    let loaded = loader::load(&target, elf, Options { bare })?;
    loaded.warnings.iter().for_each(log::warning);
    Ok((Vm::new(target, loaded.state, loaded.memory, Vec::new()), loaded.symbols))
}

/// Reads an ELF file, which may be compressed: under the name that was given or, where there is no such file, with one
/// of the endings of compressed files after it.
pub(crate) fn read_elf(path: &Path) -> Result<Vec<u8>> {
    let packed = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        fs::read(name)
    };
    let file = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            packed(".gz").or_else(|_| packed(".zst")).map_err(|_| error)
        }
        file => file,
    };
    let read = || Ok::<_, anyhow::Error>(loader::unpack(&file?)?.into_owned());
    read().with_context(|| format!("cannot read {}", path.display()))
}

/// The version of Cannon's states that is read and written here.
const CANNON_VERSION: u8 = 2;

/// A version of Cannon's states with its name (optimism `cannon/mipsevm/versions`).
fn cannon_version(version: u8) -> String {
    let name = match version {
        0 => "singlethreaded",
        1 => "multithreaded",
        3 => "multithreaded64",
        4 => "multithreaded64-2",
        5 => "multithreaded-2",
        6 => "multithreaded64-3",
        _ => "unknown",
    };
    format!("{version} ({name})")
}

/// The target of a state file, which must agree with what the user named.
pub(crate) fn target_of_state(path: &Path, asked: targets::Args) -> Result<AnyTarget> {
    let found = match files::format(path) {
        Format::Binary => {
            let mut first = [0; 5];
            files::open(path)?
                .read_exact(&mut first)
                .with_context(|| format!("cannot read the first bytes of {}", path.display()))?;
            // Asterisc's states begin with a page count of eight bytes, Cannon's with a version.
            match first {
                [0, 0, 0, 0, 0] => IsaName::Rv64,
                [CANNON_VERSION, ..] => IsaName::Mips,
                [version, ..] => bail!(
                    "{} begins with byte {version}: no state of Asterisc, and of Cannon one of version {}; known \
                     here is version {CANNON_VERSION} (singlethreaded-2)",
                    path.display(),
                    cannon_version(version),
                ),
            }
        }
        Format::Json => {
            let keys: BTreeMap<String, IgnoredAny> = serde_json::from_reader(files::open(path)?)
                .with_context(|| format!("{} is no JSON object", path.display()))?;
            match (keys.contains_key("loadReservation"), keys.contains_key("nextPC"), asked.named()) {
                (true, false, _) => IsaName::Rv64,
                (false, true, _) => IsaName::Mips,
                // The references take what is missing for zero.
                (false, false, Some(named)) if keys.contains_key("pc") => named,
                _ => bail!(
                    "{} is no state: wanted one of the keys loadReservation (rv64) and nextPC (mips)",
                    path.display()
                ),
            }
        }
    };
    asked.agree(found)
}

/// Reads a state file. A hash in it that is not the state's is a warning, or with `strict` an error.
pub(crate) fn read_state<T: Target>(target: T, path: &Path, strict: bool) -> Result<Vm<T>> {
    let snapshot = snapshot::read(target, files::format(path), &mut files::open(path)?)
        .with_context(|| format!("cannot read a state of {} from {}", T::NAME, path.display()))?;
    let mut vm = snapshot.vm;
    // A state that nobody hashed yet carries zeros.
    if let Some(recorded) = snapshot.recorded_hash.filter(|hash| *hash != [0; 32]) {
        let found = vm.state_hash();
        if recorded != found {
            let message = format!(
                "{} carries the state hash 0x{}, and its state has 0x{}; the references leave stale hashes in \
                 snapshots",
                path.display(),
                alloy_primitives::hex::encode(recorded),
                alloy_primitives::hex::encode(found)
            );
            if strict {
                bail!("{message}, --strict refuses them");
            }
            log::warning(message);
        }
    }
    Ok(vm)
}

/// Writes a state file.
pub(crate) fn write_state<T: Target>(vm: &mut Vm<T>, path: &Path) -> Result<()> {
    files::write_to_disk(path, |to| Ok(snapshot::write(vm, files::format(path), to)?))
}

/// Checks that states of the target can be written to a file of this name, before any work is lost to it.
pub(crate) fn check_state_format<T: Target>(path: &Path) -> Result<()> {
    if files::format(path) == Format::Json && !T::STATE_FILES.writes_json {
        bail!("{}: states of {} have no JSON form; name the file .bin or .bin.gz", path.display(), T::NAME);
    }
    Ok(())
}

/// Reads metadata: the symbols of a program.
pub(crate) fn read_symbols(path: &Path) -> Result<Symbols> {
    let file = File::open(path)
        .with_context(|| format!("cannot open the metadata {}; --meta \"\" does without", path.display()))?;
    serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{} is no metadata", path.display()))
}
