//! Programs by the number of a seed.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

use super::{Array, BUFFER_BYTES, Expr, Function, Op, Program, Stmt, TYPES, Type, U8, U32, U64};

/// Expressions and blocks go no deeper.
const DEPTH: u32 = 3;

/// The program of a seed.
pub fn program(seed: u64) -> Program {
    let mut random = Random(SplitMix64::seed_from_u64(seed));
    let arrays = random.many(1, 4, |random| Array {
        element: random.of(&TYPES),
        log_length: random.below(6) as u32,
        skew: random.below(8),
    });
    let preimages = random.many(1, 3, |random| {
        let most = random.of(&[40, 40, 40, BUFFER_BYTES]);
        let bytes = random.below(most);
        (0..bytes).map(|_| random.next() as u8).collect()
    });
    let hints = random.many(1, 2, |random| {
        let bytes = random.below(40);
        (0..bytes).map(|_| b'a' + random.below(26) as u8).collect()
    });
    let signatures = random.many(1, 4, |random| {
        let parameters = random.below(4) as usize;
        (parameters, random.many(parameters as u64 + 1, 4, |random| random.of(&TYPES)))
    });
    // The first function is called by nobody outside, so it has no parameters that anybody could give.
    let signatures: Vec<_> = signatures
        .into_iter()
        .enumerate()
        .map(|(i, (n, types))| (if i == 0 { 0 } else { n }, types))
        .collect();
    let (fuel, skew) = (random.below(12) as u32, random.below(8));
    let mut program = Program { functions: Vec::new(), arrays, preimages, hints, fuel, skew };
    program.functions = (0..signatures.len())
        .map(|i| {
            let (parameters, locals) = signatures[i].clone();
            let assignable = locals.len();
            let mut writer = Writer {
                random: &mut random,
                program: &program,
                signatures: &signatures,
                locals,
                assignable,
            };
            let body = writer.block(0);
            let result = writer.expr(U64, 0);
            Function { parameters, locals: writer.locals, body, result }
        })
        .collect();
    program
}

struct Random(SplitMix64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// From `least` on, up to `more` further ones.
    fn many<T>(&mut self, least: u64, more: u64, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = least + self.below(more + 1);
        (0..count).map(|_| one(self)).collect()
    }

    /// A value of a type, more often than not one where something changes.
    fn value(&mut self, of: Type) -> u64 {
        let edge = 1 << self.below(u64::from(of.bits));
        of.wrap(match self.below(5) {
            0 => self.below(4),
            1 => self.below(4).wrapping_neg(),
            2 => edge,
            3 => edge - 1,
            _ => self.next(),
        })
    }
}

/// The author of one function.
struct Writer<'a> {
    random: &'a mut Random,
    program: &'a Program,
    /// Parameters and locals of all functions.
    signatures: &'a [(usize, Vec<Type>)],
    /// The locals of this one: those of its signature, and the counters of its loops.
    locals: Vec<Type>,
    assignable: usize,
}

impl Writer<'_> {
    fn index(&mut self, count: usize) -> usize {
        self.random.below(count as u64) as usize
    }

    fn block(&mut self, depth: u32) -> Vec<Stmt> {
        let count = 1 + self.random.below(if depth == 0 { 7 } else { 3 });
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> Stmt {
        match self.random.below(if depth < DEPTH { 12 } else { 9 }) {
            0..=2 => {
                let local = self.index(self.assignable);
                Stmt::Assign(local, self.expr(self.locals[local], 0))
            }
            3 | 4 => {
                let array = self.index(self.program.arrays.len());
                let value = self.expr(self.program.arrays[array].element, 0);
                Stmt::Store(array, self.expr(U32, 1), value)
            }
            5 => Stmt::Read(self.index(self.program.preimages.len())),
            6 => Stmt::Hint(self.index(self.program.hints.len())),
            7 | 8 => Stmt::Print(self.expr(U64, 0)),
            9 => {
                self.locals.push(U32);
                Stmt::Loop(self.locals.len() - 1, self.random.below(5) as u32, self.block(depth + 1))
            }
            _ => Stmt::If(self.expr(U8, 0), self.block(depth + 1), self.block(depth + 1)),
        }
    }

    /// An expression of a type.
    fn expr(&mut self, wanted: Type, depth: u32) -> Expr {
        if depth == DEPTH {
            return self.leaf(wanted);
        }
        match self.random.below(10) {
            0 => self.leaf(wanted),
            1 | 2 => {
                let from = self.random.of(&TYPES);
                Expr::Cast(from, wanted, Box::new(self.expr(from, depth + 1)))
            }
            3 => self.element(wanted, depth),
            4 if wanted == U64 => self.call(depth),
            5 if wanted == U8 => Expr::Buffer(Box::new(self.expr(U32, depth + 1))),
            6 | 7 if wanted == U8 => {
                let of = self.random.of(&TYPES);
                let op = self.random.of(&[Op::Lt, Op::Ge, Op::Eq, Op::Ne]);
                self.operation(op, of, depth)
            }
            _ => {
                let ops =
                    [Op::Add, Op::Sub, Op::Mul, Op::And, Op::Or, Op::Xor, Op::Shl, Op::Shr, Op::Div, Op::Rem];
                let ops = if wanted.bits == 64 { &ops[..8] } else { &ops[..] };
                let op = self.random.of(ops);
                self.operation(op, wanted, depth)
            }
        }
    }

    fn operation(&mut self, op: Op, of: Type, depth: u32) -> Expr {
        Expr::Op(op, of, Box::new([self.expr(of, depth + 1), self.expr(of, depth + 1)]))
    }

    fn leaf(&mut self, wanted: Type) -> Expr {
        let fitting: Vec<usize> =
            (0..self.locals.len()).filter(|&local| self.locals[local] == wanted).collect();
        match fitting.len() {
            count @ 1.. if self.random.below(3) > 0 => Expr::Local(fitting[self.index(count)]),
            _ => Expr::Const(wanted, self.random.value(wanted)),
        }
    }

    fn element(&mut self, wanted: Type, depth: u32) -> Expr {
        let array = self.index(self.program.arrays.len());
        let found = self.program.arrays[array].element;
        let element = Expr::Element(array, Box::new(self.expr(U32, depth + 1)));
        if found == wanted { element } else { Expr::Cast(found, wanted, Box::new(element)) }
    }

    fn call(&mut self, depth: u32) -> Expr {
        let function = self.index(self.signatures.len());
        let signatures = self.signatures;
        let (parameters, types) = &signatures[function];
        Expr::Call(function, types[..*parameters].iter().map(|&of| self.expr(of, depth + 1)).collect())
    }
}
