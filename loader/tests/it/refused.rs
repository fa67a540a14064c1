//! What is refused: for each error the files of both classes that cause it.

use fpvm_loader::{Kind, LoadError, MAX_IMAGE_PAGES, Options, load};
use isa_traits::Target;

use crate::program::{CODE, NAMES, Program, SYMBOLS, segment};
use crate::targets::{CANNON, CannonMips32, Rv64};

/// Why a file is refused that is right but for one change.
fn refused<T: Target>(target: &T, change: impl FnOnce(&mut Program)) -> LoadError {
    let mut program = Program::small(target.elf()).with_symbols(&[("main", CODE, 8)]);
    assert!(load(target, &program.bytes(), Options::default()).is_ok());
    change(&mut program);
    let error = load(target, &program.bytes(), Options::default()).unwrap_err();
    assert!(error.to_string().len() > 30, "{error}");
    error
}

fn both(test: impl Fn(&dyn Fn(&dyn Fn(&mut Program)) -> LoadError, u32)) {
    test(&|change| refused(&Rv64, |p| change(p)), Rv64::ADDRESS_BITS);
    test(&|change| refused(&CANNON, |p| change(p)), CannonMips32::ADDRESS_BITS);
}

fn raw<T: Target>(target: &T, file: &[u8]) -> LoadError {
    load(target, file, Options::default()).unwrap_err()
}

#[test]
fn what_is_no_elf_file() {
    assert_eq!(raw(&Rv64, b""), LoadError::NotElf { found: vec![] });
    assert_eq!(raw(&Rv64, b"\x7fEL"), LoadError::NotElf { found: b"\x7fEL".to_vec() });
    assert_eq!(raw(&Rv64, b"#!/bin/sh"), LoadError::NotElf { found: b"#!/b".to_vec() });
    let truncated = LoadError::Truncated { what: "the ELF header", end: 20, bytes: 4 };
    assert_eq!(raw(&Rv64, b"\x7fELF"), truncated);
}

#[test]
fn kinds_the_target_does_not_run() {
    both(|refused, _| {
        assert!(matches!(refused(&|p| p.class = 3), LoadError::Ident { class: 3, .. }));
        assert!(matches!(refused(&|p| p.encoding = 0), LoadError::Ident { data: 0, .. }));
        let changes: [fn(&mut Program); 3] = [|p| p.class ^= 3, |p| p.encoding ^= 3, |p| p.machine = 62];
        for change in changes {
            assert!(matches!(refused(&change), LoadError::Kind { found, wanted } if found != wanted));
        }
        assert_eq!(refused(&|p| p.elf_type = 3), LoadError::Type { found: 3 });
        assert_eq!(refused(&|p| p.elf_type = 1), LoadError::Type { found: 1 });
        let dynamic = refused(&|p| p.segments.push(segment(3, 0, b"/lib/ld.so\0")));
        assert_eq!(dynamic, LoadError::Interpreter { segment: 1 });
    });
    let other = Program::small(CANNON.elf()).bytes();
    let kind = LoadError::Kind { found: Kind::from(CANNON.elf()), wanted: Kind::from(Rv64.elf()) };
    assert_eq!(raw(&Rv64, &other), kind);
    assert_eq!(
        kind.to_string(),
        "the program is ELF32 big-endian for machine 8 (MIPS), wanted ELF64 little-endian for machine 243 (RISCV); \
         compile it for that, or choose the ISA it was compiled for"
    );
}

#[test]
fn tables_that_do_not_fit() {
    both(|refused, bits| {
        let entry = |what, found, wanted| LoadError::EntrySize { what, found, wanted };
        let wanted = if bits == 64 { (56, 64, 24) } else { (32, 40, 16) };
        let error = refused(&|p| p.program_header_bytes -= 1);
        assert_eq!(error, entry("the program header table", wanted.0 - 1, wanted.0));
        let error = refused(&|p| p.section_header_bytes += 8);
        assert_eq!(error, entry("the section header table", wanted.1 + 8, wanted.1));
        let error = refused(&|p| p.sections[SYMBOLS].data.extend([0; 5]));
        assert_eq!(error, entry("the symbol table", 5, wanted.2));
        for link in [0, 4, u32::MAX] {
            let error = refused(&|p| p.sections[SYMBOLS].link = link);
            assert_eq!(error, LoadError::StringTable { found: link, last: 3 });
        }
    });
}

#[test]
fn names_longer_than_the_file() {
    both(|refused, _| {
        let error = refused(&|p| {
            let entry = p.sections[SYMBOLS].data.len() / 2;
            let symbol = p.sections[SYMBOLS].data.split_off(entry);
            p.sections[SYMBOLS].data.extend(symbol.repeat(100));
            p.sections[NAMES].data = [&[0], "x".repeat(9000).as_bytes(), &[0]].concat();
        });
        assert!(matches!(error, LoadError::SymbolNames { limit } if limit < 20_000), "{error}");
    });
}

