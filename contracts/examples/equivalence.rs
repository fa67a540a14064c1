//! `equivalence CASES [SEED]`: compares the contracts with the native verifier on that many random cases of each target,
//! and prints the report. `cargo xtask equivalence` writes it to `contracts/EQUIVALENCE.md`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::Chain;
use common::equivalence::Tally;
use common::random::Sample;
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// Cases between two lines of progress.
const BATCH: u64 = 50_000;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(cases)), Ok(seed)) = (numbers.next(), numbers.next().unwrap_or(Ok(1))) else {
        eprintln!("usage: equivalence CASES [SEED]");
        std::process::exit(1);
    };
    let ((rv64, references), (mips32, _)) =
        rayon::join(|| compare(AsteriscRv64, seed, cases), || compare(CannonMips32::LATEST, seed, cases));
    let references = if references { "; so did RISCV.sol and MIPS.sol" } else { "" };
    let oracle =
        if Chain::has_reference_oracle() { " All steppers read the references' PreimageOracle." } else { "" };
    println!(
        "# Contracts and verifier\n\n\
         Written by `cargo xtask equivalence --cases {cases}`, seed {seed}: random states and instructions of every row, with\n\
         their calldata as it is and tampered with, on an EVM. In all {} cases `engine::verify`, by the references' rules of\n\
         decoding, and our contract gave the same hash or both refused{references}. No flipped bit of a proof was accepted\n\
         with another hash.{oracle}\n\n\
         | target | calldata | accepted by both | refused by both |\n|---|---|---:|---:|\n{}{}",
        rv64.cases() + mips32.cases(),
        rv64.rows(),
        mips32.rows()
    );
}

/// Compares batch by batch, and tells whether the references' contracts were there too.
fn compare<T: Sample>(target: T, seed: u64, cases: u64) -> (Tally, bool) {
    let (mut chain, mut tally) = (Chain::new(), Tally::default());
    for batch in 0.. {
        let left = cases.saturating_sub(tally.cases());
        if left == 0 {
            break;
        }
        tally.compare(&mut chain, target, seed << 32 ^ batch, left.min(BATCH));
        eprintln!("{}: {} cases compared", T::NAME, tally.cases());
    }
    (tally, chain.has_references())
}
