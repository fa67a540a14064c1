//! Bundles: recorded, replayed, converted, and refused where they are not sound.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use common::{
    ISAS, Run, claim, claim_preimages, copied_claim_preimages, field, folder, host, local_key, names, run,
};
use oracle::{Bundle, Key};
use serde_json::json;

/// `fpvm` with arguments of any kind.
macro_rules! fpvm {
    ($folder:expr, $($arg:expr),+ $(,)?) => {
        run($folder.as_ref(), [$(OsString::from($arg)),+])
    };
}

fn read(path: &Path) -> Bundle {
    Bundle::read(fs::File::open(path).unwrap(), "test").unwrap()
}

fn write(path: &Path, bundle: &Bundle) {
    let mut file = Vec::new();
    bundle.write(&mut file).unwrap();
    fs::write(path, file).unwrap();
}

/// The bundle of a run of `claim`.
fn recorded_claim(folder: &Path, isa: &str) -> PathBuf {
    let bundle = folder.join(format!("{isa}.bundle"));
    let preimages = claim_preimages();
    fpvm!(folder, "run", claim(isa), "--preimages", preimages, "--record", &bundle).exits(0);
    bundle
}

fn replay(isa: &str, bundle: &Path, more: &[&str]) -> Run {
    let args = [OsStr::new("run"), claim(isa).as_os_str(), OsStr::new("--replay"), bundle.as_os_str()]
        .map(OsStr::to_owned);
    run(Path::new("/"), args.into_iter().chain(more.iter().map(OsString::from)))
}

#[test]
fn what_one_machine_records_the_other_replays_and_records_again() {
    let scratch = folder();
    let bundles = ISAS.map(|isa| recorded_claim(scratch.path(), isa));
    // Both ask for the same in the same order, so it is one bundle.
    assert_eq!(read(&bundles[0]), read(&bundles[1]));
    for (recorder, bundle) in ISAS.iter().zip(&bundles) {
        for isa in ISAS {
            let again = scratch.path().join(format!("{recorder}-{isa}"));
            let run = replay(isa, bundle, &["--json", "--record", again.to_str().unwrap()]).exits(0);
            assert_eq!(field(&run.json(), "status"), "valid", "{recorder} {isa}");
            assert_eq!(fs::read(bundle).unwrap(), fs::read(&again).unwrap(), "{recorder} {isa}");
        }
    }
}

#[test]
fn the_report_counts_pre_images_by_type_and_says_what_was_recorded() {
    let scratch = folder();
    let bundle = recorded_claim(scratch.path(), "rv64");
    let entries = read(&bundle);
    let of_type = |byte| {
        let lengths =
            entries.entries().filter(|(key, _)| key.as_bytes()[0] == byte).map(|(_, value)| value.len());
        lengths.fold((0, 0), |(count, bytes), length| (count + 1, bytes + length))
    };
    let ((locals, local_bytes), (hashed, hashed_bytes)) = (of_type(1), of_type(2));
    assert_eq!((locals, local_bytes), (5, 112));
    assert!(hashed > 100 && entries.len() == locals + hashed);
    let text = format!(
        "pre-images  {locals} local ({local_bytes} bytes), {hashed} keccak256 ({hashed_bytes} bytes); {hashed} hints"
    );
    replay("rv64", &bundle, &["--record", scratch.path().join("again").to_str().unwrap()]).exits(0).says(&[
        &text,
        &format!("again: {} pre-images, ", entries.len()),
        &entries.name().to_string(),
    ]);
    let report = replay("mips32", &bundle, &["--json"]).json();
    let wanted = json!([
        {"type": "local", "count": locals, "bytes": local_bytes},
        {"type": "keccak256", "count": hashed, "bytes": hashed_bytes},
    ]);
    assert_eq!(report["preimages"], wanted);
    assert_eq!(report["hints"], hashed);
}

