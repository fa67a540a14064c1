//! Roots, paths and step proofs.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails shall stop")]

use divan::{Bencher, black_box, counter::ItemsCount};
use engine::memory::PairHasher;
use fpvm_bench::{Guest, MIPS32, RV64, dirty, no_preimages, touched};
use isa_traits::Target;

/// Pages of 256 MiB.
const PAGES: u64 = 65_536;
/// Pages of 1 GiB.
const GIB: u64 = 262_144;
/// Hashes of a page: one for each node above its leaves.
const HASHES_PER_PAGE: u64 = 127;
/// Nodes right above the leaves of 64 pages: their pairs of leaves are read from the processor's caches.
const PAIRS: usize = 64 * 64;
/// Steps a guest is run before its steps are proven.
const WARM_UP: u64 = 1_000_000;

fn main() {
    // As a test, under `cargo test --all-targets`, this is too much; the engine has tests of the same.
    if std::env::args().any(|arg| arg == "--bench") {
        divan::main();
    }
}

/// The first root over 1 GiB, on all cores; an item is a hash of two nodes.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn first_root_of_1_gib(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(GIB * HASHES_PER_PAGE))
        .with_inputs(|| touched(GIB))
        .bench_local_refs(|memory| memory.root());
}

/// The nodes above the leaves of some pages, on one thread, by each hasher that this processor can run; an item is a hash.
#[divan::bench(args = PairHasher::detected())]
fn parents_by(bencher: Bencher<'_, '_>, hasher: PairHasher) {
    let (pairs, mut parents) = (vec![[1; 64]; PAIRS], vec![[0; 32]; PAIRS]);
    bencher.counter(ItemsCount::new(PAIRS)).bench_local(|| hasher.hash(black_box(&pairs), &mut parents));
}

/// What such a hash costs where each is computed alone, by `sha3` on one thread: the measure for the lines above.
#[divan::bench]
fn parent_by_sha3(bencher: Bencher<'_, '_>) {
    let mut node = [1; 32];
    bencher.counter(ItemsCount::new(1u64)).bench_local(|| {
        node = engine::parent(&node, &node);
        node
    });
}

/// The root of 256 MiB after writes to some pages, as far apart as they can be; an item is such a page.
#[divan::bench(args = [1, 20, 200, 500])]
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

/// A run of some 100 M steps, plain and with a root every 10 M of them; an item is a step.
#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn run_with_roots(bencher: Bencher<'_, '_>, roots: bool) {
    const STEPS: u64 = 100_000_000;
    let load = || RV64[3].load(rv64::AsteriscRv64).unwrap();
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(load).bench_local_refs(|vm| {
        for until in (1..=10).map(|part| part * STEPS / 10) {
            vm.run(until, &mut no_preimages(), &mut ()).unwrap();
            if roots {
                black_box(vm.state_hash());
            }
        }
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
