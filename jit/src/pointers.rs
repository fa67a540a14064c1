//! Where registers point, by guess: what they are computed from at the beginning of a region points somewhere, and
//! what is not far from there most likely points into the same window. A wrong guess costs time and nothing else.

use std::collections::BTreeMap;

use engine::memory::Window;
use isa_traits::Concrete;

use crate::ir::{Binary, Node, Operand, Place};
use crate::region::{Block, Region};

/// A window by its place among all; the first where nothing is known.
type Guess = usize;

/// The window that an address lies in.
pub(crate) fn window_of(windows: &[Window], at: u64) -> Guess {
    windows.iter().position(|window| window.holds(at)).unwrap_or(0)
}

/// The windows that words of a region most likely point into.
#[derive(Debug)]
pub(crate) struct Pointers<'a> {
    windows: &'a [Window],
    blocks: BTreeMap<u64, Guesses>,
}

/// Those of a block.
#[derive(Debug)]
struct Guesses {
    /// By registers, where it begins.
    registers: Vec<Guess>,
    /// By nodes.
    nodes: Vec<Guess>,
}

impl<'a> Pointers<'a> {
    pub(crate) fn new<W: Concrete>(region: &Region<W>, windows: &'a [Window]) -> Self {
        let mut found = Self { windows, blocks: BTreeMap::new() };
        if windows.len() < 2 {
            return found;
        }
        let mut work: Vec<(u64, Vec<Guess>)> =
            region.entries.iter().map(|&pc| (pc, region.windows.clone())).collect();
        while let Some((pc, registers)) = work.pop() {
            let Some(block) = region.blocks.get(&pc).filter(|_| !found.blocks.contains_key(&pc)) else {
                continue;
            };
            let nodes = found.nodes(block, &registers);
            let mut after = registers.clone();
            for &(place, value) in block.units.iter().flat_map(|unit| &unit.writes) {
                after[usize::from(place)] = found.guess(&nodes, value);
            }
            found.blocks.insert(pc, Guesses { registers, nodes });
            work.extend(block.next().into_iter().map(|next| (next, after.clone())));
        }
        found
    }

    /// The window that a register most likely points into where a block begins.
    pub(crate) fn register(&self, block: u64, place: Place) -> Guess {
        self.blocks.get(&block).map_or(0, |guesses| guesses.registers[usize::from(place)])
    }

    /// The same for a word of a block.
    pub(crate) fn word<W: Concrete>(&self, block: u64, word: Operand<W>) -> Guess {
        self.blocks.get(&block).map_or(0, |guesses| self.guess(&guesses.nodes, word))
    }

    fn nodes<W: Concrete>(&self, block: &Block<W>, registers: &[Guess]) -> Vec<Guess> {
        let mut nodes = Vec::with_capacity(block.nodes.len());
        for node in &block.nodes {
            let either = |a, b| match (self.guess(&nodes, a), self.guess(&nodes, b)) {
                (0, b) => b,
                (a, _) => a,
            };
            let guess = match *node {
                Node::Reg(place) => registers[usize::from(place)],
                Node::Binary(Binary::Add, a, b) | Node::Select(_, a, b) => either(a, b),
                Node::Binary(Binary::And, a, Operand::Lit(_)) => self.guess(&nodes, a),
                _ => 0,
            };
            nodes.push(guess);
        }
        nodes
    }

    fn guess<W: Concrete>(&self, nodes: &[Guess], word: Operand<W>) -> Guess {
        match word {
            Operand::Node(id) => nodes[id as usize],
            Operand::Lit(at) => window_of(self.windows, at.get()),
        }
    }
}
