# Jumps and branches (MIPS32 Architecture for Programmers, volume II, revision 2.50). The instruction in the delay slot
# is executed whether a branch is taken or not, and so counts in t3.

# A branch forwards and the same one backwards, each taken or not; \operands end in a comma.
.macro both taken, link, op, operands:vararg
    li $t2, 1
    li $t3, 0
    li $ra, 0x55
    \op \operands .Lforwards\@
    addiu $t3, $t3, 1
.Lafter\@:
    li $t2, 0
.Lforwards\@:
    expect $t2, \taken
    expect $t3, 1
    li $t4, 0x55
    .if \link
    la $t4, .Lafter\@
    .endif
    expect_same $ra, $t4
    j .Lbranch\@
    nop
.Lbackwards\@:
    j .Lend\@
    li $t2, 1
.Lbranch\@:
    li $t2, 0
    \op \operands .Lbackwards\@
    addiu $t3, $t3, 1
.Lend\@:
    expect $t2, \taken
    expect $t3, 2
.endm

.macro br2 n, op, rs, rt, taken
    case \n
    li $t0, \rs
    li $t1, \rt
    both \taken, 0, \op, $t0, $t1,
.endm

.macro br n, op, rs, taken, link=0
    case \n
    li $t0, \rs
    both \taken, \link, \op, $t0,
.endm

.set MIN, 0x80000000
.set MAX, 0x7fffffff

main:
    br2 1, beq, 5, 5, 1
    br2 2, beq, 5, 6, 0
    br2 3, beq, -1, MAX, 0
    br2 4, bne, 5, 5, 0
    br2 5, bne, 5, 6, 1
    br2 6, bne, MIN, 0, 1
    br 7, blez, 0, 1
    br 8, blez, 1, 0
    br 9, blez, -1, 1
    br 10, blez, MIN, 1
    br 11, blez, MAX, 0
    br 12, bgtz, 0, 0
    br 13, bgtz, 1, 1
    br 14, bgtz, -1, 0
    br 15, bgtz, MIN, 0
    br 16, bgtz, MAX, 1
    br 17, bltz, 0, 0
    br 18, bltz, 1, 0
    br 19, bltz, -1, 1
    br 20, bltz, MIN, 1
    br 21, bgez, 0, 1
    br 22, bgez, 1, 1
    br 23, bgez, -1, 0
    br 24, bgez, MIN, 0
    # These link whether they are taken or not.
    br 25, bltzal, 0, 0, 1
    br 26, bltzal, -1, 1, 1
    br 27, bltzal, MIN, 1, 1
    br 28, bgezal, 0, 1, 1
    br 29, bgezal, -1, 0, 1
    br 30, bgezal, MAX, 1, 1

    case 31 # J
    li $t3, 0
    j 1f
    addiu $t3, $t3, 1
    j fail
    nop
1:
    expect $t3, 1

    case 32 # JAL links the address after the delay slot, which sees the link
    la $t1, 2f
    jal 1f
    move $t3, $ra
2:
    j fail
    nop
1:
    expect_same $ra, $t1
    expect_same $t3, $t1

    case 33 # JR
    la $t0, 1f
    li $t3, 0
    jr $t0
    addiu $t3, $t3, 1
    j fail
    nop
1:
    expect $t3, 1

    case 34 # JALR, to the usual link register and to another
    la $t0, 1f
    la $t1, 2f
    jalr $t0
    move $t3, $ra
2:
    j fail
    nop
1:
    expect_same $ra, $t1
    expect_same $t3, $t1
    la $t0, 1f
    la $t1, 2f
    li $ra, 0x55
    jalr $t2, $t0
    nop
2:
    j fail
    nop
1:
    expect_same $t2, $t1
    expect $ra, 0x55

    case 35 # a call and its return
    li $t3, 1
    jal double
    nop
    jal double
    addiu $t3, $t3, 1
    expect $t3, 6
    j 1f
    nop
double:
    jr $ra
    addu $t3, $t3, $t3
1:
    case 36 # a branch over more than a page, and back
    li $t3, 0
    j 2f
    nop
1:
    addiu $t3, $t3, 1
    j 3f
    nop
    .zero 0x1100
2:
    b 1b
    addiu $t3, $t3, 2
3:
    expect $t3, 3

    case 37 # what remains of REGIMM: SYNCI goes on, and so does a trap whose condition does not hold
    la $t0, 1f
    li $t1, -1
1:
    .word 1 << 26 | 8 << 21 | 0x1f << 16 # synci 0($t0)
    tgei $t1, 0
    expect $t1, -1
    j pass
    nop
