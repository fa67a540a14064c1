//! Suites on small programs of our own: what passes, what fails, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod digests;
mod elf;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy_primitives::{B256, keccak256};
use elf::{DATA, elf};
use engine::{Vm, verify};
use flate2::Compression;
use flate2::write::GzEncoder;
use fpvm_conformance::junit;
use fpvm_conformance::modes::run_in_every_mode;
use fpvm_conformance::report::{Case, Outcome, Report};
use fpvm_conformance::suites::{Progress, Setting, Suite, SuiteError};
use fpvm_conformance::vectors::{Program, preimages, quirks};
use loader::Options;
use mips32::CannonMips32;
use oracle::Verified;
use rv64::AsteriscRv64;

/// What it says of itself in `e_flags`.
const PLAIN: u32 = 0;
const RVC: u32 = 1;
const DOUBLE_FLOATS: u32 = 4;

const LI_A7_93: u32 = 93 << 20 | 0x893;
const ECALL: u32 = 0x73;
/// `auipc t0, 1`, which is [`DATA`] where it comes first; `sd a0, 0(t0)`; `j .`
const AUIPC_T0: u32 = 0x1297;
const SD_A0: u32 = 0x00a2_b023;
const LOOP: u32 = 0x6f;

const fn li_a0(value: u32) -> u32 {
    value << 20 | 0x513
}

/// Runs a suite on a folder.
fn run(suite: Suite, folder: &Path) -> Vec<Case> {
    run_for(suite, folder, None)
}

fn run_for(suite: Suite, folder: &Path, max_steps: Option<u64>) -> Vec<Case> {
    let setting = Setting { rv64: AsteriscRv64, mips32: CannonMips32::LATEST, max_steps };
    suite.run(&[folder.to_owned()], setting, &Progress::default()).unwrap()
}

/// The outcome of a single file of a suite, whatever its name.
fn outcome(suite: Suite, name: &str, contents: &[u8]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    run(suite, &path).pop().unwrap().outcome
}

#[track_caller]
fn fails(outcome: Outcome, reason: &str) {
    assert!(
        matches!(&outcome, Outcome::Failed(found) if found.contains(reason)),
        "{outcome:?} lacks {reason}"
    );
}

#[track_caller]
fn is_refused(outcome: Outcome, reason: &str) {
    assert!(
        matches!(&outcome, Outcome::Refused(found) if found.contains(reason)),
        "{outcome:?} lacks {reason}"
    );
}

fn riscv_test(flags: u32, code: &[u32]) -> Outcome {
    outcome(Suite::RiscvTests, "rv64ui-p-own", &elf(flags, code, &[("tohost", DATA)]))
}

#[test]
fn a_riscv_test_passes_by_exit_code_0_or_by_1_at_tohost() {
    assert_eq!(riscv_test(PLAIN, &[LI_A7_93, li_a0(0), ECALL]), Outcome::Passed);
    assert_eq!(riscv_test(PLAIN, &[AUIPC_T0, li_a0(1), SD_A0, LOOP]), Outcome::Passed);
}

#[test]
fn a_test_may_be_compressed() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&elf(PLAIN, &[LI_A7_93, li_a0(0), ECALL], &[])).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(outcome(Suite::RiscvTests, "rv64ui-p-own.gz", &packed), Outcome::Passed);
    let damaged = &packed[..packed.len() - 4];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rv64ui-p-own.gz");
    fs::write(&path, damaged).unwrap();
    let setting = Setting { rv64: AsteriscRv64, mips32: CannonMips32::LATEST, max_steps: None };
    let error = Suite::RiscvTests.run(&[path], setting, &Progress::default()).unwrap_err();
    assert!(error.to_string().contains("compressed with gzip and damaged"), "{error}");
}

#[test]
fn a_riscv_test_that_fails_tells_its_case() {
    fails(riscv_test(PLAIN, &[LI_A7_93, li_a0(7 << 1 | 1), ECALL]), "case 7 failed");
    fails(riscv_test(PLAIN, &[AUIPC_T0, li_a0(9 << 1 | 1), SD_A0, LOOP]), "case 9 failed");
    fails(riscv_test(PLAIN, &[LOOP]), "no end in 10000 steps");
    fails(riscv_test(PLAIN, &[0]), "illegal instruction");
    fails(outcome(Suite::RiscvTests, "rv64ui-p-text", b"text"), "not an ELF file");
}

