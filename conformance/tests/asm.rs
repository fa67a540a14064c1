//! The self-checking assembly programs of `conformance/asm`: what each instruction does, by the manual.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::{RunError, Vm};
use fpvm_conformance::modes::{Ran, run_in_every_mode};
use isa_traits::{Concrete, Hart, Insn, Isa, OpOf, Reg, Target};
use loader::{Loaded, Options};
use mips32::CannonMips32;
use oracle::{Error, Verified};
use rv64::AsteriscRv64;

/// No program needs as many.
const MAX_STEPS: u64 = 10_000;

/// The programs of an instruction set, and how many cases each has: one that stops early does not pass.
struct Suite<T> {
    target: T,
    suffix: &'static str,
    /// The register that counts the cases.
    counter: u32,
    programs: &'static [(&'static str, u64)],
    /// Entry points of `traps`.
    traps: usize,
    qemu: &'static str,
}

const RV64: Suite<AsteriscRv64> = Suite {
    target: AsteriscRv64,
    suffix: "rv64",
    counter: 3,
    programs: &[
        ("atomics", 48),
        ("code", 6),
        ("control", 40),
        ("integer", 125),
        ("memory", 9),
        ("muldiv", 87),
        ("registers", 64),
        (QUIRKS, 23),
    ],
    traps: 40,
    qemu: "qemu-riscv64",
};

const MIPS32: Suite<CannonMips32> = Suite {
    target: CannonMips32::LATEST,
    suffix: "mips32",
    counter: 28,
    programs: &[
        ("code", 6),
        ("control", 37),
        ("delay_slots", 9),
        ("integer", 96),
        ("memory", 10),
        ("muldiv", 27),
        ("registers", 41),
        (QUIRKS, 36),
    ],
    traps: 39,
    qemu: "qemu-mips",
};

/// What only the reference machine does.
const QUIRKS: &str = "quirks";

/// Rows of a table that were executed, by their mnemonics.
type Executed = BTreeSet<&'static str>;

impl<T: Target> Suite<T> {
    fn path(&self, program: &str) -> PathBuf {
        let name = format!("{program}.{}.elf", self.suffix);
        Path::new(env!("CARGO_MANIFEST_DIR")).join("asm/prebuilt").join(name)
    }

    fn load(&self, elf: &[u8]) -> Loaded<T> {
        loader::load(&self.target, elf, Options { bare: true }).unwrap()
    }

    /// Runs a program in every mode from its start, or from `entry`, and notes what it executes.
    fn run(&self, elf: &[u8], entry: Option<u64>, executed: &mut Executed) -> Ran<T, Error> {
        let Loaded { mut state, memory, .. } = self.load(elf);
        if let Some(entry) = entry {
            state.hart.start_at(Concrete::of(entry));
        }
        let note = |vm: &Vm<T>| {
            if let Ok(Insn { op, .. }) = self.target.decode(vm.instruction()) {
                executed.insert(T::Isa::mnemonic(op));
            }
            false
        };
        let vm = Vm::new(self.target, state, memory, Vec::new());
        run_in_every_mode(vm, &mut Verified::new(()), MAX_STEPS, note).unwrap()
    }

    fn every_program_passes(&self, executed: &mut Executed) {
        for &(program, cases) in self.programs {
            let Ran { vm, error, .. } = self.run(&fs::read(self.path(program)).unwrap(), None, executed);
            let case = vm.state().hart.x()[Reg::source(self.counter)].get();
            assert!(error.is_none(), "{program}: case {case}: {error:?}");
            assert!(vm.state().exited, "{program}: case {case} comes to no end");
            assert_eq!(vm.state().exit_code, 0, "{program}: the number of the case that fails");
            assert_eq!(case, cases, "{program}: the last case");
        }
    }

    /// Each label `trap.NAME.` of the program `traps` is an entry point that ends in the trap of that name.
    fn every_trap_is_one(&self, executed: &mut Executed) {
        let elf = fs::read(self.path("traps")).unwrap();
        let mut traps = 0;
        for symbol in self.load(&elf).symbols.as_slice() {
            let Some(name) = symbol.name.strip_prefix("trap.").and_then(|rest| rest.split('.').next()) else {
                continue;
            };
            traps += 1;
            match self.run(&elf, Some(symbol.start), executed).error {
                Some(RunError::Trap { trap, .. }) => {
                    let found = format!("{trap:?}");
                    assert_eq!(found.split('(').next(), Some(name), "{}", symbol.name);
                }
                other => panic!("{}: {other:?}", symbol.name),
            }
        }
        assert_eq!(traps, self.traps);
    }

    fn executes_every_row(&self, all: &[OpOf<T>]) {
        let mut executed = Executed::new();
        self.every_program_passes(&mut executed);
        self.every_trap_is_one(&mut executed);
        let all: Executed = all.iter().map(|&op| T::Isa::mnemonic(op)).collect();
        let missing: Vec<_> = all.difference(&executed).collect();
        assert!(missing.is_empty(), "not executed: {missing:?}");
    }

    /// Changes the first instruction `from` to `to`; yields the exit code of the program.
    fn exit_code_where(&self, program: &str, from: [u8; 4], to: [u8; 4]) -> u8 {
        let mut elf = fs::read(self.path(program)).unwrap();
        let at = elf.windows(4).position(|bytes| bytes == from).unwrap();
        elf[at..at + 4].copy_from_slice(&to);
        self.run(&elf, None, &mut Executed::new()).vm.state().exit_code
    }

    /// The expected values hold on a machine that nobody here wrote, but for those of the quirks.
    fn passes_under_qemu(&self) {
        if !Command::new(self.qemu).arg("--version").output().is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: {} is not installed, so the programs ran on our machine only", self.qemu);
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        for &(program, _) in self.programs.iter().filter(|&&(program, _)| program != QUIRKS) {
            let file = folder.path().join(program);
            fs::copy(self.path(program), &file).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            let status = Command::new(self.qemu).arg(&file).status().unwrap();
            assert_eq!(status.code(), Some(0), "{program} under {}", self.qemu);
        }
    }
}

#[test]
fn rv64_programs_pass_and_execute_every_row() {
    RV64.executes_every_row(rv64::Op::ALL);
}

#[test]
fn mips32_programs_pass_and_execute_every_row() {
    MIPS32.executes_every_row(mips32::Op::ALL);
}

/// An instruction that does something else fails its case, whose number is the exit code.
#[test]
fn a_failing_case_tells_its_number() {
    // sub t2, t0, t1; add t2, t0, t1
    let (sub, add) = (0x4062_83b3_u32.to_le_bytes(), 0x0062_83b3_u32.to_le_bytes());
    assert_eq!(RV64.exit_code_where("integer", sub, add), 7);
    // subu $t2, $t0, $t1; addu $t2, $t0, $t1
    let (subu, addu) = (0x0109_5023_u32.to_be_bytes(), 0x0109_5021_u32.to_be_bytes());
    assert_eq!(MIPS32.exit_code_where("integer", subu, addu), 8);
}

#[test]
fn rv64_programs_pass_under_qemu() {
    RV64.passes_under_qemu();
}

#[test]
fn mips32_programs_pass_under_qemu() {
    MIPS32.passes_under_qemu();
}
