//! The compiler: one walk over a program, and a back end that knows the instructions.
//!
//! Code works on two values, A and B, in registers. Locals and temporaries have slots of eight bytes in the frame of
//! their function, arguments pass through memory, and everything else has a fixed address.

use super::run::key;
use super::{BUFFER_BYTES, Expr, Function, Op, Program, Stmt, Type, U8, U32, U64};

/// Where code begins.
pub(super) const CODE: u64 = 0x0001_0000;
/// Where data begins, and what lies there: arguments, the fuel, a word that is printed, the length of a pre-image.
const DATA: u64 = 0x0010_0000;
const ARGUMENTS: u64 = DATA;
const FUEL: u64 = DATA + 0x80;
const PRINTED: u64 = DATA + 0x90;
/// Eight bytes: the length of a pre-image, the highest byte first.
pub(super) const LENGTH: u64 = DATA + 0xa0;
const BUFFER: u64 = DATA + 0x100;
const CONSTANTS: u64 = DATA + 0x400;
const ARRAYS: u64 = DATA + 0x8000;
/// Where the stack begins, downwards.
pub(super) const STACK: u64 = 0x0020_0000;
/// Slots of a frame.
const SLOTS: u64 = 96;

const STDOUT: u64 = 1;
const HINT_READ: u64 = 3;
const HINT_WRITE: u64 = 4;
const PREIMAGE_READ: u64 = 5;
const PREIMAGE_WRITE: u64 = 6;

/// A compiled program: code at the address of its first instruction, and data by address.
#[derive(Clone, Debug)]
pub struct Image {
    /// Bytes of code.
    pub code: Vec<u8>,
    /// Addresses, and the bytes there.
    pub data: Vec<(u64, Vec<u8>)>,
}

/// A place in the code, by a number that the driver gives.
pub(super) type Label = usize;

/// What code is made of, for one instruction set. Values of up to 32 bits are extended as their type says.
pub(super) trait Backend: Default {
    /// Sets the stack pointer, as the first instructions.
    fn start(&mut self, stack: u64);
    /// The code, with all labels resolved.
    fn finish(self) -> Vec<u8>;
    /// Names the place that follows.
    fn place(&mut self, label: Label);
    /// Goes on elsewhere.
    fn jump(&mut self, label: Label);
    /// Goes on elsewhere where A is 0; A has at most 32 bits.
    fn jump_if_zero(&mut self, label: Label);
    /// Calls the function at a label.
    fn call(&mut self, label: Label);
    /// Makes a frame of so many bytes, and keeps the address to return to at its bottom.
    fn enter(&mut self, bytes: u64);
    /// Takes the frame away and returns.
    fn leave(&mut self, bytes: u64);

    /// A is a value.
    fn constant(&mut self, value: u64);
    /// A is the value in a slot, by its offset in the frame.
    fn load(&mut self, offset: u64);
    /// B is the value in a slot.
    fn load_b(&mut self, offset: u64);
    /// A goes to a slot.
    fn store(&mut self, offset: u64);
    /// B is A.
    fn copy_to_b(&mut self);
    /// A is the result of an operation on A and B.
    fn operate(&mut self, op: Op, of: Type);
    /// A, of one type, becomes one of another.
    fn cast(&mut self, from: Type, to: Type);
    /// A, an index, becomes the address of an element: the index is masked, shifted left and added to the base.
    fn address(&mut self, base: u64, mask: u64, shift: u32);
    /// A is the value at the address in A, which may be misaligned.
    fn fetch(&mut self, of: Type, aligned: bool);
    /// B goes to the address in A.
    fn put(&mut self, of: Type, aligned: bool);
    /// B goes to the address in A, the highest byte first.
    fn put_big_endian(&mut self);

