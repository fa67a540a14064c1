//! State files by name: formats and compression, states of the references, and files that are broken.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::cannon::legacy_json;
use common::{ISAS, Run, field, folder, initial_state, recorded, recorded_elf, run, state_hash, unpacked};
use flate2::Compression;
use flate2::write::GzEncoder;

fn witness(state: &Path, more: &[&str]) -> Run {
    run(
        Path::new("/"),
        ["witness".as_ref(), "--input".as_ref(), state.as_os_str()]
            .into_iter()
            .chain(more.iter().map(AsRef::as_ref)),
    )
}

/// Runs a state for no step and saves it under another name.
fn saved_again(folder: &Path, state: &Path, name: &str) -> PathBuf {
    let to = folder.join(name);
    let args = ["run".as_ref(), "--input".as_ref(), state.as_os_str(), "--meta".as_ref(), "".as_ref()];
    let more = ["--stop-at".as_ref(), "always".as_ref(), "--output".as_ref(), to.as_os_str()];
    run(folder, args.into_iter().chain(more)).exits(0);
    to
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The first state of a recorded program, as `folder/NAME`.
fn first_state(folder: &Path, isa: &str, name: &str) -> PathBuf {
    initial_state(folder, &recorded_elf(folder, isa, "exit1"), name)
}

#[test]
fn a_state_is_the_same_in_every_format_and_saved_again_in_the_same_bytes() {
    let cases: [(&str, &[&str]); 2] = [
        ("rv64", &["a.json", "a.json.gz", "a.bin", "a.bin.gz", "a.gz", "a", "a.bin.json"]),
        ("mips32", &["a.bin", "a.bin.gz"]),
    ];
    for (isa, names) in cases {
        let scratch = folder();
        let hash = recorded(isa, "exit1").manifest.initial_hash.to_string();
        for name in names {
            let state = first_state(scratch.path(), isa, name);
            assert_eq!(fs::read(&state).unwrap().starts_with(&[0x1f, 0x8b]), name.ends_with(".gz"), "{name}");
            let binary = name.ends_with(".bin") || name.ends_with(".bin.gz");
            assert_eq!(unpacked(&state).starts_with(b"{\n  \"memory\": ["), !binary, "{name}");
            assert_eq!(field(&witness(&state, &["--strict"]).exits(0).json(), "stateHash"), hash, "{name}");
            for other in names {
                let again = saved_again(scratch.path(), &state, &format!("again-{other}"));
                assert_eq!(state_hash(&again), hash, "{name} as {other}");
                if other == name {
                    assert_eq!(unpacked(&again), unpacked(&state), "{name}");
                }
            }
        }
    }
}

#[test]
fn load_elf_writes_to_standard_output_where_states_have_json() {
    let scratch = folder();
    for isa in ISAS {
        let elf = recorded_elf(scratch.path(), isa, "exit1");
        let args = ["load-elf".as_ref(), "--path".as_ref(), elf.as_os_str(), "--meta".as_ref(), "".as_ref()];
        let run = run(scratch.path(), args.into_iter().chain(["--out".as_ref(), "-".as_ref()]));
        if isa == "rv64" {
            let hash = recorded(isa, "exit1").manifest.initial_hash.to_string();
            assert_eq!(field(&run.exits(0).json(), "stateHash"), hash);
        } else {
            run.exits(1).says(&["have no JSON form", ".bin or .bin.gz"]).prints_nothing();
        }
    }
}

#[test]
fn metadata_lists_symbols_by_address() {
    let scratch = folder();
    let elf = common::elf::tiny(scratch.path(), "rv64", common::elf::Ending::Exit(0));
    run(scratch.path(), ["load-elf".as_ref(), "--path".as_ref(), elf.as_os_str()]).exits(0).prints_nothing();
    insta::assert_snapshot!(fs::read_to_string(scratch.path().join("meta.json")).unwrap(), @r#"
    {
      "symbols": [
        {
          "name": "start",
          "start": 65536,
          "size": 12
        }
      ]
    }
    "#);
    assert!(scratch.path().join("state.bin.gz").exists());
}

#[test]
fn witness_prints_the_union_of_both_references_keys_and_writes_the_bytes() {
    for (isa, bytes) in [("rv64", 362), ("mips32", 226)] {
        let scratch = folder();
        let (state, raw) = (first_state(scratch.path(), isa, "state.bin.gz"), scratch.path().join("raw"));
        let printed = witness(&state, &["--output", raw.to_str().unwrap()]).exits(0).says(&[]).json();
        let manifest = recorded(isa, "exit1").manifest;
        let keys: Vec<_> = printed.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["exitCode", "exited", "pc", "stateHash", "step", "witness", "witnessHash"]);
        assert_eq!(field(&printed, "witness"), manifest.initial_witness.to_string());
        assert_eq!(field(&printed, "witnessHash"), field(&printed, "stateHash"));
        assert_eq!(fs::read(raw).unwrap(), manifest.initial_witness.to_vec());
        assert_eq!(manifest.initial_witness.len(), bytes);
    }
}

#[test]
fn the_json_states_of_older_cannons_are_read_and_run_to_the_same_end() {
    let scratch = folder();
    let binary = first_state(scratch.path(), "mips32", "state.bin");
    let json = legacy_json(&fs::read(&binary).unwrap());
    let manifest = recorded("mips32", "exit1").manifest;
    let plain = scratch.path().join("state.json");
    fs::write(&plain, &json).unwrap();
    let packed = scratch.path().join("state.json.gz");
    fs::write(&packed, compressed(json.as_bytes())).unwrap();
    for state in [plain, packed] {
        assert_eq!(state_hash(&state), manifest.initial_hash.to_string());
        assert_eq!(unpacked(&saved_again(scratch.path(), &state, "again.bin")), fs::read(&binary).unwrap());
        let args = ["run".as_ref(), "--input".as_ref(), state.as_os_str(), "--meta".as_ref(), "".as_ref()];
        // The default output has another form: states of this target are not written as JSON.
        run(scratch.path(), args).exits(0);
        assert_eq!(state_hash(&scratch.path().join("out.bin.gz")), manifest.final_hash.to_string());
    }
}

#[test]
fn a_state_of_one_instruction_set_is_refused_where_the_other_is_named() {
    let scratch = folder();
    let mips = first_state(scratch.path(), "mips32", "mips.bin");
    let mips_json = scratch.path().join("mips.json");
    fs::write(&mips_json, legacy_json(&fs::read(&mips).unwrap())).unwrap();
    let rv64 = ["rv64.json", "rv64.bin.gz"].map(|name| first_state(scratch.path(), "rv64", name));
    for (state, other) in [(&mips, "rv64"), (&mips_json, "rv64"), (&rv64[0], "mips"), (&rv64[1], "mips")] {
        witness(state, &["--isa", other]).exits(1).says(&["the input is for", "--isa"]).prints_nothing();
    }
}

#[test]
fn json_with_the_keys_of_neither_is_read_only_as_what_the_user_says_it_is() {
    let scratch = folder();
    let state = scratch.path().join("state.json");
    fs::write(&state, r#"{"pc": 5, "exited": true, "step": 6}"#).unwrap();
    witness(&state, &[]).exits(1).says(&["loadReservation (rv64)", "nextPC (mips)"]);
    let printed = witness(&state, &["--isa", "rv64"]).exits(0).json();
    assert_eq!((field(&printed, "pc"), field(&printed, "step")), ("5".into(), "6".into()));
    fs::write(&state, "{}").unwrap();
    witness(&state, &["--isa", "rv64"]).exits(1).says(&["is no state"]);
}

#[test]
fn other_versions_of_cannons_states_are_refused_by_their_names() {
    let scratch = folder();
    let state = first_state(scratch.path(), "mips32", "state.bin");
    let mut bytes = fs::read(&state).unwrap();
    for (version, name) in [
        (0, "singlethreaded"),
        (1, "multithreaded"),
        (3, "multithreaded64"),
        (6, "multithreaded64-3"),
        (99, "unknown"),
    ] {
        bytes[0] = version;
        fs::write(&state, &bytes).unwrap();
        witness(&state, &[]).exits(1).says(&[&format!("version {version} ({name})"), "singlethreaded-2"]);
    }
}

#[test]
fn a_stale_hash_is_a_warning_and_with_strict_an_error() {
    for name in ["state.json", "state.bin"] {
        let scratch = folder();
        let state = first_state(scratch.path(), "rv64", name);
        let hash = state_hash(&state);
        let text = unpacked(&state);
        let stale = if name == "state.json" {
            let text = String::from_utf8(text).unwrap();
            let at = text.find("\"stateHash\": \"0x").unwrap() + 16;
            [&text[..at], &"5".repeat(64), &text[at + 64..]].concat().into_bytes()
        } else {
            [&text[..text.len() - 32], &[0x55; 32]].concat()
        };
        fs::write(&state, stale).unwrap();
        let run = witness(&state, &[]).exits(0);
        assert_eq!(field(&run.json(), "stateHash"), hash, "the hash is computed anew");
        run.says(&["warning: ", &"5".repeat(64), &hash]);
        witness(&state, &["--strict"]).exits(1).says(&["--strict refuses"]).prints_nothing();
        let args = ["run".as_ref(), "--meta".as_ref(), "".as_ref(), "--strict".as_ref(), "--input".as_ref()];
        common::run(scratch.path(), args.into_iter().chain([state.as_os_str()])).exits(1).says(&["--strict"]);
        // Zeros are what a state has before anybody hashed it.
        if name == "state.bin" {
            fs::write(&state, [&unpacked(&state)[..unpacked(&state).len() - 32], &[0; 32]].concat()).unwrap();
            assert_eq!(witness(&state, &["--strict"]).exits(0).stderr(), "");
        }
    }
}

#[test]
fn a_compressed_file_that_is_cut_or_has_a_wrong_checksum_or_a_tail_is_refused() {
    for (isa, name) in [("rv64", "state.bin.gz"), ("rv64", "state.json.gz"), ("mips32", "state.bin.gz")] {
        let scratch = folder();
        let state = first_state(scratch.path(), isa, name);
        let bytes = fs::read(&state).unwrap();
        let mut checksum = bytes.clone();
        let at = bytes.len() - 8;
        checksum[at] ^= 1;
        let cuts = [0, 1, 9, 10, 11, bytes.len() / 2, at - 1, at, bytes.len() - 1];
        let broken = cuts.map(|length| bytes[..length].to_vec()).into_iter();
        for file in broken.chain([checksum, [bytes.as_slice(), b"tail"].concat()]) {
            fs::write(&state, &file).unwrap();
            witness(&state, &[]).exits(1).says(&["error: ", name]).prints_nothing();
        }
        // Two members one after the other are one file, as with Go's reader.
        let plain = {
            fs::write(&state, &bytes).unwrap();
            unpacked(&state)
        };
        let (front, back) = plain.split_at(plain.len() / 3);
        fs::write(&state, [compressed(front), compressed(back)].concat()).unwrap();
        assert_eq!(state_hash(&state), recorded(isa, "exit1").manifest.initial_hash.to_string());
    }
}

#[test]
fn a_file_that_promises_a_huge_state_takes_little_memory() {
    let scratch = folder();
    let pages = [&[0; 5][..], &[0x3f, 0xff, 0xff], &[0; 8]].concat();
    let hint = [&[0; 8 + 330][..], &u32::MAX.to_be_bytes()].concat();
    let cannon = [&[2][..], &0x0003_ffff_u32.to_be_bytes()].concat();
    let json = br#"{"loadReservation":0,"memory":[{"index":0,"data":""#.to_vec();
    for (name, bytes) in [("a.bin", pages), ("b.bin", hint), ("c.bin", cannon), ("d.json", json)] {
        let state = scratch.path().join(name);
        fs::write(&state, bytes).unwrap();
        // In KiB: less than half of what the least of the binary ones promises.
        let script = "ulimit -v 500000; exec \"$0\" witness --input \"$1\"";
        let output = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_fpvm")]).arg(&state).output();
        Run(output.unwrap()).exits(1).says(&["error: ", name]).prints_nothing();
    }
}
