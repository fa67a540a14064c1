# Code that is written while it runs (Unprivileged ISA 20240411, chapter 5: FENCE.I makes it visible).

# li a0, \value
.macro li_a0 reg, value
    li \reg, \value << 20 | 0x513
.endm

.section .code, "awx", @progbits
main:
    la s0, function
    la s1, second

    case 1 # hot code, then one instruction of it replaced
    li s2, 100
1:
    jalr ra, 0(s0)
    addi s2, s2, -1
    bnez s2, 1b
    expect a0, 1
    li_a0 t0, 2
    sw t0, 0(s0)
    fence.i
    jalr ra, 0(s0)
    expect a0, 2

    case 2 # ... by a store of one byte: bits 31 to 24 are the upper bits of the immediate
    li t0, 0x7f
    sb t0, 3(s0)
    fence.i
    jalr ra, 0(s0)
    expect a0, 0x7f2

    case 3 # ... by an atomic
    li_a0 t0, 3
    amoswap.w t1, t0, (s0)
    expect t1, 0x7f200513
    fence.i
    jalr ra, 0(s0)
    expect a0, 3
    lr.w t1, (s0)
    li_a0 t0, 4
    sc.w t1, t0, (s0)
    expect t1, 0
    fence.i
    jalr ra, 0(s0)
    expect a0, 4

    case 4 # two instructions by one store, across a page: the last of one and the first of the next
    jalr ra, 0(s1)
    expect a0, 5
    expect a1, 6
    li t0, 8 << 20 | 0x593
    slli t0, t0, 32
    li_a0 t1, 7
    or t0, t0, t1
    sd t0, 0(s1)
    fence.i
    jalr ra, 0(s1)
    expect a0, 7
    expect a1, 8

    case 5 # parts of both by a misaligned one: the immediate of the first, and the lower half of the second, which stays
    li t0, 0x059307f0
    sw t0, 2(s1)
    fence.i
    jalr ra, 0(s1)
    expect a0, 0x7f
    expect a1, 8

    case 6 # a loop that changes its own next instruction
    li s2, 0
    li_a0 t0, 0
    li t1, 1 << 20
    la s3, 2f
1:
    add t0, t0, t1
    sw t0, 0(s3)
    fence.i
2:
    li a0, 0
    add s2, s2, a0
    li t2, 10
    bne a0, t2, 1b
    expect s2, 55
    j pass

.balign 4096
    .zero 4096 - 4
second:
    li a0, 5
    li a1, 6
    ret
function:
    li a0, 1
    ret
