//! `fpvm lint` and `fpvm decode-map`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use common::elf::{Ending, tiny};
use common::{ISAS, field, folder, run};

#[test]
fn a_clean_program_exits_with_0_and_one_that_would_be_refused_with_1() {
    let scratch = folder();
    for isa in ISAS {
        let clean = tiny(scratch.path(), isa, Ending::Exit(0));
        let text = run(scratch.path(), ["lint", clean.to_str().unwrap()]).exits(0).stdout();
        assert!(text.ends_with("clean: nothing that can be reached is refused\n"), "{text}");
        let trap = tiny(scratch.path(), isa, Ending::Trap);
        let text = run(scratch.path(), ["lint", trap.to_str().unwrap()]).exits(1).stdout();
        assert!(text.starts_with("refused  ") && text.ends_with("not clean\n"), "{text}");
        let report = run(scratch.path(), ["lint", trap.to_str().unwrap(), "--json"]).exits(1).json();
        let finding = &report["findings"][0];
        assert_eq!(field(finding, "level"), "refused");
        assert!(finding["places"][0]["pc"].as_u64().unwrap() > 0, "{report}");
    }
}

#[test]
fn floating_point_is_refused_or_does_nothing_and_is_named() {
    let scratch = folder();
    let lint =
        |isa| run(scratch.path(), ["lint", tiny(scratch.path(), isa, Ending::Float).to_str().unwrap()]);
    let text = lint("mips32").exits(1).stdout();
    assert!(text.starts_with("refused  a floating-point operation\n         1 place: "), "{text}");
    let text = lint("rv64").exits(0).stdout();
    assert!(text.starts_with("differs  a floating-point operation, which does nothing\n"), "{text}");
    let last = "nothing that can be reached is refused, but what differs may change results\n";
    assert!(text.ends_with(last), "{text}");
}

#[test]
fn what_is_no_program_for_the_target_is_said() {
    let scratch = folder();
    let elf = tiny(scratch.path(), "rv64", Ending::Exit(0));
    let args = ["lint", elf.to_str().unwrap(), "--target", "cannon-mips32"];
    run(scratch.path(), args).exits(1).says(&["the input is for rv64"]);
    run(scratch.path(), ["lint", "none.elf"]).exits(1).says(&["cannot read none.elf"]);
}

#[test]
fn a_decode_map_has_the_digest_of_its_sample() {
    let args = ["decode-map", "--sample", "--target", "asterisc-rv64"];
    let text = run(std::path::Path::new("/"), args).exits(0).stdout();
    let digest = text.lines().find(|line| line.starts_with("Digest of the sample")).unwrap();
    assert!(include_str!("../../conformance/DECODE.md").contains(digest), "{digest}");
    assert!(!text.contains("cannon-mips32"), "{text}");
}
