//! Random machines: mostly legal instructions, addresses around the ends of leaves, pages and the space.

use rv64::{AsteriscRv64, Op};

use super::encoding::{at, b, i};
use crate::machine::Start;
use crate::random::{CODE, LENGTH, Random, SplitMix64};

/// The registers from here on hold addresses of data, the even ones aligned ones; programs leave them alone.
const ADDRESSES: u32 = 24;
/// A register that holds an address of code.
const LINK: u32 = 1;

/// Ends of a leaf, a page, the space, and of the code itself.
const ENDS: [u64; 5] = [0x8020, 0x9000, 0, 1 << 63, CODE + 0x40];
const CORNERS: [u64; 8] =
    [0, 1, u64::MAX, 1 << 31, 1 << 63, (1 << 31) - 1, (1 << 63) - 1, 0xdead_beef_0000_0000];
/// System calls, and their first argument.
const CALLS: [(i32, i32); 14] = [
    (63, 5),
    (63, 5),
    (63, 5),
    (63, 3),
    (64, 6),
    (64, 6),
    (64, 4),
    (64, 1),
    (25, 2),
    (113, 0),
    (163, 7),
    (214, 0),
    (222, 0),
    (172, 0),
];

impl SplitMix64 {
    /// An address at most 16 bytes from an end.
    fn address(&mut self) -> u64 {
        self.pick(&ENDS).wrapping_add(self.below(33)).wrapping_sub(16)
    }

    fn value(&mut self) -> u64 {
        if self.below(4) == 0 { self.pick(&CORNERS) } else { self.next() }
    }

    /// A row with random free bits, whose addresses and targets are near, and which writes no address register.
    fn instruction(&mut self, op: Op) -> u32 {
        let row = op.row();
        let random = self.next() as u32 & !row.mask | row.bits;
        let raw = if random >> 10 & 3 == 3 { random & !(1 << 11) } else { random };
        let address = (self.next() as u32 | ADDRESSES) << 27 >> 12;
        let near = 4 * (self.below(15) as i32 - 7);
        match raw & 0x7f {
            // A branch by up to seven instructions; JAL by up to 7 forward; JALR to near the link register.
            0x63 => b(op, raw >> 15 & 31, raw >> 20 & 31, near) | raw & 0x1000 & !row.mask,
            0x6f => raw & 0xfff | (near.unsigned_abs() + 4) << 20,
            0x67 => i(op, raw >> 7 & 31, LINK, near) | raw & 0x7000,
            // Loads, stores and atomics of a data address, with a small offset where they have one.
            0x03 => raw & 0x7fff | address | (raw >> 20 & 15) << 20,
            0x23 => raw & 0x01f0_7fff | address,
            0x2f => raw & !(31 << 15) | address & !(1 << 15),
            _ => raw,
        }
    }

    /// Up to five instructions of a program.
    fn passage(&mut self) -> Vec<u32> {
        match self.below(12) {
            0 => {
                let (number, argument) = self.pick(&CALLS);
                vec![
                    i(Op::Addi, 17, 0, number),
                    i(Op::Addi, 10, 0, argument),
                    i(Op::Addi, 11, ADDRESSES + self.below(8) as u32, 0),
                    i(Op::Addi, 12, 0, self.below(40) as i32),
                    Op::Ecall.row().bits,
                ]
            }
            1 if self.below(16) == 0 => vec![self.next() as u32],
            _ => {
                let op = self.pick(Op::ALL);
                vec![self.instruction(op)]
            }
        }
    }
}

/// A machine with random registers and data, and `code` at the pc.
fn machine(rng: &mut SplitMix64, pc: u64, code: &[u32]) -> Start<AsteriscRv64> {
    let start = (1..32).fold(at(pc), |start, register| {
        start.x(
            register,
            match register {
                ADDRESSES.. if register % 2 == 0 => rng.address() & !7,
                ADDRESSES.. => rng.address(),
                _ => rng.value(),
            },
        )
    });
    let mut start = ENDS.iter().fold(start.x(LINK, CODE + 0x80), |start, end| {
        let data: Vec<u8> = (0..8).flat_map(|_| rng.next().to_le_bytes()).collect();
        start.bytes(end.wrapping_sub(32), &data)
    });
    start.state.preimage_offset = rng.below(17);
    start.state.heap = rng.value();
    start.code(pc, code)
}

impl Random for AsteriscRv64 {
    /// Begins at a misaligned address now and then.
    fn program(rng: &mut SplitMix64) -> Start<Self> {
        let mut code = Vec::new();
        while code.len() < LENGTH {
            code.extend(rng.passage());
        }
        let pc = if rng.below(8) == 0 { CODE + 2 } else { CODE };
        machine(rng, pc, &code)
    }

    fn machine(rng: &mut SplitMix64, code: &[u32]) -> Start<Self> {
        machine(rng, CODE, code)
    }

    fn instructions(rng: &mut SplitMix64) -> Vec<u32> {
        let mut all = Vec::new();
        for &op in Op::ALL {
            for _ in 0..10 {
                all.push(rng.next() as u32 & !op.row().mask | op.row().bits);
                all.push(rng.instruction(op));
            }
        }
        all.extend((0..200).map(|_| rng.next() as u32));
        all
    }
}
