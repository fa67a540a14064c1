//! Random machines of MIPS32.

use isa_traits::{Hart as _, W32};
use mips32::{CannonMips32, Op, Special};

use super::encoding::{at, i, j, r};
use crate::machine::Start;
use crate::random::{CODE, LENGTH, Random, SplitMix64};

/// The registers from here to before the link register hold addresses of data; programs leave them alone.
const ADDRESSES: u32 = 24;
/// The register that holds an address of code.
const LINK: u32 = 31;

/// Ends of a leaf, a page, the space, and of the code itself.
const ENDS: [u64; 5] = [0x8020, 0x9000, 0, 1 << 31, CODE + 0x40];
const CORNERS: [u64; 8] = [0, 1, 0xffff_ffff, 1 << 31, (1 << 31) - 1, 0x7fff, 0xffff_8000, 0xdead_0000];
/// System calls, and their first argument.
const CALLS: [(i32, i32); 13] = [
    (4003, 5),
    (4003, 5),
    (4003, 5),
    (4003, 3),
    (4004, 6),
    (4004, 6),
    (4004, 4),
    (4004, 1),
    (4055, 2),
    (4045, 0),
    (4090, 0),
    (4120, 7),
    (4246, 0),
];

/// Whether an encoding is a jump or a branch, which has a delay slot.
const fn jumps(raw: u32) -> bool {
    match raw >> 26 {
        0 => matches!(raw & 63, 8 | 9),
        opcode => opcode < 8,
    }
}

impl SplitMix64 {
    /// An address at most 16 bytes from an end.
    fn word_address(&mut self) -> u64 {
        self.pick(&ENDS).wrapping_add(self.below(33)).wrapping_sub(16) & 0xffff_ffff
    }

    fn word(&mut self) -> u64 {
        if self.below(4) == 0 { self.pick(&CORNERS) } else { self.next() & 0xffff_ffff }
    }

    /// A row with random free bits, whose addresses and targets are near, and which writes no address register.
    fn word_instruction(&mut self, op: Op) -> u32 {
        let row = op.row();
        let mut raw = self.next() as u32 & !row.mask | row.bits;
        // What is written stands in rd with SPECIAL and SPECIAL2, else in rt.
        let top = if matches!(raw >> 26, 0 | 0x1c) { 1 << 15 } else { 1 << 20 };
        if raw & top != 0 {
            raw &= row.mask | !top;
        }
        let near = self.below(15) as u32;
        match raw >> 26 {
            // JR and JALR to where the link register says.
            0 if jumps(raw) => raw | LINK << 21,
            1 | 4..=7 => raw & 0xffff_0000 | near.wrapping_sub(7) & 0xffff,
            2 | 3 => j(op, CODE + 4 * self.below(LENGTH as u64)),
            // Loads and stores of a data address, with a small offset.
            0x20.. => raw & 0xfc1f_000f | (ADDRESSES + self.below(7) as u32) << 21,
            _ => raw,
        }
    }

    /// Up to five instructions of a program. The one after a jump is seldom a jump.
    fn word_passage(&mut self) -> Vec<u32> {
        match self.below(12) {
            0 => {
                let (number, argument) = self.pick(&CALLS);
                vec![
                    i(Op::Addiu, 2, 0, number),
                    i(Op::Addiu, 4, 0, argument),
                    r(Op::Addu, 5, ADDRESSES + self.below(7) as u32, 0),
                    i(Op::Addiu, 6, 0, self.below(40) as i32),
                    Op::Syscall.row().bits,
                ]
            }
            1 if self.below(6) == 0 => vec![self.next() as u32],
            _ => {
                let op = self.pick(Op::ALL);
                let mut code = vec![self.word_instruction(op)];
                while jumps(code[0]) && code.len() < 2 {
                    let op = self.pick(Op::ALL);
                    let slot = self.word_instruction(op);
                    if !jumps(slot) || self.below(4) == 0 {
                        code.push(slot);
                    }
                }
                code
            }
        }
    }
}

impl Random for CannonMips32 {
    fn program(rng: &mut SplitMix64) -> Start<Self> {
        let mut code = Vec::new();
        while code.len() < LENGTH {
            code.extend(rng.word_passage());
        }
        Self::machine(rng, &code)
    }

    /// Stands in a delay slot now and then.
    fn machine(rng: &mut SplitMix64, code: &[u32]) -> Start<Self> {
        let start = (1..32).fold(at(CODE), |start, register| {
            start.x(
                register,
                match register {
                    LINK => CODE + 0x80,
                    ADDRESSES.. => rng.word_address(),
                    _ => rng.word(),
                },
            )
        });
        let mut start = ENDS.iter().fold(start, |start, end| {
            let data: Vec<u8> = (0..8).flat_map(|_| rng.next().to_be_bytes()).collect();
            start.bytes(end.wrapping_sub(32), &data)
        });
        for special in [Special::Hi, Special::Lo] {
            start.state.hart.set_special(special, W32(rng.word() as u32));
        }
        if rng.below(4) == 0 {
            let target = CODE + 4 * rng.below(LENGTH as u64);
            start.state.hart.set_special(Special::NextPc, W32(target as u32));
        }
        start.state.preimage_offset = rng.below(17);
        start.state.heap = rng.word();
        start.code(CODE, code)
    }

    fn instructions(rng: &mut SplitMix64) -> Vec<u32> {
        let mut all = Vec::new();
        for &op in Op::ALL {
            for _ in 0..10 {
                all.push(rng.next() as u32 & !op.row().mask | op.row().bits);
                all.push(rng.word_instruction(op));
            }
        }
        all.extend((0..500).map(|_| rng.next() as u32));
        all
    }
}
