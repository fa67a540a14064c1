use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use isa_traits::{Abi, Elf, Fields, HartOf, Insn, InsnOf, State, StateFiles, Target, Trap};
use rv64::{AsteriscRv64, Op};

use super::event::What;
use super::*;
use crate::member::RunMember;
use crate::targets::OnTarget;

const RV64: &str = "programs/prebuilt/claim.rv64.elf";
const MIPS: &str = "programs/prebuilt/claim.mips32.elf";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn claim(file: &str) -> Member {
    Member::open(&repository().join(file), None).unwrap()
}

#[derive(Parser)]
struct Host {
    #[command(flatten)]
    host: host::Args,
}

fn inputs() -> host::Args {
    let preimages = repository().join("programs/claim/preimages");
    Host::parse_from([Path::new("test"), Path::new("--preimages"), &preimages]).host
}

/// Compares two runs as the command does; a machine that is broken may not find to its end.
fn compared(
    a: impl Fn(&Conditions<'_>, &mut Teller) -> Result<Outcome> + Sync,
    b: impl Fn(&Conditions<'_>, &mut Teller) -> Result<Outcome> + Sync,
) -> (u64, Option<Split>) {
    let (host, stop) = (inputs(), Arc::default());
    let conditions = Conditions {
        host: &host,
        tier: tier::Args::default(),
        records: false,
        max_steps: 20_000_000,
        stop: &stop,
    };
    let ((sender_a, events_a), (sender_b, events_b)) = (sync_channel(AHEAD), sync_channel(AHEAD));
    thread::scope(|scope| {
        scope.spawn(|| a(&conditions, &mut Teller::new(sender_a)).unwrap());
        scope.spawn(|| b(&conditions, &mut Teller::new(sender_b)).unwrap());
        let compared = compare(events_a, events_b);
        stop.store(true, Ordering::Relaxed);
        compared
    })
}

#[test]
fn claim_does_the_same_on_both_instruction_sets() {
    let (a, b) = (claim(RV64), claim(MIPS));
    let (events, split) = compared(|c, t| a.run(c, t), |c, t| b.run(c, t));
    assert!(split.is_none());
    assert!(events > 300, "{events} events");
}

/// The same program, with one constant changed: a letter of a hint.
#[test]
fn a_guest_with_one_changed_constant_is_caught() {
    let elf = std::fs::read(repository().join(MIPS)).unwrap();
    let hint = b"state-node";
    let at = elf.windows(hint.len()).position(|bytes| bytes == hint).unwrap();
    let mut changed = elf.clone();
    changed[at] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.elf");
    std::fs::write(&file, changed).unwrap();
    let (a, b) = (claim(RV64), Member::open(&file, None).unwrap());
    let (events, split) = compared(|c, t| a.run(c, t), |c, t| b.run(c, t));
    let Some(Split { a: Some(a), b: Some(b) }) = split else { panic!("no split after {events} events") };
    let (What::Hint { text: a }, What::Hint { text: b }) = (a.what, b.what) else { panic!("no hints") };
    assert!(a.starts_with("state-node") && b.starts_with("rtate-node"), "{a} {b}");
    assert!(events > 0);
}

/// Asterisc, but SUB adds.
#[derive(Clone, Copy, Debug)]
struct Broken(AsteriscRv64);

impl Target for Broken {
    type Isa = <AsteriscRv64 as Target>::Isa;

    const NAME: &'static str = "broken";
    const WITNESS_BYTES: usize = AsteriscRv64::WITNESS_BYTES;
    const ADDRESS_BITS: u32 = AsteriscRv64::ADDRESS_BITS;
    const PROOF_PATHS: Option<usize> = AsteriscRv64::PROOF_PATHS;
    const LENIENT_EXITED: bool = AsteriscRv64::LENIENT_EXITED;
    const STATE_FILES: StateFiles = AsteriscRv64::STATE_FILES;

    fn version(&self) -> &'static str {
        self.0.version()
    }

    fn abi(&self) -> &'static Abi {
        self.0.abi()
    }

    fn elf(&self) -> &'static Elf {
        self.0.elf()
    }

    fn reference_error(&self, trap: Trap) -> &'static str {
        self.0.reference_error(trap)
    }

    fn fields<F: Fields>(&self, state: &mut State<HartOf<Self>>, fields: &mut F) -> Result<(), F::Error> {
        self.0.fields(state, fields)
    }

    fn decode(&self, raw: u32) -> Result<InsnOf<Self>, Trap> {
        let insn = self.0.decode(raw)?;
        Ok(match insn.op {
            Op::Sub => Insn { op: Op::Add, ..insn },
            _ => insn,
        })
    }
}

#[test]
fn a_machine_with_one_broken_instruction_is_caught() {
    let (a, b) = (claim(RV64), claim(MIPS));
    let broken = |conditions: &Conditions<'_>, follower: &mut Teller| {
        RunMember { member: &a, conditions, follower }.on(Broken(AsteriscRv64))
    };
    let (_, split) = compared(broken, |c, t| b.run(c, t));
    assert!(split.is_some());
}
