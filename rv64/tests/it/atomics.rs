//! Atomics: the manual's chapter 14, and Asterisc's own rules of reservation.

use isa_traits::Trap;
use rv64::Op::{self, *};

use crate::manual::amo;
use crate::testing::{
    Before, CORNERS, DATA, HelloWorld, PC, RD, RS1, RS2, b, double, r, reservation, s, same_memory, set, x,
};

const AMOS: [(Op, Op); 9] = [
    (AmoswapW, AmoswapD),
    (AmoaddW, AmoaddD),
    (AmoxorW, AmoxorD),
    (AmoandW, AmoandD),
    (AmoorW, AmoorD),
    (AmominW, AmominD),
    (AmomaxW, AmomaxD),
    (AmominuW, AmominuD),
    (AmomaxuW, AmomaxuD),
];
/// The other half of a double word, which a W form must not touch.
const BESIDE: u64 = 0x5a5a_5a5a_0000_0000;

#[test]
fn amos_load_compute_and_store() {
    for (word, double_word) in AMOS {
        for old in CORNERS {
            for value in CORNERS {
                let low = old & 0xffff_ffff;
                let (old_w, new_w) = (old as i32 as i64 as u64, amo(word, old, value) & 0xffff_ffff);
                let cases = [
                    (word, BESIDE | low, old_w, BESIDE | new_w),
                    (double_word, old, old, amo(double_word, old, value)),
                ];
                for (op, memory, rd, stored) in cases {
                    let before = Before::new(r(op, RD, RS1, RS2))
                        .bytes(DATA, &memory.to_le_bytes())
                        .x(RS1, DATA)
                        .x(RS2, value);
                    let after = before.step().unwrap();
                    assert_eq!(after.state(), &before.retired(|state| set(state, RD, rd)), "{op:?}");
                    assert_eq!(double(after.memory(), DATA), stored, "{op:?} {old:#x} {value:#x}");
                }
            }
        }
    }
}

#[test]
fn an_atomic_proves_its_leaf_once() {
    for (op, paths) in [(LrW, 2), (LrD, 2), (ScW, 2), (ScD, 2), (AmoaddW, 2), (AmoswapD, 2)] {
        let before = Before::new(r(op, RD, RS1, RS2)).x(RS1, DATA + 24).reserved(DATA + 24);
        assert_eq!(before.proven().1, paths, "{op:?}");
    }
    for op in [ScW, ScD] {
        assert_eq!(Before::new(r(op, RD, RS1, RS2)).x(RS1, DATA).proven().1, 1, "{op:?} that fails");
    }
}

/// `rd` may be the address or the operand: both are read first. aq and rl order nothing on one hart.
#[test]
fn operands_are_read_before_rd_is_written() {
    for order in 0..4 {
        for rd in [RS1, RS2] {
            let before = Before::new(r(AmoaddD, rd, RS1, RS2) | order << 25)
                .bytes(DATA, &7u64.to_le_bytes())
                .x(RS1, DATA)
                .x(RS2, 5);
            let after = before.step().unwrap();
            assert_eq!((x(&after, rd), double(after.memory(), DATA)), (7, 12), "aq, rl {order}");
        }
    }
    let after = Before::new(r(LrD, RS1, RS1, 0)).bytes(DATA, &[9]).x(RS1, DATA).step().unwrap();
    assert_eq!((x(&after, RS1), reservation(&after)), (9, DATA));
    let before = Before::new(r(ScD, RS2, RS1, RS2)).x(RS1, DATA).x(RS2, 5).reserved(DATA);
    let after = before.step().unwrap();
    assert_eq!((x(&after, RS2), double(after.memory(), DATA)), (0, 5));
}

/// Reference: the field rs2 of LR is not looked at.
#[test]
fn lr_extends_and_reserves() {
    let memory = 0x8765_4321_89ab_cdef_u64;
    #[rustfmt::skip]
    let cases = [
        // op, offset, rd
        (LrW, 0, 0xffff_ffff_89ab_cdef), (LrW, 4, 0xffff_ffff_8765_4321), (LrD, 0, memory),
    ];
    for (op, offset, rd) in cases {
        for rs2 in [0, RS2, 31] {
            let before = Before::new(r(op, RD, RS1, rs2))
                .bytes(DATA, &memory.to_le_bytes())
                .x(RS1, DATA + offset)
                .reserved(77);
            let after = before.step().unwrap();
            let wanted = before.clone().reserved(DATA + offset).retired(|state| set(state, RD, rd));
            assert_eq!(after.state(), &wanted, "{op:?} {offset} {rs2}");
        }
    }
}

