//! `disputes COUNT [SEED]`: plays that many disputes in memory on each target, between a right machine and one with a bug,
//! and prints the report. `cargo xtask disputes` writes it to `contracts/DISPUTES.md`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::claim::{MIPS32_ELF, RV64_ELF, loaded};
use common::disputes::{Played, honest_always_wins};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(count)), Ok(seed)) = (numbers.next(), numbers.next().unwrap_or(Ok(1))) else {
        eprintln!("usage: disputes COUNT [SEED]");
        std::process::exit(1);
    };
    let (rv64, mips32) = rayon::join(
        || honest_always_wins(&loaded(AsteriscRv64, RV64_ELF), seed, count),
        || honest_always_wins(&loaded(CannonMips32::LATEST, MIPS32_ELF), seed, count),
    );
    println!(
        "# Disputes\n\n\
         Written by `cargo xtask disputes --count {count}`, seed {seed}: disputes about the program `claim` on an EVM under\n\
         Osaka, between a machine that is right and one that makes one step wrong and goes on from there: at the first\n\
         step, the last one, steps that read pre-images, and anywhere. In all {} disputes the game came down to the\n\
         step with the bug, the verifier had the hash that the right machine has, and the right side won.\n\n\
         | target | bug | right side | disputes | gas of the right side, least and greatest |\n|---|---|---|---:|---:|",
        rv64.disputes() + mips32.disputes(),
    );
    for (target, played) in [("asterisc-rv64", &rv64), ("cannon-mips32", &mips32)] {
        for ((bug, side), count) in &played.counts {
            let gas = count.honest_gas.map_or_else(String::new, |(least, most)| {
                format!("{:.0} k / {:.0} k", least as f64 / 1000.0, most as f64 / 1000.0)
            });
            println!("| {target} | {bug} | {side} | {} | {gas} |", count.disputes);
        }
    }
    let sum = |value: fn(&Played) -> u64| value(&rv64) + value(&mips32);
    println!(
        "\nIn {} of them the step read a pre-image, and the right side loaded the part that it read. {} claims were those of\n\
         a machine that had not ended valid, and said so nonetheless. {} more bugs left no trace at the end of the\n\
         program, so that nobody had anything to dispute.",
        sum(|played| played.loads),
        sum(|played| played.forged),
        sum(|played| played.healed),
    );
}
