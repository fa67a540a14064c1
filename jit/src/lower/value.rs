//! Nodes as values.
//!
//! What a 64-bit machine does with words of 32 bits is done in 32 bits, and extended where more is asked for: the host
//! then has instructions for it, rotations among them, and most extensions fall away.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use isa_traits::{Concrete, Width};

use super::block::BlockLowering;
use crate::ir::{Binary, Compare, Node, Operand, Unary};

/// The type of a value of a width.
pub(super) const fn type_of(width: Width) -> ir::Type {
    match width {
        Width::Byte => types::I8,
        Width::Half => types::I16,
        Width::Word => types::I32,
        Width::Double => types::I64,
    }
}

impl<W: Concrete> BlockLowering<'_, '_, '_, W> {
    /// What a node yields.
    pub(super) fn node(&mut self, id: u32) -> ir::Value {
        if let Some(value) = self.values[id as usize] {
            return value;
        }
        let value = match self.block.nodes[id as usize] {
            Node::Reg(_) => unreachable!("registers have their values beforehand"),
            Node::Load => {
                let low = self.low(Operand::Node(id));
                self.to.b.ins().uextend(self.to.word, low)
            }
            Node::Unary(Unary::Sext(Width::Word), a) if self.is_short(a) => self.word(a),
            Node::Unary(Unary::Sext(Width::Word), a) => {
                let low = self.low(a);
                self.to.b.ins().sextend(self.to.word, low)
            }
            Node::Unary(Unary::Zext(Width::Word), a) => {
                let low = self.low(a);
                self.to.b.ins().uextend(self.to.word, low)
            }
            Node::Unary(op, a) => {
                let a = self.word(a);
                self.unary(op, a)
            }
            Node::Binary(Binary::And | Binary::Or | Binary::Xor, a, b)
                if self.is_short(a) && self.is_short(b) =>
            {
                let low = self.low(Operand::Node(id));
                self.to.b.ins().sextend(self.to.word, low)
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.word(a), self.word(b));
                self.binary(op, a, b)
            }
            Node::Select(truth, then, other) => {
                let (truth, then, other) = (self.truth(truth), self.word(then), self.word(other));
                self.to.b.ins().select(truth, then, other)
            }
            Node::Compare(op, a, b) => self.compare(op, a, b),
            Node::Neither(a) => {
                let a = self.truth(a);
                self.to.b.ins().icmp_imm_u(IntCC::Equal, a, 0)
            }
            Node::Both(a, b) => {
                let (a, b) = (self.truth(a), self.truth(b));
                self.to.b.ins().band(a, b)
            }
            Node::Either(a, b) => {
                let (a, b) = (self.truth(a), self.truth(b));
                self.to.b.ins().bor(a, b)
            }
        };
        self.values[id as usize] = Some(value);
        value
    }

    /// A truth value, 0 or 1.
    pub(super) fn truth(&mut self, id: u32) -> ir::Value {
        self.node(id)
    }

    /// The low 32 bits of a word of 64.
    pub(super) fn low(&mut self, operand: Operand<W>) -> ir::Value {
        let id = match operand {
            Operand::Lit(value) => return self.to.b.ins().iconst(types::I32, i64::from(value.get() as i32)),
            Operand::Node(id) => id,
        };
        if let Some(value) = self.lows[id as usize] {
            return value;
        }
        let value = match self.block.nodes[id as usize] {
            Node::Unary(Unary::Sext(Width::Word) | Unary::Zext(Width::Word), a) => self.low(a),
            Node::Unary(Unary::Not, a) => {
                let a = self.low(a);
                self.to.b.ins().bnot(a)
            }
            Node::Binary(op, a, b) if self.values[id as usize].is_none() && self.is_low(op, a, b) => {
                let (a, b) = (self.low(a), self.low(b));
                self.binary(op, a, b)
            }
            _ => {
                let value = self.node(id);
                self.to.b.ins().ireduce(types::I32, value)
            }
        };
        self.lows[id as usize] = Some(value);
        value
    }

    /// Whether the low 32 bits of what an operation yields are what it yields of those of its operands.
    fn is_low(&self, op: Binary, a: Operand<W>, b: Operand<W>) -> bool {
        let unary = |operand| match operand {
            Operand::Node(id) => match self.block.nodes[id as usize] {
                Node::Unary(op, _) => Some(op),
                _ => None,
            },
            Operand::Lit(_) => None,
        };
        let low5 = || match b {
            Operand::Lit(by) => by.get() < 32,
            Operand::Node(id) => {
                matches!(self.block.nodes[id as usize], Node::Binary(Binary::And, _, Operand::Lit(mask)) if mask.get() == 31)
            }
        };
        let (signed, unsigned) = (Some(Unary::Sext(Width::Word)), Some(Unary::Zext(Width::Word)));
        match op {
            Binary::Add | Binary::Sub | Binary::And | Binary::Or | Binary::Xor | Binary::Mul => true,
            Binary::Sll => low5(),
            Binary::Srl => unary(a) == unsigned && low5(),
            Binary::Sra => unary(a) == signed && low5(),
            Binary::Div | Binary::Rem => unary(a) == signed && unary(b) == signed,
            Binary::DivU | Binary::RemU => unary(a) == unsigned && unary(b) == unsigned,
            Binary::Mulh | Binary::MulhSu | Binary::MulhU => false,
        }
    }

    /// Whether a word of 64 bits is known to be its low 32, extended with their sign.
    fn is_short(&self, operand: Operand<W>) -> bool {
        crate::short::word(&self.short, operand)
    }

    fn compare(&mut self, op: Compare, a: Operand<W>, b: Operand<W>) -> ir::Value {
        let (a, b) = (self.word(a), self.word(b));
        let code = match op {
            Compare::Eq => IntCC::Equal,
            Compare::Lt => IntCC::SignedLessThan,
            Compare::LtU => IntCC::UnsignedLessThan,
        };
        self.to.b.ins().icmp(code, a, b)
    }

    fn unary(&mut self, op: Unary, a: ir::Value) -> ir::Value {
        let (word, b) = (self.to.word, &mut self.to.b);
        match op {
            Unary::Not => b.ins().bnot(a),
            Unary::Clz => b.ins().clz(a),
            Unary::Sext(from) => {
                let low = b.ins().ireduce(type_of(from), a);
                b.ins().sextend(word, low)
            }
            Unary::Zext(from) => {
                let low = b.ins().ireduce(type_of(from), a);
                b.ins().uextend(word, low)
            }
        }
    }

    /// Cranelift counts shifts as [`Word`](isa_traits::Word) does, by the low bits of the second operand.
    fn binary(&mut self, op: Binary, a: ir::Value, b: ir::Value) -> ir::Value {
        let ins = self.to.b.ins();
        match op {
            Binary::Add => ins.iadd(a, b),
            Binary::Sub => ins.isub(a, b),
            Binary::And => ins.band(a, b),
            Binary::Or => ins.bor(a, b),
            Binary::Xor => ins.bxor(a, b),
            Binary::Sll => ins.ishl(a, b),
            Binary::Srl => ins.ushr(a, b),
            Binary::Sra => ins.sshr(a, b),
            Binary::Mul => ins.imul(a, b),
            Binary::Mulh => ins.smulhi(a, b),
            Binary::MulhU => ins.umulhi(a, b),
            Binary::MulhSu => {
                // A negative word read as unsigned is larger by 2^BITS.
                let high = ins.umulhi(a, b);
                let sign = self.to.b.ins().sshr_imm_u(a, i64::from(W::BITS) - 1);
                let surplus = self.to.b.ins().band(sign, b);
                self.to.b.ins().isub(high, surplus)
            }
            Binary::Div | Binary::DivU | Binary::Rem | Binary::RemU => self.divide(op, a, b),
        }
    }

    /// Divides by 1 where the host would trap. On overflow that yields what is wanted, the dividend and 0; where the
    /// divisor is zero the result is chosen afterwards.
    fn divide(&mut self, op: Binary, a: ir::Value, by: ir::Value) -> ir::Value {
        let b = &mut self.to.b;
        let word = b.func.dfg.value_type(a);
        let zero = b.ins().icmp_imm_u(IntCC::Equal, by, 0);
        let one = b.ins().iconst(word, 1);
        let (ones, least) = (b.ins().iconst(word, -1), b.ins().iconst(word, i64::MIN >> (64 - word.bits())));
        let refused = if matches!(op, Binary::Div | Binary::Rem) {
            let (minus_one, min) =
                (b.ins().icmp(IntCC::Equal, by, ones), b.ins().icmp(IntCC::Equal, a, least));
            let overflow = b.ins().band(minus_one, min);
            b.ins().bor(zero, overflow)
        } else {
            zero
        };
        let by = b.ins().select(refused, one, by);
        let (result, by_zero) = match op {
            Binary::Div => (b.ins().sdiv(a, by), ones),
            Binary::DivU => (b.ins().udiv(a, by), ones),
            Binary::Rem => (b.ins().srem(a, by), a),
            _ => (b.ins().urem(a, by), a),
        };
        b.ins().select(zero, by_zero, result)
    }
}
