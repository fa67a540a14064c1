// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A 64-bit word: what a register holds. All arithmetic wraps, and there is no way back to a number but by name.
/// Each function is one of `isa_traits::Word`, whose comments tell what it means.
type W64 is uint64;

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
    mulhSu,
    mulhU,
    div,
    divU,
    rem,
    remU,
    lt,
    ltU,
    sext8,
    sext16,
    sext32,
    zext32
} for W64 global;

function add(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(W64.unwrap(a) + W64.unwrap(b));
    }
}

function sub(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(W64.unwrap(a) - W64.unwrap(b));
    }
}

function and(W64 a, W64 b) pure returns (W64) {
    return W64.wrap(W64.unwrap(a) & W64.unwrap(b));
}

function or(W64 a, W64 b) pure returns (W64) {
    return W64.wrap(W64.unwrap(a) | W64.unwrap(b));
}

function xor(W64 a, W64 b) pure returns (W64) {
    return W64.wrap(W64.unwrap(a) ^ W64.unwrap(b));
}

function not(W64 a) pure returns (W64) {
    return W64.wrap(~W64.unwrap(a));
}

function eq(W64 a, W64 b) pure returns (bool) {
    return W64.unwrap(a) == W64.unwrap(b);
}

function ne(W64 a, W64 b) pure returns (bool) {
    return W64.unwrap(a) != W64.unwrap(b);
}

/// Shifts count the low 6 bits of `by`.
function sll(W64 a, W64 by) pure returns (W64) {
    return W64.wrap(W64.unwrap(a) << (W64.unwrap(by) & 63));
}

function srl(W64 a, W64 by) pure returns (W64) {
    return W64.wrap(W64.unwrap(a) >> (W64.unwrap(by) & 63));
}

function sra(W64 a, W64 by) pure returns (W64) {
    return W64.wrap(uint64(int64(W64.unwrap(a)) >> (W64.unwrap(by) & 63)));
}

function mul(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(W64.unwrap(a) * W64.unwrap(b));
    }
}

/// The high word of the product of two signed words.
function mulh(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(uint64(uint256((int256(int64(W64.unwrap(a))) * int256(int64(W64.unwrap(b)))) >> 64)));
    }
}

/// The high word of the product of a signed and an unsigned word.
function mulhSu(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(uint64(uint256((int256(int64(W64.unwrap(a))) * int256(uint256(W64.unwrap(b)))) >> 64)));
    }
}

/// The high word of the product of two unsigned words.
function mulhU(W64 a, W64 b) pure returns (W64) {
    unchecked {
        return W64.wrap(uint64(uint256((int256(uint256(W64.unwrap(a)) * W64.unwrap(b))) >> 64)));
    }
}

/// All ones for a zero divisor, the dividend on overflow.
function div(W64 a, W64 b) pure returns (W64) {
    if (W64.unwrap(b) == 0) return W64.wrap(type(uint64).max);
    unchecked {
        return W64.wrap(uint64(uint256(int256(int64(W64.unwrap(a))) / int256(int64(W64.unwrap(b))))));
    }
}

/// All ones for a zero divisor.
function divU(W64 a, W64 b) pure returns (W64) {
    return W64.wrap(W64.unwrap(b) == 0 ? type(uint64).max : W64.unwrap(a) / W64.unwrap(b));
}

/// The dividend for a zero divisor, zero on overflow.
function rem(W64 a, W64 b) pure returns (W64) {
    if (W64.unwrap(b) == 0) return a;
    unchecked {
        return W64.wrap(uint64(uint256(int256(int64(W64.unwrap(a))) % int256(int64(W64.unwrap(b))))));
    }
}

/// The dividend for a zero divisor.
function remU(W64 a, W64 b) pure returns (W64) {
    return W64.unwrap(b) == 0 ? a : W64.wrap(W64.unwrap(a) % W64.unwrap(b));
}

/// Whether `a` is the smaller one, both read as signed.
function lt(W64 a, W64 b) pure returns (bool) {
    return int64(W64.unwrap(a)) < int64(W64.unwrap(b));
}

/// Whether `a` is the smaller one, both read as unsigned.
function ltU(W64 a, W64 b) pure returns (bool) {
    return W64.unwrap(a) < W64.unwrap(b);
}

/// The low 8 bits, sign-extended.
function sext8(W64 a) pure returns (W64) {
    return W64.wrap(uint64(int64(int8(uint8(W64.unwrap(a))))));
}

/// The low 16 bits, sign-extended.
function sext16(W64 a) pure returns (W64) {
    return W64.wrap(uint64(int64(int16(uint16(W64.unwrap(a))))));
}

/// The low 32 bits, sign-extended.
function sext32(W64 a) pure returns (W64) {
    return W64.wrap(uint64(int64(int32(uint32(W64.unwrap(a))))));
}

/// The low 32 bits.
function zext32(W64 a) pure returns (W64) {
    return W64.wrap(uint32(W64.unwrap(a)));
}
