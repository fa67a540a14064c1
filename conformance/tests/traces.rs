//! A trace answers for any step, in any order, what a plain run has there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine::trace::{Limits, Trace, TraceError};
use engine::{RunError, StepProof, Vm};
use fpvm_conformance::vectors::{self, Program};
use isa_traits::{Console, Hash, Stream, Target};
#[cfg(feature = "jit")]
use jit::{Jit, Options, Schedule};
use mips32::CannonMips32;
use oracle::{Directory, Error, Key, KeyType, Source, Verified};
use proptest::prelude::*;
use proptest::sample::Index;
use rv64::AsteriscRv64;

const PROGRAMS: [&str; 4] = ["exit1", "isa", "preimg", "claim"];

fn load<T: Target>(target: T, isa: &str, name: &str) -> Vm<T> {
    let elf = match name {
        "claim" => {
            let path = format!("../programs/prebuilt/claim.{isa}.elf");
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
        }
        name => Program::read(isa, name).unwrap().elf,
    };
    let loaded = loader::load(&target, &elf, loader::Options::default()).unwrap();
    Vm::new(target, loaded.state, loaded.memory, Vec::new())
}

/// The pre-images of a program; notes what is asked for.
struct Host {
    source: Box<dyn Source>,
    asked: BTreeMap<Key, usize>,
    hints: Vec<Vec<u8>>,
    /// Whether a local pre-image is another one when asked for again.
    fickle: bool,
}

impl Host {
    fn of(name: &str) -> Self {
        let claim = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/claim/preimages");
        let source: Box<dyn Source> = match name {
            "claim" => Box::new(Directory::open(&claim).unwrap()),
            _ => Box::new(vectors::preimages().unwrap()),
        };
        Self { source, asked: BTreeMap::new(), hints: Vec::new(), fickle: false }
    }
}

impl Source for &mut Host {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        let times = self.asked.entry(*key).or_default();
        *times += 1;
        let mut value = self.source.fetch(key)?;
        if self.fickle && *times > 1 && key.key_type() == KeyType::Local {
            value.push(*times as u8);
        }
        Ok(value)
    }
    fn hint(&mut self, hint: &[u8]) -> Result<(), Error> {
        self.hints.push(hint.to_vec());
        self.source.hint(hint)
    }
    fn place(&self, key: &Key) -> String {
        self.source.place(key)
    }
}

/// What a guest prints.
#[derive(Default, PartialEq, Debug)]
struct Prints(Vec<(Stream, u8)>);

impl Console for Prints {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.0.extend(bytes.iter().map(|&byte| (stream, byte)));
    }
}

/// The compiled tier for every place at once; without it, the interpreter makes all steps.
fn equip<T: Target>(vm: &mut Vm<T>) {
    #[cfg(feature = "jit")]
    vm.set_tier(Box::new(Jit::new(Options { threshold: 2, schedule: Schedule::Immediate })));
    #[cfg(not(feature = "jit"))]
    let _ = vm;
}

/// What a plain run has at a step.
struct Known {
    hash: Hash,
    /// None where the guest has exited.
    proof: Option<StepProof>,
}

/// A question: at which part of the run, and whether a proof is wanted.
type Question = (Index, bool);

/// Asks a trace, of compiled code or interpreted, and compares with plain runs that are interpreted. `memory` 0 leaves
/// two checkpoints and no checkable pre-image.
fn answers_as_a_plain_run<T: Target>(
    target: T,
    isa: &str,
    name: &str,
    compiled: bool,
    limits: Limits,
    questions: &[Question],
) {
    let (mut host, mut prints) = (Host::of(name), Prints::default());
    let mut vm = load(target, isa, name);
    vm.run(u64::MAX, &mut Verified::new(&mut host), &mut prints).unwrap();
    let last = vm.state().step;
    let steps: Vec<u64> = questions.iter().map(|(at, _)| at.index(last as usize + 1) as u64).collect();

    let (mut vm, mut other) = (load(target, isa, name), Host::of(name));
    let mut oracle = Verified::new(&mut other);
    let mut known = BTreeMap::new();
    for &step in steps.iter().collect::<BTreeSet<_>>() {
        vm.run(step, &mut oracle, &mut ()).unwrap();
        let hash = vm.state_hash();
        let proof = (!vm.state().exited).then(|| vm.clone().prove(&mut oracle, &mut ()).unwrap());
        known.insert(step, Known { hash, proof });
    }

    let mut asked = Host::of(name);
    let mut printed = Prints::default();
    let mut oracle = Verified::new(&mut asked);
    let mut traced = load(target, isa, name);
    if compiled {
        equip(&mut traced);
    }
    let mut trace = Trace::new(traced, limits);
    for (&step, (_, proves)) in steps.iter().zip(questions) {
        trace.seek(step, &mut oracle, &mut printed).unwrap();
        let Known { hash, proof } = &known[&step];
        assert_eq!(trace.state_hash(), *hash, "{isa} {name} step {step}");
        if let (true, Some(wanted)) = (proves, proof) {
            assert_eq!(trace.prove(&mut oracle, &mut printed).unwrap(), *wanted, "{isa} {name} step {step}");
        }
    }
    let error = trace.seek(last + 1, &mut oracle, &mut printed).unwrap_err();
    assert!(matches!(error, TraceError::After { last: found, .. } if found == last), "{error}");
    assert_eq!(trace.reached(), last);
    assert!(trace.kept().checkpoints <= 2 || trace.kept().checkpoint_bytes <= limits.memory);
    assert_eq!(printed, prints, "{isa} {name}: each byte is printed once");
    assert_eq!(asked.hints, host.hints, "{isa} {name}: each hint is given once");
}

