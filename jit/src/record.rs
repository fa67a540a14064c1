//! The machine that records: it executes definitions on values that are not known yet, and notes what they do.

use isa_traits::{Concrete, Exec, Insn, Isa, Machine, Reg, Trap, Width, Word};

use crate::address::{Around, Memory};
use crate::ir::{Effect, GENERAL, Node, Nodes, Operand, Place, Truth, Value};

/// Where execution goes on after an instruction that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'a, W> {
    To(Value<'a, W>),
    Branch(Truth<'a, W>, Value<'a, W>),
}

/// An instruction, or a jump with the instruction in its delay slot: what is done as a whole or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Unit<W> {
    pub(crate) pc: u64,
    /// Instructions.
    pub(crate) steps: u32,
    pub(crate) effects: Vec<Effect<W>>,
    pub(crate) writes: Vec<(Place, Operand<W>)>,
}

/// A unit, and where it goes on if it says so.
pub(crate) type Recorded<'a, W> = (Unit<W>, Option<Next<'a, W>>);

/// The machine. Register 0 is taken to hold 0: where it does not, no compiled code is entered.
#[derive(Debug)]
pub(crate) struct Recorder<'a, I: Isa> {
    nodes: &'a Nodes<I::Word>,
    /// What the registers hold, where that is known to be something else than at the beginning or was asked for.
    held: Vec<Option<Value<'a, I::Word>>>,
    memory: Memory<I::Word, Value<'a, I::Word>>,
    unit: Unit<I::Word>,
    pc: u64,
    next: Option<Next<'a, I::Word>>,
    /// What the effects of the moment depend on.
    condition: Option<Truth<'a, I::Word>>,
    in_delay_slot: bool,
    /// Something was met that is left to the interpreter.
    refused: bool,
}

impl<'a, I: Isa> Recorder<'a, I> {
    pub(crate) fn new(nodes: &'a Nodes<I::Word>) -> Self {
        Self {
            nodes,
            held: vec![None; usize::from(GENERAL) + I::SPECIALS.len()],
            memory: Memory::default(),
            unit: Unit { pc: 0, steps: 0, effects: Vec::new(), writes: Vec::new() },
            pc: 0,
            next: None,
            condition: None,
            in_delay_slot: false,
            refused: false,
        }
    }

    /// Records the instruction at `pc`, with the one in its delay slot if it jumps and has one. Yields nothing where
    /// it is to be left to the interpreter; then nothing more can be recorded.
    pub(crate) fn unit(
        &mut self,
        pc: u64,
        insn: &Insn<I::Op>,
        delay_slot: impl FnOnce() -> Option<Insn<I::Op>>,
    ) -> Option<Recorded<'a, I::Word>> {
        self.unit = Unit { pc, steps: 0, effects: Vec::new(), writes: Vec::new() };
        (self.next, self.in_delay_slot) = (None, false);
        self.execute(pc, insn)?;
        if self.next.is_some() && I::NEXT_PC.is_some() {
            self.in_delay_slot = true;
            self.execute(pc.wrapping_add(4), &delay_slot()?)?;
        }
        let done = Unit { pc, steps: 0, effects: Vec::new(), writes: Vec::new() };
        Some((std::mem::replace(&mut self.unit, done), self.next))
    }

    fn execute(&mut self, pc: u64, insn: &Insn<I::Op>) -> Option<()> {
        self.pc = pc;
        self.unit.steps += 1;
        I::execute(self, insn).ok()?;
        (!self.refused).then_some(())
    }

    fn held(&mut self, place: Place) -> Value<'a, I::Word> {
        let held = &mut self.held[usize::from(place)];
        *held.get_or_insert_with(|| Value::Node(self.nodes, self.nodes.add(Node::Reg(place))))
    }

    fn hold(&mut self, place: Place, value: Value<'a, I::Word>) {
        let value = match self.condition {
            Some(condition) => Value::select(condition, value, self.held(place)),
            None => value,
        };
        self.held[usize::from(place)] = Some(value);
        self.unit.writes.push((place, value.operand()));
    }

    fn around(&self, at: Value<'a, I::Word>) -> Around<I::Word> {
        Around::new(|id| self.nodes.get(id), at.operand())
    }

    fn place(special: I::Special) -> Option<Place> {
        let index = I::SPECIALS.iter().position(|&s| s == special)?;
        Some(GENERAL + index as Place)
    }

    /// Leaves the unit to the interpreter where `condition` holds: possible only before the first store.
    fn leave_if(&mut self, condition: Truth<'a, I::Word>) {
        match condition {
            Truth::Lit(leaves) => self.refused |= leaves,
            Truth::Node(_, id) => {
                self.refused |= self.unit.effects.iter().any(|effect| matches!(effect, Effect::Store { .. }));
                self.unit.effects.push(Effect::LeaveIf(id));
            }
        }
    }

    fn go(&mut self, next: Next<'a, I::Word>) {
        // A jump in a delay slot traps.
        self.refused |= self.in_delay_slot || self.condition.is_some();
        self.next = Some(next);
    }
}

