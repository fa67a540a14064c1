# Entry points, each of which must end in a trap: label `trap`, its name, and what is refused, by what asterisc at
# 52519dc refuses (rvgo/fast/vm.go:587-1002, rvgo/riscv/constants.go:42-57).

main:
    li gp, 1
    j fail

# An instruction word that is refused.
.macro word trap, name, word
.globl trap.\trap\().\name
trap.\trap\().\name:
    .word \word
    j pass
.endm

# A branch, jump or atomic to the address in t0.
.macro address trap, name, at, code:vararg
.globl trap.\trap\().\name
trap.\trap\().\name:
    li t0, \at
    \code
    j pass
.endm

# System call \number with 0 or \first in a0, and zeros.
.macro call trap, name, number, first
.globl trap.\trap\().\name
trap.\trap\().\name:
    li a7, \number
    li a0, \first
    ecall
    j pass
.endm

    word UnknownOpcode, zeros, 0
    word UnknownOpcode, ones, 0xffffffff
    word UnknownOpcode, compressed, 0x00010001
    word UnknownOpcode, custom_0, 0x0b
    word UnknownOpcode, fmadd, 0x43
    word UnknownOpcode, vector, 0x57
    word ReservedEncoding, load_7, 7 << 12 | 0x03
    word ReservedEncoding, srli_high, 0x04 << 25 | 5 << 12 | 0x13
    word ReservedEncoding, srai_high, 0x60 << 25 | 5 << 12 | 0x13
    word ReservedEncoding, op_imm_32_2, 2 << 12 | 0x1b
    word ReservedEncoding, slliw_32, 1 << 25 | 1 << 12 | 0x1b
    word ReservedEncoding, srliw_32, 1 << 25 | 5 << 12 | 0x1b
    word ReservedEncoding, sraiw_32, 0x21 << 25 | 5 << 12 | 0x1b
    word ReservedEncoding, add_funct7, 0x10 << 25 | 0x33
    word ReservedEncoding, srl_funct7, 0x10 << 25 | 5 << 12 | 0x33
    word ReservedEncoding, addw_funct7, 0x10 << 25 | 0x3b
    word ReservedEncoding, mulhw, 0x01 << 25 | 1 << 12 | 0x3b
    word ReservedEncoding, op_32_2, 2 << 12 | 0x3b
    word StoreWidth, store_4, 4 << 12 | 0x23
    word StoreWidth, store_7, 7 << 12 | 0x23
    word AtomicWidth, half, 1 << 12 | 0x2f
    word AtomicWidth, quad, 4 << 12 | 0x2f
    word UnknownAtomic, w, 5 << 27 | 2 << 12 | 0x2f
    word UnknownAtomic, d, 31 << 27 | 3 << 12 | 0x2f
    word MisalignedJump, jal, 1 << 21 | 0x6f
    word MisalignedJump, beq, 1 << 8 | 0x63

    address MisalignedJump, jalr, 2, jalr x0, 0(t0)
    address MisalignedJump, jalr_sum, 1, jalr x0, 1(t0)
    address MisalignedAtomic, lr_w, 0x1002, lr.w x0, (t0)
    address MisalignedAtomic, lr_d, 0x1004, lr.d x0, (t0)
    address MisalignedAtomic, sc_w, 0x1001, sc.w x0, x0, (t0)
    address MisalignedAtomic, sc_d, 0x1004, sc.d x0, x0, (t0)
    address MisalignedAtomic, amo_w, 0x1002, amoadd.w x0, x0, (t0)
    address MisalignedAtomic, amo_d, 0x1004, amoadd.d x0, x0, (t0)
    address MisalignedAtomic, before_unknown, 0x1002, .word 5 << 27 | 5 << 15 | 2 << 12 | 0x2f

    call RefusedCall, nanosleep, 101, 0
    call RefusedCall, prlimit64, 261, 0
    call RefusedCall, futex_time64, 422, 0
    call UnknownResource, getrlimit, 163, 3
    call KeyType, read_without_key, 63, 5
