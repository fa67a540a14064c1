//! Nodes as values.

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
            Node::Reg(_) | Node::Load => unreachable!("registers and loads have their values beforehand"),
            Node::Unary(op, a) => {
                let a = self.word(a);
                self.unary(op, a)
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
        let word = self.to.word;
        let b = &mut self.to.b;
        let zero = b.ins().icmp_imm_u(IntCC::Equal, by, 0);
        let one = b.ins().iconst(word, 1);
        let (ones, least) = (b.ins().iconst(word, -1), b.ins().iconst(word, i64::MIN >> (64 - W::BITS)));
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