impl<'a, I: Isa> Machine for Recorder<'a, I> {
    type Word = Value<'a, I::Word>;
    type Special = I::Special;

    fn x(&mut self, r: Reg) -> Self::Word {
        if r.number() == 0 { Value::lit(0) } else { self.held(r.number()) }
    }

    fn set_x(&mut self, r: Reg, value: Self::Word) {
        if r != Reg::SINK {
            self.hold(r.number(), value);
        }
    }

    fn special(&mut self, s: I::Special) -> Self::Word {
        if let Some(place) = Self::place(s) {
            return self.held(place);
        }
        // The next pc, which is known outside of delay slots.
        self.refused |= self.in_delay_slot;
        Value::Lit(I::Word::of(self.pc) + I::Word::lit(4))
    }

    fn set_special(&mut self, s: I::Special, value: Self::Word) {
        match Self::place(s) {
            Some(place) => self.hold(place, value),
            None => self.refused = true,
        }
    }

    fn pc(&mut self) -> Self::Word {
        Value::Lit(I::Word::of(self.pc))
    }

    fn jump(&mut self, to: Self::Word) {
        self.go(Next::To(to));
    }

    fn branch(&mut self, taken: Truth<'a, I::Word>, to: Self::Word) {
        self.go(Next::Branch(taken, to));
    }

    fn load(&mut self, at: Self::Word, width: Width) -> Result<Self::Word, Trap> {
        self.refused |= self.condition.is_some();
        let around = self.around(at);
        if let Some(value) = self.memory.at(around, width) {
            return Ok(value.zext(width));
        }
        let node = self.nodes.add(Node::Load);
        self.unit.effects.push(Effect::Load { node, at: at.operand(), width });
        let value = Value::Node(self.nodes, node);
        self.memory.loaded(around, width, value);
        Ok(value)
    }

    /// A store that depends on a condition is made as one that does not, in a unit that is left where the condition
    /// does not hold.
    fn store(&mut self, at: Self::Word, width: Width, value: Self::Word) -> Exec {
        if let Some(condition) = self.condition.take() {
            self.refused |= !self.unit.writes.is_empty();
            self.leave_if(!condition);
        }
        self.unit.effects.push(Effect::Store { at: at.operand(), width, value: value.operand() });
        self.memory.stored(self.around(at), width, value);
        Ok(())
    }

    fn trap_if(&mut self, cond: Truth<'a, I::Word>, trap: Trap) -> Exec {
        match cond {
            Truth::Lit(true) => Err(trap),
            _ => {
                self.leave_if(cond);
                Ok(())
            }
        }
    }

    fn when(&mut self, cond: Truth<'a, I::Word>, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        match cond {
            Truth::Lit(false) => Ok(()),
            Truth::Lit(true) => body(self),
            Truth::Node(..) => {
                self.refused |= self.condition.is_some();
                self.condition = Some(cond);
                let done = body(self);
                self.condition = None;
                done
            }
        }
    }
}
