//! The linter and the machine agree: what it takes for clean is not refused, and what is refused it has named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::path::Path;
use std::sync::LazyLock;

use engine::{RunError, Vm};
use fpvm_conformance::decode::Decoder;
use fpvm_conformance::lint::{Causes, Level, Report, lint, lint_with};
use fpvm_conformance::vectors::{self, Program, Quirk};
use isa_traits::{ByteOrder, Isa, Trap};
use loader::Options;
use mips32::CannonMips32;
use oracle::Verified;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};
use rv64::AsteriscRv64;

/// Where the code of a small program lies.
const CODE: u32 = 0x1_0000;

/// An ELF file with nothing but code: a header, a segment, and no sections.
fn elf<T: Causes>(target: T, code: &[u32]) -> Vec<u8> {
    let data = target.elf();
    let little = T::Isa::BYTE_ORDER == ByteOrder::Little;
    let mut file = Vec::new();
    let mut put = |bytes: usize, number: u64| match little {
        true => file.extend_from_slice(&number.to_le_bytes()[..bytes]),
        false => file.extend_from_slice(&number.to_be_bytes()[8 - bytes..]),
    };
    let (word, header, segment) = if data.is_64 { (8, 64, 56) } else { (4, 52, 32) };
    let magic = [0x7f, b'E', b'L', b'F', 1 + u8::from(data.is_64), 1 + u8::from(!little), 1];
    magic.into_iter().chain([0; 9]).for_each(|byte| put(1, byte.into()));
    let (at, bytes) = (u64::from(CODE), code.len() as u64 * 4);
    [(2, 2), (2, data.machine.into()), (4, 1)].into_iter().for_each(|(bytes, number)| put(bytes, number));
    [at, header, 0].into_iter().for_each(|number| put(word, number));
    put(4, 0);
    [header, segment, 1, 0, 0, 0].into_iter().for_each(|number| put(2, number));
    put(4, 1);
    let flags = 7;
    if data.is_64 {
        put(4, flags);
    }
    [header + segment, at, at, bytes, bytes].into_iter().for_each(|number| put(word, number));
    if !data.is_64 {
        put(4, flags);
    }
    put(word, 4);
    code.iter().for_each(|&word| put(4, word.into()));
    file
}

static PREIMAGES: LazyLock<oracle::Memory> = LazyLock::new(|| vectors::preimages().unwrap());

/// Runs a program; yields where an instruction is refused whatever the state, if one is.
fn refused<T: Causes>(target: T, elf: &[u8], steps: u64) -> Option<u64> {
    let loaded = loader::load(&target, elf, Options::default()).unwrap();
    let mut vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
    match vm.run(steps, &mut Verified::new(PREIMAGES.clone()), &mut ()) {
        Err(RunError::Trap {
            trap:
                Trap::UnknownOpcode
                | Trap::ReservedEncoding
                | Trap::StoreWidth
                | Trap::AtomicWidth
                | Trap::UnknownAtomic
                | Trap::BranchInDelaySlot
                | Trap::JumpInDelaySlot,
            pc,
            ..
        }) => Some(pc),
        _ => None,
    }
}

/// Whether a report names a place that the machine refuses.
fn names(report: &Report, pc: u64) -> bool {
    let refused = report.findings.iter().filter(|finding| finding.level != Level::Differs);
    refused.flat_map(|finding| &finding.places).any(|place| place.pc == pc)
}

#[track_caller]
fn agrees<T: Causes>(target: T, elf: &[u8], steps: u64) -> Report {
    let report = lint(target, elf).unwrap();
    if let Some(pc) = refused(target, elf, steps) {
        assert!(names(&report, pc), "refused at {pc:#x}: {report:#?}");
    }
    report
}

fn prebuilt(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/prebuilt").join(name)).unwrap()
}

