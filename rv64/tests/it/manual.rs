//! What the manual says instructions compute, in plain 128-bit arithmetic (Unprivileged ISA 20240411,
//! chapters 2, 4, 13 and 14).

use rv64::Op::{self, *};

/// The low 64 bits.
const fn low(value: i128) -> u64 {
    value as u64
}

/// The low 32 bits, sign-extended.
const fn word(value: i128) -> u64 {
    value as i32 as i64 as u64
}

/// Signed and unsigned division round towards zero; a divisor of zero gives all ones. The one quotient too
/// great for its width is cut to it.
const fn quotient(a: i128, b: i128) -> i128 {
    if b == 0 { -1 } else { a / b }
}

/// The remainder has the sign of the dividend; a divisor of zero leaves the dividend.
const fn remainder(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { a % b }
}

/// What `op` puts in `rd`, from `rs1` and from `rs2` or the immediate.
pub(crate) fn computes(op: Op, a: u64, b: u64) -> u64 {
    // Each operand read four ways: 64 or 32 bits, signed or unsigned.
    let (s, u, sw, uw) = (i128::from(a as i64), i128::from(a), i128::from(a as i32), i128::from(a as u32));
    let (t, v, tw, vw) = (i128::from(b as i64), i128::from(b), i128::from(b as i32), i128::from(b as u32));
    let (by, by_w) = (v % 64, v % 32);
    match op {
        Add | Addi => low(u + v),
        Sub => low(u - v),
        Slt | Slti => u64::from(s < t),
        Sltu | Sltiu => u64::from(u < v),
        Xor | Xori => a ^ b,
        Or | Ori => a | b,
        And | Andi => a & b,
        Sll | Slli => low(u << by),
        Srl | Srli => low(u >> by),
        Sra | Srai => low(s >> by),
        Addw | Addiw => word(u + v),
        Subw => word(u - v),
        Sllw | Slliw => word(uw << by_w),
        Srlw | Srliw => word(uw >> by_w),
        Sraw | Sraiw => word(sw >> by_w),
        Mul => low(s * t),
        Mulh => low((s * t) >> 64),
        Mulhsu => low((s * v) >> 64),
        Mulhu => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        Div => low(quotient(s, t)),
        Divu => low(quotient(u, v)),
        Rem => low(remainder(s, t)),
        Remu => low(remainder(u, v)),
        Mulw => word(sw * tw),
        Divw => word(quotient(sw, tw)),
        Divuw => word(quotient(uw, vw)),
        Remw => word(remainder(sw, tw)),
        Remuw => word(remainder(uw, vw)),
        _ => panic!("{op:?} computes nothing"),
    }
}

/// Whether `op` branches.
pub(crate) fn branches(op: Op, a: u64, b: u64) -> bool {
    match op {
        Beq => a == b,
        Bne => a != b,
        Blt => i128::from(a as i64) < i128::from(b as i64),
        Bge => i128::from(a as i64) >= i128::from(b as i64),
        Bltu => i128::from(a) < i128::from(b),
        Bgeu => i128::from(a) >= i128::from(b),
        _ => panic!("{op:?} is no branch"),
    }
}

/// What an AMO makes of the old value in memory and `rs2`; of a 32-bit one, the low half counts.
pub(crate) fn amo(op: Op, old: u64, b: u64) -> u64 {
    match op {
        AmoswapW | AmoswapD => b,
        AmoaddW | AmoaddD => low(i128::from(old) + i128::from(b)),
        AmoxorW | AmoxorD => old ^ b,
        AmoandW | AmoandD => old & b,
        AmoorW | AmoorD => old | b,
        AmominD => (old as i64).min(b as i64) as u64,
        AmomaxD => (old as i64).max(b as i64) as u64,
        AmominuD => old.min(b),
        AmomaxuD => old.max(b),
        AmominW => (old as i32).min(b as i32) as u64,
        AmomaxW => (old as i32).max(b as i32) as u64,
        AmominuW => u64::from((old as u32).min(b as u32)),
        AmomaxuW => u64::from((old as u32).max(b as u32)),
        _ => panic!("{op:?} is no AMO"),
    }
}
