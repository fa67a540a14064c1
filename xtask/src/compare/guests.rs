//! `cargo xtask bench-guests`: the guests of the benchmarks, built from `bench/guests` by Debian's compilers.

use crate::{Task, golden, root};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const TASK: Task = Task {
    name: "bench-guests",
    about: "build bench/prebuilt with Debian's compilers; with --check, compare",
    run: |args| {
        let check = golden::check_flag(args)?;
        let scratch = tempfile::tempdir()?;
        let mut files = BTreeMap::new();
        for isa in &ISAS {
            for guest in &GUESTS {
                let elf = guest.build(isa, &[guest.small], scratch.path())?;
                files.insert(format!("{}.{}.elf", guest.name, isa.name), fs::read(elf)?);
            }
        }
        golden::settle(&root().join("bench/prebuilt"), &files, check)
    },
};

/// A program, and how much it is to do, as a definition for the compiler.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    /// The interpreter needs less than a second.
    small: &'static str,
    /// The interpreter needs one to three seconds, and 4 MiB suffice, which is all that ckb-vm has.
    short: &'static str,
    /// qemu-user needs two seconds and more.
    full: &'static str,
    /// Whether the Go peers were measured with it.
    pub(crate) in_yardstick: bool,
}

#[rustfmt::skip]
pub(crate) const GUESTS: [Guest; 6] = [
    Guest { name: "keccak", small: "KB=384", short: "KB=12288", full: "KB=133120", in_yardstick: true },
    Guest { name: "sha256", small: "MB=1", short: "MB=12", full: "MB=200", in_yardstick: true },
    Guest { name: "sieve", small: "REP=1", short: "REP=20", full: "REP=180", in_yardstick: true },
    Guest { name: "qsort", small: "N=300000", short: "N=800000", full: "N=18000000", in_yardstick: true },
    Guest { name: "calls", small: "REP=500", short: "REP=11000", full: "REP=48000", in_yardstick: false },
    Guest { name: "vm", small: "ROUNDS=60000", short: "ROUNDS=1000000", full: "ROUNDS=5000000", in_yardstick: false },
];

/// Touches 256 MiB, for the memory a run needs.
pub(crate) const TOUCH: Guest =
    Guest { name: "touch", small: "MB=1", short: "MB=1", full: "MB=256", in_yardstick: false };

/// How often the Go program does what it does, and what that is for.
pub(crate) const GO_ROUNDS: [(u32, &str); 2] =
    [(27, "cold: most code is executed a few times only"), (270, "long")];

/// How Go is told to build for an instruction set.
struct Go {
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [&'static str],
}

/// An instruction set, its compiler and its peers.
pub(crate) struct Isa {
    /// The name in files and arguments.
    pub(crate) name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    /// The call by which short guests exit, as a definition for the compiler: ckb-vm, which runs RV64, knows the one, and
    /// Cannon the other.
    exit: &'static str,
    go: Go,
    pub(crate) qemu: &'static str,
    /// The Go machine that fpvm takes the place of.
    pub(crate) peer: &'static str,
    /// The speed of that machine, qemu-user's being 1: geomean of the guests of the yardstick, measured once on
    /// another computer.
    pub(crate) peer_by_qemu: f64,
}

pub(crate) const ISAS: [Isa; 2] = [
    Isa {
        name: "rv64",
        compiler: "riscv64-linux-gnu-gcc",
        flags: &["-march=rv64ima", "-mabi=lp64", "-mcmodel=medany"],
        exit: "EXIT=NR_exit",
        go: Go { environment: &[("GOARCH", "riscv64")], flags: &["-gcflags=all=-d=softfloat"] },
        qemu: "qemu-riscv64",
        peer: "Go Asterisc",
        peer_by_qemu: 0.0055,
    },
    Isa {
        name: "mips32",
        compiler: "mips-linux-gnu-gcc",
        // Cannon has no floating point, multiply-add, trap or branch-likely instructions.
        flags: &[
            "-mips32",
            "-EB",
            "-msoft-float",
            "-mno-imadd",
            "-mno-check-zero-division",
            "-mno-branch-likely",
            "-mno-abicalls",
            "-G0",
        ],
        exit: "EXIT=NR_exit_group",
        go: Go { environment: &[("GOARCH", "mips"), ("GOMIPS", "softfloat")], flags: &[] },
        qemu: "qemu-mips",
        peer: "Go Cannon",
        peer_by_qemu: 0.013,
    },
];

/// A static program without a C library. Small pages keep the file small.
const FLAGS: &[&str] = &[
    "-O2",
    "-static",
    "-nostdlib",
    "-ffreestanding",
    "-fno-pic",
    "-no-pie",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=4096",
];

impl Guest {
    /// Builds the guest at its full size into `dir`.
    pub(crate) fn build_full(&self, isa: &Isa, dir: &Path) -> Result<PathBuf> {
        self.build(isa, &[self.full], dir)
    }

    /// Builds the guest for the interpreters into `dir`.
    pub(super) fn build_short(&self, isa: &Isa, dir: &Path) -> Result<PathBuf> {
        let dir = dir.join("short");
        fs::create_dir_all(&dir)?;
        self.build(isa, &[self.short, isa.exit], &dir)
    }

    fn build(&self, isa: &Isa, definitions: &[&str], dir: &Path) -> Result<PathBuf> {
        let elf = dir.join(format!("{}.{}.elf", self.name, isa.name));
        let mut compiler = Command::new(isa.compiler);
        compiler.current_dir(root().join("bench/guests")).args(FLAGS).args(isa.flags);
        compiler
            .args(definitions.iter().map(|text| format!("-D{text}")))
            .arg("-o")
            .arg(&elf)
            .args([&format!("{}.c", self.name), "rt.c"]);
        match compiler.status() {
            Ok(status) => ensure!(status.success(), "{} could not build {}", isa.compiler, self.name),
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "{0} is missing; install it, on Debian with: apt-get install {1}",
                isa.compiler,
                package(isa.compiler)
            ),
            Err(error) => return Err(error).context(isa.compiler),
        }
        Ok(elf)
    }
}

/// The release of Go whose programs run on both machines.
const GO_RELEASE: &str = "go1.22.";

/// Builds the Go program into `dir`, with the `go` on the path.
pub(super) fn build_go(isa: &Isa, rounds: u32, dir: &Path) -> Result<PathBuf> {
    let source = root().join("bench/guests/go");
    let version = Command::new("go").args(["env", "GOVERSION"]).current_dir(&source).output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let version = version.unwrap_or_else(|_| "missing".to_owned());
    ensure!(version.starts_with(GO_RELEASE), "go is {version}; GOTOOLCHAIN=go1.22.12 chooses another");
    let elf = dir.join(format!("go{rounds}.{}.elf", isa.name));
    let mut go = Command::new("go");
    go.current_dir(source).args(["build", "-trimpath"]).args(isa.go.flags);
    go.arg(format!("-ldflags=-X main.rounds={rounds}")).arg("-o").arg(&elf).arg(".");
    go.envs(isa.go.environment.iter().copied());
    go.envs([("GOOS", "linux"), ("CGO_ENABLED", "0"), ("GOFLAGS", "")]);
    ensure!(go.status()?.success(), "go could not build the guest");
    Ok(elf)
}

/// Debian's package with a compiler: `gcc-` and the machine.
fn package(compiler: &str) -> String {
    format!("gcc-{}", compiler.trim_end_matches("-gcc"))
}
