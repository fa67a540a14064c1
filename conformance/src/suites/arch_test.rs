//! `arch-test`: RISC-V's architecture tests with the signatures of a reference model.

use std::fs;
use std::path::{Path, PathBuf};

use ::rv64::AsteriscRv64;
use loader::Symbols;

use super::rv64::{self, Ended};
use super::{Judged, Limit, SuiteError, files, without_run};
use crate::report::Outcome;

/// What a reference signature is called beside its program: the names end so.
const SUFFIXES: [&str; 2] = ["signature", "reference_output"];
/// The longest signature that is compared; the longest of the architecture tests has a tenth of it.
const MAX_BYTES: u64 = 16 << 20;

/// A program may end in any way; what counts is its signature.
pub(super) fn run(target: AsteriscRv64, path: &Path, limit: Limit<'_>) -> Result<Judged, SuiteError> {
    let Some(reference) = reference(path) else {
        let reason =
            "no reference signature beside it: *.signature, *.reference_output, Reference-*.signature";
        return Ok(without_run(Outcome::Refused(reason.to_owned())));
    };
    let text = fs::read_to_string(&reference).map_err(|error| SuiteError::read(&reference, error))?;
    let elf = files::read(path)?;
    Ok(rv64::run(target, &elf, limit, |vm, symbols, _| match compare(vm, symbols, &text) {
        Ok(()) => Outcome::Passed,
        Err(reason) => Outcome::Failed(reason),
    }))
}

/// The file with the signature that the program should leave.
fn reference(elf: &Path) -> Option<PathBuf> {
    let named = SUFFIXES.into_iter().flat_map(|suffix| {
        let mut longer = elf.as_os_str().to_owned();
        longer.push(format!(".{suffix}"));
        [elf.with_extension(suffix), longer.into()]
    });
    named.into_iter().find(|path| path.is_file()).or_else(|| {
        let entries = fs::read_dir(elf.parent()?).ok()?;
        let mut riscofs = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("Reference-") && name.ends_with(".signature")
        });
        riscofs.next().filter(|_| riscofs.next().is_none())
    })
}

fn compare(vm: &Ended, symbols: &Symbols, reference: &str) -> Result<(), String> {
    let address = |name| {
        let symbol = symbols.named(name).next().ok_or_else(|| format!("the program has no symbol {name}"));
        symbol.map(|symbol| symbol.start)
    };
    let (begin, end) = (address("begin_signature")?, address("end_signature")?);
    let bytes = end.checked_sub(begin).filter(|bytes| (1..=MAX_BYTES).contains(bytes));
    let bytes = bytes.ok_or_else(|| format!("no signature lies between {begin:#x} and {end:#x}"))?;
    let mut found = vec![0; bytes as usize];
    vm.memory().read(begin, &mut found);
    let wanted = parse(reference)?;
    if found.len() != wanted.len() {
        return Err(format!("a signature of {} bytes, and the reference has {}", found.len(), wanted.len()));
    }
    match found.iter().zip(&wanted).position(|(found, wanted)| found != wanted) {
        None => Ok(()),
        Some(at) => Err(format!(
            "byte {at} of the signature, at {:#x}: {:#04x}, and the reference has {:#04x}",
            begin + at as u64,
            found[at],
            wanted[at]
        )),
    }
}

/// The bytes of a signature file: each line is a little-endian number.
fn parse(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line_bytes = alloy_primitives::hex::decode(line.trim())
            .map_err(|error| format!("line {} of the reference signature: {error}", i + 1))?;
        bytes.extend(line_bytes.into_iter().rev());
    }
    Ok(bytes)
}
