# RV64I, control transfer (Unprivileged ISA 20240411, chapter 2.5).

# A branch forwards and the same one backwards, each taken or not.
.macro br n, op, rs1, rs2, taken
    case \n
    li t0, \rs1
    li t1, \rs2
    li t2, 1
    \op t0, t1, .Lforwards\@
    li t2, 0
.Lforwards\@:
    expect t2, \taken
    j .Lbranch\@
.Lbackwards\@:
    li t2, 1
    j .Lend\@
.Lbranch\@:
    li t2, 0
    \op t0, t1, .Lbackwards\@
.Lend\@:
    expect t2, \taken
.endm

.set MIN, 0x8000000000000000
.set MAX, 0x7fffffffffffffff

main:
    br 1, beq, 5, 5, 1
    br 2, beq, 5, 6, 0
    br 3, beq, -1, 0xffffffff, 0
    br 4, bne, 5, 5, 0
    br 5, bne, 5, 6, 1
    br 6, bne, 0x100000000, 0, 1
    br 7, blt, -1, 0, 1
    br 8, blt, 0, -1, 0
    br 9, blt, 5, 5, 0
    br 10, blt, MIN, MAX, 1
    br 11, blt, 0x80000000, 0, 0
    br 12, bge, -1, 0, 0
    br 13, bge, 0, -1, 1
    br 14, bge, 5, 5, 1
    br 15, bge, MAX, MIN, 1
    br 16, bge, MIN, MAX, 0
    br 17, bltu, -1, 0, 0
    br 18, bltu, 0, -1, 1
    br 19, bltu, 5, 5, 0
    br 20, bltu, MAX, MIN, 1
    br 21, bltu, 0xffffffff, 0x100000000, 1
    br 22, bgeu, -1, 0, 1
    br 23, bgeu, 0, -1, 0
    br 24, bgeu, 5, 5, 1
    br 25, bgeu, MIN, MAX, 1
    br 26, bgeu, MAX, MIN, 0

    case 27 # JAL links the address of the next instruction
    la t1, 1f
    jal t0, 2f
1:
    j fail
2:
    expect_same t0, t1

    case 28 # ... backwards too
    j 2f
1:
    j 3f
2:
    la t1, 4f
    jal t0, 1b
4:
    j fail
3:
    expect_same t0, t1

    case 29 # ... and links nothing in x0
    j 1f
    j fail
1:
    mv t0, x0
    expect t0, 0

    case 30 # JALR adds its offset, and links
    la t0, 1f - 2047
    la t1, 2f
    jalr t2, 2047(t0)
2:
    j fail
1:
    expect_same t2, t1

    case 31
    la t0, 1f + 2048
    jalr t2, -2048(t0)
    j fail
1:
    case 32 # JALR reads rs1 before it writes rd
    la t0, 1f
    la t1, 2f
    jalr t0, 0(t0)
2:
    j fail
1:
    expect_same t0, t1

    case 33 # JALR clears bit 0 of the sum: of the register ...
    la t0, 1f + 1
    jalr t1, 0(t0)
    j fail
1:
    case 34 # ... of the offset ...
    la t0, 1f
    jalr t1, 1(t0)
    j fail
1:
    case 35 # ... and not of each: 3 + 1 is 4
    la t0, 1f - 3
    jalr t1, 3(t0)
    j fail
1:
    case 36 # the register of JALR stays as it was
    la t0, 1f + 1
    mv t1, t0
    jalr x0, 0(t0)
    j fail
1:
    expect_same t0, t1

    case 37 # the farthest branches, and jumps whose offsets have bits 11 and 12 set
    li t0, 1
    j far
near:
    addi t0, t0, 1
    j 2f
    .zero 4096 - 4 * 4
far:
    bnez t0, near
    j fail
2:
    expect t0, 2
    case 38
    beqz x0, 1f
    .zero 4092 - 4
1:
    case 39
    jal t0, 1f
    .zero 0x1ffc
1:
    case 40
    j 2f
1:
    j 3f
    .zero 0x1800
2:
    j 1b
3:
    j pass