#[test]
fn the_prebuilt_and_the_recorded_programs_are_clean() {
    for name in ["claim", "verify-step"] {
        for report in [
            lint(AsteriscRv64, &prebuilt(&format!("{name}.rv64.elf"))).unwrap(),
            lint(CannonMips32::LATEST, &prebuilt(&format!("{name}.mips32.elf"))).unwrap(),
        ] {
            assert!(report.is_clean() && report.reached > 5000, "{name}: {report:#?}");
        }
    }
    for name in ["exit1", "isa", "preimg"] {
        let elf = |isa| Program::read(isa, name).unwrap().elf;
        let report = agrees(AsteriscRv64, &elf("rv64"), u64::MAX);
        assert!(report.is_clean(), "{name}: {report:#?}");
        let report = agrees(CannonMips32::LATEST, &elf("mips32"), u64::MAX);
        assert!(report.is_clean(), "{name}: {report:#?}");
    }
}

/// The reports on the quirks of an instruction set that the machine refuses for their encoding.
fn quirks<T: Causes>(target: T, isa: &str) -> Vec<(Quirk, Report)> {
    let quirks = vectors::quirks(isa).unwrap().into_iter();
    let judged = quirks.map(|quirk| {
        let report = agrees(target, &quirk.elf, 200_000);
        (quirk, report)
    });
    judged.filter(|(quirk, _)| refused(target, &quirk.elf, 200_000).is_some()).collect()
}

#[track_caller]
fn cause(found: &[(Quirk, Report)], quirk: &str, level: Level, what: &str) {
    let (quirk, report) = found.iter().find(|(found, _)| found.name.starts_with(quirk)).unwrap();
    let pc = quirk.pc.to::<u64>();
    let finding = report.at(level).find(|finding| finding.places.iter().any(|place| place.pc == pc));
    assert!(finding.is_some_and(|finding| finding.what.contains(what)), "{}: {report:#?}", quirk.name);
}

#[test]
fn what_the_references_refused_is_named_with_its_cause() {
    let rv64 = quirks(AsteriscRv64, "rv64");
    assert!(rv64.len() >= 9, "{}", rv64.len());
    cause(&rv64, "c.nop", Level::Refused, "compressed code");
    cause(&rv64, "opcode 0 word 0", Level::Refused, "a word of zeros");
    cause(&rv64, "add funct7=2", Level::Refused, "no instruction of the set");
    let mips = quirks(CannonMips32::LATEST, "mips32");
    assert!(mips.len() >= 12, "{}", mips.len());
    cause(&mips, "break", Level::Abort, "break");
    cause(&mips, "tne never", Level::Refused, "a trap on a condition");
    cause(&mips, "maddu", Level::Refused, "madd");
    cause(&mips, "seb", Level::Refused, "later release");
    cause(&mips, "beql", Level::Refused, "a likely branch");
    cause(&mips, "lwc1", Level::Refused, "floating-point load or store");
    cause(&mips, "branch in delay slot", Level::Refused, "delay slot");
}

#[test]
fn what_is_accepted_and_does_something_else_is_named_too() {
    // flw fa0, 0(a0); csrr a0, mhartid; ebreak; andn a0, a0, a1; li a7, 4242; ecall; li a7, 93; ecall
    let code = [0x0005_2507, 0xf140_2573, 0x0010_0073, 0x40b5_7533, 0x0929_0893, 0x73, 0x05d0_0893, 0x73];
    let code = [&[0x0000_1917][..], &code].concat();
    let report = agrees(AsteriscRv64, &elf(AsteriscRv64, &code), 100);
    assert!(report.is_clean());
    let found: Vec<_> = report.at(Level::Differs).map(|finding| finding.what.as_str()).collect();
    for what in ["floating-point load", "control and status", "ebreak", "taken for and"] {
        assert!(found.iter().any(|found| found.contains(what)), "lacks {what}: {found:?}");
    }
}

#[test]
fn a_system_call_is_judged_where_its_number_is_visible() {
    // li a7, N; ecall; j .
    let call = |number: u32| elf(AsteriscRv64, &[number << 20 | 0x893, 0x73, 0x6f]);
    let refused = lint(AsteriscRv64, &call(261)).unwrap();
    assert!(!refused.is_clean() && names(&refused, u64::from(CODE) + 4), "{refused:#?}");
    assert!(lint(AsteriscRv64, &call(64)).unwrap().is_clean());
    let unknown = lint(AsteriscRv64, &call(1000)).unwrap();
    assert!(unknown.is_clean() && unknown.at(Level::Differs).any(|found| found.what.contains("system call")));
    // ecall; j .
    let hidden = lint(AsteriscRv64, &elf(AsteriscRv64, &[0x73, 0x6f])).unwrap();
    assert_eq!(hidden.hidden_calls[0].pc, u64::from(CODE));
}