#[test]
fn a_server_is_recorded_as_well() {
    let scratch = folder();
    let bundle = scratch.path().join("served");
    let preimages = claim_preimages();
    fpvm!(scratch, "run", claim("rv64"), "--record", &bundle, "--", host(), "--datadir", preimages).exits(0);
    assert_eq!(read(&bundle), read(&recorded_claim(scratch.path(), "rv64")));
}

#[test]
fn diff_quorum_and_trace_digest_record_and_replay() {
    let scratch = folder();
    let bundle = recorded_claim(scratch.path(), "rv64");
    let [rv64, mips] = ISAS.map(claim);
    let preimages = claim_preimages();
    for source in
        [[OsStr::new("--preimages"), preimages.as_os_str()], [OsStr::new("--replay"), bundle.as_os_str()]]
    {
        let to = scratch.path().join("new");
        let end = [source[0], source[1], OsStr::new("--record"), to.as_os_str()];
        let programs =
            [("rv64", &rv64), ("mips", &mips)].map(|(isa, elf)| format!("{isa}={}", elf.display()));
        let starts: [Vec<&OsStr>; 2] = [
            vec!["diff".as_ref(), rv64.as_ref(), mips.as_ref()],
            vec![
                "quorum".as_ref(),
                "--program".as_ref(),
                programs[0].as_ref(),
                "--program".as_ref(),
                programs[1].as_ref(),
            ],
        ];
        for start in starts {
            run(scratch.path(), start.iter().chain(&end)).exits(0);
            assert_eq!(read(&to), read(&bundle), "{start:?}");
            fs::remove_file(&to).unwrap();
        }
    }
    let digest = |args: [&OsStr; 2], to: &str| {
        let start = [
            "trace-digest".as_ref(),
            rv64.as_os_str(),
            "--max-steps".as_ref(),
            "3000".as_ref(),
            "--record".as_ref(),
            OsStr::new(to),
        ];
        run(scratch.path(), start.into_iter().chain(args)).exits(0).stdout()
    };
    let first = digest(["--preimages".as_ref(), preimages.as_ref()], "first");
    assert_eq!(digest(["--replay".as_ref(), "first".as_ref()], "second"), first);
    assert!(!read(&scratch.path().join("second")).is_empty());
}

#[test]
fn a_missing_pre_image_ends_a_replay_naming_it() {
    let scratch = folder();
    let whole = read(&recorded_claim(scratch.path(), "rv64"));
    let path = scratch.path().join("partial");
    // The first, the last and one in the middle: a minimal bundle has nothing that is not needed.
    for missing in [0, 4, 5, whole.len() / 2, whole.len() - 1] {
        let mut partial = Bundle::default();
        let mut gone = None;
        for (i, (key, value)) in whole.entries().enumerate() {
            if i == missing {
                gone = Some(key);
            } else {
                partial.insert(key, value, "test").unwrap();
            }
        }
        write(&path, &partial);
        let gone = gone.unwrap();
        for isa in ISAS {
            replay(isa, &path, &[])
                .exits(1)
                .says(&[
                    "error: step ",
                    &format!("pre-image {gone} ({}) is missing", gone.key_type()),
                    "partial of",
                    "record this one anew",
                ])
                .prints_nothing();
        }
    }
}