/// Reference: an SC succeeds where its address is the reservation, which is 0 for none, whatever the width of
/// the LR was; it drops the reservation in any case.
#[test]
fn sc_stores_where_its_address_is_reserved() {
    let value = 0x1111_1111_2222_2222_u64;
    #[rustfmt::skip]
    let cases = [
        // address, reservation, stored
        (DATA,     DATA,     true),    (DATA,     DATA + 8, false),   (DATA + 8, DATA,     false),
        (DATA,     0,        false),   (DATA,     DATA + 4, false),   (0,        DATA,     false),
        // No LR is needed for address 0.
        (0,        0,        true),    (1 << 63,  1 << 63,  true),    (u64::MAX - 7, u64::MAX - 7, true),
    ];
    for (at, reserved, stored) in cases {
        for (op, bytes) in [(ScW, 4), (ScD, 8)] {
            let before = Before::new(r(op, RD, RS1, RS2)).x(RS1, at).x(RS2, value).reserved(reserved);
            let after = before.step().unwrap();
            let rd = u64::from(!stored);
            assert_eq!(
                after.state(),
                &before.clone().reserved(0).retired(|state| set(state, RD, rd)),
                "{op:?}"
            );
            let written = if stored { bytes } else { 0 };
            let wanted = before.bytes(at, &value.to_le_bytes()[..written]);
            assert!(same_memory(after.memory(), &wanted.memory), "{op:?} {at:#x}");
        }
    }
}

/// Reference: the width is not part of a reservation, and a second SC fails.
#[test]
fn a_reservation_serves_one_sc_of_any_width() {
    for (lr, sc) in [(LrW, ScD), (LrD, ScW), (LrW, ScW), (LrD, ScD)] {
        let program = [r(lr, 1, RS1, 0), r(sc, 2, RS1, RS2), r(sc, 3, RS1, RS2)];
        let before = program.iter().enumerate().fold(Before::new(0).x(RS1, DATA), |before, (n, raw)| {
            before.bytes(PC + 4 * n as u64, &raw.to_le_bytes())
        });
        let mut vm = before.vm();
        vm.run(3, &mut HelloWorld, &mut ()).unwrap();
        assert_eq!((x(&vm, 2), x(&vm, 3), reservation(&vm)), (0, 1, 0), "{lr:?} {sc:?}");
    }
}

/// Reference: nothing but SC drops a reservation, a store or an AMO to the very address neither.
#[test]
fn only_lr_and_sc_change_the_reservation() {
    let others = Op::ALL.iter().filter(|op| ![LrW, LrD, ScW, ScD, Ecall].contains(op));
    let mut executed = 0;
    for &op in others {
        // As the low bits of a branch's offset, 8 is an aligned one.
        let before = Before::new(r(op, RS1, RS1, RS2)).x(RS1, DATA).reserved(DATA);
        if let Ok(after) = before.step() {
            executed += 1;
            assert_eq!(reservation(&after), DATA, "{op:?}");
        }
    }
    assert_eq!(executed, Op::ALL.len() - 5 - 1, "all others but the one row that refuses");
    for raw in [s(Sd, RS1, RS2, 0), b(Beq, RS1, RS1, 8), Ecall.row().bits] {
        let before = Before::new(raw).x(RS1, DATA).x(17, 64).x(10, 6).x(11, DATA).x(12, 32).reserved(DATA);
        assert_eq!(reservation(&before.proven().0), DATA, "{raw:#x}");
    }
    for number in [25, 56, 63, 64, 93, 113, 214, 220, 222, 999] {
        let before = Before::new(Ecall.row().bits).x(17, number).x(10, 0).x(11, DATA).reserved(DATA);
        assert_eq!(reservation(&before.step().unwrap()), DATA, "call {number}");
    }
}

/// Reference: misaligned atomics are refused, other misaligned accesses never are.
#[test]
fn atomics_ask_for_aligned_addresses() {
    for (funct3, width) in [(2, 4), (3, 8)] {
        for funct5 in 0..32 {
            for offset in 0..8 {
                let raw = 0x2f | RD << 7 | funct3 << 12 | RS1 << 15 | RS2 << 20 | funct5 << 27;
                let before = Before::new(raw).x(RS1, DATA + offset).reserved(DATA + offset);
                let known = matches!(funct5, 0..=4 | 0x08 | 0x0c | 0x10 | 0x14 | 0x18 | 0x1c);
                let wanted = match offset % width {
                    0 if known => None,
                    0 => Some(Trap::UnknownAtomic),
                    _ => Some(Trap::MisalignedAtomic),
                };
                assert_eq!(before.step().err(), wanted, "{funct5:#x} of {width} bytes at {offset}");
            }
        }
    }
}

#[test]
fn the_width_of_an_atomic_is_checked_before_its_address() {
    for funct3 in [0, 1, 4, 5, 6, 7] {
        for offset in 0..8 {
            let before = Before::new(0x2f | RS1 << 15 | funct3 << 12).x(RS1, DATA + offset);
            assert_eq!(before.step().err(), Some(Trap::AtomicWidth), "{funct3} at {offset}");
        }
    }
}