fn limits() -> impl Strategy<Value = Limits> {
    let memory = prop::sample::select(vec![0, 1 << 16, 1 << 18, 1 << 20, 1 << 24]);
    let interval = prop::sample::select(vec![0, 100, 777, 5000, 1 << 40]);
    (memory, interval).prop_map(|(memory, interval)| Limits { memory, interval })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_trace_of_rv64_answers_as_a_plain_run(
        program in prop::sample::select(&PROGRAMS[..]),
        compiled in any::<bool>(),
        limits in limits(),
        questions in prop::collection::vec((any::<Index>(), any::<bool>()), 1..24),
    ) {
        answers_as_a_plain_run(AsteriscRv64, "rv64", program, compiled, limits, &questions);
    }

    #[test]
    fn a_trace_of_mips32_answers_as_a_plain_run(
        program in prop::sample::select(&PROGRAMS[..]),
        compiled in any::<bool>(),
        limits in limits(),
        questions in prop::collection::vec((any::<Index>(), any::<bool>()), 1..24),
    ) {
        answers_as_a_plain_run(CannonMips32::LATEST, "mips32", program, compiled, limits, &questions);
    }
}

/// A host need not give a local pre-image twice, and if it gives another one the trace does not notice.
#[test]
fn a_local_pre_image_is_asked_for_once() {
    for memory in [0, 1 << 24] {
        let mut host = Host { fickle: true, ..Host::of("preimg") };
        let mut oracle = Verified::new(&mut host);
        let vm = load(AsteriscRv64, "rv64", "preimg");
        let mut trace = Trace::new(vm, Limits { memory, interval: 1000 });
        trace.run(u64::MAX, &mut oracle, &mut ()).unwrap();
        let last = trace.reached();
        let steps: Vec<u64> = (0..=20).map(|part| last * part / 20).collect();
        let mut answers = |steps: &mut dyn Iterator<Item = &u64>| -> BTreeMap<u64, Hash> {
            let answer = |&step| {
                trace.seek(step, &mut oracle, &mut ()).unwrap();
                (step, trace.state_hash())
            };
            steps.map(answer).collect()
        };
        let forwards = answers(&mut steps.iter());
        assert_eq!(answers(&mut steps.iter().rev()), forwards);
        let locals: Vec<_> = host.asked.iter().filter(|(key, _)| key.key_type() == KeyType::Local).collect();
        assert!(!locals.is_empty());
        assert!(locals.iter().all(|&(_, &times)| times == 1), "{locals:?}");
        let checked = host.asked.iter().filter(|(key, _)| key.key_type() == KeyType::Keccak256);
        let again = checked.map(|(_, &times)| times).max().unwrap();
        assert_eq!(again > 1, memory == 0, "with room for them none is asked for again");
    }
}

/// A trap ends a trace as it ends a run, and what came before can still be asked for.
#[test]
fn a_trace_up_to_a_trap_answers() {
    let quirks = vectors::quirks("rv64").unwrap();
    let refused = quirks.iter().filter(|quirk| quirk.error.is_some());
    let mut count = 0;
    for quirk in refused {
        let loaded = loader::load(&AsteriscRv64, &quirk.elf, loader::Options::default()).unwrap();
        let mut vm = Vm::new(AsteriscRv64, loaded.state, loaded.memory, Vec::new());
        let mut trace = Trace::new(vm.clone(), Limits { memory: 1 << 24, interval: 1 });
        let mut oracle = Verified::new(vectors::preimages().unwrap());
        for _ in 0..2 {
            let error = trace.seek(u64::MAX, &mut oracle, &mut ()).unwrap_err();
            let TraceError::Run(RunError::Trap { step, .. }) = error else { panic!("{error}") };
            assert_eq!(step + 1, quirk.steps, "{}", quirk.name);
            assert!(trace.prove(&mut oracle, &mut ()).is_err(), "{}", quirk.name);
            trace.seek(step / 2, &mut oracle, &mut ()).unwrap();
        }
        vm.run(trace.vm().state().step, &mut oracle, &mut ()).unwrap();
        assert_eq!(trace.state_hash(), vm.state_hash(), "{}", quirk.name);
        count += 1;
    }
    assert!(count > 5, "{count}");
}

#[test]
fn a_trace_does_not_answer_for_what_was_before() {
    let mut vm = load(AsteriscRv64, "rv64", "isa");
    let mut oracle = Verified::new(oracle::Memory::default());
    vm.run(100, &mut oracle, &mut ()).unwrap();
    let mut trace = Trace::new(vm, Limits::default());
    let error = trace.seek(99, &mut oracle, &mut ()).unwrap_err();
    assert!(matches!(error, TraceError::Before { step: 99, first: 100 }), "{error}");
    trace.seek(100, &mut oracle, &mut ()).unwrap();
}
