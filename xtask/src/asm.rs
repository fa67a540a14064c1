//! `cargo xtask asm`: the self-checking assembly programs of `conformance/asm`.
//!
//! The compiler's own assembler and linker build them, so that the Rust toolchain is all that is needed: a source is the
//! text of one `global_asm!` in a crate without `core`.

use crate::{Task, golden, guests, root};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(crate) const TASK: Task = Task {
    name: "asm",
    about: "assemble conformance/asm into its folder prebuilt; with --check, compare",
    run: |args| {
        let check = golden::check_flag(args)?;
        let scratch = tempfile::tempdir()?;
        let mut files = BTreeMap::new();
        for isa in ISAS {
            for source in sources(isa)? {
                let name = format!("{}.{}.elf", name(&source), isa.name);
                files.insert(name, assemble(isa, &source, scratch.path())?);
            }
        }
        golden::settle(&folder().join("prebuilt"), &files, check)
    },
};

/// An instruction set, and how the compiler is told of it.
struct Isa {
    name: &'static str,
    target: &'static str,
    flags: &'static [&'static str],
}

const ISAS: &[Isa] = &[
    Isa {
        name: "rv64",
        target: "riscv64imac-unknown-none-elf",
        // Asterisc has no compressed instructions, and the file says of itself that it has none.
        flags: &["-Ctarget-feature=-c,-zca", "-Crelocation-model=static"],
    },
    Isa { name: "mips32", target: "mips-unknown-none-elf", flags: &["-Zunstable-options"] },
];

/// What stands before every program of an instruction set.
const PRELUDE: &str = "prelude";

/// As much of `core` as the compiler cannot do without.
const CRATE: &str = "\
#![feature(no_core, lang_items, rustc_attrs, asm_experimental_arch)]
#![allow(internal_features)]
#![no_core]
#![no_main]
#[lang = \"pointee_sized\"]
pub trait PointeeSized {}
#[lang = \"meta_sized\"]
pub trait MetaSized: PointeeSized {}
#[lang = \"sized\"]
pub trait Sized: MetaSized {}
#[rustc_builtin_macro]
macro_rules! global_asm { () => {} }
";

fn folder() -> PathBuf {
    root().join("conformance/asm")
}

fn name(source: &Path) -> String {
    source.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The programs of an instruction set.
fn sources(isa: &Isa) -> Result<Vec<PathBuf>> {
    let folder = folder().join(isa.name);
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut sources = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    sources.retain(|path| name(path) != PRELUDE);
    ensure!(!sources.is_empty(), "{} has no sources", folder.display());
    Ok(sources)
}

/// Assembles and links one program.
fn assemble(isa: &Isa, source: &Path, scratch: &Path) -> Result<Vec<u8>> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
    let text = read(&source.with_file_name(PRELUDE).with_extension("S"))? + &read(source)?;
    let (rust, elf) = (scratch.join("asm.rs"), scratch.join("asm.elf"));
    fs::write(&rust, format!("{CRATE}global_asm!(r####\"{text}\"####, options(raw));\n"))?;
    let mut rustc = guests::pinned("rustc");
    rustc.args([
        "--edition",
        "2024",
        "--crate-type",
        "bin",
        "-Cpanic=abort",
        "-Clink-arg=--discard-all",
        "--target",
        isa.target,
    ]);
    rustc.args(isa.flags).arg("-o").arg(&elf).arg(&rust);
    // Opens the compiler's unstable options: a crate without `core`, and MIPS assembly.
    rustc.env("RUSTC_BOOTSTRAP", "1").env("RUST_TARGET_PATH", root().join("programs/targets"));
    let status = rustc.status().context("rustup is missing (https://rustup.rs)")?;
    ensure!(status.success(), "{} cannot be assembled", source.display());
    Ok(fs::read(elf)?)
}
