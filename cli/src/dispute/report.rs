//! How a dispute is told.

use alloy_primitives::B256;
use anyhow::Result;
use fpvm_contracts::dispute::{Game, Made, Move, Outcome, Side};
use isa_traits::{Concrete, Hart, Target};
use serde::Serialize;

use super::Args;
use crate::trace::Tracer;
use crate::{explain, files, log};

/// The one object that `dispute --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// The target and its version: `asterisc-rv64@1.3.0`.
    target: String,
    /// The node, or `memory`.
    chain: String,
    /// The contracts of the game, its stepper and its oracle.
    game: String,
    stepper: String,
    oracle: String,
    honest: &'static str,
    /// What is wrong with the other side.
    other: String,
    prestate: B256,
    /// The hash of the program's inputs.
    statement: B256,
    /// The step at which the program ends.
    end: u64,
    moves: Vec<Told>,
    /// None where nothing was disputed.
    outcome: Option<Decision>,
    gas: Gas,
    #[serde(skip)]
    json: bool,
    /// The step that the game counts as its first.
    #[serde(skip)]
    first: u64,
}

/// A move.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    by: &'static str,
    #[serde(rename = "move")]
    name: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    /// The state hash that is claimed, proposed or proven, or the key of a pre-image.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agrees: Option<bool>,
    /// Where a part of a pre-image begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    gas: u64,
}

/// What came out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    /// The step that was left.
    step: u64,
    pc: String,
    instruction: String,
    /// The state hash after it, as the claimant had it.
    claimed: B256,
    /// And as the verifier has it; null where the clock decided.
    verified: Option<B256>,
    winner: &'static str,
    honest_won: bool,
}

/// What it took.
#[derive(Default, Serialize)]
struct Gas {
    deployment: u64,
    claimant: u64,
    challenger: u64,
    /// What both sides took, without the deployment.
    total: u64,
}

const fn name(side: Side) -> &'static str {
    match side {
        Side::Claimant => "claimant",
        Side::Challenger => "challenger",
    }
}

