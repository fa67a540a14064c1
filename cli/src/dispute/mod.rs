//! `fpvm dispute`.

mod machine;
mod report;

use std::cell::RefCell;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use fpvm_contracts::chain::{Chain, ChainError, Evm, Node, SpecId};
use fpvm_contracts::dispute::{
    Bug, DisputeError, Faulty, Forged, Game, GameError, LOCALS, Locals, Machine, Player, Side, Terms, play,
};
use isa_traits::Target;
use oracle::{Key, Verified};

use self::machine::Traced;
use self::report::Report;
use crate::pattern::number;
use crate::report::Verdict;
use crate::status::Status;
use crate::targets::AnyTarget;
use crate::trace::{self, Failure, OnTracer, Tracer};
use crate::{host, log};

/// The rules of the chain in memory, those of mainnet since December 2025.
const FORK: SpecId = SpecId::OSAKA;

/// A machine with a bug may make so many times the steps of one without.
const LONGER: u64 = 2;

/// The flags of `fpvm dispute`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(
    after_help = "One side's machine is right, the other's makes step --bug-at wrong, or says --claim of the end. They play \
    on contracts of their own. A claim is that the program accepts its inputs, so a claimant always says that it \
    ends valid."
)]
pub(crate) struct Args {
    #[command(flatten)]
    trace: trace::Args,
    /// The side whose machine is right
    #[arg(long, value_enum, default_value_t = SideName::Challenger)]
    honest: SideName,
    /// The step that the other side's machine makes wrong
    #[arg(long, value_name = "STEP", value_parser = number, required_unless_present = "claim")]
    bug_at: Option<u64>,
    /// What goes wrong in that step: the register it writes, a bit of memory, the whole instruction, or the bytes
    /// of the pre-image it reads
    #[arg(long, value_name = "register|memory|skip|preimage", default_value_t = Bug::Register)]
    bug: Bug,
    /// Picks bits, pages and registers for the bug
    #[arg(long, value_name = "N", value_parser = number, default_value_t = 0)]
    seed: u64,
    /// The state hash that the other side claims of the end, as claimant; it is right until then
    #[arg(long, value_name = "HASH", conflicts_with_all = ["bug_at", "bug", "seed"])]
    claim: Option<B256>,
    /// The step at which it claims the end; that of the program if left out
    #[arg(long, value_name = "STEP", value_parser = number, requires = "claim")]
    claim_step: Option<u64>,
    /// Play on the chain of this node, from its first two unlocked accounts; in memory if left out
    #[arg(long, value_name = "http://HOST:PORT")]
    rpc: Option<String>,
    /// How long the node may take for an answer, for a block, and a clock to run out, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = host::seconds)]
    rpc_timeout: Duration,
    /// How long each side may think in all, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..1 << 32))]
    period: u64,
    /// What each side stakes, in wei
    #[arg(long, value_name = "WEI", default_value_t = 1000)]
    bond: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SideName {
    /// It claims the end
    Claimant,
    /// It denies what is claimed
    Challenger,
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::Claimant => Self::Claimant,
            SideName::Challenger => Self::Challenger,
        }
    }
}

/// Plays a dispute.
pub(crate) fn run(args: &Args) -> Result<Status> {
    if args.claim.is_some() && args.honest == SideName::Claimant {
        bail!("--claim is what a wrong claimant says; --honest claimant goes with --bug-at");
    }
    if let Some(claim) = args.claim.filter(|claim| claim[0] != 0) {
        bail!(
            "--claim {claim} begins with status {}; only ends of status 0, valid, can be claimed",
            claim[0]
        );
    }
    let honest_won = args.trace.with(Dispute { args })?.map_err(anyhow::Error::downcast::<Failure>);
    match honest_won {
        Ok(true) => Ok(Status::Done),
        Ok(false) => Ok(Status::Failed),
        Err(Ok(failure)) => {
            log::error(&failure);
            Ok(failure.status())
        }
        Err(Err(error)) => Err(error),
    }
}

struct Dispute<'a> {
    args: &'a Args,
}

impl OnTracer for Dispute<'_> {
    /// Whether the honest side has not lost, apart from whether the input could be opened.
    type Output = Result<bool>;
    const RECORDS: bool = true;

    fn on<T: Target>(self, tracer: Tracer<T>) -> Result<Result<bool>> {
        Ok(match &self.args.rpc {
            None => self.args.play_in_memory(tracer),
            Some(url) => self.args.play_on_node(tracer, url),
        })
    }
}

impl Args {
    fn play_in_memory<T: Target>(&self, tracer: Tracer<T>) -> Result<bool> {
        let mut chain = Evm::new(FORK);
        let accounts = [0xc1, 0xc2].map(Address::repeat_byte);
        accounts.iter().for_each(|&account| chain.enrich(account));
        self.play(tracer, &mut chain, accounts)
    }

    fn play_on_node<T: Target>(&self, tracer: Tracer<T>, url: &str) -> Result<bool> {
        let mut node = Node::new(url, self.rpc_timeout, tracer.interrupt());
        let accounts = node.accounts().context("cannot find accounts to play from")?;
        let Some(&accounts) = accounts.first_chunk() else {
            bail!(
                "the node at {url} has {} unlocked accounts, wanted 2, one for each side; nodes for development have \
                 them",
                accounts.len()
            );
        };
        self.play(tracer, &mut node, accounts)
    }

