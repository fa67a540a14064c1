//! Runs of instructions that are made without a look in between.

use std::collections::HashMap;

use engine::Vm;
use isa_traits::{Isa, Jump, Reg, Target};
use loader::{Symbol, Symbols};
use rustc_demangle::demangle;

use super::stacks::Function;

/// Instructions of a block at most.
const MAX_INSTRUCTIONS: u64 = 256;
/// Blocks kept, by the low bits of the address they begin at.
const KEPT: usize = 1 << 16;

/// Instructions that follow one another, up to a jump and what is in its delay slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    start: u64,
    pub(super) function: Function,
    /// How many; at least 1.
    pub(super) steps: u64,
    pub(super) end: Option<End>,
}

/// The jump or branch a block ends with.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) kind: Jump,
    /// Whether it leaves the address after it in a register.
    pub(super) links: bool,
}

/// The blocks found so far, and the functions they are in.
#[derive(Debug)]
pub(super) struct Blocks {
    /// By ascending address.
    functions: Vec<Symbol>,
    kept: Vec<Option<Block>>,
    numbers: HashMap<String, Function>,
    names: Vec<String>,
}

impl Blocks {
    pub(super) fn new(symbols: &Symbols) -> Self {
        Self {
            functions: functions(symbols),
            kept: vec![None; KEPT],
            numbers: HashMap::new(),
            names: Vec::new(),
        }
    }

    /// The names of functions.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The block at an address.
    pub(super) fn at<T: Target>(&mut self, vm: &Vm<T>, start: u64) -> Block {
        let slot = (start / 4) as usize % KEPT;
        if let Some(block) = self.kept[slot].filter(|block| block.start == start) {
            return block;
        }
        let block = self.find(vm, start);
        self.kept[slot] = Some(block);
        block
    }

    /// Forgets blocks, of which one was not as it had been.
    pub(super) fn forget(&mut self) {
        self.kept.fill(None);
    }

    fn find<T: Target>(&mut self, vm: &Vm<T>, start: u64) -> Block {
        let next = self.functions.partition_point(|function| function.start <= start);
        let next_symbol = self.functions.get(next).map(|function| function.start);
        let (mut steps, mut end) = (0, None);
        while steps < MAX_INSTRUCTIONS && next_symbol.is_none_or(|next| start + 4 * steps < next) {
            let Ok(insn) = vm.target().decode(vm.instruction_at(start.wrapping_add(4 * steps))) else {
                break;
            };
            steps += 1;
            if let Some(kind) = T::Isa::jumps(insn.op) {
                // What follows before the jump is made is as far as the address it links reaches.
                steps += T::Isa::CALL_BYTES / 4 - 1;
                end = Some(End { kind, links: T::Isa::links(insn.op) && insn.rd != Reg::SINK });
                break;
            }
        }
        Block { start, function: self.function(start), steps: steps.max(1), end }
    }

    /// The function an address is in.
    fn function(&mut self, at: u64) -> Function {
        let before = self.functions.partition_point(|function| function.start <= at);
        let function = self.functions[..before].last();
        let name = match function.filter(|function| function.size == 0 || at - function.start < function.size)
        {
            Some(function) => format!("{:#}", demangle(&function.name)),
            None => "(no symbol)".to_owned(),
        };
        if let Some(&number) = self.numbers.get(&name) {
            return number;
        }
        let number = self.names.len() as Function;
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }
}

/// The symbols that functions begin at, by ascending address.
///
/// Left out are names that assemblers make up (`.L…`, and `$x`, `$d` for what is code and what is not), and labels
/// without a size within a function that has one.
fn functions(symbols: &Symbols) -> Vec<Symbol> {
    let mut end = 0;
    let named = symbols
        .as_slice()
        .iter()
        .filter(|symbol| !symbol.name.is_empty() && !symbol.name.starts_with(['$', '.']));
    let mut functions: Vec<Symbol> = Vec::new();
    for symbol in named {
        if symbol.size > 0 {
            // Of several names of one address the first that has a size stands for all.
            if functions.last().is_some_and(|last| last.start == symbol.start && last.size > 0) {
                continue;
            }
            end = symbol.start.saturating_add(symbol.size);
        } else if symbol.start < end {
            continue;
        }
        functions.push(symbol.clone());
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_within_a_function_are_none() {
        let symbols = [
            ("start", 0x100, 0),
            ("$x", 0x110, 0),
            ("f", 0x110, 0x20),
            ("alias", 0x110, 0x20),
            (".Lpcrel_hi3", 0x114, 0),
            ("inner", 0x118, 0),
            ("g", 0x130, 0x10),
            ("end", 0x150, 0),
        ];
        let symbols = symbols.map(|(name, start, size)| Symbol { name: name.to_owned(), start, size });
        let mut blocks = Blocks::new(&symbols.into_iter().collect());
        let cases = [
            (0xff, "(no symbol)"),
            (0x100, "start"),
            (0x10c, "start"),
            (0x110, "f"),
            (0x118, "f"),
            (0x12c, "f"),
            (0x130, "g"),
            (0x140, "(no symbol)"),
            (0x150, "end"),
            (0x1000, "end"),
        ];
        for (at, name) in cases {
            let function = blocks.function(at);
            assert_eq!(blocks.names()[function as usize], name, "{at:#x}");
        }
    }
}