/// A hash that a line has room for.
fn short(hash: &B256) -> String {
    format!("0x{}…", alloy_primitives::hex::encode(&hash[..8]))
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

impl Told {
    fn new(made: &Made, first: u64) -> Self {
        let (name, step, hash, agrees, offset) = match made.what {
            Move::Claim { steps, post } => ("claim", Some(steps), Some(post), None, None),
            Move::Challenge => ("challenge", None, None, None, None),
            Move::Propose { step, hash } => ("propose", Some(step), Some(hash), None, None),
            Move::Respond { step, agrees } => ("respond", Some(step), None, Some(agrees), None),
            Move::Load { key, offset } => ("load", None, Some(key), None, Some(offset)),
            Move::Step { step, verified } => ("step", Some(step), Some(verified), None, None),
            Move::Timeout => ("timeout", None, None, None, None),
        };
        let (step, hash) = (step.map(|step| first + step), hash.map(B256::from));
        Self { by: self::name(made.by), name, step, hash, agrees, offset, gas: made.gas }
    }

    fn words(&self) -> String {
        let (step, hash) = (self.step.unwrap_or_default(), self.hash.as_ref().map(short).unwrap_or_default());
        match (self.name, self.agrees) {
            ("claim", _) => format!("claims the end: step {step}, {hash}"),
            ("challenge", _) => "challenges that".to_owned(),
            ("propose", _) => format!("has {hash} at step {step}"),
            ("respond", Some(true)) => format!("agrees at step {step}"),
            ("respond", _) => format!("disagrees at step {step}"),
            ("load", _) => {
                format!("loads pre-image {hash} from byte {}", self.offset.unwrap_or_default())
            }
            ("step", _) => format!("proves step {step}: {hash}"),
            _ => "ends it by the clock".to_owned(),
        }
    }
}

impl Report {
    pub(super) fn new<T: Target>(args: &Args, tracer: &Tracer<T>, game: &Game, steps: u64) -> Self {
        let target = tracer.trace.vm().target();
        let first = tracer.trace.first();
        let other = match (args.bug_at, args.claim) {
            (Some(step), _) => format!("makes step {step} wrong ({})", args.bug),
            (_, claim) => format!("claims {}", claim.unwrap_or_default()),
        };
        Self {
            target: format!("{}@{}", T::NAME, target.version()),
            chain: args.rpc.clone().unwrap_or_else(|| "memory".to_owned()),
            game: game.address.to_string(),
            stepper: game.stepper.to_string(),
            oracle: game.oracle.to_string(),
            honest: name(args.honest.into()),
            other,
            prestate: game.terms.prestate.into(),
            statement: game.terms.locals.statement().into(),
            end: first + steps,
            moves: Vec::new(),
            outcome: None,
            gas: Gas { deployment: game.gas, ..Gas::default() },
            json: args.json,
            first,
        }
    }

    /// Prints what is known before the first move.
    pub(super) fn begin(&self) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let Self { target, chain, game, stepper, oracle, honest, other, prestate, statement, end, .. } = self;
        files::print(format_args!("target      {target}, ends at step {end}"))?;
        files::print(format_args!("chain       {chain}"))?;
        files::print(format_args!("game        {game}, stepper {stepper}, oracle {oracle}"))?;
        files::print(format_args!("prestate    {prestate}"))?;
        files::print(format_args!("statement   {statement}"))?;
        files::print(format_args!("honest      {honest}; the other side {other}"))?;
        files::print(format_args!("\n{:>4}  {:10}  {:56}  {:>9}", "move", "by", "", "gas"))
    }

    /// Takes a move, and prints it.
    pub(super) fn made(&mut self, made: &Made) {
        let told = Told::new(made, self.first);
        self.gas.total += made.gas;
        match made.by {
            Side::Claimant => self.gas.claimant += made.gas,
            Side::Challenger => self.gas.challenger += made.gas,
        }
        if !self.json {
            let number = self.moves.len() + 1;
            // Where nobody reads along the game goes on all the same.
            let _ = files::print(format_args!(
                "{number:>4}  {:10}  {:56}  {:>9}",
                told.by,
                told.words(),
                grouped(told.gas)
            ));
        }
        self.moves.push(told);
    }

    /// Prints what came out; whether the honest side has not lost.
    pub(super) fn end<T: Target>(mut self, outcome: Option<Outcome>, tracer: &mut Tracer<T>) -> Result<bool> {
        if let Some(outcome) = outcome {
            let step = self.first + outcome.step;
            // A step past the end is one of a machine that stays as it is.
            tracer.state_hash(step.min(self.end))?;
            let vm = tracer.trace.vm();
            let winner = name(outcome.winner);
            self.outcome = Some(Decision {
                step,
                pc: explain::place(tracer.symbols(), vm.state().hart.pc().get()),
                instruction: explain::instruction(vm.target(), vm.instruction()),
                claimed: outcome.claimed.into(),
                verified: outcome.verified.map(B256::from),
                winner,
                honest_won: winner == self.honest,
            });
        }
        if self.json {
            files::print(serde_json::to_string_pretty(&self)?)?;
        } else {
            self.print_end()?;
        }
        let lost = self.outcome.as_ref().is_some_and(|outcome| !outcome.honest_won);
        if lost {
            log::error("the honest side has lost: this machine and the contracts do not agree");
        }
        Ok(!lost)
    }

    fn print_end(&self) -> Result<()> {
        files::print("")?;
        match &self.outcome {
            None => {
                files::print("nothing to dispute: what is claimed is so, whatever went wrong on the way")?
            }
            Some(Decision { step, pc, instruction, claimed, verified, winner, honest_won }) => {
                files::print(format_args!("disputed    step {step}, pc {pc}, instruction {instruction}"))?;
                files::print(format_args!("claimed     {claimed}"))?;
                match verified {
                    Some(verified) => files::print(format_args!("verifier    {verified}"))?,
                    None => files::print("verifier    was not asked: nobody proved the step in time")?,
                }
                let who = if *honest_won { "honest" } else { "wrong" };
                files::print(format_args!("winner      {winner}, the {who} side"))?;
            }
        }
        let Gas { deployment, claimant, challenger, total } = self.gas;
        files::print(format_args!(
            "gas         claimant {}, challenger {}, both {}; contracts {}",
            grouped(claimant),
            grouped(challenger),
            grouped(total),
            grouped(deployment)
        ))
    }
}