#[test]
fn minimise_keeps_what_is_used_in_the_order_of_use() {
    let scratch = folder();
    let recorded = read(&recorded_claim(scratch.path(), "rv64"));
    let preimages = copied_claim_preimages(scratch.path());
    fs::write(preimages.join(local_key(9)), b"not asked for").unwrap();
    fs::write(preimages.join(format!("{:x}", Key::keccak256(b"more"))), b"more").unwrap();
    fpvm!(scratch, "bundle", "import", &preimages, "--to", "all").exits(0).says(&["all: "]);
    let all = read(&scratch.path().join("all"));
    assert_eq!(all.len(), names(&preimages).len());
    assert!(all.len() >= recorded.len() + 2);
    let [rv64, mips] = ISAS.map(claim);
    fpvm!(scratch, "bundle", "minimise", "all", &rv64, "--to", "used").exits(0);
    fpvm!(scratch, "bundle", "minimise", "all", &mips, &rv64, "--to", "used-by-both").exits(0);
    for used in ["used", "used-by-both"] {
        assert_eq!(read(&scratch.path().join(used)), recorded, "{used}");
        replay("mips32", &scratch.path().join(used), &["--guest-exit-code"]).exits(0);
    }
    fpvm!(scratch, "bundle", "minimise", "all", &rv64, "--max-steps", "1000", "--to", "none")
        .exits(1)
        .says(&["came to no verdict", "not finished after 1000 steps"]);
    assert!(!scratch.path().join("none").exists());
}

/// All files below a folder, by their names from there.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

/// The pre-images of `claim` as op-program stores them: names and contents by hand, not by the code under test.
fn store(folder: &Path, layout: &str) -> PathBuf {
    let store = folder.join(format!("{layout}-store"));
    fs::create_dir(&store).unwrap();
    if layout != "keys" {
        fs::write(store.join("kvformat"), layout).unwrap();
    }
    for key in names(&claim_preimages()) {
        let value = fs::read(claim_preimages().join(&key)).unwrap();
        let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, contents) = match layout {
            "file" => (format!("0x{key}.txt"), digits.into_bytes()),
            "directory" => (format!("{}/{}.txt", &key[..4], &key[4..]), digits.into_bytes()),
            _ => (key, value),
        };
        let path = store.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    store
}

#[test]
fn export_of_an_import_is_the_store() {
    let scratch = folder();
    let mut bundles = Vec::new();
    for layout in ["file", "directory", "keys"] {
        let store = store(scratch.path(), layout);
        for asked in [&[][..], &["--from", layout]] {
            let args = [
                "bundle".into(),
                "import".into(),
                store.clone().into_os_string(),
                "--to".into(),
                layout.into(),
            ];
            run(scratch.path(), args.into_iter().chain(asked.iter().map(OsString::from))).exits(0);
        }
        let exported = format!("{layout}-exported");
        fpvm!(scratch, "bundle", "export", layout, "--as", layout, "--to", &exported).exits(0);
        assert_eq!(tree(&scratch.path().join(&exported)), tree(&store), "{layout}");
        fpvm!(scratch, "run", claim("rv64"), "--preimages", &exported, "--guest-exit-code").exits(0);
        fpvm!(scratch, "bundle", "export", layout, "--as", layout, "--to", &exported)
            .exits(1)
            .says(&["is not empty"]);
        bundles.push(fs::read(scratch.path().join(layout)).unwrap());
    }
    assert!(bundles.windows(2).all(|pair| pair[0] == pair[1]), "one bundle, whatever it comes from");
    // Kona's stores are op-program's of the layout `directory`.
    fpvm!(scratch, "bundle", "import", "--from", "kona", "directory-store", "--to", "kona").exits(0);
    assert_eq!(fs::read(scratch.path().join("kona")).unwrap(), bundles[0]);
    // Before there were markers, op-program's stores were of the layout `file`.
    fs::remove_file(scratch.path().join("file-store/kvformat")).unwrap();
    fpvm!(scratch, "bundle", "import", "--from", "file", "file-store", "--to", "old").exits(0);
    assert_eq!(fs::read(scratch.path().join("old")).unwrap(), bundles[0]);
}

