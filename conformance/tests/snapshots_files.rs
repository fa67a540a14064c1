//! State files of both targets: known answers, the exact text, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod snapshots;

use alloy_primitives::{b256, hex};
use engine::snapshot::{Format, SnapshotError};
use isa_traits::Target;
use mips32::CannonMips32;
use rv64::AsteriscRv64;
use snapshots::files::{CannonFile, RvFile, read_binary, read_json, text, written};
use snapshots::{halfway, state_hash};

#[test]
fn the_empty_state_of_cannon_has_203_bytes_and_the_known_hash() {
    let mut file = CannonFile { next_pc: 4, ..CannonFile::default() }.bytes();
    assert_eq!(file.len(), 203);
    let mut vm = read_binary(CannonMips32::LATEST, &file).unwrap();
    let hash = b256!("035bfc06cffac3c3e48ae14e308edd2c39314896a680ed3241eb35238e1843a0");
    assert_eq!(state_hash(&mut vm), hash);
    assert_eq!(written(&mut vm, Format::Binary), file);
    // Exited, with codes 0 to 3.
    let exited = [
        b256!("0054dc88a2b36652c5881db048b8a67ff634b5fd81b6e493fe7982c56edae775"),
        b256!("01883434370764689de916a5acd365319d43dbe1d8fe25bc018a231bbc19ff41"),
        b256!("02c3eccc979143a516bc5caec522848df693c471d876ad49bd7d840d641bd421"),
        b256!("02b0a65bf0db1764a50e7e93cea4a1460e8f64e43456505e14ce9ca378a52706"),
    ];
    let flags = 1 + 4 + 32 + 6 * 4;
    for (code, hash) in (0..).zip(exited) {
        (file[flags], file[flags + 1]) = (code, 1);
        assert_eq!(state_hash(&mut read_binary(CannonMips32::LATEST, &file).unwrap()), hash, "code {code}");
    }
}

#[test]
fn asteriscs_witness_of_a_state_in_its_contracts_tests_is_read_and_written() {
    // Asterisc RISCV.t.sol:43-63, with a page of our own: its memory is not told.
    let mut file = RvFile { pc: 471_932, step: 1, heap: 0x7f00_0000_0000, ..RvFile::default() };
    file.registers[2] = 1 << 60;
    let mut vm = read_binary(AsteriscRv64, &file.bytes()).unwrap();
    let witness = vm.witness();
    assert_eq!(witness.len(), 362);
    let fields = ["000000000007337c", "00", "00", "0000000000000001", "00007f0000000000"].concat();
    assert_eq!(hex::encode(&witness[72..98]), fields);
    assert_eq!(written(&mut vm, Format::Binary)[..8 + 330], file.bytes()[..8 + 330]);
}

#[test]
fn the_json_of_a_state_is_byte_for_byte_what_gos_encoder_writes() {
    let mut file = RvFile {
        preimage_key: [0x12; 32],
        preimage_offset: 7,
        pc: 0x1_0000,
        exit_code: 3,
        exited: true,
        step: u64::MAX,
        heap: 0x7f00_0000_0000,
        reservation: 16,
        last_hint: b"\0\0\0\x05hi".to_vec(),
        ..RvFile::default()
    };
    file.pages.push((0x10, [0xab; 4096]));
    file.pages.push((1 << 51, [0; 4096]));
    file.registers[31] = u64::MAX;
    let mut vm = read_binary(AsteriscRv64, &file.bytes()).unwrap();
    let found = text(&mut vm).replace(&"ab".repeat(4096), "AB…").replace(&"00".repeat(4096), "00…");
    let golden = include_str!("snapshots/state.json");
    assert_eq!(found, golden);
}

#[test]
fn a_state_without_pages_has_an_empty_array() {
    let mut vm = read_binary(AsteriscRv64, &RvFile::default().bytes()).unwrap();
    assert!(text(&mut vm).starts_with("{\n  \"memory\": [],\n  \"preimageKey\": \"0x0000"));
    assert_eq!(state_hash(&mut read_json(AsteriscRv64, &text(&mut vm)).unwrap()), state_hash(&mut vm));
}

