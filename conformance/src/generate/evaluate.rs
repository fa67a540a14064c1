//! The language as it is meant, without any machine.

use isa_traits::Hash;

use super::run::{Event, key};
use super::{BUFFER_BYTES, Expr, Function, Op, Program, Stmt, Type, U8};

/// What a program does.
pub fn evaluate(program: &Program) -> Vec<Event> {
    let mut world = World {
        program,
        arrays: program.arrays.iter().map(|array| vec![0; 1 << array.log_length]).collect(),
        buffer: [0; BUFFER_BYTES as usize],
        fuel: program.fuel,
        events: Vec::new(),
    };
    let code = world.call(&program.functions[0], Vec::new()) as u8;
    world.events.push(Event::Exit(code));
    world.events
}

struct World<'a> {
    program: &'a Program,
    arrays: Vec<Vec<u64>>,
    buffer: [u8; BUFFER_BYTES as usize],
    fuel: u32,
    events: Vec<Event>,
}

impl World<'_> {
    fn call(&mut self, function: &Function, mut locals: Vec<u64>) -> u64 {
        locals.resize(function.locals.len(), 0);
        self.block(&function.body, &mut locals);
        self.value(&function.result, &mut locals)
    }

    fn block(&mut self, block: &[Stmt], locals: &mut Vec<u64>) {
        for stmt in block {
            self.statement(stmt, locals);
        }
    }

    fn statement(&mut self, stmt: &Stmt, locals: &mut Vec<u64>) {
        match stmt {
            Stmt::Assign(local, value) => locals[*local] = self.value(value, locals),
            Stmt::Store(array, index, value) => {
                let value = self.value(value, locals);
                let index = self.index(*array, index, locals);
                self.arrays[*array][index] = value;
            }
            Stmt::If(condition, then, other) => {
                let block = if self.value(condition, locals) != 0 { then } else { other };
                self.block(block, locals);
            }
            Stmt::Loop(counter, times, body) => {
                locals[*counter] = u64::from(*times);
                while locals[*counter] != 0 {
                    locals[*counter] -= 1;
                    self.block(body, locals);
                }
            }
            Stmt::Read(preimage) => {
                let value = &self.program.preimages[*preimage];
                self.buffer[..value.len()].copy_from_slice(value);
                let key: Hash = key(value);
                self.events.push(Event::Read { key, bytes: 8 + value.len() as u64 });
            }
            Stmt::Hint(hint) => self.events.push(Event::Hint(self.program.hints[*hint].clone())),
            Stmt::Print(value) => {
                let bytes = self.value(value, locals).to_be_bytes();
                match self.events.last_mut() {
                    Some(Event::Print(last)) => last.extend(bytes),
                    _ => self.events.push(Event::Print(bytes.to_vec())),
                }
            }
        }
    }

    fn index(&mut self, array: usize, index: &Expr, locals: &mut Vec<u64>) -> usize {
        self.value(index, locals) as usize % self.arrays[array].len()
    }

    fn value(&mut self, expr: &Expr, locals: &mut Vec<u64>) -> u64 {
        match expr {
            Expr::Const(_, value) => *value,
            Expr::Local(local) => locals[*local],
            Expr::Op(op, of, operands) => {
                let [a, b] = &**operands;
                let a = self.value(a, locals);
                operate(*op, *of, a, self.value(b, locals))
            }
            Expr::Cast(_, to, of) => to.wrap(self.value(of, locals)),
            Expr::Element(array, index) => {
                let index = self.index(*array, index, locals);
                self.arrays[*array][index]
            }
            Expr::Buffer(index) => {
                u64::from(self.buffer[self.value(index, locals) as usize % self.buffer.len()])
            }
            Expr::Call(function, arguments) => {
                if self.fuel == 0 {
                    return 0;
                }
                self.fuel -= 1;
                let arguments = arguments.iter().map(|argument| self.value(argument, locals)).collect();
                self.call(&self.program.functions[*function], arguments)
            }
        }
    }
}

/// An operation on two values of a type; a comparison yields a [`U8`].
fn operate(op: Op, of: Type, a: u64, b: u64) -> u64 {
    let shift = (b % u64::from(of.bits)) as u32;
    let less = if of.signed { (a as i64) < b as i64 } else { a < b };
    let divisor = b | 1;
    let truth = |holds| U8.wrap(u64::from(holds));
    match op {
        Op::Add => of.wrap(a.wrapping_add(b)),
        Op::Sub => of.wrap(a.wrapping_sub(b)),
        Op::Mul => of.wrap(a.wrapping_mul(b)),
        Op::Div if of.signed => of.wrap((a as i64).wrapping_div(divisor as i64) as u64),
        Op::Div => of.wrap(a / divisor),
        Op::Rem if of.signed => of.wrap((a as i64).wrapping_rem(divisor as i64) as u64),
        Op::Rem => of.wrap(a % divisor),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => of.wrap(a ^ b),
        Op::Shl => of.wrap(a << shift),
        Op::Shr if of.signed => (a as i64 >> shift) as u64,
        Op::Shr => a >> shift,
        Op::Lt => truth(less),
        Op::Ge => truth(!less),
        Op::Eq => truth(a == b),
        Op::Ne => truth(a != b),
    }
}
