//! Roots, paths and step proofs.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails shall stop")]

use divan::{Bencher, black_box, counter::ItemsCount};
use fpvm_bench::{Guest, MIPS32, RV64, dirty, no_preimages, touched};
use isa_traits::Target;

/// Pages of 256 MiB.
const PAGES: u64 = 65_536;
/// Steps a guest is run before its steps are proven.
const WARM_UP: u64 = 1_000_000;

fn main() {
    // As a test, under `cargo test --all-targets`, this is too much; the engine has tests of the same.
    if std::env::args().any(|arg| arg == "--bench") {
        divan::main();
    }
}

/// The first root over 256 MiB; an item is a page.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn first_root_of_256_mib(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(PAGES))
        .with_inputs(|| touched(PAGES))
        .bench_local_refs(|memory| memory.root());
}

/// The root of 256 MiB after writes to some pages, as far apart as they can be; an item is such a page.
#[divan::bench(args = [1, 500])]
fn root_after_dirty_pages(bencher: Bencher<'_, '_>, pages: u64) {
    let mut memory = touched(PAGES);
    memory.root();
    let mut value = 0;
    bencher.counter(ItemsCount::new(pages)).bench_local(|| {
        value += 1;
        dirty(&mut memory, pages, PAGES / pages, value);
        memory.root()
    });
}

/// A leaf of 256 MiB and its siblings, all hashes above pages known.
#[divan::bench]
fn path_of_a_leaf(bencher: Bencher<'_, '_>) {
    let mut memory = touched(PAGES);
    memory.root();
    let mut at: u64 = 0;
    bencher.bench_local(|| {
        at = (at + 7919 * 32) % (PAGES * 4096);
        memory.path(at, |hash| {
            black_box(hash);
        });
    });
}

#[divan::bench]
fn prove_step_rv64(bencher: Bencher<'_, '_>) {
    prove(bencher, RV64[5], rv64::AsteriscRv64);
}

#[divan::bench]
fn prove_step_mips32(bencher: Bencher<'_, '_>) {
    prove(bencher, MIPS32[5], mips32::CannonMips32::default());
}

/// Makes and proves one step after the other, each on a tree that is up to date.
fn prove<T: Target>(bencher: Bencher<'_, '_>, guest: Guest, target: T) {
    let mut vm = guest.load(target).unwrap();
    let mut oracle = no_preimages();
    vm.run(WARM_UP, &mut oracle, &mut ()).unwrap();
    vm.state_hash();
    bencher.bench_local(|| vm.prove(&mut oracle, &mut ()).unwrap());
}
