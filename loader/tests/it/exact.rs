//! What is loaded: roots and page counts of the references, patches, warnings, symbols.

use fpvm_loader::{Kind, Loaded, Options, Place, Symbols, Warning, load};
use isa_traits::{Concrete, Elf, Hart, Target};

use crate::program::{CODE, Program, Section, segment};
use crate::targets::{CANNON, Rv64};

/// File, root, pages, entry: `initial-witness`, `load-pages` of the references' manifests.
const RV64: [(&[u8], &str, usize, u64); 3] = [
    (
        include_bytes!("../data/rv64-isa.elf"),
        "a447f1b7aa123627f4a7a0cdf3b9d7060bf9b9f2dac1fe862438ca86f1b9a8cf",
        9,
        0x1187c,
    ),
    (
        include_bytes!("../data/rv64-preimg.elf"),
        "40a2daeaffc756b8de36818a4bacf9d417f6fd303570fdc9d3843e6698e1778c",
        6,
        0x10f38,
    ),
    (
        include_bytes!("../data/rv64-exit1.elf"),
        "e8d19ff77365085cb424dd82cc07d43052409a57d9fd6994b6114a0273ba4993",
        3,
        0x10114,
    ),
];
const MIPS32: [(&[u8], &str, usize, u64); 3] = [
    (
        include_bytes!("../data/mips32-isa.elf"),
        "f564da226c47912f5528110d340f71e889fceac3ba35add36666468982c3e2e4",
        13,
        0x40_1110,
    ),
    (
        include_bytes!("../data/mips32-preimg.elf"),
        "c1c34df5ef75d02088e0d9e225577c2a23d38934a37003c3f50631e4efa90c04",
        11,
        0x40_1c20,
    ),
    (
        include_bytes!("../data/mips32-exit1.elf"),
        "a0d4ca278e4a03b54991fb77486dd9d370a38a06ec74aa2882a4d52f600518b2",
        8,
        0x40_0130,
    ),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn full<T: Target>(target: &T, elf: &[u8]) -> Loaded<T> {
    load(target, elf, Options::default()).unwrap()
}

fn vectors<T: Target>(target: &T, vectors: &[(&[u8], &str, usize, u64)]) {
    for &(elf, root, pages, entry) in vectors {
        let mut loaded = full(target, elf);
        assert_eq!(hex(&loaded.memory.root()), root);
        assert_eq!(loaded.memory.page_count(), pages);
        assert_eq!(loaded.state.hart.pc().get(), entry);
        assert_eq!(loaded.state.heap, target.elf().heap);
        let (register, pointer) = target.elf().stack;
        for (number, value) in loaded.state.hart.x().general().iter().enumerate() {
            let wanted = if number == usize::from(register.number()) { pointer } else { 0 };
            assert_eq!(value.get(), wanted, "register {number}");
        }
        assert_eq!(loaded.warnings, []);
        let start = ["_start", "__start"].into_iter().flat_map(|name| loaded.symbols.named(name)).next();
        assert_eq!(start.map(|symbol| symbol.start), Some(entry));
    }
}

#[test]
fn vectors_have_the_references_roots_and_pages() {
    vectors(&Rv64, &RV64);
    vectors(&CANNON, &MIPS32);
}

#[test]
fn a_file_tells_its_kind() {
    for (elf, ..) in RV64 {
        assert_eq!(Kind::of(elf).unwrap(), Kind::from(Rv64.elf()));
        assert_ne!(Kind::of(&elf[..20]).unwrap(), Kind::from(CANNON.elf()));
    }
    for (elf, ..) in MIPS32 {
        assert_eq!(Kind::of(&elf[..20]).unwrap(), Kind::from(CANNON.elf()));
    }
    assert_eq!(Kind::from(Rv64.elf()).to_string(), "ELF64 little-endian for machine 243 (RISCV)");
}

#[test]
fn bare_means_segments_only() {
    fn bare<T: Target>(target: &T) {
        let program = Program::small(target.elf()).with_symbols(&[("flag.init", 0, 0)]);
        let loaded = load(target, &program.bytes(), Options { bare: true }).unwrap();
        assert_eq!(loaded.memory.page_count(), 1);
        assert!(loaded.state.hart.x().general().iter().all(|&x| x.get() == 0));
        assert_eq!(loaded.state.hart.pc().get(), CODE);
        assert_eq!(loaded.state.heap, target.elf().heap);
        assert_eq!(loaded.warnings, []);
        assert_eq!(loaded.symbols.as_slice().len(), 1);
    }
    bare(&Rv64);
    bare(&CANNON);
}

/// The pages that segments make, without the stack.
fn pages<T: Target>(target: &T, change: impl FnOnce(&mut Program)) -> Vec<u64> {
    let mut program = Program::small(target.elf());
    change(&mut program);
    let loaded = load(target, &program.bytes(), Options { bare: true }).unwrap();
    loaded.memory.pages().map(|(number, _)| number).collect()
}

#[test]
fn segments_make_the_references_pages() {
    fn all<T: Target>(target: &T) {
        assert_eq!(pages(target, |p| p.segments.push(segment(0x6474_e551, 0, &[]))), [0, 0x10]);
        assert_eq!(pages(target, |p| p.segments.push(segment(7, 0x3000, &[1; 4096]))), [3, 4, 0x10]);
        assert_eq!(pages(target, |p| p.segments.push(segment(7, 0x3001, &[1; 4094]))), [3, 0x10]);
        let zeroed = |p: &mut Program| p.segments[0].in_memory = Some(0x2fff);
        assert_eq!(pages(target, zeroed), [0x10, 0x11, 0x12]);
        let zeroed = |p: &mut Program| p.segments[0].in_memory = Some(0x3000);
        assert_eq!(pages(target, zeroed), [0x10, 0x11, 0x12, 0x13]);
        let skipped = target.elf().skipped_header;
        assert_eq!(pages(target, |p| p.segments.push(segment(skipped, 0x3000, &[1; 9]))), [0x10]);
        assert_eq!(pages(target, |p| p.segments.push(segment(1, CODE + 4, &[]))), [0x10]);
    }
    all(&Rv64);
    all(&CANNON);
}

#[test]
fn later_segments_win_and_zeros_are_written() {
    let mut program = Program::small(Rv64.elf());
    program.segments.insert(0, segment(6, CODE, &[7; 32]));
    program.segments[1].data = vec![1; 8];
    program.segments[1].in_memory = Some(16);
    program.segments.push(segment(4, CODE + 4, &[9; 2]));
    let loaded = load(&Rv64, &program.bytes(), Options { bare: true }).unwrap();
    let wanted = [[1, 1, 1, 1], [9, 9, 1, 1], [0; 4], [0; 4], [7; 4], [7; 4], [7; 4], [7; 4]];
    assert_eq!(loaded.memory.leaf(CODE), *wanted.as_flattened());
}

#[test]
fn functions_are_patched_by_their_exact_names() {
    fn patched<T: Target>(target: &T, stub: &[u8], zeroed: [u8; 8]) {
        let mut program = Program::small(target.elf()).with_symbols(&[
            ("runtime.gcenable", CODE + 0x100, 4),
            ("runtime.gcenable2", CODE + 0x120, 4),
            ("flag.init", CODE + 0x140, 4),
            ("flag.init", CODE + 0x160, 4),
            ("runtime.MemProfileRate", CODE + 0x180, 8),
        ]);
        program.segments[0].data = vec![0x55; 0x200];
        let loaded = full(target, &program.bytes());
        let leaf = |offset: u64| loaded.memory.leaf(CODE + offset);
        for offset in [0x100, 0x140, 0x160] {
            assert_eq!(leaf(offset)[..stub.len()], *stub);
            assert_eq!(leaf(offset)[stub.len()..], [0x55; 32][stub.len()..]);
        }
        assert_eq!(leaf(0x120), [0x55; 32]);
        assert_eq!(leaf(0x180)[..8], zeroed);
        assert_eq!(leaf(0x180)[8..], [0x55; 24]);
    }
    patched(&Rv64, &[0x67, 0x80, 0, 0], [0; 8]);
    patched(&CANNON, &[0x03, 0xe0, 0, 8, 0, 0, 0, 0], [0x55; 8]);
}

fn with_build_info(elf: &Elf, version: &str) -> Vec<u8> {
    let mut program = Program::small(elf).with_symbols(&[("main.main", CODE, 8)]);
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(32, 0);
    data.push(version.len() as u8);
    data.extend(version.bytes());
    program.sections.push(Section { name: ".go.buildinfo", kind: 1, link: 0, data });
    program.bytes()
}

#[test]
fn warnings_tell_of_missing_symbols_and_new_go() {
    fn warned<T: Target>(target: &T) {
        let stripped = full(target, &Program::small(target.elf()).bytes());
        assert_eq!(stripped.warnings, [Warning::NoSymbols]);
        assert_eq!(stripped.symbols.at(CODE), Place::Unknown);
        assert_eq!(full(target, &with_build_info(target.elf(), "go1.22.10")).warnings, []);
        let warnings = full(target, &with_build_info(target.elf(), "go1.23.9")).warnings;
        assert_eq!(warnings, [Warning::NewerGo { version: "go1.23.9".into() }]);
        assert!(warnings[0].to_string().contains("built by go1.23.9"), "{}", warnings[0]);
    }
    warned(&Rv64);
    warned(&CANNON);
}

#[test]
fn symbols_are_looked_up_as_in_the_references() {
    let file = Program::small(CANNON.elf()).with_symbols(&[
        ("last", 0x2000, 0),
        ("first", 0x1000, 8),
        ("twin", 0x2000, 4),
        ("", 0x1800, 1),
    ]);
    let symbols = full(&CANNON, &file.bytes()).symbols;
    for (at, name) in [
        (0, "!start"),
        (0xfff, "!start"),
        (0x1000, "first"),
        (0x1008, "first"),
        (0x1009, "!gap"),
        (0x1801, ""),
        (0x2004, "twin"),
        (0x2005, "!gap"),
        (u64::MAX, "!gap"),
    ] {
        assert_eq!(symbols.at(at).to_string(), name, "{at:#x}");
    }
    assert_eq!(Symbols::default().at(0).to_string(), "!unknown");
    assert_eq!(symbols.named("twin").count(), 1);
    assert_eq!(symbols.named("twi").count(), 0);

    let json = serde_json::to_string(&symbols).unwrap();
    assert_eq!(
        json,
        r#"{"symbols":[{"name":"first","start":4096,"size":8},{"name":"","start":6144,"size":1},{"name":"last","start":8192,"size":0},{"name":"twin","start":8192,"size":4}]}"#
    );
    assert_eq!(serde_json::from_str::<Symbols>(&json).unwrap(), symbols);
    let unsorted = r#"{"symbols":[{"name":"b","start":9,"size":0},{"name":"a","start":3,"size":0}]}"#;
    let sorted: Symbols = serde_json::from_str(unsorted).unwrap();
    assert_eq!(sorted.at(4).to_string(), "!gap");
    assert_eq!(sorted.at(3).to_string(), "a");
}
