# Delay slots (MIPS32 Architecture for Programmers, volume I, revision 2.50): the instruction after a jump or branch is
# executed before its target, and the jump has read its operands by then.

main:
    la $s0, data

    case 1 # the slot may change the register of the jump
    la $t0, 1f
    jr $t0
    li $t0, 7
    j fail
    nop
1:
    expect $t0, 7

    case 2 # ... and those of the comparison, either way
    li $t0, 0
    beqz $t0, 1f
    li $t0, 1
    j fail
    nop
1:
    bnez $t0, 1f
    li $t0, 0
    j fail
    nop
1:
    bnez $t0, fail
    li $t0, 2
    expect $t0, 2

    case 3 # ... and the register that was linked
    jal 1f
    li $ra, 9
1:
    expect $ra, 9

    case 4 # the slot may load and store
    li $t0, 0x1234
    j 1f
    sw $t0, 0($s0)
    j fail
    nop
1:
    j 1f
    lw $t1, 0($s0)
    j fail
    nop
1:
    expect_same $t1, $t0
    li $t1, 0x56
    j 1f
    sb $t1, 2($s0)
1:
    j 1f
    lwl $t1, 2($s0)
1:
    expect $t1, 0x56340056

    case 5 # ... multiply and divide
    li $t0, 6
    li $t1, 7
    j 1f
    mult $t0, $t1
1:
    j 1f
    mflo $t2
1:
    expect $t2, 42
    bnez $t2, 1f
    div $zero, $t2, $t0
    j fail
    nop
1:
    mflo $t2
    expect $t2, 7

    case 6 # ... move, or not
    li $t2, 1
    j 1f
    movz $t2, $t0, $zero
1:
    expect $t2, 6
    j 1f
    movn $t2, $t1, $zero
1:
    expect $t2, 6

    case 7 # a slot at the start of the next page
    la $t0, edge
    jalr $t0
    li $t1, 0
    expect $t1, 3

    case 8 # a slot whose branch goes to itself is executed twice
    li $t0, 0
    b 1f
1:
    addiu $t0, $t0, 1
    expect $t0, 2

    case 9 # a loop with all its work in slots
    li $t0, 0
    li $t1, 10
1:
    bgtz $t1, 1b
    addiu $t1, $t1, -1
    expect $t1, -1
    li $t1, 10
    move $t0, $zero
1:
    addu $t0, $t0, $t1
    addiu $t1, $t1, -1
    bnez $t1, 1b
    nop
    expect $t0, 55
    j pass
    nop

.section .edge, "ax", @progbits
.balign 4096
    .zero 4096 - 8
edge:
    addiu $t1, $t1, 1
    jr $ra
    addiu $t1, $t1, 2

.bss
.balign 32
data:
    .zero 32
