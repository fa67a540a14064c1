# Arithmetic, logic, shifts and moves (MIPS32 Architecture for Programmers, volume II, revision 2.50).

# rd = op(first, second), in the order of the assembler
.macro rr n, op, first, second, rd
    case \n
    li $t0, \first
    li $t1, \second
    li $t2, 0x55
    \op $t2, $t0, $t1
    expect $t2, \rd
.endm

# rt = op(rs, imm)
.macro ri n, op, rs, imm, rt
    case \n
    li $t0, \rs
    \op $t2, $t0, \imm
    expect $t2, \rt
.endm

# rd = op(rs)
.macro r n, op, rs, rd
    case \n
    li $t0, \rs
    \op $t2, $t0
    expect $t2, \rd
.endm

.set MIN, 0x80000000
.set MAX, 0x7fffffff

main:
    rr 1, addu, 0, 0, 0
    rr 2, addu, MAX, 1, MIN
    rr 3, addu, -1, 1, 0
    rr 4, addu, 0x12345678, 0x11111111, 0x23456789
    rr 5, add, 1, 2, 3
    rr 6, add, -1, 1, 0
    rr 7, add, MIN, MAX, -1
    rr 8, subu, 0, 1, -1
    rr 9, subu, MIN, 1, MAX
    rr 10, subu, 5, 7, -2
    rr 11, sub, 5, 7, -2
    rr 12, sub, MIN, MIN, 0
    rr 13, and, 0xff00ff00, 0x0ff00ff0, 0x0f000f00
    rr 14, or, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0
    rr 15, xor, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0
    rr 16, nor, 0xff00ff00, 0x0ff00ff0, 0x000f000f
    rr 17, nor, 0, 0, -1
    rr 18, slt, -1, 0, 1
    rr 19, slt, 0, -1, 0
    rr 20, slt, MIN, MAX, 1
    rr 21, slt, MAX, MIN, 0
    rr 22, slt, 5, 5, 0
    rr 23, sltu, -1, 0, 0
    rr 24, sltu, 0, -1, 1
    rr 25, sltu, MIN, MAX, 0
    rr 26, sltu, MAX, MIN, 1
    rr 27, sltu, 5, 5, 0

    # The immediates of sums and comparisons are sign-extended, for the unsigned comparison too ...
    ri 28, addiu, 0, 0x7fff, 0x7fff
    ri 29, addiu, 0, -32768, 0xffff8000
    ri 30, addiu, -1, 1, 0
    ri 31, addiu, MAX, 1, MIN
    ri 32, addi, 1, -2, -1
    ri 33, addi, MIN, 0x7fff, 0x80007fff
    ri 34, slti, -1, 0, 1
    ri 35, slti, 0, -1, 0
    ri 36, slti, MIN, -32768, 1
    ri 37, slti, -32768, -32768, 0
    ri 38, slti, 32766, 32767, 1
    ri 39, sltiu, 0, -1, 1
    ri 40, sltiu, -1, -1, 0
    ri 41, sltiu, 0, 1, 1
    ri 42, sltiu, 5, -32768, 1
    ri 43, sltiu, MIN, 0x7fff, 0

    # ... those of logic are not.
    ri 44, andi, -1, 0x8001, 0x8001
    ri 45, andi, 0xffff0000, 0xffff, 0
    ri 46, ori, 0, 0x8001, 0x8001
    ri 47, ori, 0x12340000, 0x5678, 0x12345678
    ri 48, xori, -1, 0x8001, 0xffff7ffe
    ri 49, xori, 0, 0xffff, 0xffff

    case 50
    lui $t0, 0x8000
    expect $t0, MIN
    case 51
    lui $t0, 0x1234
    expect $t0, 0x12340000
    case 52
    lui $t0, 0
    expect $t0, 0

    ri 53, sll, 1, 31, MIN
    ri 54, sll, 3, 0, 3
    ri 55, sll, -1, 4, 0xfffffff0
    ri 56, srl, MIN, 31, 1
    ri 57, srl, -1, 4, 0x0fffffff
    ri 58, srl, 3, 0, 3
    ri 59, sra, MIN, 31, -1
    ri 60, sra, MIN, 4, 0xf8000000
    ri 61, sra, MAX, 30, 1
    ri 62, sra, MIN, 0, MIN

    # Variable shifts count the low five bits of rs, which an assembler writes last.
    rr 63, sllv, 1, 31, MIN
    rr 64, sllv, 1, 32, 1
    rr 65, sllv, 1, -1, MIN
    rr 66, sllv, 1, 36, 16
    rr 67, srlv, MIN, 31, 1
    rr 68, srlv, MIN, 32, MIN
    rr 69, srlv, -1, 0x64, 0x0fffffff
    rr 70, srav, MIN, 31, -1
    rr 71, srav, MIN, 32, MIN
    rr 72, srav, 0xffff, 0x28, 0xff
    rr 73, srav, 0xdeafbeef, 0x2c, 0xfffdeafb
    rr 74, srav, MAX, 30, 1

    rr 75, mul, 3, 7, 21
    rr 76, mul, -1, 7, -7
    rr 77, mul, -1, -1, 1
    rr 78, mul, 0x10000, 0x10000, 0
    rr 79, mul, MAX, 2, -2
    r 80, clz, 0, 32
    r 81, clz, -1, 0
    r 82, clz, 1, 31
    r 83, clz, 0x00010000, 15
    r 84, clo, 0, 0
    r 85, clo, -1, 32
    r 86, clo, MIN, 1
    r 87, clo, 0xfffffffe, 31
    r 88, clo, MAX, 0

    # A move that is not made leaves rd as it was, which is 0x55.
    rr 89, movz, 7, 0, 7
    rr 90, movz, 7, 1, 0x55
    rr 91, movz, 7, MIN, 0x55
    rr 92, movn, 7, 0, 0x55
    rr 93, movn, 7, 1, 7
    rr 94, movn, 7, MIN, 7

    case 95 # rd may be an operand, or both
    li $t0, 5
    addu $t0, $t0, $t0
    expect $t0, 10
    li $t1, 3
    subu $t1, $t0, $t1
    expect $t1, 7
    sllv $t1, $t1, $t1
    expect $t1, 0x380
    slt $t0, $t0, $t1
    expect $t0, 1
    movz $t1, $t0, $zero
    expect $t1, 1

    case 96 # SYNC orders what one hart does in order anyway
    li $t0, 5
    sync
    expect $t0, 5
    j pass
    nop
