//! Where registers point, by guess: what they are computed from at the beginning of a region points somewhere, and
//! what is not far from there most likely points into the same window. A wrong guess costs time and nothing else.

use std::collections::BTreeMap;

use engine::memory::Window;
use isa_traits::Concrete;

use crate::ir::{Binary, Node, Operand, Place};
use crate::region::{Block, Region};

/// A window by its place among all; the first where nothing is known.
type Guess = usize;

/// The windows that words of a region most likely point into.
#[derive(Debug)]
pub(crate) struct Pointers<'a> {
    windows: &'a [Window],
    /// For each block those of the registers where it begins.
    registers: BTreeMap<u64, Vec<Guess>>,
}

impl<'a> Pointers<'a> {
    pub(crate) fn new<W: Concrete>(region: &Region<W>, windows: &'a [Window]) -> Self {
        let mut found = Self { windows, registers: BTreeMap::new() };
        if windows.len() < 2 {
            return found;
        }
        let mut work: Vec<(u64, Vec<Guess>)> =
            region.entries.iter().map(|&pc| (pc, region.windows.clone())).collect();
        while let Some((pc, mut registers)) = work.pop() {
            let Some(block) = region.blocks.get(&pc).filter(|_| !found.registers.contains_key(&pc)) else {
                continue;
            };
            found.registers.insert(pc, registers.clone());
            let nodes = found.nodes(block);
            for &(place, value) in block.units.iter().flat_map(|unit| &unit.writes) {
                registers[usize::from(place)] = found.word(&nodes, value);
            }
            work.extend(block.next().into_iter().map(|next| (next, registers.clone())));
        }
        found
    }

    /// The window that a register most likely points into where a block begins.
    pub(crate) fn register(&self, pc: u64, place: Place) -> Guess {
        self.registers.get(&pc).map_or(0, |registers| registers[usize::from(place)])
    }

    /// For each node of a block the window that it most likely points into.
    pub(crate) fn nodes<W: Concrete>(&self, block: &Block<W>) -> Vec<Guess> {
        let mut nodes = Vec::with_capacity(block.nodes.len());
        let Some(registers) = self.registers.get(&block.pc) else { return vec![0; block.nodes.len()] };
        for node in &block.nodes {
            let either = |a, b| match (self.word(&nodes, a), self.word(&nodes, b)) {
                (0, b) => b,
                (a, _) => a,
            };
            let guess = match *node {
                Node::Reg(place) => registers[usize::from(place)],
                Node::Binary(Binary::Add, a, b) | Node::Select(_, a, b) => either(a, b),
                Node::Binary(Binary::And, a, Operand::Lit(_)) => self.word(&nodes, a),
                _ => 0,
            };
            nodes.push(guess);
        }
        nodes
    }

    /// The same for a word.
    pub(crate) fn word<W: Concrete>(&self, nodes: &[Guess], word: Operand<W>) -> Guess {
        match word {
            Operand::Node(id) => nodes[id as usize],
            Operand::Lit(at) => {
                let holds = |window: &Window| at.get().wrapping_sub(window.start) < window.bytes;
                self.windows.iter().position(holds).unwrap_or(0)
            }
        }
    }
}
