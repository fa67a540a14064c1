//! Which calls are active, followed from jump to jump, and how many steps were made in each.

use std::collections::HashMap;

/// Frames of one stack that are remembered; of more the older half is forgotten.
const MAX_FRAMES: usize = 4096;
/// Stacks that were left and may be gone on with: a runtime with its own threads has some.
const MAX_PARKED: usize = 256;
/// Frames of a folded stack; steps of deeper calls count for the deepest of them.
const MAX_DEPTH: u16 = 256;
/// Different stacks that are told apart; steps in further ones count for their callers.
const MAX_NODES: usize = 1 << 18;

/// A function, by its place in the list of names.
pub(super) type Function = u32;
/// A stack of functions, by its place in the tree.
type Node = u32;

/// A function as called by those above it in the tree.
#[derive(Debug)]
struct Place {
    /// Its caller; a root is its own.
    parent: Node,
    function: Function,
    depth: u16,
    steps: u64,
}

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
struct Frame {
    function: Function,
    node: Node,
    /// Where its caller goes on; `None` for the outermost, which therefore stays.
    returns_to: Option<u64>,
    /// The stack pointer at its first instruction, and so at that of its caller where it goes on.
    stack_pointer: u64,
}

/// The stack that runs, those that were left, and the steps counted so far.
#[derive(Debug)]
pub(super) struct Stacks {
    places: Vec<Place>,
    children: HashMap<(Option<Node>, Function), Node>,
    /// Never empty.
    frames: Vec<Frame>,
    parked: Vec<Vec<Frame>>,
    cut: bool,
}

impl Stacks {
    /// One stack of one function, which has just been entered.
    pub(super) fn new(function: Function, stack_pointer: u64) -> Self {
        let mut stacks = Self {
            places: Vec::new(),
            children: HashMap::new(),
            frames: Vec::new(),
            parked: Vec::new(),
            cut: false,
        };
        stacks.start(function, stack_pointer);
        stacks
    }

    /// Counts steps made in `function`, which need not be the one last called: code may fall through, or jump directly,
    /// from one into another, which is then what the caller waits for.
    pub(super) fn count(&mut self, function: Function, steps: u64) {
        let top = *self.top();
        if top.function != function {
            let place = &self.places[top.node as usize];
            let parent = (place.parent != top.node).then_some(place.parent);
            let node = self.child(parent, function);
            *self.top() = Frame { function, node, ..top };
        }
        let node = self.top().node;
        self.places[node as usize].steps += steps;
    }

    /// Enters a function that is to return to an address.
    pub(super) fn call(&mut self, function: Function, returns_to: u64, stack_pointer: u64) {
        if self.frames.len() == MAX_FRAMES {
            self.frames.drain(..MAX_FRAMES / 2);
            self.frames[0].returns_to = None;
            self.cut = true;
        }
        let caller = self.top().node;
        let node = self.child(Some(caller), function);
        self.frames.push(Frame { function, node, returns_to: Some(returns_to), stack_pointer });
    }

    /// Goes on at an address that a register had: a return, a tail call, a jump within a function, an unwinding of
    /// several calls, or a switch to another stack.
    pub(super) fn jump(&mut self, to: u64, function: Function, stack_pointer: u64) {
        let returns_here = |frame: &Frame| frame.returns_to == Some(to);
        let exactly = |frame: &Frame| returns_here(frame) && frame.stack_pointer == stack_pointer;
        let top = *self.top();
        if let Some(frame) = self.frames.iter().rposition(exactly) {
            return self.frames.truncate(frame);
        }
        if function == top.function && !returns_here(&top) {
            return;
        }
        let parked = self.parked.iter().enumerate().rev();
        let parked = parked.filter_map(|(i, stack)| Some((i, stack.iter().rposition(exactly)?))).next();
        if let Some((stack, frame)) = parked {
            std::mem::swap(&mut self.frames, &mut self.parked[stack]);
            return self.frames.truncate(frame);
        }
        // A stack that was moved keeps its addresses to return to.
        if let Some(frame) = self.frames.iter().rposition(returns_here) {
            return self.frames.truncate(frame);
        }
        // A tail call, whose caller waits for the same address on the same stack: `count` gives the frame its name.
        if stack_pointer == top.stack_pointer {
            return;
        }
        let unwound = |frame: &Frame| frame.function == function && frame.stack_pointer >= stack_pointer;
        if let Some(frame) = self.frames.iter().rposition(unwound) {
            return self.frames.truncate(frame + 1);
        }
        if self.parked.len() == MAX_PARKED {
            self.parked.remove(0);
            self.cut = true;
        }
        self.parked.push(std::mem::take(&mut self.frames));
        self.start(function, stack_pointer);
    }

    /// Whether some calls were too deep, or too many, to be told apart.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Every stack in which steps were made, the outermost function first, and how many.
    pub(super) fn folded(&self) -> impl Iterator<Item = (Vec<Function>, u64)> {
        (0..).zip(&self.places).filter(|(_, place)| place.steps > 0).map(|(node, place)| {
            let mut stack = vec![place.function];
            let (mut at, mut parent): (Node, Node) = (node, place.parent);
            while parent != at {
                at = parent;
                stack.push(self.places[at as usize].function);
                parent = self.places[at as usize].parent;
            }
            stack.reverse();
            (stack, place.steps)
        })
    }

    fn start(&mut self, function: Function, stack_pointer: u64) {
        let node = self.child(None, function);
        self.frames.push(Frame { function, node, returns_to: None, stack_pointer });
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or_else(|| unreachable!("the outermost frame stays"))
    }

