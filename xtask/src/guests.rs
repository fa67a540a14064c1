//! `cargo xtask guests`: the guest programs, built for both machines, the same bytes on every computer.
//!
//! `programs/guests.toml` has the settings. What is added here depends on the computer: where sources lie, which must
//! not show in the output.

use crate::{Task, golden, root};
use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const TASK: Task = Task {
    name: "guests",
    about: "build programs/prebuilt for RV64 and MIPS32; with --check, build elsewhere and compare",
    run,
};

/// The compiler is part of what makes the bytes.
const TOOLCHAIN: &str = "1.95.0";

/// Packages, each with one binary of the same name.
const PROGRAMS: &[&str] = &["claim", "claim-bundled", "verify-step", "op-block"];

/// A larger program is checked in compressed.
const PLAIN_BYTES: usize = 1 << 20;

/// The end of a file name, and rustc's name for the machine. The second is in `programs/targets`.
const TARGETS: &[(&str, &str)] =
    &[("rv64", "riscv64imac-unknown-none-elf"), ("mips32", "mips-unknown-none-elf")];

fn run(args: &[String]) -> Result<()> {
    let check = golden::check_flag(args)?;
    let sysroot = sysroot()?;
    // A check must not take an earlier build for granted.
    let scratch = tempfile::tempdir()?;
    let target_dir = if check { scratch.path().into() } else { target_dir() };

    let mut files = BTreeMap::new();
    for (suffix, triple) in TARGETS {
        for program in PROGRAMS {
            build(program, triple, &sysroot, &target_dir)?;
            let elf = target_dir.join(triple).join("release").join(program);
            let bytes = fs::read(&elf).with_context(|| elf.display().to_string())?;
            let name = format!("{program}.{suffix}.elf");
            if bytes.len() > PLAIN_BYTES {
                files.insert(format!("{name}.gz"), gzip(&bytes)?);
            } else {
                files.insert(name, bytes);
            }
        }
    }
    golden::settle(&root().join("programs/prebuilt"), &files, check)
}

/// Builds one program alone: beside another its dependencies could have more features, and so other bytes.
fn build(program: &str, triple: &str, sysroot: &Path, target_dir: &Path) -> Result<()> {
    let mut cargo = pinned("cargo");
    cargo.args(["build", "--release", "--locked", "--package", program, "--target", triple]);
    cargo.args(["--config", "programs/guests.toml"]);
    // Panic messages name source files. These three are the roots of all of them.
    let sources =
        [(root(), "/fpvm"), (cargo_home()?, "/cargo"), (sysroot.join("lib/rustlib/src/rust"), "/rust")];
    for (from, to) in sources {
        let flag = format!("--remap-path-prefix={}={to}", from.display());
        cargo.arg("--config").arg(format!("target.{triple}.rustflags = [{flag:?}]"));
    }
    cargo
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target_dir)
        .env("RUST_TARGET_PATH", root().join("programs/targets"))
        // Opens the compiler's unstable options, which `-Z build-std` and MIPS assembly are.
        .env("RUSTC_BOOTSTRAP", "1");
    // Either would replace the flags above.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    ensure!(cargo.status()?.success(), "cargo could not build {program} for {triple}");
    Ok(())
}

/// The same bytes everywhere: the compressor is pinned by `Cargo.lock`, and the header names neither file nor time.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Where the pinned compiler is installed, with the sources of `core` and `alloc`.
fn sysroot() -> Result<PathBuf> {
    let install = format!(
        "install it with: rustup toolchain install {TOOLCHAIN} --profile minimal --component rust-src"
    );
    let output = pinned("rustc").args(["--print", "sysroot"]).output();
    let output = output.with_context(|| format!("rustup is missing (https://rustup.rs); then {install}"))?;
    ensure!(output.status.success(), "Rust {TOOLCHAIN} is missing; {install}");
    let sysroot = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
    ensure!(
        sysroot.join("lib/rustlib/src/rust/library/core").exists(),
        "the component rust-src of Rust {TOOLCHAIN} is missing; {install}"
    );
    Ok(sysroot)
}

pub(crate) fn pinned(tool: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN, tool]);
    command
}

fn target_dir() -> PathBuf {
    let dir = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(dir).join("guests")
}

fn cargo_home() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("neither CARGO_HOME nor HOME is set")
}