#[test]
fn what_the_target_is_not_made_for_is_refused_where_the_file_says_it_is_there() {
    // c.nop; fld fa0, 0(t0); fmadd.d
    let (compressed, load, fused) = (0x0001_0001, 0x0002_b507, 0x0000_0043);
    is_refused(riscv_test(RVC, &[compressed]), "compressed");
    is_refused(riscv_test(DOUBLE_FLOATS, &[load]), "floating-point");
    is_refused(riscv_test(DOUBLE_FLOATS, &[fused]), "floating-point");
    // A machine that has gone astray is not excused.
    fails(riscv_test(DOUBLE_FLOATS, &[compressed]), "illegal instruction");
    fails(riscv_test(RVC, &[LI_A7_93, li_a0(3), ECALL]), "case 1 failed");
    is_refused(outcome(Suite::RiscvTests, "rv64ui-v-add", b""), "virtual memory");
    let mips = Program::read("mips32", "exit1").unwrap().elf;
    is_refused(outcome(Suite::RiscvTests, "rv32ui-p-add", &mips), "another machine");
}

#[test]
fn folders_are_searched_by_the_suites_rule() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("isa/deep");
    fs::create_dir_all(&deep).unwrap();
    let good = elf(PLAIN, &[LI_A7_93, li_a0(0), ECALL], &[]);
    let names = ["rv64ui-p-a", "rv64ui-p-a.dump", "rv64ui-p-b.elf", "other"];
    for (name, contents) in names.into_iter().zip([&*good, b"text", &good, &good]) {
        fs::write(deep.join(name), contents).unwrap();
    }
    let found: Vec<String> =
        run(Suite::RiscvTests, folder.path()).into_iter().map(|case| case.name).collect();
    assert_eq!(found, ["isa/deep/rv64ui-p-a", "isa/deep/rv64ui-p-b.elf"]);
    let nowhere = [PathBuf::from("/nowhere")];
    let setting = Setting { rv64: AsteriscRv64, mips32: CannonMips32::LATEST, max_steps: None };
    assert!(matches!(
        Suite::RiscvTests.run(&nowhere, setting, &Progress::default()),
        Err(SuiteError::Read { .. })
    ));
}

#[test]
fn an_architecture_test_leaves_the_signature_of_its_reference() {
    let symbols = [("tohost", DATA), ("begin_signature", DATA), ("end_signature", DATA + 8)];
    let program = elf(PLAIN, &[AUIPC_T0, li_a0(0x123), SD_A0, LOOP], &symbols);
    let cases = [
        ("x.signature", "00000123\n00000000\n", None),
        ("x.elf.signature", "0000000000000123\n", None),
        ("x.reference_output", "00000123\n00000000\n", None),
        ("Reference-sail_c_simulator.signature", "00000123\n00000000\n", None),
        ("x.signature", "00000124\n00000000\n", Some("byte 0 of the signature, at 0x80001000: 0x23")),
        ("x.signature", "00000123\n", Some("8 bytes, and the reference has 4")),
        ("x.signature", "", Some("8 bytes, and the reference has 0")),
        ("x.signature", "no hex", Some("line 1 of the reference signature")),
    ];
    for (name, text, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.elf"), &program).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let outcome = run(Suite::ArchTest, folder.path()).pop().unwrap().outcome;
        match reason {
            None => assert_eq!(outcome, Outcome::Passed, "{name}"),
            Some(reason) => fails(outcome, reason),
        }
    }
    is_refused(outcome(Suite::ArchTest, "x.elf", &program), "no reference signature");
}

/// Code of MIPS32: `li t0, 1; lui t1, 0xbfff; ori t1, 0xfff0`, two stores of a report, `jr ra; nop`.
fn open_mips(done: u32, result: u32) -> Vec<u8> {
    let report = [
        [0x3c09_bfff, 0x3529_fff0].as_slice(),
        &[0x2408_0000 | done, 0xad28_0004, 0x2408_0000 | result, 0xad28_0008],
        &[0x03e0_0008, 0],
    ];
    report.concat().iter().flat_map(|word: &u32| word.to_be_bytes()).collect()
}

#[test]
fn an_open_mips_test_reports_and_returns() {
    assert_eq!(outcome(Suite::OpenMips, "own.bin", &open_mips(1, 1)), Outcome::Passed);
    fails(outcome(Suite::OpenMips, "own.bin", &open_mips(1, 0)), "reports 1 for done and 0 for its result");
    fails(outcome(Suite::OpenMips, "own.bin", &open_mips(0, 1)), "reports 0 for done");
    // b .; nop
    fails(outcome(Suite::OpenMips, "own.bin", &[0x10, 0, 0xff, 0xff, 0, 0, 0, 0]), "no end in 1000 steps");
}