    /// Reads (or writes) all of `bytes` bytes at an address, in as many system calls as it takes. With no number of
    /// bytes given, as many as the length at [`LENGTH`] says.
    fn transfer(&mut self, write: bool, fd: u64, at: u64, bytes: Option<u64>);
    /// Exits with A.
    fn exit(&mut self);
}

/// Compiles a program.
pub(super) fn compile<B: Backend>(program: &Program) -> Image {
    let mut data = Vec::new();
    let mut arrays = Vec::new();
    let mut at = ARRAYS;
    for array in &program.arrays {
        arrays.push(at + array.skew);
        at = (at + array.skew + (array.element.bytes() << array.log_length)).next_multiple_of(64);
    }
    let mut constants = CONSTANTS + program.skew;
    let mut place = |bytes: Vec<u8>| {
        let at = constants;
        constants += bytes.len() as u64;
        data.push((at, bytes));
        at
    };
    let keys = program.preimages.iter().map(|value| place(key(value).to_vec())).collect();
    let prefixed = |hint: &Vec<u8>| [&(hint.len() as u32).to_be_bytes(), hint.as_slice()].concat();
    let hints = program.hints.iter().map(|hint| (place(prefixed(hint)), 4 + hint.len() as u64)).collect();

    let labels = program.functions.len();
    let mut compiler =
        Compiler { code: B::default(), program, arrays, keys, hints, labels, temporaries: 0, frame: 0 };
    compiler.code.start(STACK);
    compiler.code.constant(u64::from(program.fuel));
    compiler.code.copy_to_b();
    compiler.code.constant(FUEL);
    compiler.code.put(U32, true);
    compiler.code.call(0);
    compiler.code.exit();
    for (label, function) in program.functions.iter().enumerate() {
        compiler.function(label, function);
    }
    Image { code: compiler.code.finish(), data }
}

struct Compiler<'a, B> {
    code: B,
    program: &'a Program,
    /// Addresses of the arrays, the keys, and the hints with their lengths.
    arrays: Vec<u64>,
    keys: Vec<u64>,
    hints: Vec<(u64, u64)>,
    /// Labels given so far; the first ones are those of the functions.
    labels: Label,
    /// Temporaries in use.
    temporaries: u64,
    /// Locals of the function.
    frame: u64,
}

/// The offset of a local in the frame: the first slot is the address to return to.
const fn local(index: usize) -> u64 {
    8 + 8 * index as u64
}