#[test]
fn segments_that_do_not_fit_the_file() {
    both(|refused, _| {
        let error = refused(&|p| p.segments[0].in_file = Some(0x1_0000));
        assert!(matches!(error, LoadError::Truncated { what: "a segment", end: 0x1_0000.., .. }), "{error}");
        let size =
            |segment, kind, in_file, in_memory| LoadError::SegmentSize { segment, kind, in_file, in_memory };
        assert_eq!(refused(&|p| p.segments[0].in_memory = Some(7)), size(0, 1, 8, 7));
        let thread_local = |p: &mut Program| {
            p.segments.push(segment(7, 0, &[1; 4]));
            p.segments[1].in_memory = Some(68);
        };
        assert_eq!(refused(&thread_local), size(1, 7, 4, 68));
    });
    let huge = |p: &mut Program| {
        p.segments.push(segment(1, 0, &[]));
        p.segments[1].in_file = Some(u64::MAX - 1);
    };
    assert!(matches!(refused(&Rv64, huge), LoadError::Truncated { end: u64::MAX, .. }));
}

#[test]
fn segments_that_do_not_fit_the_address_space() {
    both(|refused, address_bits| {
        let end = u64::MAX >> (64 - address_bits);
        for (at, bytes) in [(end, 1), (end - 7, 8), (end - 4096, end), (0, end)] {
            let error = refused(&|p| {
                p.segments.push(segment(1, at, &[]));
                p.segments[1].in_memory = Some(bytes);
            });
            match error {
                LoadError::AddressSpace { segment: 1, at: found, bytes: size, address_bits: bits } => {
                    assert_eq!((found, size, bits), (at, bytes, address_bits));
                }
                LoadError::TooLarge { .. } => assert_eq!((at, address_bits), (0, 64)),
                LoadError::ImageEnd { .. } => assert_eq!((at, address_bits), (0, 32)),
                other => unreachable!("{other}"),
            }
        }
    });
}

#[test]
fn segments_that_reach_cannons_heap() {
    let limit = 0x0500_0000;
    for (kind, at) in [(1, limit - 8), (1, limit), (4, limit - 8), (6, 0x7fff_0000)] {
        let error = refused(&CANNON, |p| p.segments.push(segment(kind, at, &[0; 8])));
        assert_eq!(error, LoadError::ImageEnd { segment: 1, end: at + 8, limit });
    }
    let mut below = Program::small(CANNON.elf());
    below.segments.push(segment(1, limit - 9, &[0; 8]));
    assert!(load(&CANNON, &below.bytes(), Options::default()).is_ok());
    assert!(load(&CANNON, &Program::small(CANNON.elf()).bytes(), Options::default()).is_ok());
}

#[test]
fn more_than_the_limit() {
    let segments = |p: &mut Program, pages: u64| {
        p.segments.push(segment(1, 1 << 32, &[]));
        p.segments.push(segment(1, 1 << 34, &[]));
        p.segments[2].in_memory = Some((pages - 2) * 4096 - 1);
    };
    let limit = MAX_IMAGE_PAGES;
    let error = refused(&Rv64, |p| segments(p, limit + 1));
    assert_eq!(error, LoadError::TooLarge { segment: 2, found: limit + 1, limit });
    let error = refused(&Rv64, |p| segments(p, 1 << 48));
    assert_eq!(error, LoadError::TooLarge { segment: 2, found: 1 << 48, limit });
}

#[test]
fn segments_that_overlap() {
    both(|refused, _| {
        for (at, bytes, wanted) in [(CODE, 1, (0, 1)), (CODE + 7, 9, (0, 1)), (CODE - 8, 9, (1, 0))] {
            let error = refused(&|p| p.segments.push(segment(1, at, &vec![0; bytes])));
            let (first, second) = wanted;
            assert_eq!(error, LoadError::Overlap { first, second, at: at.max(CODE) });
        }
    });
    for (kind, at) in [(1, CODE + 8), (1, CODE - 8), (4, CODE), (6, CODE + 4)] {
        let mut apart = Program::small(Rv64.elf());
        apart.segments.push(segment(kind, at, &[0; 8]));
        assert!(load(&Rv64, &apart.bytes(), Options::default()).is_ok(), "{kind} {at:#x}");
    }
}

#[test]
fn entries_and_patches_outside_the_program() {
    both(|refused, _| {
        for entry in [0, CODE - 4, CODE + 5, CODE + 8, 0xffff_fffc] {
            assert_eq!(refused(&|p| p.entry = entry), LoadError::Entry { entry });
        }
        assert_eq!(refused(&|p| p.segments.clear()), LoadError::Entry { entry: CODE });
        assert_eq!(refused(&|p| p.segments[0].kind = 4), LoadError::Entry { entry: CODE });
        for at in [0, CODE - 4, CODE + 5, 0xffff_ffff] {
            let error = refused(&|p| *p = p.clone().with_symbols(&[("runtime.check", at, 4)]));
            assert_eq!(error, LoadError::Patch { name: "runtime.check".into(), at });
        }
    });
}