#[test]
fn an_import_says_what_it_leaves_out_and_refuses_what_is_wrong() {
    let scratch = folder();
    let store = store(scratch.path(), "file");
    fs::write(store.join("0x12.txt.tmp"), "half a file").unwrap();
    fpvm!(scratch, "bundle", "import", &store, "--to", "b")
        .exits(0)
        .says(&["warning: 1 files are no pre-images and were left out: ", "0x12.txt.tmp"]);
    let cases: [(&[&str], &str); 7] = [
        (&["--from", "directory"], "says that it is of layout file, not directory"),
        (&["--claim", "0x11"], "invalid value"),
        (&["--local", "3"], "'3' is no local value: it has no '='"),
        (&["--local", "3=12"], "does not begin with 0x"),
        (&["--local", "three=0x12"], "its index is no number"),
        (&["--local", "3=0x123"], "odd number of digits"),
        (&["--local", "3=0x12"], "(local) has two values: one of 1 bytes, and another of 32"),
    ];
    for (more, message) in cases {
        let args = ["bundle", "import", store.to_str().unwrap(), "--to", "c"];
        run(scratch.path(), args.iter().chain(more)).exits(1).says(&[message]);
    }
    fpvm!(scratch, "bundle", "import", &store, "--to", "-").exits(1).says(&["name a file"]);
    fpvm!(scratch, "bundle", "import", "b", "--to", "c").exits(1).says(&["--from block-json"]);
    fs::create_dir(scratch.path().join("empty")).unwrap();
    fpvm!(scratch, "bundle", "import", "empty", "--to", "c").exits(1).says(&["has no file of layout keys"]);
    let name = names(&store).into_iter().find(|name| name.starts_with("0x02")).unwrap();
    fs::write(store.join(name), "00").unwrap();
    fpvm!(scratch, "bundle", "import", &store, "--to", "c")
        .exits(1)
        .says(&["(keccak256) is corrupt: the 1 bytes from"]);
    assert!(!scratch.path().join("c").exists());
}

#[test]
fn local_values_make_a_hosts_store_complete() {
    let scratch = folder();
    let preimages = copied_claim_preimages(scratch.path());
    let mut args: Vec<OsString> = ["bundle", "import", "preimages", "--to", "b"].map(OsString::from).into();
    for index in 1..=5 {
        let value = fs::read(preimages.join(local_key(index))).unwrap();
        fs::remove_file(preimages.join(local_key(index))).unwrap();
        args.extend([
            "--local".into(),
            format!("{index}={}", alloy_primitives::hex::encode_prefixed(value)).into(),
        ]);
    }
    run(scratch.path(), args).exits(0);
    replay("rv64", &scratch.path().join("b"), &["--guest-exit-code"]).exits(0);
}

#[test]
fn info_verify_and_merge_tell_what_there_is() {
    let scratch = folder();
    let bundle = recorded_claim(scratch.path(), "rv64");
    let entries = read(&bundle);
    let info = fpvm!(scratch, "bundle", "info", &bundle, "--json").exits(0).json();
    assert_eq!(field(&info, "name"), entries.name().to_string());
    assert_eq!(field(&info, "preimages"), entries.len().to_string());
    assert_eq!(info["locals"].as_array().unwrap().len(), 5);
    assert_eq!(
        field(&info["locals"][2], "value"),
        alloy_primitives::hex::encode_prefixed(entries.get(&Key::local(3)).unwrap())
    );
    let text = fpvm!(scratch, "bundle", "info", &bundle).exits(0).stdout();
    for part in
        ["version     1", &entries.name().to_string(), "  local: 5, 112 bytes", &Key::local(3).to_string()]
    {
        assert!(text.contains(part), "{text} lacks {part}");
    }

    let half = |kept: fn(usize) -> bool, name: &str| {
        let mut half = Bundle::default();
        for (_, (key, value)) in entries.entries().enumerate().filter(|(i, _)| kept(*i)) {
            half.insert(key, value, "test").unwrap();
        }
        write(&scratch.path().join(name), &half);
    };
    half(|i| i % 2 == 0, "even");
    half(|i| i % 2 == 1, "odd");
    fpvm!(scratch, "bundle", "merge", "even", "odd", "even", "--to", "merged").exits(0);
    assert_eq!(read(&scratch.path().join("merged")).len(), entries.len());
    replay("mips32", &scratch.path().join("merged"), &["--guest-exit-code"]).exits(0);
    let verified = fpvm!(scratch, "bundle", "verify", "merged", "even").exits(0).stdout();
    assert!(verified.starts_with("merged: sound, 0x") && verified.contains("\neven: sound"), "{verified}");

    let mut other = Bundle::default();
    other.insert(Key::local(1), b"another run's", "test").unwrap();
    write(&scratch.path().join("other"), &other);
    fpvm!(scratch, "bundle", "merge", "merged", "other", "--to", "both")
        .exits(1)
        .says(&[&format!("pre-image {} (local) has two values", Key::local(1)), "from other"]);
}

