//! The root law: whatever was asked of a machine in between, its root is that of a fresh memory with the same
//! contents.

use std::collections::BTreeMap;

use engine::snapshot::Format;
use engine::{Memory, Vm};
use isa_traits::{ByteOrder, Isa, Target};
use mips32::CannonMips32;
use proptest::prelude::*;
use rv64::AsteriscRv64;

use crate::machine::{Preimages, Start, reloaded, run, same_memory, verified};
use crate::{mips32 as mips, rv64 as rv};

const CODE: u64 = 0x1000;
/// The first of the registers with addresses, of those with values, and one to load into.
const BASES: u32 = 8;
const VALUES: u32 = 16;
const LOADED: u32 = 3;
/// Pages that share their place in the tables of recent pages, one that holds the code, ends of pages and of the
/// space.
const PLACES: [u64; 8] = [
    CODE + 0x800,
    0x40_0000,
    0x40_0ff0,
    0x40_0000 + (1024 << 12),
    0x40_0008 + (2048 << 12),
    0x7fff_fff0,
    0u64.wrapping_sub(16),
    0,
];

/// A target whose loads and stores can be written down.
trait Stores: Target {
    const THIS: Self;
    /// log2 of the bytes of its loads and stores.
    const WIDTHS: u32;
    /// Whether an address is brought to a multiple of the width.
    const ALIGNS: bool;

    /// A load or a store of `1 << width` bytes at `offset` from the register `base`.
    fn access(stores: bool, width: u32, register: u32, base: u32, offset: i32) -> u32;
}

impl Stores for AsteriscRv64 {
    const THIS: Self = Self;
    const WIDTHS: u32 = 4;
    const ALIGNS: bool = false;

    fn access(stores: bool, width: u32, register: u32, base: u32, offset: i32) -> u32 {
        use rv64::Op::*;
        if stores {
            rv::encoding::s([Sb, Sh, Sw, Sd][width as usize], base, register, offset)
        } else {
            rv::encoding::i([Lb, Lh, Lw, Ld][width as usize], register, base, offset)
        }
    }
}

impl Stores for CannonMips32 {
    const THIS: Self = Self::LATEST;
    const WIDTHS: u32 = 3;
    const ALIGNS: bool = true;

    fn access(stores: bool, width: u32, register: u32, base: u32, offset: i32) -> u32 {
        use mips32::Op::*;
        let ops = if stores { [Sb, Sh, Sw] } else { [Lb, Lh, Lw] };
        mips::encoding::i(ops[width as usize], register, base, offset)
    }
}

/// An instruction of the program.
#[derive(Clone, Debug)]
struct Access {
    stores: bool,
    width: u32,
    place: usize,
    offset: u8,
    value: usize,
}

/// What is done between two instructions.
#[derive(Clone, Debug)]
enum Deed {
    Run(u64),
    Prove,
    Root,
    Save(Format),
}

fn access<T: Stores>() -> impl Strategy<Value = Access> {
    (prop::bool::weighted(0.8), 0..T::WIDTHS, 0..PLACES.len(), 0u8..40, 0..8usize)
        .prop_map(|(stores, width, place, offset, value)| Access { stores, width, place, offset, value })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1u64..6).prop_map(Deed::Run),
        3 => Just(Deed::Prove),
        3 => Just(Deed::Root),
        1 => Just(Deed::Save(Format::Binary)),
        1 => Just(Deed::Save(Format::Json)),
    ]
}

/// What memory holds, byte by byte.
#[derive(Default)]
struct Contents(BTreeMap<u64, u8>);

impl Contents {
    fn write<T: Target>(&mut self, at: u64, bytes: &[u8]) {
        let space = u64::MAX >> (64 - T::ADDRESS_BITS);
        for (i, &byte) in (0..).zip(bytes) {
            self.0.insert(at.wrapping_add(i) & space, byte);
        }
    }

