//! Regions: the code that is compiled as one function.
//!
//! A region is what can be reached from its head by jumps and branches to known addresses, and by returns from the
//! calls it makes, as far as it has been executed before: a function, or a part of one. It can be entered at its head
//! and where its calls return to, and ends where another one can be entered, so that little is compiled twice. Blocks
//! that were never executed are left out: programs carry much code for what does not happen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::Ground;
use isa_traits::{ByteOrder, Concrete, Hart, InsnOf, Isa, Target};

use crate::ir::{GENERAL, Node, Nodes, Operand, Places};
use crate::pointers::window_of;
use crate::record::{Next, Recorder, Unit};

/// Instructions of a region, about: the time to compile grows faster than this.
const REGION: u32 = 600;
/// Instructions of a block.
const BLOCK: u32 = 512;

/// The target's words.
pub(crate) type WordOf<T> = <<T as Target>::Isa as Isa>::Word;

/// Where execution goes on after a block.
#[derive(Clone, Debug)]
pub(crate) enum End<W> {
    /// To a known address.
    Goto(u64),
    /// To `taken` where a truth value holds, else to `other`.
    Branch { condition: u32, taken: u64, other: u64 },
    /// To an address that is computed.
    Computed(Operand<W>),
    /// To the interpreter, which executes the instruction at this address.
    Leave(u64),
}

/// Code with one way in.
#[derive(Clone, Debug)]
pub(crate) struct Block<W> {
    pub(crate) pc: u64,
    pub(crate) nodes: Vec<Node<W>>,
    pub(crate) units: Vec<Unit<W>>,
    pub(crate) end: End<W>,
    /// Where a call at the end of the block returns to.
    returns_to: Option<u64>,
}

impl<W> Block<W> {
    /// Instructions.
    pub(crate) fn steps(&self) -> u32 {
        self.units.iter().map(|unit| unit.steps).sum()
    }

    /// The address after the last instruction.
    pub(crate) fn end_pc(&self) -> u64 {
        self.pc + 4 * u64::from(self.steps())
    }

    /// The registers whose value at the beginning is needed.
    pub(crate) fn reads(&self) -> Places {
        let places = self.nodes.iter().filter_map(|node| match node {
            Node::Reg(place) => Some(place),
            _ => None,
        });
        places.fold(0, |places, place| places | 1 << place)
    }

    /// The registers that are written.
    pub(crate) fn writes(&self) -> Places {
        self.units.iter().flat_map(|unit| &unit.writes).fold(0, |places, (place, _)| places | 1 << place)
    }

    /// Where it is known to go on.
    pub(crate) fn next(&self) -> Vec<u64> {
        match self.end {
            End::Goto(to) => vec![to],
            End::Branch { taken, other, .. } => vec![taken, other],
            End::Computed(_) | End::Leave(_) => Vec::new(),
        }
    }
}

/// Code that is compiled as one function.
#[derive(Clone, Debug)]
pub(crate) struct Region<W> {
    /// Where it can be entered.
    pub(crate) entries: BTreeSet<u64>,
    pub(crate) blocks: BTreeMap<u64, Block<W>>,
    /// For each register the window that it pointed into when the region was found, 0 if none.
    pub(crate) windows: Vec<usize>,
    /// Whether its code looks into all windows, not only into the one where it expects an address.
    pub(crate) tries_all: bool,
}

impl<W> Region<W> {
    /// The places of its instructions: addresses, and addresses after them.
    pub(crate) fn ranges(&self) -> Vec<(u64, u64)> {
        self.blocks.values().map(|block| (block.pc, block.end_pc())).collect()
    }
}

/// Finds the region at `head`; none where its first instruction is left to the interpreter. `taken` tells where
/// others are entered.
pub(crate) fn discover<T: Target>(
    ground: &Ground<'_, T>,
    head: u64,
    taken: impl Fn(u64) -> bool,
) -> Option<Region<WordOf<T>>> {
    let mut found = Discovery { ground, blocks: BTreeMap::new(), leaders: BTreeSet::from([head]), steps: 0 };
    let mut entries = BTreeSet::from([head]);
    let mut queue = VecDeque::from([(head, true)]);
    while let Some((pc, needed)) = queue.pop_front() {
        if (found.steps >= REGION && !needed) || found.blocks.contains_key(&pc) {
            continue;
        }
        let Some(block) = found.record(pc, &taken) else { continue };
        // Where a call goes to is a region of its own.
        let next = if block.returns_to.is_some() { Vec::new() } else { block.next() };
        entries.extend(block.returns_to);
        for next in next.into_iter().chain(block.returns_to).filter(|&next| !taken(next)) {
            if found.leaders.insert(next) {
                queue.extend(found.split(next).map(|pc| (pc, true)));
            }
            queue.push_back((next, false));
        }
        found.steps += block.steps();
        found.blocks.insert(pc, block);
        // A block may jump into its own middle.
        let inside = found.leaders.range(pc + 1..found.blocks[&pc].end_pc()).next().copied();
        if let Some(inside) = inside {
            queue.extend(found.split(inside).map(|pc| (pc, true)));
        }
    }
    entries.retain(|entry| found.blocks.contains_key(entry));
    entries.contains(&head).then(|| Region {
        entries,
        blocks: found.blocks,
        windows: windows_of(ground),
        tries_all: false,
    })
}

