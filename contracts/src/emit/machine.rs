//! The machine that writes down what it is told to do.

use core::fmt::{Debug, Display};

use isa_traits::{Exec, Machine, Operands, Reg, Target, Trap, Width};

use super::format::Format;
use super::word::{Text, Truth};
use super::{lower_first, spaced};

/// The registers that stand for the fields of an encoding.
const RD: Reg = Reg::dest(1);
const RS1: Reg = Reg::source(2);
const RS2: Reg = Reg::source(3);

/// Statements of Solidity, in the order in which they were asked for.
pub(super) struct Emit<'a, T, const BITS: u32> {
    target: &'a T,
    format: &'a Format,
    statements: Vec<String>,
    /// How deep the next statement stands.
    depth: usize,
    /// Operands that are read already, and how many values were loaded.
    read: [bool; 2],
    loads: usize,
}

impl<'a, T: Target, const BITS: u32> Emit<'a, T, BITS> {
    pub(super) const fn new(target: &'a T, format: &'a Format) -> Self {
        Self { target, format, statements: Vec::new(), depth: 2, read: [false; 2], loads: 0 }
    }

    /// The operands of the one instruction this machine executes.
    pub(super) fn operands(&self) -> Operands<Text<BITS>> {
        let imm = self.format.imm.as_ref().map_or_else(String::new, |imm| format!("{}(raw)", imm.name()));
        let rd = if self.format.rd.is_some() { RD } else { Reg::SINK };
        Operands { rd, rs1: RS1, rs2: RS2, imm: Text::new(imm) }
    }

    /// What was written down, if the instruction is executed; a call that refuses it, if not.
    pub(super) fn finish(mut self, result: Exec) -> String {
        if let Err(trap) = result {
            self.refuse(trap);
        }
        // A definition may read an operand that it does not use.
        let unused = |line: &String| {
            let name =
                line.trim_start().strip_prefix(&format!("W{BITS} ")).and_then(|rest| rest.split(' ').next());
            name.is_some_and(|name| self.statements.iter().filter(|line| line.contains(name)).count() == 1)
        };
        self.statements.iter().filter(|line| !unused(line)).cloned().collect()
    }

    fn statement(&mut self, text: impl Display) {
        let mut line = String::new();
        spaced(&mut line, self.depth, text);
        if line.len() > 120 {
            line = line.replace(" || ", &format!("\n{:width$}|| ", "", width = 4 * (self.depth + 2)));
        }
        self.statements.push(line);
    }

    fn refuse(&mut self, trap: Trap) {
        let call = super::refusal(self.target, trap);
        self.statement(call);
    }

    fn block(&mut self, cond: Truth, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        self.statement(format_args!("if ({}) {{", cond.bare()));
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.statement("}");
        result
    }
}

impl<T: Target, const BITS: u32> Machine for Emit<'_, T, BITS>
where
    <T::Isa as isa_traits::Isa>::Special: Debug,
{
    type Word = Text<BITS>;
    type Special = <T::Isa as isa_traits::Isa>::Special;

    fn x(&mut self, r: Reg) -> Text<BITS> {
        let (index, name, field) =
            if r == RS1 { (0, "rs1", self.format.rs1) } else { (1, "rs2", self.format.rs2) };
        if !core::mem::replace(&mut self.read[index], true) {
            self.statement(format_args!("W{BITS} {name} = x(m, {});", super::format::shifted(field)));
        }
        Text::new(name)
    }

    fn set_x(&mut self, r: Reg, value: Text<BITS>) {
        if let (true, Some(rd)) = (r == RD, &self.format.rd) {
            self.statement(format_args!("setX(m, {rd}, {});", value.bare()));
        }
    }

    fn special(&mut self, s: Self::Special) -> Text<BITS> {
        let name = lower_first(&format!("{s:?}"));
        let value = format!("{name}_");
        self.statement(format_args!("W{BITS} {value} = {name}(m);"));
        Text::new(value)
    }

    fn set_special(&mut self, s: Self::Special, value: Text<BITS>) {
        self.statement(format_args!("set{s:?}(m, {});", value.bare()));
    }

    fn pc(&mut self) -> Text<BITS> {
        Text::new("pc(m)")
    }

    fn jump(&mut self, to: Text<BITS>) {
        self.statement(format_args!("jump(m, {});", to.bare()));
    }

    fn branch(&mut self, taken: Truth, to: Text<BITS>) {
        self.statement(format_args!("if ({}) jump(m, {});", taken.bare(), to.bare()));
    }

    fn load(&mut self, at: Text<BITS>, width: Width) -> Result<Text<BITS>, Trap> {
        self.loads += 1;
        let name = if self.loads == 1 { "loaded".to_owned() } else { format!("loaded{}", self.loads) };
        self.statement(format_args!("W{BITS} {name} = load(m, {}, {});", at.bare(), width.bytes()));
        Ok(Text::new(name))
    }

    fn store(&mut self, at: Text<BITS>, width: Width, value: Text<BITS>) -> Exec {
        self.statement(format_args!("store(m, {}, {}, {});", at.bare(), width.bytes(), value.bare()));
        Ok(())
    }

    fn trap_if(&mut self, cond: Truth, trap: Trap) -> Exec {
        let call = super::refusal(self.target, trap);
        self.statement(format_args!("if ({}) {call}", cond.bare()));
        Ok(())
    }

    fn when(&mut self, cond: Truth, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        self.block(cond, body)
    }
}
