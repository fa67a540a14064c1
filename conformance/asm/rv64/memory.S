# RV64I, loads and stores (Unprivileged ISA 20240411, chapters 2.6 and 4.3): little-endian, of any alignment, across
# the 32-byte leaves and the 4096-byte pages that memory is proven by.

# rd = the value loaded from \offset of the bytes 11 22 33 44 55 66 77 88 00 99 aa bb cc dd ee ff, which stand at s0.
.macro load op, offset, rd
    \op t0, \offset(s0)
    expect t0, \rd
.endm

# Of 16 bytes at s0 that are all ff, those at \offset are overwritten by the low bytes of 0x8877665544332211.
.macro store op, offset, low, high
    sd s2, 0(s0)
    sd s2, 8(s0)
    \op s1, \offset(s0)
    ld t0, 0(s0)
    expect t0, \low
    ld t0, 8(s0)
    expect t0, \high
.endm

.macro fill
    li t0, 0x8877665544332211
    sd t0, 0(s0)
    li t0, 0xffeeddccbbaa9900
    sd t0, 8(s0)
.endm

.macro loads
    load ld, 0, 0x8877665544332211
    load ld, 1, 0x0088776655443322
    load ld, 2, 0x9900887766554433
    load ld, 3, 0xaa99008877665544
    load ld, 4, 0xbbaa990088776655
    load ld, 5, 0xccbbaa9900887766
    load ld, 6, 0xddccbbaa99008877
    load ld, 7, 0xeeddccbbaa990088
    load ld, 8, 0xffeeddccbbaa9900
    load lw, 0, 0x44332211
    load lw, 4, 0xffffffff88776655
    load lw, 5, 0x00887766
    load lw, 6, 0xffffffff99008877
    load lw, 7, 0xffffffffaa990088
    load lw, 8, 0xffffffffbbaa9900
    load lwu, 4, 0x88776655
    load lwu, 5, 0x00887766
    load lwu, 6, 0x99008877
    load lwu, 7, 0xaa990088
    load lwu, 8, 0xbbaa9900
    load lh, 0, 0x2211
    load lh, 1, 0x3322
    load lh, 6, 0xffffffffffff8877
    load lh, 7, 0x0088
    load lh, 8, 0xffffffffffff9900
    load lhu, 6, 0x8877
    load lhu, 7, 0x0088
    load lhu, 8, 0x9900
    load lb, 0, 0x11
    load lb, 7, 0xffffffffffffff88
    load lb, 8, 0
    load lb, 9, 0xffffffffffffff99
    load lbu, 7, 0x88
    load lbu, 9, 0x99
    load lbu, 15, 0xff
.endm

.macro stores
    store sd, 0, 0x8877665544332211, -1
    store sd, 1, 0x77665544332211ff, 0xffffffffffffff88
    store sd, 2, 0x665544332211ffff, 0xffffffffffff8877
    store sd, 3, 0x5544332211ffffff, 0xffffffffff887766
    store sd, 4, 0x44332211ffffffff, 0xffffffff88776655
    store sd, 5, 0x332211ffffffffff, 0xffffff8877665544
    store sd, 6, 0x2211ffffffffffff, 0xffff887766554433
    store sd, 7, 0x11ffffffffffffff, 0xff88776655443322
    store sd, 8, -1, 0x8877665544332211
    store sw, 0, 0xffffffff44332211, -1
    store sw, 1, 0xffffff44332211ff, -1
    store sw, 4, 0x44332211ffffffff, -1
    store sw, 5, 0x332211ffffffffff, 0xffffffffffffff44
    store sw, 6, 0x2211ffffffffffff, 0xffffffffffff4433
    store sw, 7, 0x11ffffffffffffff, 0xffffffffff443322
    store sw, 8, -1, 0xffffffff44332211
    store sh, 0, 0xffffffffffff2211, -1
    store sh, 1, 0xffffffffff2211ff, -1
    store sh, 6, 0x2211ffffffffffff, -1
    store sh, 7, 0x11ffffffffffffff, 0xffffffffffffff22
    store sh, 8, -1, 0xffffffffffff2211
    store sb, 0, 0xffffffffffffff11, -1
    store sb, 3, 0xffffffff11ffffff, -1
    store sb, 7, 0x11ffffffffffffff, -1
    store sb, 8, -1, 0xffffffffffffff11
    store sb, 15, -1, 0x11ffffffffffffff
.endm

main:
    li s1, 0x8877665544332211
    li s2, -1

    case 1 # within a leaf
    la s0, page + 8
    fill
    loads
    case 2
    stores

    case 3 # across two leaves
    la s0, page + 32 - 8
    fill
    loads
    case 4
    stores

    case 5 # across two pages
    la s0, page + 4096 - 8
    fill
    loads
    case 6
    stores

    case 7 # offsets reach 2047 bytes up and 2048 down
    la s0, page + 2048
    sd s1, -2048(s0)
    sd s1, 2040(s0)
    sb s2, 2047(s0)
    la s0, page
    ld t0, 0(s0)
    expect_same t0, s1
    li t1, 4088
    add s0, s0, t1
    ld t0, 0(s0)
    expect t0, 0xff77665544332211
    lb t0, 7(s0)
    expect t0, -1

    case 8 # the upper half of what is stored does not matter, nor does what was in rd
    la s0, page + 64
    sd s2, 0(s0)
    li t0, 0x1234567800000000
    sw t0, 0(s0)
    ld t1, 0(s0)
    expect t1, 0xffffffff00000000
    lw t0, 0(s0)
    expect t0, 0

    case 9 # the register of the address may be that of the value, loaded or stored
    sd s0, 0(s0)
    mv t1, s0
    ld s0, 0(s0)
    expect_same s0, t1
    j pass

.bss
.balign 4096
page:
    .zero 8192
