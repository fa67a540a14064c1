//! Plays op-challenger: the prestate by its hash, traces with snapshots, a bisection down to one step, its proof,
//! and what comes after the end. The command lines are op-challenger's
//! (optimism op-challenger/game/fault/trace/vm/executor.go:84-130).

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::{B256, hex};
use common::{Run, field, folder, host, recorded, recorded_elf, recorded_preimages, run, unpacked};
use engine::{StepProof, verify};
use isa_traits::Target;
use mips32::CannonMips32;
use rv64::AsteriscRv64;
use serde_json::Value;
use tempfile::TempDir;

/// Steps between snapshots; op-challenger's default is a thousand million.
const SNAPSHOTS: u64 = 10_000;

/// One side of a dispute: its folder, the way it starts the machine, and how often it has.
struct Challenger {
    folder: TempDir,
    prestate: PathBuf,
    server: Vec<OsString>,
    /// op-challenger asks only Cannon for it.
    debug_info: bool,
    /// Steps that the machine has been run for.
    steps_run: Cell<u64>,
}

impl Challenger {
    /// Makes the prestate as `load-elf` does, named by its hash.
    fn new(isa: &str, name: &str) -> Self {
        let folder = folder();
        for part in ["proofs", "snapshots", "preimages"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let elf = recorded_elf(folder.path(), isa, name);
        let mut args: Vec<OsString> = vec!["load-elf".into(), "--path".into(), elf.into()];
        args.extend(["--out", "prestate.tmp.bin.gz", "--meta", ""].map(OsString::from));
        args.extend(
            (isa == "mips32")
                .then(|| ["--type", "singlethreaded-2"].map(OsString::from))
                .into_iter()
                .flatten(),
        );
        run(folder.path(), args).exits(0);
        // op-challenger keeps a download only under the hash that `witness` tells.
        let loaded = folder.path().join("prestate.tmp.bin.gz");
        let hash = witness(&loaded)["witnessHash"].as_str().unwrap().to_owned();
        assert_eq!(hash, recorded(isa, name).manifest.initial_hash.to_string());
        let prestate = folder.path().join(format!("{hash}.bin.gz"));
        fs::rename(loaded, &prestate).unwrap();
        let preimages = recorded_preimages(folder.path());
        let server = [
            host().into(),
            "--server".into(),
            "--l1".into(),
            "http://127.0.0.1:1/?key=secret".into(),
            "--datadir".into(),
            preimages.into(),
            "--l2.claim".into(),
            format!("0x{}", "11".repeat(32)).into(),
            "--log.level".into(),
            "INFO".into(),
        ];
        Self { folder, prestate, server: server.into(), debug_info: isa == "mips32", steps_run: Cell::new(0) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs from the best snapshot up to `end`, and proves that step.
    fn trace(&self, end: u64) -> Run {
        let (first, start) = self.start(end);
        let mut args: Vec<OsString> = vec!["run".into(), "--input".into(), start.into()];
        let text = |text: String| OsString::from(text);
        args.extend(["--output".into(), self.path("final.bin.gz").into(), "--meta".into(), "".into()]);
        args.extend(["--info-at".into(), "%10000000".into(), "--proof-at".into(), text(format!("={end}"))]);
        args.extend(["--proof-fmt".into(), self.path("proofs/%d.json.gz").into()]);
        args.extend(["--snapshot-at".into(), text(format!("%{SNAPSHOTS}"))]);
        args.extend(["--snapshot-fmt".into(), self.path("snapshots/%d.bin.gz").into()]);
        if end != u64::MAX {
            args.extend(["--stop-at".into(), text(format!("={}", end + 1))]);
        }
        if self.debug_info {
            args.extend(["--debug-info".into(), self.path("preimages/debug-info.json").into()]);
        }
        args.push("--".into());
        args.extend(self.server.iter().cloned());
        let run = run(Path::new("/"), args).exits(0);
        let last = self.last()["step"].as_u64().unwrap();
        self.steps_run.set(self.steps_run.get() + last - first);
        run
    }

    /// The state to run from: the last snapshot before a step, or else the prestate.
    fn start(&self, before: u64) -> (u64, PathBuf) {
        let names = common::names(&self.path("snapshots"));
        let steps = names.iter().map(|name| name.strip_suffix(".bin.gz").unwrap().parse::<u64>().unwrap());
        match steps.filter(|&step| 0 < step && step < before).max() {
            Some(step) => (step, self.path(&format!("snapshots/{step}.bin.gz"))),
            None => (0, self.prestate.clone()),
        }
    }

    fn last(&self) -> Value {
        witness(&self.path("final.bin.gz"))
    }

    /// The step proof of a step, from the machine if it is not there yet.
    fn proof(&self, step: u64) -> StepProof {
        let file = self.path(&format!("proofs/{step}.json.gz"));
        if !file.exists() {
            self.trace(step);
        }
        serde_json::from_slice(&unpacked(&file)).unwrap()
    }

    /// What is claimed at an index of the trace: the state hash after that step.
    fn claim(&self, index: u64) -> B256 {
        self.proof(index).post.into()
    }
}

/// What `witness` prints; standard output is that one object.
fn witness(state: &Path) -> Value {
    run(Path::new("/"), ["witness".as_ref(), "--input".as_ref(), state.as_os_str()]).exits(0).json()
}

/// Verifies a proof with the library: the same step from nothing but the proof.
fn verified<T: Target>(target: &T, proof: &StepProof) -> B256 {
    let preimage = proof.preimage.as_ref().map(|(key, value, _)| (key, value.as_slice()));
    let (after, status) = verify(target, &proof.state, &proof.proof, preimage).unwrap();
    after.state_hash(status).into()
}

/// Disputes a trace that is right before step `wrong`, and made up from there on.
fn bisection_ends_at_the_wrong_step<T: Target>(target: &T, isa: &str, name: &str, wrong: u64) {
    let honest = Challenger::new(isa, name);
    let claimed =
        |index: u64| if index < wrong { honest.claim(index) } else { B256::repeat_byte(index as u8) };

    // Both agree on the prestate and disagree on the claim at the end of the game's tree.
    let (mut agreed, mut disputed) = (0, 1_u64 << 17);
    assert!(wrong < disputed && honest.claim(0) == claimed(0));
    while disputed - agreed > 1 {
        let middle = agreed.midpoint(disputed);
        if claimed(middle) == honest.claim(middle) {
            agreed = middle;
        } else {
            disputed = middle;
        }
    }
    assert_eq!(disputed, wrong);
    // The later questions were answered from snapshots.
    assert!(
        honest.steps_run.get() < 2 * (1 << 17) + 17 * (SNAPSHOTS + 1),
        "{} steps",
        honest.steps_run.get()
    );

    let proof = honest.proof(disputed);
    assert_eq!(proof.step, disputed);
    assert_eq!(B256::from(proof.pre), honest.claim(agreed));
    assert_eq!(verified(target, &proof), honest.claim(disputed));
    let file = honest.path(&format!("proofs/{disputed}.json.gz"));
    run(Path::new("/"), ["verify".as_ref(), file.as_os_str()]).exits(0);
    for name in common::names(&honest.path("snapshots")) {
        let state = witness(&honest.path("snapshots").join(&name));
        assert_eq!(format!("{}.bin.gz", state["step"]), name, "a snapshot is named by its step counter");
    }
}

#[test]
fn a_dispute_over_rv64_ends_at_the_wrong_step_and_its_proof_verifies() {
    bisection_ends_at_the_wrong_step(&AsteriscRv64, "rv64", "isa", 91_204);
}

#[test]
fn a_dispute_over_mips32_ends_at_the_wrong_step_and_its_proof_verifies() {
    // A step that reads from a pre-image.
    bisection_ends_at_the_wrong_step(&CannonMips32::LATEST, "mips32", "isa", 93_989);
}

/// What op-challenger does where the proof it asked for is not there after the run.
fn past_the_end_the_exited_state_proves_itself<T: Target>(target: &T, isa: &str) {
    let challenger = Challenger::new(isa, "isa");
    let manifest = recorded(isa, "isa").manifest;
    for end in [manifest.final_step, 1 << 40, u64::MAX] {
        challenger.trace(end);
        assert_eq!(common::names(&challenger.path("proofs")), [""; 0], "no proof of a step that is not made");
        let last = challenger.last();
        assert_eq!((&last["exited"], &last["step"]), (&true.into(), &manifest.final_step.into()));
        assert_eq!(field(&last, "stateHash"), manifest.final_hash.to_string());
        assert_eq!(field(&last, "witnessHash"), field(&last, "stateHash"));
        // The proof of nothing: the state is its own successor, and no memory is needed.
        let state = hex::decode(field(&last, "witness")).unwrap();
        let (after, status) = verify(target, &state, &[], None).unwrap();
        assert_eq!(B256::from(after.state_hash(status)), manifest.final_hash);
    }
    // The last step itself can be proven.
    let proof = challenger.proof(manifest.final_step - 1);
    assert_eq!(verified(target, &proof), manifest.final_hash);
}

#[test]
fn past_the_end_of_rv64_the_exited_state_proves_itself() {
    past_the_end_the_exited_state_proves_itself(&AsteriscRv64, "rv64");
}

#[test]
fn past_the_end_of_mips32_the_exited_state_proves_itself() {
    past_the_end_the_exited_state_proves_itself(&CannonMips32::LATEST, "mips32");
}

#[test]
fn debug_info_tells_the_memory_used_as_op_challenger_reads_it() {
    let challenger = Challenger::new("mips32", "exit1");
    challenger.trace(u64::MAX);
    let info: Value =
        serde_json::from_slice(&unpacked(&challenger.path("preimages/debug-info.json"))).unwrap();
    insta::assert_json_snapshot!(info, @r#"
    {
      "memory_used": "0x8000",
      "num_preimage_requests": 0,
      "pages": 8,
      "total_preimage_size": 0,
      "total_steps": 35
    }
    "#);
}

#[test]
fn the_fields_of_a_proof_file_are_those_that_op_challenger_reads() {
    for isa in ["rv64", "mips32"] {
        let challenger = Challenger::new(isa, "exit1");
        challenger.trace(0);
        let proof: Value = serde_json::from_slice(&unpacked(&challenger.path("proofs/0.json.gz"))).unwrap();
        let keys: Vec<_> = proof.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["post", "pre", "proof-data", "state-data", "step"]);
        assert!(field(&proof, "post").starts_with("0x03"));
        assert_eq!(witness(&challenger.path("final.bin.gz"))["step"], 1);
    }
}
