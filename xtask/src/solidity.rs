//! The generated sources of the contracts: the definitions of the instructions as the emitting machine writes them down.

use crate::{Task, golden, root};
use anyhow::Result;

pub(crate) const TASK: Task = Task {
    name: "solidity",
    about: "emits the instruction sets as Solidity (--check: compares with what is checked in)",
    run,
};

fn run(args: &[String]) -> Result<()> {
    let check = golden::check_flag(args)?;
    golden::settle(&root().join("contracts/solidity/generated"), &fpvm_contracts::emit::files(), check)
}