/// Finds a region again, with the same entries and places of instructions, none of which was overwritten. This time it
/// is to try all windows.
pub(crate) fn find_again<T: Target>(
    ground: &Ground<'_, T>,
    entries: &BTreeSet<u64>,
    ranges: &[(u64, u64)],
) -> Option<Region<WordOf<T>>> {
    let nothing = Discovery { ground, blocks: BTreeMap::new(), leaders: BTreeSet::new(), steps: 0 };
    let block = |&(start, end)| Some((start, nothing.record(start, &|pc| pc == end)?));
    let blocks = ranges.iter().map(block).collect::<Option<_>>()?;
    Some(Region { entries: entries.clone(), blocks, windows: windows_of(ground), tries_all: true })
}

/// For each register the window that it points into, 0 if none.
fn windows_of<T: Target>(ground: &Ground<'_, T>) -> Vec<usize> {
    let windows = ground.memory.windows();
    let general = ground.hart.x().general().iter();
    let mut pointed: Vec<usize> = general.map(|value| window_of(windows, value.get())).collect();
    pointed.resize(usize::from(GENERAL) + T::Isa::SPECIALS.len(), 0);
    pointed
}

struct Discovery<'a, 'g, T: Target> {
    ground: &'a Ground<'g, T>,
    blocks: BTreeMap<u64, Block<WordOf<T>>>,
    /// Addresses that blocks begin at.
    leaders: BTreeSet<u64>,
    steps: u32,
}

impl<T: Target> Discovery<'_, '_, T> {
    /// Takes away the block that holds `leader` in its middle; yields its address, to be recorded anew.
    fn split(&mut self, leader: u64) -> Option<u64> {
        let (&pc, block) = self.blocks.range(..leader).next_back()?;
        if block.end_pc() <= leader || !block.units.iter().any(|unit| unit.pc == leader) {
            return None;
        }
        self.steps -= block.steps();
        self.blocks.remove(&pc);
        Some(pc)
    }

    /// The instruction at `at`, if it may be compiled: where pages of code are not known as such, nobody would notice
    /// a store.
    fn instruction(&self, at: u64) -> Option<InsnOf<T>> {
        if !self.ground.decoded(at) {
            return None;
        }
        let mut bytes = [0; 4];
        self.ground.memory.read(at, &mut bytes);
        let word = match T::Isa::BYTE_ORDER {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        };
        self.ground.target.decode(word).ok()
    }

    /// The block at `start`, to the next leader or the next region at most; none where there is nothing to compile.
    fn record(&self, start: u64, taken: &impl Fn(u64) -> bool) -> Option<Block<WordOf<T>>> {
        let nodes = Nodes::default();
        let mut recorder = Recorder::<T::Isa>::new(&nodes);
        let (mut units, mut steps, mut pc) = (Vec::new(), 0, start);
        let (mut end, mut returns_to) = (None, None);
        while end.is_none() {
            if steps >= BLOCK || (pc != start && (self.leaders.contains(&pc) || taken(pc))) {
                end = Some(End::Goto(pc));
                break;
            }
            let Some(insn) = self.instruction(pc) else {
                end = Some(End::Goto(pc));
                break;
            };
            let delay_slot = || self.instruction(pc.wrapping_add(4));
            let Some((unit, next)) = recorder.unit(pc, &insn, delay_slot) else {
                end = Some(End::Leave(pc));
                break;
            };
            let after = pc.wrapping_add(4 * u64::from(unit.steps));
            steps += unit.steps;
            units.push(unit);
            if let Some(next) = next {
                end = Some(Self::end(next, after)?);
                let links = T::Isa::links(insn.op);
                returns_to = links.then(|| pc.wrapping_add(T::Isa::CALL_BYTES));
            }
            pc = after;
        }
        drop(recorder);
        let end = end.filter(|_| !units.is_empty())?;
        Some(Block { pc: start, nodes: nodes.into_vec(), units, end, returns_to })
    }

    /// None where a branch goes to an address that is not known: no instruction set has such.
    fn end(next: Next<'_, WordOf<T>>, after: u64) -> Option<End<WordOf<T>>> {
        use crate::ir::Truth;
        Some(match next {
            Next::To(to) | Next::Branch(Truth::Lit(true), to) => match to.operand() {
                Operand::Lit(to) => End::Goto(to.get()),
                to => End::Computed(to),
            },
            Next::Branch(Truth::Lit(false), _) => End::Goto(after),
            Next::Branch(Truth::Node(_, condition), to) => match to.operand() {
                Operand::Lit(to) => End::Branch { condition, taken: to.get(), other: after },
                Operand::Node(_) => return None,
            },
        })
    }
}
