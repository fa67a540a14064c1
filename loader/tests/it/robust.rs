//! Whatever a file holds: a state or an error, in bounded memory.

use fpvm_loader::{LoadError, MAX_IMAGE_PAGES, Options, load};
use isa_traits::Target;
use proptest::prelude::*;

use crate::program::{CODE, Program, segment};
use crate::targets::{CANNON, Rv64};

const RV64: &[u8] = include_bytes!("../data/rv64-exit1.elf");
const MIPS32: &[u8] = include_bytes!("../data/mips32-exit1.elf");

/// Loads, or not, and checks that no more pages come of it than the image, the patches and the stack may take.
fn survives<T: Target>(target: &T, file: &[u8]) -> Result<(), LoadError> {
    const STACK_PAGES: usize = 6;
    let loaded = load(target, file, Options::default())?;
    assert!(loaded.memory.page_count() <= MAX_IMAGE_PAGES as usize + STACK_PAGES);
    let names: usize = loaded.symbols.as_slice().iter().map(|s| s.name.len()).sum();
    assert!(names <= 3 * file.len(), "a byte that is not UTF-8 becomes three");
    Ok(())
}

#[test]
fn a_file_cut_short_is_refused() {
    fn cut<T: Target>(target: &T, file: &[u8]) {
        for bytes in 0..file.len() {
            let error = survives(target, &file[..bytes]).unwrap_err();
            let expected = match bytes {
                0..4 => matches!(error, LoadError::NotElf { .. }),
                _ => matches!(error, LoadError::Truncated { bytes: found, .. } if found == bytes as u64),
            };
            assert!(expected, "{bytes}: {error}");
        }
        assert_eq!(survives(target, file), Ok(()));
    }
    cut(&Rv64, RV64);
    cut(&CANNON, MIPS32);
    cut(&Rv64, &Program::small(Rv64.elf()).with_symbols(&[("main", CODE, 8)]).bytes());
}

/// Values that are more often wrong than random ones.
fn value() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0_u64..0x100,
        Just(0),
        (0_u32..64).prop_map(|bit| 1 << bit),
        (0_u32..64).prop_map(|bit| u64::MAX >> bit),
        Just(CODE),
        Just(u64::MAX - 0xffff),
    ]
}

/// Overwrites 1, 2, 4 or 8 bytes of a file, often in its headers.
fn spoil(file: &mut [u8], changes: Vec<(prop::sample::Index, bool, u64, u32, bool)>) {
    for (place, anywhere, value, log_bytes, big) in changes {
        let bytes = 1 << log_bytes;
        // The headers of the files used here begin at offsets that are multiples of 4.
        let within = if anywhere { file.len() - 8 } else { file.len().min(256) };
        let at = place.index(within) / bytes.min(4) * bytes.min(4);
        let place = &mut file[at..at + bytes];
        let value = if big { value.to_be_bytes() } else { value.to_le_bytes() };
        let part = if big { &value[8 - bytes..] } else { &value[..bytes] };
        place.copy_from_slice(part);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn spoilt_files_are_loaded_or_refused(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<bool>(), value(), 0_u32..4, any::<bool>()),
            1..6,
        ),
    ) {
        for file in [RV64, &Program::small(Rv64.elf()).with_symbols(&[("flag.init", CODE, 8)]).bytes()] {
            let mut file = file.to_vec();
            spoil(&mut file, changes.clone());
            let _ = survives(&Rv64, &file);
        }
        for file in [MIPS32, &Program::small(CANNON.elf()).with_symbols(&[("flag.init", CODE, 8)]).bytes()] {
            let mut file = file.to_vec();
            spoil(&mut file, changes.clone());
            let _ = survives(&CANNON, &file);
        }
    }

    #[test]
    fn any_segments_are_loaded_or_refused(
        segments in prop::collection::vec((0_u32..8, value(), 0_usize..64, prop::option::of(value())), 0..8),
        entry in value(),
    ) {
        fn attempt<T: Target>(
            target: &T,
            segments: &[(u32, u64, usize, Option<u64>)],
            entry: u64,
        ) -> Result<(), LoadError> {
            let mut program = Program::small(target.elf());
            program.entry = entry;
            program.segments.extend(segments.iter().map(|&(kind, at, bytes, in_memory)| {
                let mut segment = segment(kind, at, &vec![1; bytes]);
                segment.in_memory = in_memory;
                segment
            }));
            survives(target, &program.bytes())
        }
        let _ = attempt(&Rv64, &segments, entry);
        let _ = attempt(&CANNON, &segments, entry);
    }
}

#[test]
fn many_empty_segments_stay_within_the_limit() {
    let mut program = Program::small(Rv64.elf());
    program.segments.extend((0..65_000).map(|n| segment(0, n << 30, &[])));
    let loaded = load(&Rv64, &program.bytes(), Options::default()).unwrap();
    assert_eq!(
        loaded.memory.page_count(),
        65_002,
        "the code is in a page that is there already, the stack not"
    );
}