    /// What the instruction does to them.
    fn apply<T: Stores>(&mut self, access: &Access, values: &[u64; 8]) {
        if access.stores {
            let bytes = 1 << access.width;
            let at = PLACES[access.place].wrapping_add(access.offset.into());
            let at = if T::ALIGNS { at & !(bytes - 1) } else { at };
            let value = values[access.value];
            match T::Isa::BYTE_ORDER {
                ByteOrder::Little => self.write::<T>(at, &value.to_le_bytes()[..bytes as usize]),
                ByteOrder::Big => self.write::<T>(at, &value.to_be_bytes()[8 - bytes as usize..]),
            }
        }
    }

    /// A memory that holds them, and of which nothing was asked; from the end of the space to its beginning.
    fn fresh<T: Target>(&self) -> Memory {
        let mut memory = Memory::new(T::ADDRESS_BITS);
        for (&at, &byte) in self.0.iter().rev() {
            memory.write(at, &[byte]);
        }
        memory
    }

    fn expect<T: Target>(&self, vm: &mut Vm<T>) -> Result<(), TestCaseError> {
        let mut fresh = self.fresh::<T>();
        prop_assert!(same_memory(vm.memory(), &fresh), "step {}: the contents", vm.state().step);
        prop_assert_eq!(&vm.witness()[..32], &fresh.root()[..], "step {}", vm.state().step);
        Ok(())
    }
}

/// Runs the program, with the deeds in between again and again until it ends.
fn the_root_is_that_of_a_fresh_memory<T: Stores>(
    program: &[Access],
    values: &[u64; 8],
    deeds: &[Deed],
) -> Result<(), TestCaseError> {
    let raw = |access: &Access| {
        let register = if access.stores { VALUES + access.value as u32 } else { LOADED };
        let base = BASES + access.place as u32;
        T::access(access.stores, access.width, register, base, access.offset.into())
    };
    let code: Vec<u32> = program.iter().map(raw).collect();
    let start = Start::of(T::THIS, CODE).code(CODE, &code);
    let start = (BASES..).zip(PLACES).fold(start, |start, (register, place)| start.x(register, place));
    let start = (VALUES..).zip(values).fold(start, |start, (register, &value)| start.x(register, value));
    let mut contents = Contents::default();
    for (number, page) in start.memory.pages() {
        // The code is all that is there.
        contents.write::<T>(number * 4096, &page[..]);
    }
    let (mut vm, last) = (start.vm(), program.len() as u64);
    // Each round of the deeds makes a step at least.
    for deed in deeds.iter().chain([&Deed::Run(1)]).cycle() {
        let before = vm.state().step;
        match deed {
            Deed::Run(steps) => prop_assert_eq!(run(&mut vm, last.min(before + steps)), None),
            Deed::Prove => {
                let proof = vm.prove(&mut Preimages, &mut ()).unwrap();
                prop_assert_eq!(verified(T::THIS, &proof), Some(proof.post), "step {}", before);
            }
            Deed::Root => contents.expect(&mut vm)?,
            Deed::Save(Format::Json) if T::STATE_FILES.writes_json => vm = reloaded(&mut vm, Format::Json),
            Deed::Save(_) => vm = reloaded(&mut vm, Format::Binary),
        }
        for access in &program[before as usize..vm.state().step as usize] {
            contents.apply::<T>(access, values);
        }
        if vm.state().step == last {
            break;
        }
    }
    contents.expect(&mut vm)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_root_of_rv64_is_that_of_a_fresh_memory(
        program in prop::collection::vec(access::<AsteriscRv64>(), 1..48),
        values in any::<[u64; 8]>(),
        deeds in prop::collection::vec(deed(), 0..12),
    ) {
        the_root_is_that_of_a_fresh_memory::<AsteriscRv64>(&program, &values, &deeds)?;
    }

    #[test]
    fn the_root_of_mips32_is_that_of_a_fresh_memory(
        program in prop::collection::vec(access::<CannonMips32>(), 1..48),
        values in any::<[u64; 8]>(),
        deeds in prop::collection::vec(deed(), 0..12),
    ) {
        the_root_is_that_of_a_fresh_memory::<CannonMips32>(&program, &values, &deeds)?;
    }
}