#[test]
fn an_open_mips_test_may_have_to_exit_or_to_trap() {
    // li v0, 4246; li a0, code; syscall
    let exit = |code: u8| [0x24, 2, 16, 0x96, 0x24, 4, 0, code, 0, 0, 0, 12];
    assert_eq!(outcome(Suite::OpenMips, "exit_group.bin", &exit(1)), Outcome::Passed);
    fails(outcome(Suite::OpenMips, "exit_group.bin", &exit(0)), "exited with code 0");
    fails(outcome(Suite::OpenMips, "exit_group.bin", &open_mips(1, 1)), "returned");
    fails(outcome(Suite::OpenMips, "own.bin", &exit(1)), "exited with code 1");
    assert_eq!(outcome(Suite::OpenMips, "own_panic.bin", &[0xff; 4]), Outcome::Passed);
    fails(outcome(Suite::OpenMips, "own_panic.bin", &open_mips(1, 1)), "returned");
    fails(outcome(Suite::OpenMips, "own.bin", &[0xff; 4]), "illegal instruction");
}

fn vectors(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(path)
}

#[test]
fn recorded_programs_pass_in_both_layouts() {
    for isa in ["rv64", "mips32"] {
        let packed = run(Suite::Vectors, &vectors(&format!("{isa}/exit1")));
        assert_eq!(packed.len(), 1);
        assert_eq!(packed[0].outcome, Outcome::Passed);
        let folder = tempfile::tempdir().unwrap();
        unpack(isa, &folder.path().join("exit1"));
        let unpacked = run(Suite::Vectors, folder.path());
        assert_eq!(unpacked[0].name, "exit1");
        assert_eq!((&unpacked[0].outcome, unpacked[0].trace), (&Outcome::Passed, packed[0].trace));
    }
}

/// Writes the recorded program `exit1` with each file on its own.
fn unpack(isa: &str, to: &Path) {
    let text = |name: &str| {
        let file = fs::File::open(vectors(&format!("{isa}/exit1/{name}.gz"))).unwrap();
        std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap()
    };
    fs::create_dir_all(to.join("proofs")).unwrap();
    fs::write(to.join("manifest.json"), text("manifest.json")).unwrap();
    fs::write(to.join("exit1.elf"), Program::read(isa, "exit1").unwrap().elf).unwrap();
    for (i, proof) in text("proofs.jsonl").lines().enumerate() {
        fs::write(to.join(format!("proofs/{i}.json")), proof).unwrap();
    }
}

#[test]
fn recorded_programs_that_are_named_themselves_are_told_apart() {
    let paths = ["rv64/exit1", "mips32/exit1", "rv64/exit1"].map(vectors);
    let setting = Setting { rv64: AsteriscRv64, mips32: CannonMips32::LATEST, max_steps: None };
    let progress = Progress::default();
    let cases = Suite::Vectors.run(&paths, setting, &progress).unwrap();
    let names: Vec<_> = cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(names, [&paths[0], &paths[1]].map(|path| path.display().to_string()));
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    assert_eq!((count(&progress.cases), count(&progress.all)), (2, 2));
    let steps: u64 = cases.iter().map(|case| case.trace.unwrap().steps).sum();
    assert!(progress.steps.load(Ordering::Relaxed) >= steps && steps > 0);
    assert_eq!(run(Suite::Vectors, &paths[0])[0].name, "exit1");
}

