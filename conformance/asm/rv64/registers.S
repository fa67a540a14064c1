# RV64I, registers (Unprivileged ISA 20240411, chapter 2.1): x0 is zero whatever is written to it, the other 31 are
# distinct, and an instruction reads its operands before it writes its result.

# Each row writes something other than zero, were rd another register.
.macro to_x0 n, op, operands:vararg
    case \n
    \op x0, \operands
    or t6, x0, x0
    beq t6, s1, .Lzero\@
    j fail
.Lzero\@:
.endm

# rd, and one or both operands, in one register.
.macro same n, op, value, both, first
    case \n
    li t0, \value
    \op t0, t0, t0
    expect t0, \both
    li t0, \value
    li t1, 3
    \op t0, t0, t1
    expect t0, \first
.endm

main:
    la s0, data
    ld t0, 0(s0)
    ld t1, 8(s0)
    xor s1, s1, s1

    to_x0 1, add, t0, t1
    to_x0 2, sub, t0, t1
    to_x0 3, sll, t0, t1
    to_x0 4, slt, t0, t1
    to_x0 5, sltu, t1, t0
    to_x0 6, xor, t0, t1
    to_x0 7, srl, t0, t1
    to_x0 8, sra, t0, t1
    to_x0 9, or, t0, t1
    to_x0 10, and, t0, t0
    to_x0 11, addw, t0, t1
    to_x0 12, subw, t0, t1
    to_x0 13, sllw, t0, t1
    to_x0 14, srlw, t0, t1
    to_x0 15, sraw, t0, t1
    to_x0 16, mul, t0, t1
    to_x0 17, mulh, t0, t0
    to_x0 18, mulhsu, t0, t0
    to_x0 19, mulhu, t0, t0
    to_x0 20, div, t0, t1
    to_x0 21, divu, t0, t1
    to_x0 22, rem, t0, x0
    to_x0 23, remu, t0, x0
    to_x0 24, mulw, t0, t1
    to_x0 25, divw, t0, t1
    to_x0 26, divuw, t0, t1
    to_x0 27, remw, t0, x0
    to_x0 28, remuw, t0, x0
    to_x0 29, addi, t0, 1
    to_x0 30, slti, t1, 100
    to_x0 31, sltiu, t1, 100
    to_x0 32, xori, t0, 1
    to_x0 33, ori, t0, 1
    to_x0 34, andi, t0, -1
    to_x0 35, slli, t0, 1
    to_x0 36, srli, t0, 1
    to_x0 37, srai, t0, 1
    to_x0 38, addiw, t0, 1
    to_x0 39, slliw, t0, 1
    to_x0 40, srliw, t0, 1
    to_x0 41, sraiw, t0, 1
    to_x0 42, lui, 1
    to_x0 43, auipc, 1
    to_x0 44, lb, 0(s0)
    to_x0 45, lh, 0(s0)
    to_x0 46, lw, 0(s0)
    to_x0 47, ld, 0(s0)
    to_x0 48, lbu, 0(s0)
    to_x0 49, lhu, 0(s0)
    to_x0 50, lwu, 0(s0)
    to_x0 51, lr.w, (s0)
    to_x0 52, lr.d, (s0)
    to_x0 53, amoor.w, t0, (s0)
    to_x0 54, amoor.d, t0, (s0)

    same 55, add, 5, 10, 8
    same 56, sub, 5, 0, 2
    same 57, mul, 5, 25, 15
    same 58, div, 7, 1, 2
    same 59, rem, 7, 0, 1
    same 60, sll, 2, 8, 16
    same 61, slt, 2, 0, 1
    same 62, subw, 5, 0, 2

    case 63 # every register but gp and the scratch register holds its own number
    .irp i, 1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    li x\i, \i
    .endr
    .irp i, 1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    expect x\i, \i
    .endr
    case 64 # ... and the scratch register too
    li x31, 31
    mv x30, x31
    expect x30, 31
    j pass

.data
.balign 8
data:
    .dword 0xfedcba9876543211
    .dword 3
