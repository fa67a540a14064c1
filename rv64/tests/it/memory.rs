//! Loads and stores, at every alignment, around the ends of leaves, pages and the address space.

use rv64::Op::{self, *};

use crate::testing::{Before, DATA, RD, RS1, RS2, i, s, same_memory, set, x};

/// Address 32, a page and the space end here; the last one is where addresses turn negative.
const ENDS: [u64; 4] = [DATA + 32, DATA + 0x1000, 0, 1 << 63];
const OFFSETS: std::ops::RangeInclusive<i64> = -9..=9;

/// A byte for every address, so that neighbours differ and every other one is negative.
const fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9d) ^ at >> 3) as u8
}

fn bytes<const N: usize>(at: u64) -> [u8; N] {
    std::array::from_fn(|n| byte(at.wrapping_add(n as u64)))
}

/// With a pattern around `end`.
fn around(before: Before, end: u64) -> Before {
    let from = end.wrapping_sub(32);
    before.bytes(from, &bytes::<64>(from))
}

/// Paths of a proof: the instruction, and each leaf the access touches.
const fn paths(at: u64, width: u64) -> usize {
    if at % 32 + width > 32 { 3 } else { 2 }
}

#[test]
fn loads_extend_what_lies_at_any_address() {
    type Extend = fn(u64) -> u64;
    let cases: [(Op, u64, Extend); 7] = [
        (Lb, 1, |at| i64::from(i8::from_le_bytes(bytes(at))) as u64),
        (Lh, 2, |at| i64::from(i16::from_le_bytes(bytes(at))) as u64),
        (Lw, 4, |at| i64::from(i32::from_le_bytes(bytes(at))) as u64),
        (Ld, 8, |at| u64::from_le_bytes(bytes(at))),
        (Lbu, 1, |at| u64::from(u8::from_le_bytes(bytes(at)))),
        (Lhu, 2, |at| u64::from(u16::from_le_bytes(bytes(at)))),
        (Lwu, 4, |at| u64::from(u32::from_le_bytes(bytes(at)))),
    ];
    for (op, width, extend) in cases {
        for end in ENDS {
            for at in OFFSETS.map(|offset| end.wrapping_add_signed(offset)) {
                let before = around(Before::new(i(op, RD, RS1, 0)), end).x(RS1, at);
                let (after, proven) = before.proven();
                assert_eq!(
                    after.state(),
                    &before.retired(|state| set(state, RD, extend(at))),
                    "{op:?} {at:#x}"
                );
                assert_eq!(proven, paths(at, width), "{op:?} {at:#x}");
                assert!(same_memory(after.memory(), &before.memory), "{op:?} {at:#x}");
            }
        }
    }
}

#[test]
fn stores_write_their_bytes_at_any_address_and_no_other() {
    let value = 0x8899_aabb_ccdd_eeff_u64;
    for (op, width) in [(Sb, 1), (Sh, 2), (Sw, 4), (Sd, 8)] {
        for end in ENDS {
            for at in OFFSETS.map(|offset| end.wrapping_add_signed(offset)) {
                let before = around(Before::new(s(op, RS1, RS2, 0)), end).x(RS1, at).x(RS2, value);
                let (after, proven) = before.proven();
                let stored = (0..width).zip(value.to_le_bytes());
                let wanted = stored.fold(before.clone(), |to, (n, b)| to.bytes(at.wrapping_add(n), &[b]));
                assert_eq!(after.state(), &before.retired(|_| ()), "{op:?} {at:#x}");
                assert!(same_memory(after.memory(), &wanted.memory), "{op:?} {at:#x}");
                assert_eq!(proven, paths(at, width), "{op:?} {at:#x}");
            }
        }
    }
}

#[test]
fn offsets_are_signed_and_addresses_wrap() {
    #[rustfmt::skip]
    let cases = [
        // rs1, imm, address
        (DATA, 2047, DATA + 2047),         (DATA, -2048, DATA - 2048),     (DATA, -1, DATA - 1),
        (u64::MAX, 1, 0),                  (0, -8, u64::MAX - 7),          (3, -2048, u64::MAX - 2044),
    ];
    for (base, imm, at) in cases {
        let load = Before::new(i(Ld, RD, RS1, imm)).bytes(at, &bytes::<8>(at)).x(RS1, base);
        assert_eq!(x(&load.step().unwrap(), RD), u64::from_le_bytes(bytes(at)), "{base:#x} {imm}");
        let store = Before::new(s(Sb, RS1, RS2, imm)).x(RS1, base).x(RS2, 0xab);
        let wanted = store.clone().bytes(at, &[0xab]);
        assert!(same_memory(store.step().unwrap().memory(), &wanted.memory), "{base:#x} {imm}");
    }
}

#[test]
fn a_load_makes_no_page_and_a_store_does() {
    for (op, width) in [(Lb, 1), (Lh, 2), (Lw, 4), (Ld, 8), (Lbu, 1), (Lhu, 2), (Lwu, 4)] {
        let after = Before::new(i(op, RD, RS1, 0)).x(RS1, DATA - width / 2).step().unwrap();
        assert_eq!((x(&after, RD), after.memory().page_count()), (0, 1), "{op:?}");
    }
    for (op, pages) in [(Sb, 2), (Sh, 3), (Sw, 3), (Sd, 3)] {
        let after = Before::new(s(op, RS1, 0, 0)).x(RS1, DATA + 0xfff).step().unwrap();
        assert_eq!(after.memory().page_count(), pages, "{op:?}");
    }
}

/// The leaf of the instruction is proven again where data lies in it.
#[test]
fn an_instruction_may_load_and_store_its_own_leaf() {
    for (raw, base) in
        [(i(Ld, RD, RS1, 0), 0x1000), (s(Sd, RS1, RS2, 0), 0x1000), (s(Sd, RS1, RS2, 0), 0xffc)]
    {
        let (_, paths) = Before::new(raw).x(RS1, base).proven();
        assert_eq!(paths, if base == 0xffc { 3 } else { 2 }, "{raw:#x} {base:#x}");
    }
}