#[test]
fn a_bundle_that_is_not_sound_is_refused_wherever_one_is_read() {
    let scratch = folder();
    let whole = fs::read(recorded_claim(scratch.path(), "rv64")).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(scratch.path().join("flipped"), flipped).unwrap();
    fs::write(scratch.path().join("cut"), &whole[..whole.len() - 100]).unwrap();
    fs::write(scratch.path().join("twice"), whole.repeat(2)).unwrap();
    fs::write(scratch.path().join("text"), "no bundle").unwrap();
    let elf = claim("rv64");
    for (name, message) in [
        ("flipped", "flipped is no"),
        ("cut", "cut is no bundle: not one whole Zstandard frame"),
        ("twice", "bytes follow the end of its frame"),
        ("text", "text is no bundle"),
        ("absent", "cannot open absent"),
    ] {
        fpvm!(scratch, "run", &elf, "--replay", name).exits(1).says(&[message]).prints_nothing();
        fpvm!(scratch, "diff", &elf, &elf, "--replay", name).exits(1).says(&[message]).prints_nothing();
        fpvm!(scratch, "bundle", "info", name).exits(1).says(&[message]).prints_nothing();
        fpvm!(scratch, "bundle", "verify", name).exits(1).says(&[message]).prints_nothing();
        fpvm!(scratch, "bundle", "export", name, "--to", "out").exits(1).says(&[message]);
        fpvm!(scratch, "bundle", "merge", name, "--to", "out").exits(1).says(&[message]);
        assert!(!scratch.path().join("out").exists(), "{name}");
    }
}

#[test]
fn sources_that_exclude_each_other_and_names_that_cannot_be_written_are_refused_before_the_run() {
    let scratch = folder();
    let (elf, preimages) = (claim("rv64"), claim_preimages());
    fpvm!(scratch, "run", &elf, "--replay", "b", "--preimages", &preimages)
        .exits(1)
        .says(&["cannot be used with"]);
    fpvm!(scratch, "run", &elf, "--replay", "b", "--", "true").exits(1).says(&["not from both"]);
    for name in ["-", "/no/such/folder/b"] {
        fpvm!(scratch, "run", &elf, "--preimages", &preimages, "--record", name).exits(1).prints_nothing();
        fpvm!(scratch, "quorum", "--program", format!("rv64={}", elf.display()), "--record", name)
            .exits(1)
            .prints_nothing();
        fpvm!(scratch, "diff", &elf, &elf, "--record", name).exits(1).prints_nothing();
    }
}

/// What a run used up to where it stopped is kept.
#[test]
fn a_run_that_fails_is_recorded_up_to_there() {
    let scratch = folder();
    let preimages = copied_claim_preimages(scratch.path());
    fs::remove_file(preimages.join(local_key(4))).unwrap();
    fpvm!(scratch, "run", claim("rv64"), "--preimages", &preimages, "--record", "b")
        .exits(1)
        .says(&[&local_key(4)]);
    let keys: Vec<_> = read(&scratch.path().join("b")).entries().map(|(key, _)| key).collect();
    assert_eq!(keys, [1, 2, 3].map(Key::local));
}

