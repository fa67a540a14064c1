//! Steps per second of the interpreter, by guest and instruction set; instructions decoded per second.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails shall stop")]

use divan::{Bencher, counter::ItemsCount};
use fpvm_bench::{Guest, MIPS32, RV64, no_preimages};
use isa_traits::{ByteOrder, Concrete, Hart, Isa, Target};

fn main() {
    // As a test, under `cargo test --all-targets`, the runs are too long; the library has tests of the guests.
    if std::env::args().any(|arg| arg == "--bench") {
        divan::main();
    }
}

#[divan::bench(args = RV64, sample_count = 7, sample_size = 1)]
fn run_rv64(bencher: Bencher<'_, '_>, guest: &Guest) {
    run(bencher, guest, rv64::AsteriscRv64);
}

#[divan::bench(args = MIPS32, sample_count = 7, sample_size = 1)]
fn run_mips32(bencher: Bencher<'_, '_>, guest: &Guest) {
    run(bencher, guest, mips32::CannonMips32::default());
}

/// Runs a guest to its end; an item is a step.
fn run<T: Target + Copy>(bencher: Bencher<'_, '_>, guest: &Guest, target: T) {
    let load = || guest.load(target).unwrap();
    let to_its_end = |vm: &mut engine::Vm<T>| {
        vm.run(u64::MAX, &mut no_preimages(), &mut ()).unwrap();
        assert_eq!((vm.state().exited, vm.state().exit_code), (true, 0));
        vm.state().step
    };
    let steps = to_its_end(&mut load());
    bencher.counter(ItemsCount::new(steps)).with_inputs(load).bench_refs(to_its_end);
}

#[divan::bench]
fn decode_rv64(bencher: Bencher<'_, '_>) {
    decode(bencher, RV64[0], rv64::AsteriscRv64);
}

#[divan::bench]
fn decode_mips32(bencher: Bencher<'_, '_>) {
    decode(bencher, MIPS32[0], mips32::CannonMips32::default());
}

/// Decodes the instructions of a guest's first page of code; an item is one of them.
fn decode<T: Target + Copy>(bencher: Bencher<'_, '_>, guest: Guest, target: T) {
    let vm = guest.load(target).unwrap();
    let mut page = [0; engine::memory::PAGE_BYTES];
    vm.memory().read(vm.state().hart.pc().get() & !(page.len() as u64 - 1), &mut page);
    let word = match T::Isa::BYTE_ORDER {
        ByteOrder::Little => u32::from_le_bytes,
        ByteOrder::Big => u32::from_be_bytes,
    };
    let (words, _) = page.as_chunks();
    let words: Vec<u32> =
        words.iter().map(|&bytes| word(bytes)).filter(|&raw| target.decode(raw).is_ok()).collect();
    bencher
        .counter(ItemsCount::new(words.len()))
        .bench(|| words.iter().filter(|&&raw| target.decode(divan::black_box(raw)).is_ok()).count());
}
