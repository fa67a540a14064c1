# Loads and stores (MIPS32 Architecture for Programmers, volume II, revision 2.50): big-endian, those of parts of a
# word at every offset, across the 32-byte leaves and the 4096-byte pages that memory is proven by.

.set RT, 0x55667788

# The words at s0 are aabbccdd 11223344.
.macro fill
    li $t0, 0xaabbccdd
    sw $t0, 0($s0)
    li $t0, 0x11223344
    sw $t0, 4($s0)
.endm

# rt, which was 0x55667788, after a load.
.macro load op, offset, rt
    li $t0, RT
    \op $t0, \offset($s0)
    expect $t0, \rt
.endm

# The two words after a store of 0x55667788.
.macro store op, offset, first, second
    fill
    li $t0, RT
    \op $t0, \offset($s0)
    expect $t0, RT
    lw $t1, 0($s0)
    expect $t1, \first
    lw $t1, 4($s0)
    expect $t1, \second
.endm

# A word at \offset, in two parts, in either order.
.macro load_two offset, rt
    li $t0, RT
    lwl $t0, \offset($s0)
    lwr $t0, \offset + 3($s0)
    expect $t0, \rt
    li $t0, RT
    lwr $t0, \offset + 3($s0)
    lwl $t0, \offset($s0)
    expect $t0, \rt
.endm
.macro store_two offset, first, second
    fill
    li $t0, RT
    swl $t0, \offset($s0)
    swr $t0, \offset + 3($s0)
    lw $t1, 0($s0)
    expect $t1, \first
    lw $t1, 4($s0)
    expect $t1, \second
.endm

.macro loads
    fill
    load lb, 0, 0xffffffaa
    load lb, 1, 0xffffffbb
    load lb, 2, 0xffffffcc
    load lb, 3, 0xffffffdd
    load lb, 4, 0x11
    load lbu, 0, 0xaa
    load lbu, 1, 0xbb
    load lbu, 2, 0xcc
    load lbu, 3, 0xdd
    load lh, 0, 0xffffaabb
    load lh, 2, 0xffffccdd
    load lh, 4, 0x1122
    load lhu, 0, 0xaabb
    load lhu, 2, 0xccdd
    load lw, 0, 0xaabbccdd
    load lw, 4, 0x11223344
    load ll, 0, 0xaabbccdd
    load lwl, 0, 0xaabbccdd
    load lwl, 1, 0xbbccdd88
    load lwl, 2, 0xccdd7788
    load lwl, 3, 0xdd667788
    load lwr, 0, 0x556677aa
    load lwr, 1, 0x5566aabb
    load lwr, 2, 0x55aabbcc
    load lwr, 3, 0xaabbccdd
    load_two 0, 0xaabbccdd
    load_two 1, 0xbbccdd11
    load_two 2, 0xccdd1122
    load_two 3, 0xdd112233
    load_two 4, 0x11223344
.endm

.macro stores
    store sb, 0, 0x88bbccdd, 0x11223344
    store sb, 1, 0xaa88ccdd, 0x11223344
    store sb, 2, 0xaabb88dd, 0x11223344
    store sb, 3, 0xaabbcc88, 0x11223344
    store sb, 4, 0xaabbccdd, 0x88223344
    store sh, 0, 0x7788ccdd, 0x11223344
    store sh, 2, 0xaabb7788, 0x11223344
    store sh, 4, 0xaabbccdd, 0x77883344
    store sw, 0, 0x55667788, 0x11223344
    store sw, 4, 0xaabbccdd, 0x55667788
    store swl, 0, 0x55667788, 0x11223344
    store swl, 1, 0xaa556677, 0x11223344
    store swl, 2, 0xaabb5566, 0x11223344
    store swl, 3, 0xaabbcc55, 0x11223344
    store swr, 0, 0x88bbccdd, 0x11223344
    store swr, 1, 0x7788ccdd, 0x11223344
    store swr, 2, 0x667788dd, 0x11223344
    store swr, 3, 0x55667788, 0x11223344
    store_two 0, 0x55667788, 0x11223344
    store_two 1, 0xaa556677, 0x88223344
    store_two 2, 0xaabb5566, 0x77883344
    store_two 3, 0xaabbcc55, 0x66778844
    store_two 4, 0xaabbccdd, 0x55667788
.endm

main:
    case 1 # within a leaf
    la $s0, page + 8
    loads
    case 2
    stores

    case 3 # across two leaves
    la $s0, page + 32 - 4
    loads
    case 4
    stores

    case 5 # across two pages
    la $s0, page + 4096 - 4
    loads
    case 6
    stores

    case 7 # offsets reach 32767 bytes up and 32768 down
    la $s0, page + 0x8000
    li $t0, RT
    sw $t0, -0x8000($s0)
    sw $t0, 0x7ffc($s0)
    la $s1, page
    lw $t1, 0($s1)
    expect $t1, RT
    la $s1, page + 0xfffc
    lw $t1, 0($s1)
    expect $t1, RT
    lbu $t1, 0x7fff($s0)
    expect $t1, 0x88

    case 8 # the register of the address may be that of the value
    la $s0, page + 64
    move $t0, $s0
    sw $t0, 0($t0)
    lw $t0, 0($t0)
    expect_same $t0, $s0
    move $t0, $s0
    lbu $t0, 0($t0)
    srl $t1, $s0, 24
    expect_same $t0, $t1
    move $t0, $s0
    lwl $t0, 0($t0)
    expect_same $t0, $s0
    lwr $t0, 3($t0)
    expect_same $t0, $s0

    case 9 # LL and SC make a swap, and SC tells that it did
    fill
    li $t0, RT
    ll $t1, 4($s0)
    sc $t0, 4($s0)
    expect $t1, 0x11223344
    expect $t0, 1
    lw $t1, 4($s0)
    expect $t1, RT
    lw $t1, 0($s0)
    expect $t1, 0xaabbccdd

    case 10 # a counter that is added to in a loop
    li $t3, 10
    sw $zero, 0($s0)
1:
    ll $t0, 0($s0)
    addu $t0, $t0, $t3
    sc $t0, 0($s0)
    beqz $t0, 1b
    nop
    addiu $t3, $t3, -1
    bnez $t3, 1b
    nop
    lw $t0, 0($s0)
    expect $t0, 55
    j pass
    nop

.bss
.balign 4096
page:
    .zero 0x10000