#[test]
fn what_is_missing_in_json_is_zero_as_with_the_references() {
    // As op-challenger's test data has it: an exited state without memory.
    let mut vm = read_json(AsteriscRv64, r#"{"pc": 5, "exited": true, "step": 6, "unknown": [1]}"#).unwrap();
    let file = RvFile { pc: 5, exited: true, step: 6, ..RvFile::default() };
    assert_eq!(state_hash(&mut vm), state_hash(&mut read_binary(AsteriscRv64, &file.bytes()).unwrap()));
}

/// Saves and loads in every format, and compares witnesses and bytes.
fn saving_and_loading_changes_nothing<T: Target + Copy>(target: T, isa: &str) {
    let mut vm = halfway(target, isa);
    let (witness, binary) = (vm.witness(), written(&mut vm, Format::Binary));
    let mut again = read_binary(target, &binary).unwrap();
    assert_eq!(*again.witness(), *witness);
    assert_eq!(again.last_hint(), vm.last_hint());
    assert_eq!(written(&mut again, Format::Binary), binary, "{isa}: the bytes of the same state");
    if T::STATE_FILES.writes_json {
        let json = text(&mut again);
        let mut third = read_json(target, &json).unwrap();
        assert_eq!(*third.witness(), *witness);
        assert_eq!(text(&mut third), json);
        assert_eq!(written(&mut third, Format::Binary), binary);
    }
}

#[test]
fn saving_and_loading_changes_nothing_on_either_target() {
    saving_and_loading_changes_nothing(AsteriscRv64, "rv64");
    saving_and_loading_changes_nothing(CannonMips32::LATEST, "mips32");
}

#[test]
fn pages_are_written_in_ascending_order_whatever_order_they_came_in() {
    let pages = [(9, [9; 4096]), (2, [2; 4096]), (5, [5; 4096])];
    let sorted = [pages[1], pages[2], pages[0]];
    let rv64 = |pages: &[_]| RvFile { pages: pages.to_vec(), ..RvFile::default() }.bytes();
    let mut vm = read_binary(AsteriscRv64, &rv64(&pages)).unwrap();
    let fields_end = rv64(&sorted).len() - (4 + 4 + 32);
    assert_eq!(written(&mut vm, Format::Binary)[..fields_end], rv64(&sorted)[..fields_end]);
    let mips = |pages: &[_]| CannonFile { pages: pages.to_vec(), ..CannonFile::default() }.bytes();
    let mut vm = read_binary(CannonMips32::LATEST, &mips(&pages)).unwrap();
    assert_eq!(written(&mut vm, Format::Binary), mips(&sorted));
}

#[test]
fn a_page_that_stands_twice_counts_as_it_stands_last_in_binary_and_is_refused_in_json() {
    let twice = vec![(5, [1; 4096]), (5, [2; 4096])];
    let rv64 = RvFile { pages: twice.clone(), ..RvFile::default() };
    let last = RvFile { pages: vec![(5, [2; 4096])], ..RvFile::default() };
    let hash = |file: &RvFile| state_hash(&mut read_binary(AsteriscRv64, &file.bytes()).unwrap());
    assert_eq!(hash(&rv64), hash(&last));
    let mips = CannonFile { pages: twice, ..CannonFile::default() };
    assert_eq!(read_binary(CannonMips32::LATEST, &mips.bytes()).unwrap().memory().page_count(), 1);
    let page = format!(r#"{{"index":5,"data":"{}"}}"#, "01".repeat(4096));
    let json = format!(r#"{{"memory":[{page},{page}]}}"#);
    assert!(matches!(read_json(AsteriscRv64, &json), Err(SnapshotError::PageTwice { number: 5 })));
}
