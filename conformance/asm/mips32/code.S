# Code that is written while it runs. Hardware is told of it by SYNCI and SYNC (MIPS32 Architecture for Programmers,
# volume II, revision 2.50); neither machine needs to be.

# li v0, \value, as a word
.macro li_v0 reg, value
    li \reg, 0x24020000 | \value
.endm

.section .code, "awx", @progbits
main:
    la $s0, function
    la $s1, second

    case 1 # hot code, then one instruction of it replaced
    li $s2, 100
1:
    jalr $s0
    addiu $s2, $s2, -1
    bnez $s2, 1b
    nop
    expect $v0, 1
    li_v0 $t0, 2
    sw $t0, 0($s0)
    sync
    jalr $s0
    nop
    expect $v0, 2

    case 2 # ... by a store of one byte, and of two
    li $t0, 0x7f
    sb $t0, 3($s0)
    jalr $s0
    nop
    expect $v0, 0x7f
    li $t0, 0x1234
    sh $t0, 2($s0)
    jalr $s0
    nop
    expect $v0, 0x1234

    case 3 # ... by parts of a word, and by SC
    li_v0 $t0, 3
    swl $t0, 0($s0)
    jalr $s0
    nop
    expect $v0, 3
    li_v0 $t0, 4
    swr $t0, 3($s0)
    jalr $s0
    nop
    expect $v0, 4
    li_v0 $t0, 5
    ll $t1, 0($s0)
    sc $t0, 0($s0)
    jalr $s0
    nop
    expect $v0, 5

    case 4 # one in a delay slot
    jalr $s1
    nop
    expect $v0, 6
    li_v0 $t0, 7
    sw $t0, 4($s1)
    jalr $s1
    nop
    expect $v0, 7

    case 5 # an instruction that replaces the next but one, in a loop
    li $s2, 0
    li_v0 $t0, 0
    la $s3, 2f
1:
    addiu $t0, $t0, 1
    sw $t0, 0($s3)
    nop
2:
    li $v0, 0
    addu $s2, $s2, $v0
    li $t2, 10
    bne $v0, $t2, 1b
    nop
    expect $s2, 55

    case 6 # a jump that stores what it jumps to in its delay slot
    li_v0 $t0, 8
    la $t1, 1f
    jr $t1
    sw $t0, 0($t1)
1:
    li $v0, 0
    expect $v0, 8
    j pass
    nop

.balign 4096
    .zero 4096 - 4
second:
    jr $ra
    li $v0, 6
function:
    li $v0, 1
    jr $ra
    nop