/// The entry of a program of MIPS16 or microMIPS is odd, which says so.
#[test]
fn a_start_that_cannot_be_fetched_is_named() {
    let mut file = elf(CannonMips32::LATEST, &[0, 0x1000_ffff, 0]);
    let entry = 24..28;
    file[entry].copy_from_slice(&(CODE + 1).to_be_bytes());
    let report = lint(CannonMips32::LATEST, &file).unwrap();
    assert!(
        names(&report, u64::from(CODE) + 1) && report.findings[0].what.contains("microMIPS"),
        "{report:#?}"
    );
}

#[test]
fn what_is_not_reached_is_only_counted() {
    // j .; then madd.d, which nothing leads to
    let report = lint(AsteriscRv64, &elf(AsteriscRv64, &[0x6f, 0x43])).unwrap();
    assert!(report.is_clean());
    assert_eq!((report.reached, report.unreached, report.unreached_refused), (1, 1, 1));
}

/// Random programs of each instruction set.
const PROGRAMS: usize = 500;

struct Rng(SplitMix64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// Random programs: words by `word`, some of them any word at all. At least `least` of them must be refused when run.
fn random_programs<T: Causes>(target: T, least: usize, word: fn(u64) -> u32) {
    let mut rng = Rng(SplitMix64::seed_from_u64(1));
    let decoder = Decoder::new(target);
    let mut found = 0;
    for _ in 0..PROGRAMS {
        let code: [u32; 24] = std::array::from_fn(|_| match rng.next() % 12 {
            0 => rng.next() as u32,
            _ => word(rng.next()),
        });
        let file = elf(target, &code);
        // Where a computed jump leaves the program, nothing can be said.
        let inside = |pc: &u64| (u64::from(CODE)..=u64::from(CODE) + 96).contains(pc);
        if let Some(pc) = refused(target, &file, 200).filter(inside) {
            let report = lint_with(target, &decoder, &file).unwrap();
            assert!(names(&report, pc), "refused at {pc:#x}: {code:x?} {report:#?}");
            found += 1;
        }
    }
    assert!(found >= least, "{found} programs are refused");
}

#[test]
fn random_programs_are_refused_only_where_it_is_said() {
    // Without stores: a program that changes its code is beyond the linter.
    random_programs(AsteriscRv64, PROGRAMS / 4, |r| {
        let (rd, rs1, rs2) = ((r >> 8 & 31) as u32, (r >> 16 & 31) as u32, (r >> 24 & 31) as u32);
        let offset = (r >> 40 & 7) as u32;
        match r % 8 {
            0 => 0x63 | rs1 << 15 | rs2 << 20 | (offset + 1) << 8 | ((r >> 48 & 1) as u32) << 12,
            1 => 0x6f | rd << 7 | (2 * offset + 2) << 21,
            2 => 0x17 | rd << 7,
            3 => 0x67 | rd << 7 | rs1 << 15 | (4 * offset) << 20,
            _ => 0x13 | rd << 7 | rs1 << 15 | ((r >> 32 & 0x3c) as u32) << 20,
        }
    });
    random_programs(CannonMips32::LATEST, PROGRAMS / 4, |r| {
        let (rs, rt, rd) = ((r >> 8 & 31) as u32, (r >> 16 & 31) as u32, (r >> 24 & 31) as u32);
        let offset = (r >> 40 & 7) as u32;
        match r % 12 {
            0 => 0x1000_0000 | rs << 21 | rt << 16 | (offset + 1) | ((r >> 48 & 1) as u32) << 26,
            1 => 0x0c00_0000 | (CODE / 4 + 2 * offset),
            2 => 0x0411_0000 | (offset + 2),
            3 => 0x0000_0008 | rs << 21,
            4 | 5 => 0,
            _ => 0x2400_0000 | rs << 21 | rt << 16 | (r >> 32 & 0x3c) as u32 | rd & 1,
        }
    });
}
