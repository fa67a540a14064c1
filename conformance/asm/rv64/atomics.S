# A (Unprivileged ISA 20240411, chapter 14).

.set MIN, 0x8000000000000000
.set MAX, 0x7fffffffffffffff

# rd = mem; mem = op(mem, rs2), on the doubleword at s0. With a .w its upper half must stay.
.macro amo n, op, mem, rs2, rd, after
    case \n
    li t0, \mem
    sd t0, 0(s0)
    li t1, \rs2
    \op t2, t1, (s0)
    expect t2, \rd
    li t2, \rs2
    expect_same t1, t2
    ld t2, 0(s0)
    expect t2, \after
.endm

main:
    la s0, data

    amo 1, amoswap.w, 0x1111111180000000, 0x2222222233333333, 0xffffffff80000000, 0x1111111133333333
    amo 2, amoadd.w, 0x11111111ffffffff, 1, -1, 0x1111111100000000
    amo 3, amoadd.w, 0x111111117fffffff, 1, 0x7fffffff, 0x1111111180000000
    amo 4, amoxor.w, 0x11111111ff00ff00, 0x22222222f0f0f0f0, 0xffffffffff00ff00, 0x111111110ff00ff0
    amo 5, amoand.w, 0x11111111ff00ff00, 0x22222222f0f0f0f0, 0xffffffffff00ff00, 0x11111111f000f000
    amo 6, amoor.w, 0x111111110f00ff00, 0x22222222f0f0f0f0, 0x0f00ff00, 0x11111111fff0fff0
    amo 7, amomin.w, 0x11111111ffffffff, 1, -1, 0x11111111ffffffff
    amo 8, amomin.w, 0x1111111100000001, -1, 1, 0x11111111ffffffff
    amo 9, amomin.w, 0x111111117fffffff, 0x80000000, 0x7fffffff, 0x1111111180000000
    amo 10, amomin.w, 0x1111111100000005, 0x100000001, 5, 0x1111111100000001
    amo 11, amomax.w, 0x11111111ffffffff, 1, -1, 0x1111111100000001
    amo 12, amomax.w, 0x1111111100000001, -1, 1, 0x1111111100000001
    amo 13, amomax.w, 0x1111111180000000, 0x7fffffff, 0xffffffff80000000, 0x111111117fffffff
    amo 14, amomax.w, 0x1111111100000005, 0x100000001, 5, 0x1111111100000005
    amo 15, amominu.w, 0x11111111ffffffff, 1, -1, 0x1111111100000001
    amo 16, amominu.w, 0x1111111100000001, -1, 1, 0x1111111100000001
    amo 17, amominu.w, 0x1111111180000000, 0x7fffffff, 0xffffffff80000000, 0x111111117fffffff
    amo 18, amominu.w, 0x1111111100000005, 0x100000001, 5, 0x1111111100000001
    amo 19, amomaxu.w, 0x11111111ffffffff, 1, -1, 0x11111111ffffffff
    amo 20, amomaxu.w, 0x1111111100000001, -1, 1, 0x11111111ffffffff
    amo 21, amomaxu.w, 0x111111117fffffff, 0x80000000, 0x7fffffff, 0x1111111180000000
    amo 22, amomaxu.w, 0x1111111100000005, 0x100000001, 5, 0x1111111100000005

    amo 23, amoswap.d, 0x1111111180000000, 0x2222222233333333, 0x1111111180000000, 0x2222222233333333
    amo 24, amoadd.d, -1, 1, -1, 0
    amo 25, amoadd.d, 0xffffffff, 1, 0xffffffff, 0x100000000
    amo 26, amoxor.d, 0xff00ff00ff00ff00, 0xf0f0f0f0f0f0f0f0, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0
    amo 27, amoand.d, 0xff00ff00ff00ff00, 0xf0f0f0f0f0f0f0f0, 0xff00ff00ff00ff00, 0xf000f000f000f000
    amo 28, amoor.d, 0xff00ff00ff00ff00, 0xf0f0f0f0f0f0f0f0, 0xff00ff00ff00ff00, 0xfff0fff0fff0fff0
    amo 29, amomin.d, -1, 1, -1, -1
    amo 30, amomin.d, MAX, MIN, MAX, MIN
    amo 31, amomin.d, 0x80000000, 1, 0x80000000, 1
    amo 32, amomax.d, -1, 1, -1, 1
    amo 33, amomax.d, MIN, MAX, MIN, MAX
    amo 34, amomax.d, 0x80000000, 1, 0x80000000, 0x80000000
    amo 35, amominu.d, -1, 1, -1, 1
    amo 36, amominu.d, MIN, MAX, MIN, MAX
    amo 37, amominu.d, 0xffffffff, 0x100000000, 0xffffffff, 0xffffffff
    amo 38, amomaxu.d, -1, 1, -1, -1
    amo 39, amomaxu.d, MAX, MIN, MAX, MIN
    amo 40, amomaxu.d, 0xffffffff, 0x100000000, 0xffffffff, 0x100000000

    case 41 # the upper word of a doubleword is a word of its own
    li t0, 0x8000000011111111
    sd t0, 0(s0)
    addi t1, s0, 4
    li t2, -1
    amoadd.w t2, t2, (t1)
    expect t2, 0xffffffff80000000
    ld t2, 0(s0)
    expect t2, 0x7fffffff11111111

    case 42 # rd may be rs2, or the address; acquire and release order nothing on one hart
    li t0, 7
    sd t0, 0(s0)
    li t1, 3
    amoswap.d.aq t1, t1, (s0)
    expect t1, 7
    mv t1, s0
    amoadd.d.rl t1, t0, (t1)
    expect t1, 3
    ld t1, 0(s0)
    expect t1, 10
    amoadd.w.aqrl x0, t0, (s0)
    ld t1, 0(s0)
    expect t1, 17

    case 43 # LR loads, and SC stores and succeeds
    li t0, 0x1111111180000001
    sd t0, 0(s0)
    lr.w t1, (s0)
    expect t1, 0xffffffff80000001
    li t2, 0x2222222233333333
    sc.w t3, t2, (s0)
    expect t3, 0
    ld t1, 0(s0)
    expect t1, 0x1111111133333333

    case 44
    lr.d.aq t1, (s0)
    expect t1, 0x1111111133333333
    sc.d.rl t3, t2, (s0)
    expect t3, 0
    ld t1, 0(s0)
    expect_same t1, t2

    case 45 # a successful SC drops the reservation: a second one fails, with code 1, and stores nothing
    li t0, 5
    sc.d t3, t0, (s0)
    expect t3, 1
    ld t1, 0(s0)
    expect_same t1, t2
    sc.w t3, t0, (s0)
    expect t3, 1
    ld t1, 0(s0)
    expect_same t1, t2

    case 46 # SC fails at an address that is not the reserved one, and drops the reservation all the same
    lr.d t1, (s0)
    addi t4, s0, 64
    sd x0, 0(t4)
    li t3, 9
    sc.d t3, t0, (t4)
    expect t3, 1
    ld t1, 0(t4)
    expect t1, 0
    sc.d t3, t0, (s0)
    expect t3, 1
    ld t1, 0(s0)
    expect_same t1, t2

    case 47 # a second LR moves the reservation
    lr.w t1, (s0)
    lr.w t1, (t4)
    sc.w t3, t0, (t4)
    expect t3, 0
    lw t1, 0(t4)
    expect t1, 5
    lr.w t1, (t4)
    lr.d t1, (s0)
    sc.w t3, t2, (t4)
    expect t3, 1
    lw t1, 0(t4)
    expect t1, 5

    case 48 # SC may write its result over the value or over the address, or drop it
    lr.d t1, (s0)
    li t3, 21
    sc.d t3, t3, (s0)
    expect t3, 0
    ld t1, 0(s0)
    expect t1, 21
    lr.d t1, (s0)
    mv t4, s0
    sc.d t4, t0, (t4)
    expect t4, 0
    lr.w x0, (s0)
    li t1, 22
    sc.w x0, t1, (s0)
    lw t1, 0(s0)
    expect t1, 22
    j pass

.bss
.balign 64
data:
    .zero 128
