//! `cargo xtask blocks`: what it takes to execute blocks of an OP chain in the machines.

use crate::{Task, compare, root};
use anyhow::{Context, Result, ensure};
use compare::measure;
use flate2::read::GzDecoder;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

pub(crate) const TASK: Task = Task {
    name: "blocks",
    about: "execute blocks on both machines and write their section of BENCHMARKS.md",
    run: |args| {
        ensure!(args.is_empty(), "there are no arguments, found {args:?}");
        let section = section()?;
        println!("{section}");
        let file = root().join("BENCHMARKS.md");
        let text = fs::read_to_string(&file)?;
        Ok(fs::write(file, with_section(&text, &section))?)
    },
};

const HEADING: &str = "## OP blocks\n";

/// The report of `cargo xtask compare` with this section, which is its last, in place of an earlier one.
fn with_section(text: &str, section: &str) -> String {
    let before = text.find(HEADING).map_or(text, |at| &text[..at]);
    format!("{}\n\n{section}", before.trim_end())
}

/// Runs the program `op-block` once for each block and machine.
pub(crate) fn section() -> Result<String> {
    let fpvm = compare::release_binary()?;
    let blocks = blocks()?;
    let mut text = format!(
        "{HEADING}\nThe program `op-block`, by `cargo xtask blocks` on {}, commit {}, load average before {}. One run \
         each; the time and memory of the whole process.\n\n",
        compare::report::date(),
        compare::report::commit(),
        compare::report::load(),
    );
    text += "| block | gas | pre-images | machine | million steps | seconds | million steps/s | guest memory, MiB | peak, MiB |\n";
    text += "|---|---:|---:|---|---:|---:|---:|---:|---:|\n";
    for (name, file) in blocks {
        let inputs = op_block_inputs::import(&read(&file)?).with_context(|| file.display().to_string())?;
        let store = tempfile::tempdir()?;
        for (key, value) in &inputs.values {
            fs::write(store.path().join(key.to_string()), value)?;
        }
        for machine in ["rv64", "mips32"] {
            eprintln!("{name} {machine}");
            let elf = root().join(format!("programs/prebuilt/op-block.{machine}.elf.gz"));
            let run = measure::fpvm_over(&fpvm, &elf, store.path())?;
            let gas = gas(run.output()).with_context(|| format!("{name} on {machine}: {}", run.output()))?;
            let (report, process) = (&run.report, &run.process);
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            writeln!(
                text,
                "| {name} | {gas} | {} | {machine} | {:.0} | {:.1} | {:.0} | {:.1} | {:.0} |",
                inputs.values.len(),
                report.steps as f64 / 1e6,
                process.wall_seconds,
                report.steps as f64 / 1e6 / process.wall_seconds,
                mib(report.pages * 4096),
                mib(process.peak_bytes),
            )?;
        }
    }
    Ok(text)
}

/// The gas that the program says was used, if it also says that the claim is right.
fn gas(output: &str) -> Option<&str> {
    let right = output.trim_end().ends_with("as claimed");
    let (before, _) = output.split_once(" gas\n")?;
    before.rsplit(' ').next().filter(|_| right)
}

/// Our own blocks, and the real ones beside the repository.
fn blocks() -> Result<BTreeMap<String, PathBuf>> {
    let real = root().join("../shared/data/op-sepolia-blocks");
    if !real.exists() {
        eprintln!("SKIPPED: there are no blocks in {}", real.display());
    }
    let mut blocks = BTreeMap::new();
    for (of, folder) in [("own", root().join("programs/op-block/blocks")), ("OP Sepolia", real)] {
        for file in fs::read_dir(folder).into_iter().flatten() {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = name.split('.').next().unwrap_or_default();
            blocks.insert(format!("{of} {name}"), path);
        }
    }
    ensure!(!blocks.is_empty(), "there are no blocks");
    Ok(blocks)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(file)?;
    if file.extension().is_none_or(|end| end != "gz") {
        return Ok(bytes);
    }
    let mut json = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut json)?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_an_earlier_one() {
        let section = format!("{HEADING}\nnew\n");
        let text = with_section("# Benchmarks\n\n## rv64\n", &section);
        assert_eq!(text, "# Benchmarks\n\n## rv64\n\n## OP blocks\n\nnew\n");
        assert_eq!(with_section(&format!("# Benchmarks\n\n## rv64\n\n{HEADING}\nold\n"), &section), text);
    }

    #[test]
    fn gas_counts_where_the_claim_is_right() {
        let output = "block 42: 10 transactions, 516340 gas\nblock 42: hash 0x9f as claimed\n";
        assert_eq!(gas(output), Some("516340"));
        assert_eq!(gas(&output.replace("as claimed", "claimed 0x00")), None);
    }
}
