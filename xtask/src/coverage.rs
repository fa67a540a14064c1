//! `cargo xtask coverage`: which lines of the machines the tests execute.

use crate::{Task, report, root};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const TASK: Task = Task {
    name: "coverage",
    about: "count which lines of engine, rv64 and mips32 tests execute, by cargo-llvm-cov, into conformance/REPORT.md; \
            [--from FILE: only the report, from what cargo-llvm-cov wrote with --lcov]",
    run,
};

/// What is counted.
const CRATES: [&str; 3] = ["engine", "rv64", "mips32"];
/// Whose tests are run.
const TESTED: [&str; 4] = ["fpvm-engine", "fpvm-rv64", "fpvm-mips32", "fpvm-conformance"];
/// Of the lines of each crate, in percent.
const LEAST: f64 = 95.0;

/// How often the lines of a file were executed, by number from 1.
type Lines = BTreeMap<usize, u64>;

/// The lines of a crate.
#[derive(Default)]
struct Count {
    executed: usize,
    all: usize,
}

impl Count {
    fn percent(&self) -> f64 {
        100.0 * self.executed as f64 / self.all.max(1) as f64
    }
}

fn run(args: &[String]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let lcov = match *words.as_slice() {
        [] => measure()?,
        ["--from", file] => PathBuf::from(file),
        _ => bail!("no such arguments: {args:?}"),
    };
    let lcov = fs::read_to_string(&lcov).with_context(|| lcov.display().to_string())?;
    let mut counts = CRATES.map(|_| Count::default());
    for (file, lines) in parse(&lcov, &root()) {
        let of = CRATES.iter().position(|name| file.starts_with(&format!("{name}/src/")));
        let Some(count) = of.map(|of| &mut counts[of]).filter(|_| !is_test(&file)) else { continue };
        let text = fs::read_to_string(root().join(&file)).with_context(|| file.clone())?;
        let lines: Lines = lines.into_iter().filter(|(line, _)| *line < tests_begin(&text)).collect();
        let missed: Vec<_> = lines.iter().filter(|(_, count)| **count == 0).map(|(line, _)| line).collect();
        if !missed.is_empty() {
            eprintln!("{file}: not executed: {missed:?}");
        }
        count.executed += lines.len() - missed.len();
        count.all += lines.len();
    }
    let text = section(&counts)?;
    println!("{text}");
    report::write("coverage", &text)?;
    for (name, count) in CRATES.iter().zip(&counts) {
        ensure!(
            count.percent() >= LEAST,
            "tests execute {:.1} % of the lines of {name}, wanted {LEAST}",
            count.percent()
        );
    }
    Ok(())
}

/// Runs the tests, counting; yields the file with what was counted.
fn measure() -> Result<PathBuf> {
    let cargo = || Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let there = cargo().args(["llvm-cov", "--version"]).output().is_ok_and(|output| output.status.success());
    ensure!(
        there,
        "cargo-llvm-cov is missing; install it with: cargo install cargo-llvm-cov --locked && rustup component add \
         llvm-tools"
    );
    let target = root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let lcov = target.join("coverage.lcov");
    let mut tests = cargo();
    tests.current_dir(root()).args(["llvm-cov", "test", "--locked", "--lcov", "--output-path"]).arg(&lcov);
    tests.args(TESTED.iter().flat_map(|package| ["-p", package]));
    ensure!(tests.status()?.success(), "the tests failed, or were not counted");
    Ok(lcov)
}

/// The counts of the files below `root`: of each file a record begins with `SF:` and its name, and has lines `DA:` with
/// number and count.
fn parse(lcov: &str, root: &Path) -> BTreeMap<String, Lines> {
    let mut files = BTreeMap::<String, Lines>::new();
    let mut file = None;
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = Path::new(path).strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
        } else if let (Some(file), Some(counted)) = (&file, line.strip_prefix("DA:")) {
            let mut numbers = counted.split(',').map(str::parse::<u64>);
            if let (Some(Ok(number)), Some(Ok(count))) = (numbers.next(), numbers.next()) {
                *files.entry(file.clone()).or_default().entry(number as usize).or_default() += count;
            }
        }
    }
    files
}

/// Whether a file has nothing but tests, and what they need.
fn is_test(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    file.contains("/tests/") || ["tests.rs", "testing.rs", "known_answers.rs"].contains(&name)
}

/// The line from which on a file has nothing but tests.
fn tests_begin(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let begins =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod") && pair[1].ends_with('{');
    lines.windows(2).position(begins).map_or(usize::MAX, |index| index + 1)
}

fn section(counts: &[Count]) -> Result<String> {
    let mut text = format!(
        "## Lines that tests execute (`cargo xtask coverage`)\n\nOf {}, by cargo-llvm-cov: tests of {}. Tests themselves are \
         not counted.\n\n| crate | lines | executed | |\n|---|---:|---:|---:|\n",
        report::origin()?,
        TESTED.map(|package| format!("`{package}`")).join(", ")
    );
    for (name, count) in CRATES.iter().zip(counts) {
        let &Count { executed, all } = count;
        text += &format!("| `{name}` | {all} | {executed} | **{:.1} %** |\n", count.percent());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_file_are_added_up() {
        let lcov = "SF:/r/engine/src/a.rs\nDA:1,2\nDA:3,0\nend_of_record\nSF:/r/engine/src/a.rs\nDA:3,5\nSF:/else/b.rs\nDA:1,1\n";
        let files = parse(lcov, Path::new("/r"));
        assert_eq!(files.len(), 1);
        assert_eq!(files["engine/src/a.rs"], Lines::from([(1, 2), (3, 5)]));
    }

    #[test]
    fn tests_are_not_counted() {
        assert_eq!(tests_begin("fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n"), 3);
        assert_eq!(tests_begin("#[cfg(test)]\nmod tests;\nfn a() {}\n"), usize::MAX);
        assert!(
            is_test("engine/src/memory/tests.rs")
                && is_test("mips32/src/testing.rs")
                && !is_test("rv64/src/op.rs")
        );
    }
}