    /// The place of a function below another, or at the root.
    fn child(&mut self, parent: Option<Node>, function: Function) -> Node {
        if let Some(&node) = self.children.get(&(parent, function)) {
            return node;
        }
        let depth = parent.map_or(0, |parent| self.places[parent as usize].depth + 1);
        if let Some(parent) = parent.filter(|_| depth == MAX_DEPTH || self.places.len() >= MAX_NODES) {
            self.cut = true;
            return parent;
        }
        let node = self.places.len() as Node;
        self.places.push(Place { parent: parent.unwrap_or(node), function, depth, steps: 0 });
        self.children.insert((parent, function), node);
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions by letter, and where calls from them return to: `A` calls from below 100, `B` from below 200.
    const A: Function = 0;
    const B: Function = 1;
    const C: Function = 2;
    const TOP: u64 = 1 << 20;

    /// The folded stacks, a letter a function.
    fn folded(stacks: &Stacks) -> Vec<(String, u64)> {
        let letter = |function: &Function| char::from(b'A' + *function as u8);
        let mut lines: Vec<_> =
            stacks.folded().map(|(stack, steps)| (stack.iter().map(letter).collect(), steps)).collect();
        lines.sort();
        lines
    }

    fn lines(lines: &[(&str, u64)]) -> Vec<(String, u64)> {
        lines.iter().map(|(stack, steps)| ((*stack).to_owned(), *steps)).collect()
    }

    #[test]
    fn calls_and_returns_make_stacks() {
        let mut stacks = Stacks::new(A, TOP);
        stacks.count(A, 1);
        stacks.call(B, 10, TOP - 16);
        stacks.count(B, 2);
        stacks.call(C, 110, TOP - 32);
        stacks.count(C, 4);
        stacks.jump(110, B, TOP - 32);
        stacks.count(B, 8);
        stacks.jump(10, A, TOP - 16);
        stacks.count(A, 16);
        assert_eq!(folded(&stacks), lines(&[("A", 17), ("AB", 10), ("ABC", 4)]));
    }

    #[test]
    fn a_jump_within_a_function_and_a_tail_call_are_no_returns() {
        let mut stacks = Stacks::new(A, TOP);
        stacks.call(B, 10, TOP - 16);
        // A table of cases, with B's own frame below.
        stacks.jump(150, B, TOP - 64);
        stacks.count(B, 1);
        // To C by register, and to C by falling through, with B's frame gone.
        stacks.jump(200, C, TOP - 16);
        stacks.count(C, 2);
        stacks.jump(10, A, TOP - 16);
        stacks.count(A, 4);
        assert_eq!(folded(&stacks), lines(&[("A", 4), ("AB", 1), ("AC", 2)]));
    }

    #[test]
    fn recursion_returns_one_call_at_a_time_and_unwinds_several() {
        let mut stacks = Stacks::new(A, TOP);
        for depth in 1..=3 {
            stacks.call(B, if depth == 1 { 10 } else { 110 }, TOP - 16 * depth);
            stacks.count(B, 1);
        }
        stacks.jump(110, B, TOP - 48);
        stacks.count(B, 10);
        // To the caller of all, as longjmp does: no call returns there.
        stacks.jump(30, A, TOP - 8);
        stacks.count(A, 100);
        assert_eq!(folded(&stacks), lines(&[("A", 100), ("AB", 1), ("ABB", 11), ("ABBB", 1)]));
    }

    #[test]
    fn a_stack_that_was_left_is_gone_on_with() {
        let other = TOP / 2;
        let mut stacks = Stacks::new(A, TOP);
        stacks.call(B, 10, TOP - 16);
        stacks.count(B, 1);
        // To another thread, which then calls the same function from the same place.
        stacks.jump(200, C, other);
        stacks.call(B, 210, other - 16);
        stacks.count(B, 2);
        // Back into the first, at the end of its call, and to the second again.
        stacks.jump(10, A, TOP - 16);
        stacks.count(A, 4);
        stacks.jump(210, C, other - 16);
        stacks.count(C, 8);
        assert_eq!(folded(&stacks), lines(&[("A", 4), ("AB", 1), ("C", 8), ("CB", 2)]));
    }

    #[test]
    fn a_stack_that_was_moved_returns_as_before() {
        let moved = TOP / 2;
        let mut stacks = Stacks::new(A, TOP);
        stacks.call(B, 10, TOP - 16);
        stacks.call(C, 110, TOP - 32);
        stacks.jump(110, B, moved - 32);
        stacks.count(B, 1);
        stacks.jump(10, A, moved - 16);
        stacks.count(A, 2);
        assert_eq!(folded(&stacks), lines(&[("A", 2), ("AB", 1)]));
    }

    #[test]
    fn calls_without_end_take_bounded_room() {
        let mut stacks = Stacks::new(A, TOP);
        for call in 0..100_000_u64 {
            stacks.call((call % 7) as Function, call, TOP - call);
            stacks.count((call % 7) as Function, 1);
            stacks.jump(call | 1 << 40, C, call | 1 << 50);
        }
        assert!(stacks.is_cut());
        assert!(stacks.frames.len() <= MAX_FRAMES && stacks.parked.len() <= MAX_PARKED);
        assert_eq!(stacks.folded().map(|(_, steps)| steps).sum::<u64>(), 100_000);
        let mut stacks = Stacks::new(A, TOP);
        for call in 0..100_000_u64 {
            stacks.call(B, call, TOP);
            stacks.count(B, 1);
        }
        assert!(stacks.is_cut() && stacks.places.len() <= usize::from(MAX_DEPTH) + 1);
        assert_eq!(stacks.folded().map(|(_, steps)| steps).sum::<u64>(), 100_000);
    }
}