#[test]
fn quirks_are_cases_of_their_own_in_both_layouts() {
    for (isa, count) in [("rv64", 34), ("mips32", 37)] {
        let packed = run(Suite::Vectors, &vectors(&format!("{isa}/quirks.json.gz")));
        assert_eq!(packed.len(), count);
        for case in packed {
            assert_eq!(case.outcome, Outcome::Passed, "{}", case.name);
        }
    }
    // In the other layout a list for each instruction set, and the ELF files beside it.
    let file = fs::File::open(vectors("rv64/quirks.json.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let mut list: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    list.truncate(2);
    let quirks = quirks("rv64").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (i, quirk) in list.iter_mut().enumerate() {
        fs::write(folder.path().join(format!("{i}.elf")), &quirks[i].elf).unwrap();
        quirk["elf"] = format!("{i}.elf").into();
    }
    let write = |list: &[serde_json::Value]| {
        fs::write(folder.path().join("quirks.json"), serde_json::json!({ "rv64": list }).to_string())
            .unwrap();
    };
    write(&list);
    let outcomes = || run(Suite::Vectors, folder.path()).into_iter().map(|case| case.outcome);
    assert_eq!(outcomes().collect::<Vec<_>>(), [Outcome::Passed, Outcome::Passed]);
    // A step too many, and a trap too few.
    list[0]["steps"] = 3.into();
    list[1]["error"] = serde_json::Value::Null;
    write(&list);
    let [late, silent] = outcomes().collect::<Vec<_>>().try_into().unwrap();
    fails(late, "the step refused: 2, recorded is 3");
    fails(silent, "system call 101 is refused");
    fs::write(folder.path().join("quirks.json"), "{").unwrap();
    fails(run(Suite::Vectors, folder.path()).remove(0).outcome, "cannot be read");
}

#[test]
fn a_recorded_program_that_was_tampered_with_fails() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("exit1");
    unpack("rv64", &program);
    let proof = program.join("proofs/0.json");
    let good = fs::read_to_string(&proof).unwrap();
    let mut broken: serde_json::Value = serde_json::from_str(&good).unwrap();
    broken["post"] = B256::ZERO.to_string().into();
    fs::write(&proof, broken.to_string()).unwrap();
    fails(run(Suite::Vectors, folder.path()).remove(0).outcome, "post of step");
    fs::remove_file(program.join("exit1.elf")).unwrap();
    fails(run(Suite::Vectors, folder.path()).remove(0).outcome, "cannot be read");
}

#[test]
fn a_run_of_fewer_steps_than_recorded_fails() {
    fails(
        run_for(Suite::Vectors, &vectors("rv64/exit1"), Some(5)).remove(0).outcome,
        "steps, and 5 are allowed",
    );
}

#[test]
fn the_digest_is_that_of_every_proof_and_state_hash() {
    let elf = Program::read("rv64", "exit1").unwrap().elf;
    let loaded = loader::load(&AsteriscRv64, &elf, Options { bare: true }).unwrap();
    let start = Vm::new(AsteriscRv64, loaded.state, loaded.memory, Vec::new());
    let mut oracle = Verified::new(preimages().unwrap());
    let (mut vm, mut digest, mut steps) = (start.clone(), B256::ZERO, 0);
    while !vm.state().exited {
        let proof = vm.prove(&mut oracle, &mut ()).unwrap();
        let (after, status) = verify(&AsteriscRv64, &proof.state, &proof.proof, None).unwrap();
        let hashes =
            [digest, keccak256(&proof.state), keccak256(&proof.proof), after.state_hash(status).into()];
        digest = keccak256(hashes.map(|hash| hash.0).concat());
        steps += 1;
    }
    let ran = run_in_every_mode(start, &mut oracle, u64::MAX, |_| false).unwrap();
    assert_eq!((ran.trace.steps, ran.trace.digest), (steps, digest));
    assert!(steps > 10 && ran.error.is_none());
}

#[test]
fn a_junit_report_has_every_case_and_its_reason() {
    let case = |name: &str, outcome| Case { name: name.to_owned(), outcome, trace: None };
    let cases = vec![
        case("a", Outcome::Passed),
        case("b", Outcome::Failed("1 < 2 & \"so\"".to_owned())),
        case("c", Outcome::Refused("floats".to_owned())),
    ];
    let text = junit::text(&Report::new("own", cases, 9)).unwrap();
    for part in [
        r#"<testsuite name="own" tests="4" skipped="1" errors="0" failures="2">"#,
        r#"<testcase name="a" classname="own"/>"#,
        r#"<failure message="1 &lt; 2 &amp; &quot;so&quot;"/>"#,
        r#"<skipped message="floats"/>"#,
        r#"<failure message="too few: 2 cases were executed, wanted at least 9"/>"#,
    ] {
        assert!(text.contains(part), "lacks {part}: {text}");
    }
}

#[test]
fn a_report_holds_only_with_enough_cases_that_all_pass() {
    let case = |outcome| Case { name: "x".to_owned(), outcome, trace: None };
    let passed = || case(Outcome::Passed);
    let refused = || case(Outcome::Refused("compressed".to_owned()));
    let failed = || case(Outcome::Failed("astray".to_owned()));
    let cases = [
        (vec![], 0, false),
        (vec![refused()], 0, false),
        (vec![passed(), refused()], 1, true),
        (vec![passed(), refused()], 2, false),
        (vec![passed(), failed()], 1, false),
    ];
    for (cases, expected, ok) in cases {
        let report = Report::new("own", cases, expected);
        assert_eq!(report.ok, ok, "{report:?}");
        assert_eq!(report.executed, report.passed + report.failed);
    }
}
