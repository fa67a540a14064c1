//! Help and errors of usage.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::path::Path;

use common::elf::{Ending, tiny};
use common::{folder, run};

fn help(command: &str) -> String {
    run(Path::new("/"), [command, "--help"]).exits(0).says(&[]).stdout()
}

#[test]
fn run_tells_its_flags() {
    insta::assert_snapshot!("run", help("run"));
}

#[test]
fn load_elf_tells_its_flags() {
    insta::assert_snapshot!("load-elf", help("load-elf"));
}

#[test]
fn witness_tells_its_flags() {
    insta::assert_snapshot!("witness", help("witness"));
}

#[cfg(feature = "dispute")]
#[test]
fn dispute_tells_its_flags() {
    insta::assert_snapshot!("dispute", help("dispute"));
}

/// The names of the commands in the tool's help.
fn commands() -> Vec<String> {
    let text = run(Path::new("/"), ["--help"]).exits(0).stdout();
    let lines = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_command_has_help_without_escape_codes_that_fits_a_narrow_window() {
    let commands = commands();
    for known in ["run", "load-elf", "witness"] {
        assert!(commands.iter().any(|command| command == known), "{commands:?} lacks {known}");
    }
    for command in commands.iter().filter(|command| *command != "help") {
        let text = help(command);
        assert!(text.contains(&format!("Usage: fpvm {command}")), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let version = run(Path::new("/"), ["--version"]).exits(0).stdout();
    assert_eq!(version, concat!("fpvm ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn errors_of_usage_exit_with_1_as_2_means_a_trap() {
    let cases: [(&[&str], &str); 15] = [
        (&[], "Usage: fpvm"),
        (&["fly"], "unrecognized subcommand 'fly'"),
        (&["run"], "<ELF>"),
        (&["run", "a.elf", "--input", "b.bin"], "cannot be used with"),
        (&["run", "a.elf", "b.elf"], "unexpected argument 'b.elf'"),
        (&["run", "a.elf", "--stop-at", "sometimes"], "'sometimes' is no pattern"),
        (&["run", "a.elf", "--info-at", "%0"], "no step is a multiple of 0"),
        (&["run", "a.elf", "--isa", "x86"], "possible values: rv64, mips"),
        (&["run", "a.elf", "--target", "cannon-mips32@9"], "known: asterisc-rv64@1.3.0"),
        (&["run", "a.elf", "--host-timeout", "-1"], "unexpected argument"),
        (&["run", "a.elf", "--host-timeout", "0"], "wanted: a number above 0"),
        (&["run", "a.elf", "--stop-at-preimage", "0xzz"], "no hex"),
        (&["run", "a.elf", "--stop-at-preimage-type", "sha"], "possible values: local, keccak, sha256"),
        (&["load-elf"], "--path"),
        (&["witness", "--input"], "a value is required"),
    ];
    for (args, message) in cases {
        let run = run(Path::new("/"), args).exits(1).says(&[message]).prints_nothing();
        assert!(!run.stderr().contains('\x1b'), "escape codes in a pipe: {}", run.stderr());
    }
}

#[test]
fn an_input_that_is_not_there_or_no_program_is_named() {
    let scratch = folder();
    std::fs::write(scratch.path().join("text.elf"), "no program").unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["run", "none.elf"], "cannot read none.elf"),
        (&["run", "text.elf"], "cannot run text.elf"),
        (&["run", "--input", "none.bin", "--meta", ""], "cannot open none.bin"),
        (&["load-elf", "--path", "none.elf"], "cannot read none.elf"),
        (&["witness", "--input", "none.json"], "cannot open none.json"),
    ];
    for (args, message) in cases {
        run(scratch.path(), args).exits(1).says(&["error: ", message]).prints_nothing();
    }
}

#[test]
fn an_input_of_one_instruction_set_is_refused_where_the_other_is_named() {
    let scratch = folder();
    for (isa, other, target) in [("rv64", "mips", "cannon-mips32"), ("mips32", "rv64", "asterisc-rv64")] {
        let elf = tiny(scratch.path(), isa, Ending::Exit(0));
        let elf = elf.to_str().unwrap();
        for args in [["--isa", other], ["--target", target]] {
            run(scratch.path(), ["run", elf].into_iter().chain(args))
                .exits(1)
                .says(&["the input is for", args[0]]);
            run(scratch.path(), ["load-elf", "--path", elf].into_iter().chain(args))
                .exits(1)
                .says(&[args[0]]);
        }
    }
    let elf = tiny(scratch.path(), "rv64", Ending::Exit(0));
    run(scratch.path(), ["load-elf", "--type", "singlethreaded-2", "--path", elf.to_str().unwrap()])
        .exits(1)
        .says(&["--type is for Cannon's states"]);
    run(scratch.path(), ["load-elf", "--type", "multithreaded64", "--path", elf.to_str().unwrap()])
        .exits(1)
        .says(&["possible values: singlethreaded-2"]);
}