impl<B: Backend> Compiler<'_, B> {
    fn label(&mut self) -> Label {
        self.labels += 1;
        self.labels - 1
    }

    /// Keeps A in a temporary slot until [`Self::release`].
    fn keep(&mut self) -> u64 {
        let offset = local((self.frame + self.temporaries) as usize);
        self.temporaries += 1;
        assert!(offset < 8 * SLOTS, "a function of more than {SLOTS} slots");
        self.code.store(offset);
        offset
    }

    fn release(&mut self, count: u64) {
        self.temporaries -= count;
    }

    fn function(&mut self, label: Label, function: &Function) {
        self.frame = function.locals.len() as u64;
        self.code.place(label);
        self.code.enter(8 * SLOTS);
        for index in 0..function.locals.len() {
            if index < function.parameters {
                self.code.constant(ARGUMENTS + 8 * index as u64);
                self.code.fetch(U64, true);
            } else {
                self.code.constant(0);
            }
            self.code.store(local(index));
        }
        self.block(&function.body);
        self.value(&function.result);
        self.code.leave(8 * SLOTS);
    }

    fn block(&mut self, block: &[Stmt]) {
        block.iter().for_each(|stmt| self.statement(stmt));
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(index, value) => {
                self.value(value);
                self.code.store(local(*index));
            }
            Stmt::Store(array, index, value) => {
                self.value(value);
                let value = self.keep();
                self.value(index);
                let (element, aligned) = self.element(*array);
                self.code.load_b(value);
                self.code.put(element, aligned);
                self.release(1);
            }
            Stmt::If(condition, then, other) => {
                let (no, end) = (self.label(), self.label());
                self.value(condition);
                self.code.jump_if_zero(no);
                self.block(then);
                self.code.jump(end);
                self.code.place(no);
                self.block(other);
                self.code.place(end);
            }
            Stmt::Loop(counter, times, body) => {
                let (again, end) = (self.label(), self.label());
                self.code.constant(u64::from(*times));
                self.code.store(local(*counter));
                self.code.place(again);
                self.code.load(local(*counter));
                self.code.jump_if_zero(end);
                self.decrement();
                self.code.store(local(*counter));
                self.block(body);
                self.code.jump(again);
                self.code.place(end);
            }
            Stmt::Read(preimage) => {
                self.code.transfer(true, PREIMAGE_WRITE, self.keys[*preimage], Some(32));
                self.code.transfer(false, PREIMAGE_READ, LENGTH, Some(8));
                self.code.transfer(false, PREIMAGE_READ, BUFFER + self.program.skew, None);
            }
            Stmt::Hint(hint) => {
                let (at, bytes) = self.hints[*hint];
                self.code.transfer(true, HINT_WRITE, at, Some(bytes));
                self.code.transfer(false, HINT_READ, PRINTED, Some(1));
            }
            Stmt::Print(value) => {
                self.value(value);
                self.code.copy_to_b();
                self.code.constant(PRINTED);
                self.code.put_big_endian();
                self.code.transfer(true, STDOUT, PRINTED, Some(8));
            }
        }
    }

    /// Makes A, a counter, one less.
    fn decrement(&mut self) {
        let counter = self.keep();
        self.code.constant(1);
        self.code.copy_to_b();
        self.code.load(counter);
        self.code.operate(Op::Sub, U32);
        self.release(1);
    }

    /// Makes A, an index, the address of an element.
    fn element(&mut self, array: usize) -> (Type, bool) {
        let of = self.program.arrays[array];
        self.code.address(self.arrays[array], (1 << of.log_length) - 1, of.element.bytes().ilog2());
        (of.element, of.skew.is_multiple_of(of.element.bytes()))
    }

    fn value(&mut self, expr: &Expr) {
        match expr {
            Expr::Const(_, value) => self.code.constant(*value),
            Expr::Local(index) => self.code.load(local(*index)),
            Expr::Op(op, of, operands) => {
                self.value(&operands[0]);
                let first = self.keep();
                self.value(&operands[1]);
                self.code.copy_to_b();
                self.code.load(first);
                self.code.operate(*op, *of);
                self.release(1);
            }
            Expr::Cast(from, to, value) => {
                self.value(value);
                self.code.cast(*from, *to);
            }
            Expr::Element(array, index) => {
                self.value(index);
                let (element, aligned) = self.element(*array);
                self.code.fetch(element, aligned);
            }
            Expr::Buffer(index) => {
                self.value(index);
                self.code.address(BUFFER + self.program.skew, BUFFER_BYTES - 1, 0);
                self.code.fetch(U8, true);
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn call(&mut self, function: usize, arguments: &[Expr]) {
        let (none, end) = (self.label(), self.label());
        self.code.constant(FUEL);
        self.code.fetch(U32, true);
        self.code.jump_if_zero(none);
        self.decrement();
        self.code.copy_to_b();
        self.code.constant(FUEL);
        self.code.put(U32, true);
        let kept: Vec<u64> = arguments
            .iter()
            .map(|argument| {
                self.value(argument);
                self.keep()
            })
            .collect();
        for (index, &offset) in kept.iter().enumerate() {
            self.code.constant(ARGUMENTS + 8 * index as u64);
            self.code.load_b(offset);
            self.code.put(U64, true);
        }
        self.release(kept.len() as u64);
        self.code.call(function);
        self.code.jump(end);
        self.code.place(none);
        self.code.constant(0);
        self.code.place(end);
    }
}
