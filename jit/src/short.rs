//! Which words of 64 bits are known to be their low 32, extended with their sign: most that C calls `int`. Extending
//! them again then costs nothing.

use std::collections::BTreeMap;

use isa_traits::{Concrete, Width};

use crate::flow::Flow;
use crate::ir::{Binary, Effect, Node, Operand, Places, Unary};
use crate::region::{Block, Region};

/// What is known of the words of a region.
#[derive(Debug)]
pub(crate) struct Short {
    /// The registers that may be longer, where a block begins.
    long: BTreeMap<u64, Places>,
}

impl Short {
    pub(crate) fn new<W: Concrete>(region: &Region<W>, flow: &Flow) -> Self {
        let long = if W::BITS == 64 && flow.has_loops() {
            flow.settle_forward(region, |block, long| {
                let nodes = nodes(block, long);
                block.units.iter().flat_map(|unit| &unit.writes).fold(long, |long, &(place, value)| {
                    if word(&nodes, value) { long & !(1 << place) } else { long | 1 << place }
                })
            })
        } else {
            BTreeMap::new()
        };
        Self { long }
    }

    /// Whether it is known of each node of a block.
    pub(crate) fn nodes<W: Concrete>(&self, block: &Block<W>) -> Vec<bool> {
        nodes(block, self.long.get(&block.pc).copied().unwrap_or(Places::MAX))
    }
}

/// Whether it is known of a word.
pub(crate) fn word<W: Concrete>(nodes: &[bool], word: Operand<W>) -> bool {
    match word {
        Operand::Lit(value) => W::BITS == 64 && value.sext(Width::Word) == value,
        Operand::Node(id) => nodes[id as usize],
    }
}

fn nodes<W: Concrete>(block: &Block<W>, long: Places) -> Vec<bool> {
    let mut short = vec![false; block.nodes.len()];
    if W::BITS != 64 {
        return short;
    }
    for effect in block.units.iter().flat_map(|unit| &unit.effects) {
        if let Effect::Load { node, width, .. } = *effect {
            short[node as usize] = width.bits() < 32;
        }
    }
    for (id, node) in block.nodes.iter().enumerate() {
        let is_short = |operand| word(&short, operand);
        short[id] |= match *node {
            Node::Reg(place) => long >> place & 1 == 0,
            Node::Unary(Unary::Sext(from), _) => from.bits() <= 32,
            Node::Unary(Unary::Zext(from), _) => from.bits() < 32,
            Node::Unary(Unary::Not, a) => is_short(a),
            Node::Binary(Binary::And | Binary::Or | Binary::Xor, a, b) | Node::Select(_, a, b) => {
                is_short(a) && is_short(b)
            }
            Node::Binary(Binary::Sra, a, _) => is_short(a),
            _ => false,
        };
    }
    short
}