/// The real blocks are not in this repository.
#[test]
fn a_blocks_json_becomes_a_bundle() {
    let block =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/op-sepolia-blocks/26207960.json.gz");
    if !block.exists() {
        eprintln!("SKIPPED: there is no block {}", block.display());
        return;
    }
    let scratch = folder();
    let claim = "0x1111111111111111111111111111111111111111111111111111111111111111";
    fpvm!(scratch, "bundle", "import", "--from", "block-json", &block, "--to", "b").exits(0);
    fpvm!(scratch, "bundle", "import", "--from", "block-json", &block, "--claim", claim, "--to", "wrong")
        .exits(0);
    let (right, wrong) = (read(&scratch.path().join("b")), read(&scratch.path().join("wrong")));
    // Its pre-images, four local values, and what three of them name, of which the parent's header was one already.
    let types = |bundle: &Bundle, byte| bundle.entries().filter(|(key, _)| key.as_bytes()[0] == byte).count();
    assert_eq!((types(&right, 1), types(&wrong, 1)), (4, 4));
    assert!((331 + 2..=331 + 3).contains(&types(&right, 2)), "{}", types(&right, 2));
    assert_eq!(wrong.get(&Key::local(3)).unwrap(), [0x11; 32]);
    let hash = "0xdb32d9ddfa5fd26c9fb0260bbfa53da88326aa2a465e34d75180564aa31b851e";
    assert_eq!(alloy_primitives::hex::encode_prefixed(right.get(&Key::local(3)).unwrap()), hash);
}

/// Runs `claim-bundled`, whose only input is the contents of a bundle.
fn claim_bundled(folder: &Path, isa: &str, contents: &[u8]) -> Run {
    let inputs = folder.join("inputs");
    fs::create_dir_all(&inputs).unwrap();
    fs::write(inputs.join(local_key(1)), contents).unwrap();
    let elf = claim(isa).with_file_name(format!("claim-bundled.{isa}.elf"));
    fpvm!(folder, "run", elf, "--preimages", "inputs", "--guest-exit-code")
}

#[test]
fn a_guest_reads_a_bundle_inside_the_machine_without_a_host() {
    let scratch = folder();
    let bundle = recorded_claim(scratch.path(), "rv64");
    fpvm!(scratch, "bundle", "export", &bundle, "--as", "contents", "--to", "contents").exits(0);
    let contents = fs::read(scratch.path().join("contents")).unwrap();
    assert_eq!(contents, read(&bundle).contents());
    let (mut wrong, mut partial) = (Bundle::default(), Bundle::default());
    for (i, (key, value)) in read(&bundle).entries().enumerate() {
        let claimed = if key == Key::local(3) { &[7; 32] } else { value };
        wrong.insert(key, claimed, "test").unwrap();
        if i != 100 {
            partial.insert(key, value, "test").unwrap();
        }
    }
    // A forged value: the bundle's own check would find it, and so does the program, which checks what it uses.
    let mut forged = contents.clone();
    let last = contents.len() - 33;
    forged[last] ^= 1;
    for isa in ISAS {
        let printed = claim_bundled(scratch.path(), isa, &contents).exits(0).stdout();
        assert!(printed.ends_with("as claimed\n"), "{isa}: {printed}");
        assert!(printed.starts_with(&format!("{} = 0x", Key::local(1))), "{isa}: {printed}");
        let printed = claim_bundled(scratch.path(), isa, &wrong.contents()).exits(1).stdout();
        assert!(printed.contains(&format!("{} = 0x0707", Key::local(3))), "{isa}: {printed}");
        // The guest panics, which is its verdict.
        let cases = [
            (partial.contents(), "is not in the bundle"),
            (forged.clone(), "a pre-image hashes to"),
            (contents[..500].to_vec(), "is no bundle: it is truncated"),
        ];
        for (contents, message) in cases {
            let said = claim_bundled(scratch.path(), isa, &contents).exits(2).stderr();
            assert!(said.contains(message), "{isa}: {said}");
        }
    }
}
