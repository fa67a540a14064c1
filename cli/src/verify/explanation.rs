//! `--explain`: a step in words.

use std::convert::Infallible;

use alloy_primitives::{B256, hex};
use anyhow::{Context, Result};
use engine::bus::{ByLeaf, LEAF_BYTES, Leaves};
use engine::kernel::Environment;
use engine::{Replay, StepProof, VerifyError, Witness, step};
use isa_traits::{ByteOrder, Concrete, Exec, Fields, Hart, HartOf, Hash, Isa, State, Stream, Target, Trap};
use loader::Symbols;

use crate::{explain, files};

/// Why a proof is refused, with what the reference calls it.
pub(super) fn of_error<T: Target>(target: &T, error: &VerifyError) -> String {
    match error {
        VerifyError::Trap(trap) => {
            format!("{error} [{} calls it {}]", T::NAME, target.reference_error(*trap))
        }
        VerifyError::Proof(engine::ProofError::Root { found, wanted, .. }) => {
            format!("{error}: found {}, wanted {}", B256::from(*found), B256::from(*wanted))
        }
        VerifyError::MissingPreimage { key } => format!("{error}: {}", B256::from(*key)),
        error => error.to_string(),
    }
}

/// Prints the instruction, the accesses and the changes of a step that was verified.
pub(super) fn print<T: Target>(
    target: &T,
    symbols: &Symbols,
    proof: &StepProof,
    after: &Witness,
) -> Result<()> {
    let (before, root) = Witness::decode(target, &proof.state)?;
    if before.exited {
        files::print(format_args!("step {}: the guest has exited, nothing changes", before.step))?;
        return Ok(());
    }
    let pc = before.hart.pc().get();
    // The first path is that of the instruction, its leaf first; the step was verified before.
    let instruction = proof.proof.get(pc as usize % LEAF_BYTES..).and_then(|leaf| leaf.first_chunk());
    let bytes = *instruction.context("the proof has no instruction")?;
    let raw = match T::Isa::BYTE_ORDER {
        ByteOrder::Little => u32::from_le_bytes(bytes),
        ByteOrder::Big => u32::from_be_bytes(bytes),
    };
    files::print(format_args!(
        "step {}, pc {}: {}",
        before.step,
        explain::place(symbols, pc),
        explain::instruction(target, raw)
    ))?;

    let mut bus =
        ByLeaf(Noting { replay: Replay::new(T::ADDRESS_BITS, root, &proof.proof), notes: Vec::new() });
    let mut world = Given(proof.preimage.as_ref().map(|(_, value, _)| value.as_slice()).unwrap_or_default());
    // It goes through as it did when it was verified.
    let _ = step(target, &mut before.clone(), &mut bus, &mut world);
    for note in &bus.0.notes {
        files::print(format_args!("  {note}"))?;
    }
    if let Some((key, value, offset)) = &proof.preimage {
        files::print(format_args!(
            "  pre-image {}, {} bytes, from offset {offset}",
            B256::from(*key),
            value.len()
        ))?;
    }

    let (now, root_now) = Witness::decode(target, after)?;
    if root != root_now {
        files::print(format_args!("  memRoot {} -> {}", B256::from(root), B256::from(root_now)))?;
    }
    for ((name, old), (_, new)) in listed(target, before).into_iter().zip(listed(target, now)) {
        if old != new {
            files::print(format_args!("  {name} {old} -> {new}"))?;
        }
    }
    Ok(())
}

/// The fields of a state as names and texts.
fn listed<T: Target>(target: &T, mut state: State<HartOf<T>>) -> Vec<(String, String)> {
    let mut list = List(Vec::new());
    let Ok(()) = target.fields(&mut state, &mut list);
    list.0
}

struct List(Vec<(String, String)>);

impl Fields for List {
    type Error = Infallible;

    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), Infallible> {
        self.0.push((name.to_owned(), B256::from(*value).to_string()));
        Ok(())
    }

    fn number(&mut self, name: &'static str, _: usize, value: &mut u64) -> Result<(), Infallible> {
        self.0.push((name.to_owned(), format!("{value:#x}")));
        Ok(())
    }

    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), Infallible> {
        self.0.push((name.to_owned(), value.to_string()));
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), Infallible> {
        self.0.extend(
            values.iter().enumerate().map(|(i, v)| (format!("{name}[{i}]"), format!("{:#x}", v.get()))),
        );
        Ok(())
    }
}

/// Notes each access on its way to the proof.
struct Noting<'a> {
    replay: Replay<'a>,
    notes: Vec<String>,
}

impl Leaves for Noting<'_> {
    fn fetch_leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        let leaf = self.replay.fetch_leaf(at)?;
        self.notes.push(format!("fetch {at:#x}: {}", hex::encode(leaf)));
        Ok(leaf)
    }

    fn leaf(&mut self, at: u64) -> Result<Hash, Trap> {
        let leaf = self.replay.leaf(at)?;
        self.notes.push(format!("leaf  {at:#x}: {}", hex::encode(leaf)));
        Ok(leaf)
    }

    fn set_in_leaf(&mut self, at: u64, bytes: &[u8]) -> Exec {
        self.notes.push(format!("write {at:#x}: {}", hex::encode(bytes)));
        self.replay.set_in_leaf(at, bytes)
    }

    fn observe(&self, at: u64, bytes: &mut [u8]) -> bool {
        self.replay.observe(at, bytes)
    }
}

/// The pre-image of a step that was verified.
struct Given<'a>(&'a [u8]);

impl Environment for Given<'_> {
    type Error = Infallible;

    fn preimage(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(self.0)
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn output(&mut self, _: Stream, _: &[u8]) {}
}
