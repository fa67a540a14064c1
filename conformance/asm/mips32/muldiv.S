# HI and LO: multiplication and division (MIPS32 Architecture for Programmers, volume II, revision 2.50).

# (HI, LO) = op(rs, rt), read at once and once more after the next operation has begun.
.macro hilo n, op, rs, rt, hi, lo
    case \n
    li $t0, \rs
    li $t1, \rt
    \op $t0, $t1
    mfhi $t2
    mflo $t3
    expect $t2, \hi
    expect $t3, \lo
.endm

.macro divide n, op, rs, rt, quotient, remainder
    case \n
    li $t0, \rs
    li $t1, \rt
    \op $zero, $t0, $t1
    mflo $t2
    mfhi $t3
    expect $t2, \quotient
    expect $t3, \remainder
.endm

.set MIN, 0x80000000
.set MAX, 0x7fffffff

main:
    hilo 1, mult, 3, 7, 0, 21
    hilo 2, mult, -1, 2, -1, -2
    hilo 3, mult, -1, -1, 0, 1
    hilo 4, mult, MIN, MIN, 0x40000000, 0
    hilo 5, mult, MIN, -1, 0, MIN
    hilo 6, mult, MAX, MAX, 0x3fffffff, 1
    hilo 7, mult, 0x10000, 0x10000, 1, 0
    hilo 8, multu, 3, 7, 0, 21
    hilo 9, multu, -1, 2, 1, -2
    hilo 10, multu, -1, -1, 0xfffffffe, 1
    hilo 11, multu, MIN, MIN, 0x40000000, 0
    hilo 12, multu, MIN, 2, 1, 0

    # Quotients are rounded towards zero; remainders have the sign of the dividend.
    divide 13, div, 7, 2, 3, 1
    divide 14, div, -7, 2, -3, -1
    divide 15, div, 7, -2, -3, 1
    divide 16, div, -7, -2, 3, -1
    divide 17, div, 0, 5, 0, 0
    divide 18, div, MIN, 1, MIN, 0
    divide 19, div, MIN, 2, 0xc0000000, 0
    divide 20, divu, 7, 2, 3, 1
    divide 21, divu, -7, 2, 0x7ffffffc, 1
    divide 22, divu, MIN, -1, 0, MIN
    divide 23, divu, -1, 1, -1, 0
    divide 24, divu, -1, 10, 0x19999999, 5

    case 25 # HI and LO are two registers
    li $t0, 0x1234
    li $t1, 0x5678
    mthi $t0
    mtlo $t1
    mfhi $t2
    mflo $t3
    expect_same $t2, $t0
    expect_same $t3, $t1
    mthi $t1
    mflo $t3
    expect_same $t3, $t1
    mfhi $t2
    expect_same $t2, $t1
    mtlo $t0
    mfhi $t2
    expect_same $t2, $t1

    case 26 # an operation replaces both, whatever was moved there; what was read before stays
    mult $t0, $t1
    mflo $t2
    mfhi $t3
    multu $t0, $t0
    expect $t2, 0x6260060
    expect $t3, 0
    mflo $t4
    expect $t4, 0x14b5a90

    case 27 # the operand may be read back into its own register
    li $t0, -7
    li $t1, 2
    div $zero, $t0, $t1
    mflo $t0
    mfhi $t1
    expect $t0, -3
    expect $t1, -1
    mfhi $zero
    mflo $zero
    move $t0, $zero
    expect $t0, 0
    j pass
    nop
