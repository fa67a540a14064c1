// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A 32-bit word: what a register holds. All arithmetic wraps, and there is no way back to a number but by name.
/// Each function is one of `isa_traits::Word`, whose comments tell what it means.
type W32 is uint32;

using {
    add as +,
    sub as -,
    and as &,
    or as |,
    xor as ^,
    not as ~,
    eq as ==,
    ne as !=,
    sll,
    srl,
    sra,
    mul,
    mulh,
    mulhU,
    div,
    divU,
    rem,
    remU,
    clz,
    lt,
    ltU,
    sext8,
    sext16
} for W32 global;

function add(W32 a, W32 b) pure returns (W32) {
    unchecked {
        return W32.wrap(W32.unwrap(a) + W32.unwrap(b));
    }
}

function sub(W32 a, W32 b) pure returns (W32) {
    unchecked {
        return W32.wrap(W32.unwrap(a) - W32.unwrap(b));
    }
}

function and(W32 a, W32 b) pure returns (W32) {
    return W32.wrap(W32.unwrap(a) & W32.unwrap(b));
}

function or(W32 a, W32 b) pure returns (W32) {
    return W32.wrap(W32.unwrap(a) | W32.unwrap(b));
}

function xor(W32 a, W32 b) pure returns (W32) {
    return W32.wrap(W32.unwrap(a) ^ W32.unwrap(b));
}

function not(W32 a) pure returns (W32) {
    return W32.wrap(~W32.unwrap(a));
}

function eq(W32 a, W32 b) pure returns (bool) {
    return W32.unwrap(a) == W32.unwrap(b);
}

function ne(W32 a, W32 b) pure returns (bool) {
    return W32.unwrap(a) != W32.unwrap(b);
}

/// Shifts count the low 5 bits of `by`.
function sll(W32 a, W32 by) pure returns (W32) {
    return W32.wrap(W32.unwrap(a) << (W32.unwrap(by) & 31));
}

function srl(W32 a, W32 by) pure returns (W32) {
    return W32.wrap(W32.unwrap(a) >> (W32.unwrap(by) & 31));
}

function sra(W32 a, W32 by) pure returns (W32) {
    return W32.wrap(uint32(int32(W32.unwrap(a)) >> (W32.unwrap(by) & 31)));
}

function mul(W32 a, W32 b) pure returns (W32) {
    unchecked {
        return W32.wrap(W32.unwrap(a) * W32.unwrap(b));
    }
}

/// The high word of the product of two signed words.
function mulh(W32 a, W32 b) pure returns (W32) {
    unchecked {
        return W32.wrap(uint32(uint256((int256(int32(W32.unwrap(a))) * int256(int32(W32.unwrap(b)))) >> 32)));
    }
}

/// The high word of the product of two unsigned words.
function mulhU(W32 a, W32 b) pure returns (W32) {
    unchecked {
        return W32.wrap(uint32(uint256((int256(uint256(W32.unwrap(a)) * W32.unwrap(b))) >> 32)));
    }
}

/// All ones for a zero divisor, the dividend on overflow.
function div(W32 a, W32 b) pure returns (W32) {
    if (W32.unwrap(b) == 0) return W32.wrap(type(uint32).max);
    unchecked {
        return W32.wrap(uint32(uint256(int256(int32(W32.unwrap(a))) / int256(int32(W32.unwrap(b))))));
    }
}

/// All ones for a zero divisor.
function divU(W32 a, W32 b) pure returns (W32) {
    return W32.wrap(W32.unwrap(b) == 0 ? type(uint32).max : W32.unwrap(a) / W32.unwrap(b));
}

/// The dividend for a zero divisor, zero on overflow.
function rem(W32 a, W32 b) pure returns (W32) {
    if (W32.unwrap(b) == 0) return a;
    unchecked {
        return W32.wrap(uint32(uint256(int256(int32(W32.unwrap(a))) % int256(int32(W32.unwrap(b))))));
    }
}

/// The dividend for a zero divisor.
function remU(W32 a, W32 b) pure returns (W32) {
    return W32.unwrap(b) == 0 ? a : W32.wrap(W32.unwrap(a) % W32.unwrap(b));
}

/// Whether `a` is the smaller one, both read as signed.
function lt(W32 a, W32 b) pure returns (bool) {
    return int32(W32.unwrap(a)) < int32(W32.unwrap(b));
}

/// Whether `a` is the smaller one, both read as unsigned.
function ltU(W32 a, W32 b) pure returns (bool) {
    return W32.unwrap(a) < W32.unwrap(b);
}

/// The low 8 bits, sign-extended.
function sext8(W32 a) pure returns (W32) {
    return W32.wrap(uint32(int32(int8(uint8(W32.unwrap(a))))));
}

/// The low 16 bits, sign-extended.
function sext16(W32 a) pure returns (W32) {
    return W32.wrap(uint32(int32(int16(uint16(W32.unwrap(a))))));
}

/// How many of the highest bits are zero.
function clz(W32 a) pure returns (W32) {
    uint256 rest = W32.unwrap(a);
    uint256 zeros = 32;
    for (uint256 half = 16; half != 0; half >>= 1) {
        if (rest >> half != 0) {
            rest >>= half;
            unchecked {
                zeros -= half;
            }
        }
    }
    unchecked {
        return W32.wrap(uint32(zeros - rest));
    }
}
