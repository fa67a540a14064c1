# Registers: r0 is zero whatever is written to it, and the others are distinct (MIPS32 Architecture for Programmers,
# volume I, revision 2.50).

# Each row writes something other than zero, were rd another register.
.macro to_r0 n, op, operands:vararg
    case \n
    \op $zero, \operands
    or $at, $zero, $zero
    beq $at, $s1, .Lzero\@
    nop
    j fail
    nop
.Lzero\@:
.endm

main:
    la $s0, data
    lw $t0, 0($s0)
    lw $t1, 4($s0)
    xor $s1, $s1, $s1
    mult $t0, $t0

    to_r0 1, addu, $t0, $t1
    to_r0 2, add, $t0, $t1
    to_r0 3, subu, $t0, $t1
    to_r0 4, sub, $t0, $t1
    to_r0 5, and, $t0, $t0
    to_r0 6, or, $t0, $t1
    to_r0 7, xor, $t0, $t1
    to_r0 8, nor, $t1, $t1
    to_r0 9, slt, $t0, $t1
    to_r0 10, sltu, $t1, $t0
    to_r0 11, addi, $t0, 1
    to_r0 12, addiu, $t0, 1
    to_r0 13, slti, $t1, 100
    to_r0 14, sltiu, $t1, 100
    to_r0 15, andi, $t0, 0xffff
    to_r0 16, ori, $t0, 1
    to_r0 17, xori, $t0, 1
    to_r0 18, lui, 1
    to_r0 19, mul, $t0, $t1
    to_r0 20, clz, $t1
    to_r0 21, clo, $t0
    to_r0 22, sll, $t0, 1
    to_r0 23, srl, $t0, 1
    to_r0 24, sra, $t0, 1
    to_r0 25, sllv, $t0, $t1
    to_r0 26, srlv, $t0, $t1
    to_r0 27, srav, $t0, $t1
    to_r0 28, movz, $t0, $s1
    to_r0 29, movn, $t0, $t1
    case 30
    mfhi $zero
    mflo $zero
    or $at, $zero, $zero
    expect_same $at, $s1
    to_r0 31, lb, 0($s0)
    to_r0 32, lbu, 0($s0)
    to_r0 33, lh, 0($s0)
    to_r0 34, lhu, 0($s0)
    to_r0 35, lw, 0($s0)
    to_r0 36, lwl, 1($s0)
    to_r0 37, lwr, 1($s0)
    to_r0 38, ll, 0($s0)
    case 39
    la $t2, 1f
    jalr $zero, $t2
    nop
1:
    or $at, $zero, $zero
    expect_same $at, $s1

    case 40 # every register but gp and the scratch register holds its own number
    .irp i, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,29,30,31
    li $\i, \i
    .endr
    .irp i, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,29,30,31
    expect $\i, \i
    .endr
    case 41 # ... and the scratch register too
    li $1, 1
    move $2, $1
    expect $2, 1
    j pass
    nop

.data
.balign 32
data:
    .word 0xfedcba91
    .word 3
