//! The program `claim` from the command line: its verdicts, and what happens without its inputs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{
    ISAS, Run, claim, claim_preimages, copied_claim_preimages, field, folder, local_key, names, run,
};
use flate2::write::GzEncoder;
use fpvm_guest::{Key, Oracle};

fn run_claim(isa: &str, preimages: &Path, more: &[&str]) -> Run {
    run_program(&claim(isa), preimages, more)
}

fn run_program(elf: &Path, preimages: &Path, more: &[&str]) -> Run {
    let mut args: Vec<OsString> = vec!["run".into(), elf.into(), "--preimages".into(), preimages.into()];
    args.extend(more.iter().map(OsString::from));
    run(Path::new("/"), args)
}

/// The inputs in `folder`, with another claimed output root.
fn with_wrong_claim(folder: &Path) -> PathBuf {
    let copy = copied_claim_preimages(folder);
    fs::write(copy.join(local_key(3)), [7; 32]).unwrap();
    copy
}

/// Serves the program where it runs without any machine.
struct Native<'a>(&'a Path);

impl Oracle for Native<'_> {
    fn get(&mut self, key: &Key) -> Vec<u8> {
        let name: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        fs::read(self.0.join(name)).unwrap()
    }

    fn hint(&mut self, _: &str) {}
}

#[test]
fn a_right_claim_is_valid_and_a_wrong_one_invalid_on_both_machines_and_natively() {
    let scratch = folder();
    let wrong = with_wrong_claim(scratch.path());
    for (preimages, code, status) in [(claim_preimages(), 0, "valid"), (wrong, 1, "invalid")] {
        assert_eq!(::claim::run(&mut Native(&preimages)), code, "natively");
        for isa in ISAS {
            // The guest's verdict is a result of the run, not a failure of the tool.
            let run = run_claim(isa, &preimages, &["--json"]).exits(0);
            let report = run.json();
            assert_eq!(field(&report, "status"), status, "{isa}");
            assert_eq!(field(&report, "exitCode"), code.to_string(), "{isa}");
            assert!(field(&report, "stateHash").starts_with(&format!("0x0{code}")), "{isa}: {report}");
            run_claim(isa, &preimages, &["--guest-exit-code"]).exits(code.into());
        }
    }
}

#[test]
fn a_program_may_be_compressed_and_is_found_without_the_ending() {
    let scratch = folder();
    let elf = fs::read(claim("rv64")).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&elf).unwrap();
    let packed = [
        ("gz", gzip.finish().unwrap()),
        ("zst", ruzstd::encoding::compress_to_vec(&*elf, ruzstd::encoding::CompressionLevel::Fastest)),
    ];
    for (ending, bytes) in packed {
        let path = scratch.path().join(format!("{ending}.elf"));
        let with_ending = scratch.path().join(format!("{ending}.elf.{ending}"));
        fs::write(&with_ending, &bytes).unwrap();
        for elf in [&with_ending, &path] {
            run_program(elf, &claim_preimages(), &["--guest-exit-code"]).exits(0);
        }
        fs::write(&with_ending, &bytes[..bytes.len() / 2]).unwrap();
        run_program(&path, &claim_preimages(), &[]).exits(1).says(&[&format!("{ending}.elf"), "and damaged"]);
    }
}

#[test]
fn the_guests_output_goes_to_standard_output_and_the_report_to_standard_error() {
    for isa in ISAS {
        let run = run_claim(isa, &claim_preimages(), &[]).exits(0);
        let report = run.stderr();
        assert!(run.stdout().ends_with("as claimed\n"), "{isa}: {}", run.stdout());
        run.says(&["valid: the guest exited with code 0", "state hash  0x00"]);
        assert!(!report.contains("as claimed") && !report.contains("level=info"), "{isa}: {report}");
    }
}

/// The name of the pre-image that is reached by its hash first: the header of the head.
fn head() -> String {
    let head = fs::read(claim_preimages().join(local_key(1))).unwrap();
    let digits: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("02{}", &digits[2..])
}

#[test]
fn a_missing_pre_image_ends_the_run_naming_key_type_and_step() {
    for isa in ISAS {
        for (key, kind) in [(local_key(1), "local"), (head(), "keccak256")] {
            let scratch = folder();
            let preimages = copied_claim_preimages(scratch.path());
            fs::remove_file(preimages.join(&key)).unwrap();
            run_claim(isa, &preimages, &[])
                .exits(1)
                .says(&["error: step ", &format!("pre-image 0x{key} ({kind}) is missing"), "unfinished"])
                .prints_nothing();
        }
    }
}

#[test]
fn a_changed_or_truncated_pre_image_ends_the_run_naming_key_type_and_step() {
    for isa in ISAS {
        let scratch = folder();
        let file = copied_claim_preimages(scratch.path()).join(head());
        let mut value = fs::read(&file).unwrap();
        value[5] ^= 1;
        for bytes in [value.len(), value.len() - 1, 0] {
            fs::write(&file, &value[..bytes]).unwrap();
            let parts = [
                "error: step ".to_owned(),
                format!("pre-image 0x{} (keccak256) is corrupt", head()),
                format!("the {bytes} bytes from"),
            ];
            run_claim(isa, file.parent().unwrap(), &[])
                .exits(1)
                .says(&parts.each_ref().map(String::as_str))
                .prints_nothing();
        }
    }
}

#[test]
fn a_directory_of_hosts_files_serves_as_well_and_a_cut_file_in_it_is_refused() {
    let scratch = folder();
    fs::write(scratch.path().join("kvformat"), "file").unwrap();
    for name in names(&claim_preimages()) {
        let value = fs::read(claim_preimages().join(&name)).unwrap();
        let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(scratch.path().join(format!("0x{name}.txt")), digits).unwrap();
    }
    run_claim("rv64", scratch.path(), &["--guest-exit-code"]).exits(0);
    let file = scratch.path().join(format!("0x{}.txt", head()));
    let digits = fs::read_to_string(&file).unwrap();
    fs::write(&file, &digits[1..]).unwrap();
    run_claim("rv64", scratch.path(), &[]).exits(1).says(&[&head(), "(keccak256) is truncated", "step "]);
}

#[test]
fn without_any_source_the_first_pre_image_is_missing() {
    for isa in ISAS {
        run(Path::new("/"), ["run".as_ref(), claim(isa).as_os_str()])
            .exits(1)
            .says(&[&local_key(1), "(local)", "step ", "--", "a directory of pre-images"])
            .prints_nothing();
    }
}

#[test]
fn a_directory_that_is_not_there_fails_before_the_run() {
    run_claim("rv64", Path::new("/no/such/folder"), &[]).exits(1).says(&["/no/such/folder"]).prints_nothing();
}

#[test]
fn a_directory_and_a_server_at_once_are_refused() {
    run_claim("rv64", &claim_preimages(), &["--", "true"]).exits(1).says(&["not from both"]).prints_nothing();
}
