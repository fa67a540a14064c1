# Entry points, each of which must end in a trap: label `trap`, its name, and what is refused, by what
# ethereum-optimism/optimism at d317e96 refuses (cannon/mipsevm/exec/mips_instructions.go).

main:
    li $gp, 1
    j fail
    nop

.macro trap trap, name
.globl trap.\trap\().\name
trap.\trap\().\name:
.endm

# An instruction word that is refused.
.macro word trap, name, word
    trap \trap, \name
    .word \word
    j pass
    nop
.endm

# An instruction in the delay slot of a jump that goes elsewhere.
.macro slot trap, name, code:vararg
    trap \trap, \name
    li $t0, 0x1000
    j pass
    \code
    j pass
    nop
.endm

    word UnknownOpcode, cop0, 0x10 << 26
    word UnknownOpcode, cop1, 0x11 << 26
    word UnknownOpcode, cop2, 0x12 << 26
    word UnknownOpcode, beql, 0x14 << 26
    word UnknownOpcode, daddiu, 0x19 << 26
    word UnknownOpcode, special3, 0x1f << 26
    word UnknownOpcode, lwu, 0x27 << 26
    word UnknownOpcode, sdl, 0x2c << 26
    word UnknownOpcode, cache, 0x2f << 26
    word UnknownOpcode, lwc1, 0x31 << 26
    word UnknownOpcode, pref, 0x33 << 26
    word UnknownOpcode, ones, 0xffffffff
    word ReservedEncoding, movci, 0x01
    word ReservedEncoding, break, 0x0d
    word ReservedEncoding, dsllv, 0x14
    word ReservedEncoding, dmult, 0x1c
    word ReservedEncoding, dadd, 0x2c
    word ReservedEncoding, teq, 0x34
    word ReservedEncoding, madd, 0x1c << 26
    word ReservedEncoding, msubu, 0x1c << 26 | 5
    word ReservedEncoding, sdbbp, 0x1c << 26 | 0x3f
    word DivisionByZero, div, 8 << 21 | 0x1a
    word DivisionByZero, divu, 8 << 21 | 0x1b

    slot BranchInDelaySlot, beq, .word 4 << 26 | 8
    slot BranchInDelaySlot, bne, .word 5 << 26 | 8
    slot BranchInDelaySlot, blez, .word 6 << 26 | 8
    slot BranchInDelaySlot, bgtz, .word 7 << 26 | 8
    slot BranchInDelaySlot, bltz, .word 1 << 26 | 8
    slot BranchInDelaySlot, bgez, .word 1 << 26 | 1 << 16 | 8
    slot BranchInDelaySlot, bltzal, .word 1 << 26 | 0x10 << 16 | 8
    slot BranchInDelaySlot, bgezal, .word 1 << 26 | 0x11 << 16 | 8
    slot BranchInDelaySlot, synci, .word 1 << 26 | 0x1f << 16
    slot JumpInDelaySlot, j, .word 2 << 26
    slot JumpInDelaySlot, jal, .word 3 << 26
    slot JumpInDelaySlot, jr, .word 8 << 21 | 8
    slot JumpInDelaySlot, jalr, .word 8 << 21 | 9

    trap MisalignedFetch, jr
    li $t0, 0x1002
    jr $t0
    nop
    trap MisalignedFetch, jalr
    li $t0, 0x1001
    jalr $t0
    nop
    trap KeyType, read_without_key
    li $v0, 4003
    li $a0, 5
    li $a2, 4
    syscall
    j pass
    nop