    /// Plays on a chain; whether the honest side has not lost.
    fn play<T: Target>(
        &self,
        mut tracer: Tracer<T>,
        chain: &mut dyn Chain,
        [for_claimant, for_challenger]: [Address; 2],
    ) -> Result<bool> {
        check_version(tracer.trace.vm().target())?;
        let locals = locals(tracer.oracle())?;
        let honest = RefCell::new(Traced::right(tracer));
        let mut right = &honest;
        let steps = right.steps().map_err(stopped_by)?;
        let prestate = right.state_hash(0).map_err(stopped_by)?;
        if self.honest == SideName::Claimant {
            check_valid(&mut right, steps)?;
        }

        let mut wrong = self.wrong_machine(&honest, steps)?;
        let terms = Terms { prestate, locals, bond: self.bond, period: self.period };
        let game = Game::deploy::<T>(chain, for_claimant, terms).map_err(|error| stopped(error.into()))?;
        let mut report = Report::new(self, &honest.borrow().tracer, &game, steps);
        report.begin()?;
        let right: &mut dyn Machine<Error = Failure> = &mut right;
        let (claims, challenges) = match self.honest {
            SideName::Claimant => (right, &mut *wrong),
            SideName::Challenger => (&mut *wrong, right),
        };
        let mut claimant = Player { account: for_claimant, machine: claims };
        let mut challenger = Player { account: for_challenger, machine: challenges };
        let outcome = play(chain, &game, &mut claimant, &mut challenger, &mut |made| report.made(made));
        drop(wrong);
        report.end(outcome.map_err(stopped)?, &mut honest.into_inner().tracer)
    }

    /// What the other side goes by.
    fn wrong_machine<'a, T: Target>(
        &self,
        honest: &'a RefCell<Traced<T>>,
        steps: u64,
    ) -> Result<Box<dyn Machine<Error = Failure> + 'a>> {
        let first = honest.borrow().first;
        if let Some(post) = self.claim {
            let ends = match self.claim_step {
                None => steps,
                Some(step) => step.checked_sub(first).with_context(|| {
                    format!(
                        "--claim-step {step}, and the machine begins at step {first}; wanted: a later step"
                    )
                })?,
            };
            return Ok(Box::new(Forged { machine: honest, steps: ends, post: post.0 }));
        }
        let at = self.bug_at.unwrap_or_default();
        let step = at.checked_sub(first).filter(|&step| step < steps).with_context(|| {
            format!(
                "--bug-at {at}: the machine makes the steps {first} to {}",
                (first + steps).saturating_sub(1)
            )
        })?;
        let wrong = {
            let tracer = &mut honest.borrow_mut().tracer;
            tracer.state_hash(at).map_err(stopped_by)?;
            let mut oracle = Verified::new(tracer.oracle().record().cloned().unwrap_or_default());
            let wrong = self.bug.make(tracer.trace.vm(), &mut oracle, self.seed);
            let wrong = wrong.with_context(|| format!("--bug {} --bug-at {at}", self.bug))?;
            tracer.of_other(&self.trace, wrong)?
        };
        let wrong = Traced::wrong(wrong, first, steps.saturating_mul(LONGER));
        let mut faulty = Faulty { right: honest, step, wrong };
        if self.honest == SideName::Claimant {
            return Ok(Box::new(faulty));
        }
        // A claimant says that the program ends valid, whatever its machine has come to.
        let ends = faulty.steps().map_err(stopped_by)?;
        let mut post = faulty.state_hash(ends).map_err(stopped_by)?;
        post[0] = 0;
        Ok(Box::new(Forged { machine: faulty, steps: ends, post }))
    }
}

/// Checks that the contracts verify steps of this version.
fn check_version<T: Target>(target: &T) -> Result<()> {
    let (found, verified) = (format!("{}@{}", T::NAME, target.version()), T::NAME.parse::<AnyTarget>()?);
    if found != verified.to_string() {
        bail!("the contracts verify steps of {verified}, and --target names {found}");
    }
    Ok(())
}

/// The inputs of a program; those it has not are zeros.
fn locals(oracle: &mut impl isa_traits::Oracle<Error = oracle::Error>) -> Result<Locals> {
    let mut locals = Locals::default();
    for (index, word) in (1..=LOCALS as u64).zip(&mut locals.0) {
        match oracle.get(Key::local(index).as_bytes()) {
            Ok(value) => match word.get_mut(..value.len()) {
                Some(bytes) => bytes.copy_from_slice(value),
                None => bail!("local pre-image {index} has {} bytes; the game takes at most 32", value.len()),
            },
            Err(oracle::Error::Missing { .. }) => {}
            Err(error) => return Err(error).with_context(|| format!("cannot get local pre-image {index}")),
        }
    }
    Ok(locals)
}

/// Checks that there is something to claim.
fn check_valid<T: Target>(right: &mut &RefCell<Traced<T>>, steps: u64) -> Result<()> {
    let status = right.state_hash(steps).map_err(stopped_by)?[0];
    let end = &right.borrow().tracer.end;
    match end.as_ref().and_then(|end| end.error.clone()) {
        Some(trap) => Err(stopped_by(Failure::Trap(trap))),
        None if status != 0 => bail!(
            "the program ends {}, and only valid ends can be claimed; --honest challenger denies a claim",
            Verdict::of(status, false).words()
        ),
        None => Ok(()),
    }
}

fn stopped_by(failure: Failure) -> anyhow::Error {
    failure.into()
}

/// Why a dispute did not come to its end.
fn stopped(error: DisputeError<Failure>) -> anyhow::Error {
    match error {
        DisputeError::Machine(failure) => failure.into(),
        DisputeError::Game(GameError::Chain { error: ChainError::Interrupted, .. }) => {
            Failure::Interrupted.into()
        }
        error => error.into(),
    }
}
