# M (Unprivileged ISA 20240411, chapter 13).

# rd = op(rs1, rs2)
.macro rr n, op, rs1, rs2, rd
    case \n
    li t0, \rs1
    li t1, \rs2
    \op t2, t0, t1
    expect t2, \rd
.endm

.set MIN, 0x8000000000000000
.set MAX, 0x7fffffffffffffff

main:
    rr 1, mul, 3, 7, 21
    rr 2, mul, -1, -1, 1
    rr 3, mul, 0x100000000, 0x100000000, 0
    rr 4, mul, MIN, -1, MIN
    rr 5, mul, 0xffffffff, 0xffffffff, 0xfffffffe00000001
    rr 6, mul, 0x123456789, 0x10, 0x1234567890

    rr 7, mulh, -1, -1, 0
    rr 8, mulh, -1, 1, -1
    rr 9, mulh, MIN, MIN, 0x4000000000000000
    rr 10, mulh, MIN, -1, 0
    rr 11, mulh, MIN, 1, -1
    rr 12, mulh, MIN, 2, -1
    rr 13, mulh, MAX, MAX, 0x3fffffffffffffff
    rr 14, mulh, 0x100000000, 0x100000000, 1

    # rs1 is signed, rs2 is not: -1 times 2^64-1 is -2^64+1.
    rr 15, mulhsu, -1, -1, -1
    rr 16, mulhsu, -1, 1, -1
    rr 17, mulhsu, 1, -1, 0
    rr 18, mulhsu, 2, MIN, 1
    rr 19, mulhsu, MIN, -1, MIN
    rr 20, mulhsu, MAX, -1, 0x7ffffffffffffffe
    rr 21, mulhsu, MIN, MIN, 0xc000000000000000

    rr 22, mulhu, -1, -1, 0xfffffffffffffffe
    rr 23, mulhu, -1, 1, 0
    rr 24, mulhu, 1, -1, 0
    rr 25, mulhu, MIN, MIN, 0x4000000000000000
    rr 26, mulhu, MIN, 2, 1
    rr 27, mulhu, 0x100000000, 0x100000000, 1

    rr 28, mulw, 0x7fffffff, 2, -2
    rr 29, mulw, 0x10000, 0x10000, 0
    rr 30, mulw, 0xffffffff00000003, 0x100000005, 15
    rr 31, mulw, 0x10000, 0x8000, 0xffffffff80000000
    rr 32, mulw, 0x80000000, -1, 0xffffffff80000000

    # Quotients are rounded towards zero; remainders have the sign of the dividend. Table 11: a division by zero
    # gives all ones and the dividend, an overflow the dividend and zero.
    rr 33, div, 7, 2, 3
    rr 34, div, -7, 2, -3
    rr 35, div, 7, -2, -3
    rr 36, div, -7, -2, 3
    rr 37, div, 0, 5, 0
    rr 38, div, 7, 0, -1
    rr 39, div, 0, 0, -1
    rr 40, div, MIN, 0, -1
    rr 41, div, MIN, -1, MIN
    rr 42, div, MIN, 1, MIN
    rr 43, div, MIN, 2, 0xc000000000000000
    rr 44, divu, 7, 2, 3
    rr 45, divu, -7, 2, 0x7ffffffffffffffc
    rr 46, divu, 7, 0, -1
    rr 47, divu, MIN, -1, 0
    rr 48, divu, -1, -1, 1
    rr 49, divu, -1, 1, -1
    rr 50, rem, 7, 2, 1
    rr 51, rem, -7, 2, -1
    rr 52, rem, 7, -2, 1
    rr 53, rem, -7, -2, -1
    rr 54, rem, 7, 0, 7
    rr 55, rem, -1, 0, -1
    rr 56, rem, MIN, -1, 0
    rr 57, rem, MIN, 0, MIN
    rr 58, remu, 7, 2, 1
    rr 59, remu, -7, 2, 1
    rr 60, remu, 7, 0, 7
    rr 61, remu, MIN, -1, MIN
    rr 62, remu, -1, 10, 5

    # The instructions of 32 bits ignore the upper halves of both operands: a divisor may be zero in its lower one.
    rr 63, divw, 0x100000007, 0x100000002, 3
    rr 64, divw, 0xfffffff9, 2, -3
    rr 65, divw, 7, 0xfffffffe, -3
    rr 66, divw, 7, 0, -1
    rr 67, divw, 7, 0x100000000, -1
    rr 68, divw, 0x80000000, -1, 0xffffffff80000000
    rr 69, divw, 0x80000000, 0xffffffff, 0xffffffff80000000
    rr 70, divuw, 0xfffffffffffffff9, 2, 0x7ffffffc
    rr 71, divuw, 0xffffffff, 1, -1
    rr 72, divuw, 5, 0, -1
    rr 73, divuw, 5, 0x100000000, -1
    rr 74, divuw, 0x80000000, 0xffffffff, 0
    rr 75, divuw, 0x80000000, 1, 0xffffffff80000000
    rr 76, remw, 0xfffffff9, 2, -1
    rr 77, remw, 7, 0xfffffffe, 1
    rr 78, remw, 7, 0, 7
    rr 79, remw, 7, 0x100000000, 7
    rr 80, remw, 0x180000000, 0, 0xffffffff80000000
    rr 81, remw, 0x80000000, -1, 0
    rr 82, remw, 0x80000000, 0xffffffff, 0
    rr 83, remuw, 0xfffffffffffffff9, 2, 1
    rr 84, remuw, 0x80000000, -1, 0xffffffff80000000
    rr 85, remuw, 5, 0, 5
    rr 86, remuw, 0x1ffffffff, 0, -1
    rr 87, remuw, 0xffffffff, 10, 5
    j pass
