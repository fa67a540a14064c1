# RV64I, integer computation (Unprivileged ISA 20240411, chapters 2.4 and 4.2).

# rd = op(rs1, rs2)
.macro rr n, op, rs1, rs2, rd
    case \n
    li t0, \rs1
    li t1, \rs2
    \op t2, t0, t1
    expect t2, \rd
.endm

# rd = op(rs1, imm)
.macro ri n, op, rs1, imm, rd
    case \n
    li t0, \rs1
    \op t2, t0, \imm
    expect t2, \rd
.endm

.set MIN, 0x8000000000000000
.set MAX, 0x7fffffffffffffff

main:
    # Sums and differences wrap at 64 bits, and not at 32.
    rr 1, add, 0, 0, 0
    rr 2, add, 1, 1, 2
    rr 3, add, -1, 1, 0
    rr 4, add, MAX, 1, MIN
    rr 5, add, MIN, MIN, 0
    rr 6, add, 0xffffffff, 1, 0x100000000
    rr 7, sub, 0, 1, -1
    rr 8, sub, MIN, 1, MAX
    rr 9, sub, 5, 7, -2
    rr 10, sub, 0x100000000, 1, 0xffffffff

    # Shifts count the low six bits of rs2.
    rr 11, sll, 1, 0, 1
    rr 12, sll, 1, 32, 0x100000000
    rr 13, sll, 1, 63, MIN
    rr 14, sll, 1, 64, 1
    rr 15, sll, 1, -1, MIN
    rr 16, sll, -1, 4, 0xfffffffffffffff0
    rr 17, srl, MIN, 63, 1
    rr 18, srl, MIN, 64, MIN
    rr 19, srl, -1, 32, 0xffffffff
    rr 20, srl, MIN, 0xffffffffffffffc1, 0x4000000000000000
    rr 21, sra, MIN, 63, -1
    rr 22, sra, MIN, 64, MIN
    rr 23, sra, MIN, 4, 0xf800000000000000
    rr 24, sra, MAX, 62, 1
    rr 25, sra, 0x80000000, 31, 1

    # Comparisons are of 64 bits.
    rr 26, slt, -1, 0, 1
    rr 27, slt, 0, -1, 0
    rr 28, slt, MIN, MAX, 1
    rr 29, slt, MAX, MIN, 0
    rr 30, slt, 5, 5, 0
    rr 31, slt, 0x80000000, 0, 0
    rr 32, sltu, -1, 0, 0
    rr 33, sltu, 0, -1, 1
    rr 34, sltu, MIN, MAX, 0
    rr 35, sltu, MAX, MIN, 1
    rr 36, sltu, 5, 5, 0
    rr 37, sltu, 0xffffffff, 0x100000000, 1

    rr 38, xor, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xf0f0f0f0f0f0f0f0
    rr 39, or, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xfff0fff0fff0fff0
    rr 40, and, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0x0f000f000f000f00
    rr 41, xor, -1, -1, 0
    rr 42, or, MIN, 1, 0x8000000000000001
    rr 43, and, -1, MIN, MIN

    # The instructions of 32 bits ignore the upper halves of their operands and sign-extend their result.
    rr 44, addw, 0x7fffffff, 1, 0xffffffff80000000
    rr 45, addw, 0xffffffff, 1, 0
    rr 46, addw, 0x100000000, 0x7fffffff, 0x7fffffff
    rr 47, addw, 0xffffffff7fffffff, 0x0000000100000000, 0x7fffffff
    rr 48, addw, 0x80000000, 0, 0xffffffff80000000
    rr 49, subw, 0, 1, -1
    rr 50, subw, 0xffffffff80000000, 1, 0x7fffffff
    rr 51, subw, 0x100000000, 1, -1
    rr 52, subw, 0x1234567800000005, 0x8765432100000007, -2
    rr 53, sllw, 1, 31, 0xffffffff80000000
    rr 54, sllw, 1, 32, 1
    rr 55, sllw, 0xffffffff00000001, 4, 0x10
    rr 56, sllw, 0x180000001, 1, 2
    rr 57, sllw, 0x80000000, 0, 0xffffffff80000000
    rr 58, srlw, 0xffffffff80000000, 31, 1
    rr 59, srlw, -1, 0, -1
    rr 60, srlw, 0x1234567880000000, 4, 0x08000000
    rr 61, srlw, 0xffffffff7fffffff, 30, 1
    rr 62, srlw, 0x80000000, 32, 0xffffffff80000000
    rr 63, sraw, 0x80000000, 31, -1
    rr 64, sraw, 0x80000000, 4, 0xfffffffff8000000
    rr 65, sraw, 0xffffffff7fffffff, 30, 1
    rr 66, sraw, 0x180000000, 32, 0xffffffff80000000
    rr 67, sraw, 0x40000000, 63, 0

    # Immediates of 12 bits are sign-extended, for the unsigned comparison too.
    ri 68, addi, 0, 2047, 2047
    ri 69, addi, 0, -2048, 0xfffffffffffff800
    ri 70, addi, MAX, 1, MIN
    ri 71, addi, -1, 1, 0
    ri 72, addi, 0xffffffff, 1, 0x100000000
    ri 73, slti, -1, 0, 1
    ri 74, slti, 0, -1, 0
    ri 75, slti, MIN, -2048, 1
    ri 76, slti, -2048, -2048, 0
    ri 77, slti, 2046, 2047, 1
    ri 78, slti, 0x80000000, 0, 0
    ri 79, sltiu, 0, -1, 1
    ri 80, sltiu, -1, -1, 0
    ri 81, sltiu, 0, 1, 1
    ri 82, sltiu, 1, 1, 0
    ri 83, sltiu, 5, -2048, 1
    ri 84, sltiu, MIN, 2047, 0
    ri 85, xori, 0, -1, -1
    ri 86, xori, 0xff00ff00ff00ff00, 0x70f, 0xff00ff00ff00f80f
    ri 87, ori, 0, -2048, 0xfffffffffffff800
    ri 88, ori, 0xf0, 0x0f, 0xff
    ri 89, andi, -1, 0x7ff, 0x7ff
    ri 90, andi, -1, -2048, 0xfffffffffffff800
    ri 91, andi, 0xff00ff00ff00ff00, 0x70f, 0x700
    ri 92, slli, 1, 63, MIN
    ri 93, slli, 1, 32, 0x100000000
    ri 94, slli, 3, 0, 3
    ri 95, srli, MIN, 63, 1
    ri 96, srli, MIN, 32, 0x80000000
    ri 97, srli, -1, 1, MAX
    ri 98, srai, MIN, 63, -1
    ri 99, srai, MIN, 32, 0xffffffff80000000
    ri 100, srai, MAX, 62, 1
    ri 101, srai, 0x80000000, 31, 1
    ri 102, addiw, 0x7fffffff, 1, 0xffffffff80000000
    ri 103, addiw, 0xffffffff, 1, 0
    ri 104, addiw, 0x1ffffffff, 0, -1
    ri 105, addiw, 0x80000000, -1, 0x7fffffff
    ri 106, addiw, 0x100000000, -2048, 0xfffffffffffff800
    ri 107, slliw, 1, 31, 0xffffffff80000000
    ri 108, slliw, 0xffffffff00000001, 4, 0x10
    ri 109, slliw, 0x180000000, 0, 0xffffffff80000000
    ri 110, srliw, 0xffffffff80000000, 31, 1
    ri 111, srliw, -1, 0, -1
    ri 112, srliw, 0x1280000000, 4, 0x08000000
    ri 113, sraiw, 0x80000000, 31, -1
    ri 114, sraiw, 0xffffffff7fffffff, 4, 0x07ffffff
    ri 115, sraiw, 0x180000000, 0, 0xffffffff80000000

    # LUI sign-extends its 32 bits.
    case 116
    lui t0, 0x80000
    expect t0, 0xffffffff80000000
    case 117
    lui t0, 0x7ffff
    expect t0, 0x7ffff000
    case 118
    lui t0, 1
    expect t0, 0x1000
    case 119
    lui t0, 0xfffff
    expect t0, -4096

    # AUIPC adds the same to its own address, which the JAL before it has left in t0.
.macro upper n, imm, offset
    case \n
    jal t0, .Lhere\@
.Lhere\@:
    auipc t1, \imm
    sub t1, t1, t0
    expect t1, \offset
.endm
    upper 120, 0, 0
    upper 121, 1, 0x1000
    upper 122, 0x7ffff, 0x7ffff000
    upper 123, 0x80000, 0xffffffff80000000
    upper 124, 0xfffff, -4096

    # Fences order what one hart does in order anyway.
    case 125
    li t0, 5
    fence
    fence.i
    fence.tso
    expect t0, 5
    j pass
