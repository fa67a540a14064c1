//! Programs in Go, built here, and what the linter has to say of them.
//!
//! They are built by the `go` on the path. Which release that stands for is Go's own matter: `GOTOOLCHAIN=go1.22.12`
//! makes any newer `go` fetch that one. The machines run programs of Go 1.22; of a newer Go the linter has to say so.

use std::fs;
use std::process::Command;

use fpvm_conformance::lint::{Causes, Level, lint};
use isa_traits::Target;

use crate::{MIPS32, RV64, Side, scratch};

/// The release whose programs run.
const RUNS: &str = "go1.22.";

/// How Go is told to build for a target.
struct Build {
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [&'static str],
}

const FOR_RV64: Build =
    Build { environment: &[("GOARCH", "riscv64")], flags: &["-gcflags=all=-d=softfloat"] };
const FOR_MIPS32: Build = Build { environment: &[("GOARCH", "mips"), ("GOMIPS", "softfloat")], flags: &[] };

/// The release that `go` stands for.
fn release() -> Option<String> {
    let output = Command::new("go").args(["env", "GOVERSION"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether Go has a release of the kind that a test wants; says so if not.
fn has(what: &str, wanted: impl Fn(&str) -> bool) -> bool {
    let found = release();
    let has = found.as_deref().is_some_and(wanted);
    if !has {
        let found = found.unwrap_or_else(|| "nothing".to_owned());
        eprintln!("NOT CHECKED: {what}; go is {found}; GOTOOLCHAIN=go1.22.12 chooses another");
    }
    has
}

/// Builds one of the programs in `fuzz/go`.
fn build<T: Target>(_: Side<T>, build: &Build, name: &str) -> Vec<u8> {
    let path = scratch(&format!("{name}.{}.go.elf", T::NAME));
    let mut go = Command::new("go");
    go.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/go")).args(["build", "-trimpath"]).args(build.flags);
    go.arg("-o").arg(&path).arg(format!("{name}.go"));
    go.envs(build.environment.iter().copied()).envs([
        ("GOOS", "linux"),
        ("CGO_ENABLED", "0"),
        ("GOFLAGS", ""),
    ]);
    let output = go.output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    fs::read(path).unwrap()
}

fn run_and_are_clean<T: Causes>(side: Side<T>, how: &Build) {
    let what = format!("Go programs of {} are not built, run and linted", T::NAME);
    if !has(&what, |release| release.starts_with(RUNS)) || !side.is_there() {
        return;
    }
    for name in ["numbers", "data", "runtime"] {
        let elf = build(side, how, name);
        let report = lint(side.target, &elf).unwrap();
        assert!(report.is_clean() && report.reached > 100_000, "{name}: {report:#?}");
        side.ends_alike(name, &elf);
    }
}

#[test]
fn rv64_programs_end_as_under_qemu_and_lint_clean() {
    run_and_are_clean(RV64, &FOR_RV64);
}

#[test]
fn mips32_programs_end_as_under_qemu_and_lint_clean() {
    run_and_are_clean(MIPS32, &FOR_MIPS32);
}

/// What a panic does: Cannon's guests print it and exit with 2, and Asterisc refuses the system call by which the
/// runtime first waits for other threads.
#[test]
fn a_panic_ends_as_the_linter_says() {
    let what = "Go programs that panic are not run";
    if !has(what, |release| release.starts_with(RUNS)) || !MIPS32.is_there() {
        return;
    }
    MIPS32.ends_alike("panics", &build(MIPS32, &FOR_MIPS32, "panics"));
    let elf = build(RV64, &FOR_RV64, "panics");
    let refused = RV64.load(&elf).run(u64::MAX, &mut fpvm_bench::no_preimages(), &mut ()).unwrap_err();
    let engine::RunError::Trap { pc, .. } = refused else { panic!("{refused}") };
    let report = lint(RV64.target, &elf).unwrap();
    let said = report.at(Level::Dormant).find(|finding| finding.places.iter().any(|place| place.pc == pc));
    assert!(said.is_some(), "{pc:#x}: {report:#?}");
}

fn is_named<T: Causes>(side: Side<T>, how: &Build) {
    let what = format!("that the linter names too new a Go in programs of {}", T::NAME);
    if !has(&what, |release| !release.starts_with(RUNS)) {
        return;
    }
    let report = lint(side.target, &build(side, how, "panics")).unwrap();
    let release = release().unwrap();
    let release = release.split(' ').next().unwrap();
    let named = report.at(Level::Refused).any(|finding| finding.what.contains(release));
    assert!(named && !report.is_clean(), "{release} is not named: {report:#?}");
}

#[test]
fn a_newer_go_is_named_on_rv64() {
    // Its runtime does not compile with soft floats from 1.25 on.
    is_named(RV64, &Build { flags: &[], ..FOR_RV64 });
}

#[test]
fn a_newer_go_is_named_on_mips32() {
    is_named(MIPS32, &FOR_MIPS32);
}
