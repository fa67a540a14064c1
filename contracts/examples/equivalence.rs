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
    let (mut chain, mut tally) = (Chain::new(), Tally::default());
    compare(&mut chain, &mut tally, AsteriscRv64, seed, cases);
    compare(&mut chain, &mut tally, CannonMips32::LATEST, seed, cases);
    let references = if chain.has_references() { ", and RISCV.sol and MIPS.sol" } else { "" };
    println!(
        "# Contracts and verifier\n\n\
         Written by `cargo xtask equivalence --cases {cases}`, seed {seed}. Random states and instructions of every row,\n\
         with their calldata as it is and tampered with: `engine::verify`, by the references' rules of decoding, and our\n\
         contract on an EVM{references}. In all {} cases they gave the same hash or refused alike; no tampered proof was\n\
         accepted with another hash.\n\n{}",
        tally.cases(),
        tally.table()
    );
}

fn compare<T: Sample>(chain: &mut Chain, tally: &mut Tally, target: T, seed: u64, cases: u64) {
    let until = tally.cases() + cases;
    for batch in 0.. {
        let left = until.saturating_sub(tally.cases());
        if left == 0 {
            return;
        }
        tally.compare(chain, target, seed << 32 ^ batch, left.min(BATCH));
        eprintln!("{}: {} cases compared", T::NAME, tally.cases());
    }
}
