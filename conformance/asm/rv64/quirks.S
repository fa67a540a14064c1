# Where Asterisc v1.3.0 departs from the manual, or the manual leaves open what happens. README.md tells what hardware
# does, so these cases are not run elsewhere. Citations are to ethereum-optimism/asterisc at 52519dc.

main:
    la s0, data

    case 1 # a control and status register reads as 0, and what is written vanishes (rvgo/fast/vm.go:903-905)
    li t0, -1
    csrrw t1, mscratch, t0
    expect t1, 0
    csrrs t1, mscratch, t0
    expect t1, 0
    csrrc t1, mscratch, t0
    expect t1, 0
    li t1, 5
    csrrwi t1, mscratch, 31
    expect t1, 0
    li t1, 5
    csrrsi t1, mscratch, 31
    expect t1, 0
    li t1, 5
    csrrci t1, mscratch, 31
    expect t1, 0
    li t1, 5
    csrr t1, cycle
    expect t1, 0
    li t1, 5
    .word 4 << 12 | 6 << 7 | 0x73 # funct3 4, rd = t1
    expect t1, 0
    csrrw x0, mscratch, t0

    case 2 # traps to an environment, and returns from one, do nothing
    li t1, 5
    ebreak
    mret
    sret
    wfi
    sfence.vma
    expect t1, 5

    case 3 # loads, stores and operations of F and D do nothing (rvgo/fast/vm.go:992-999)
    li t0, 0x1122334455667788
    sd t0, 0(s0)
    .word 8 << 15 | 2 << 12 | 0x07 # flw f0, 0(s0)
    .word 8 << 15 | 3 << 12 | 0x07 # fld f0, 0(s0)
    .word 8 << 15 | 2 << 12 | 0x27 # fsw f0, 0(s0)
    .word 8 << 15 | 3 << 12 | 0x27 # fsd f0, 0(s0)
    ld t1, 0(s0)
    expect_same t1, t0
    .word 0x70 << 25 | 6 << 7 | 0x53 # fmv.x.w t1, f0
    expect_same t1, t0
    .word 0x00 << 25 | 0x53 # fadd.s f0, f0, f0

    case 4 # the reserved branches are not taken (rvgo/fast/vm.go:626-642)
    .word 2 << 12 | 8 << 8 | 0x63 # funct3 2, x0, x0, 16 bytes on
    .word 3 << 12 | 8 << 8 | 0x63
    j 1f
    j fail
    j fail
    j fail
1:
    case 5 # 0 stands for no reservation and is an address: SC succeeds there without an LR (rvgo/fast/vm.go:937-951)
    li t0, 0x55
    sc.w t1, t0, (s0) # drops whatever is reserved
    li t2, 7
    li t3, 9
    sc.d t3, t2, (x0)
    expect t3, 0
    ld t1, 0(x0)
    expect t1, 7
    sd x0, 0(x0)

    case 6 # the width of an LR is not remembered
    sd x0, 0(s0)
    lr.w t1, (s0)
    li t0, 0x1122334455667788
    sc.d t1, t0, (s0)
    expect t1, 0
    ld t1, 0(s0)
    expect_same t1, t0
    lr.d t1, (s0)
    sc.w t1, x0, (s0)
    expect t1, 0

    case 7 # no store of the hart itself drops a reservation, nor does an atomic or a system call
    lr.w t1, (s0)
    li t0, 3
    sw t0, 0(s0)
    amoadd.w x0, t0, (s0)
    li a7, 172 # getpid, which is no call of the kernel
    ecall
    sc.w t1, t0, (s0)
    expect t1, 0
    lw t1, 0(s0)
    expect t1, 3

    # Bits that the manual reserves are not looked at. Each word is an instruction on t0 and t1 with such bits set.
.macro lenient n, word, rs1, rs2, rd
    case \n
    li t0, \rs1
    li t1, \rs2
    .word \word | 6 << 20 | 5 << 15 | 7 << 7 # t2 = op(t0, t1)
    expect t2, \rd
.endm
.macro lenient_imm n, word, rs1, rd
    case \n
    li t0, \rs1
    .word \word | 5 << 15 | 7 << 7 # t2 = op(t0)
    expect t2, \rd
.endm
    lenient 8, 0x20 << 25 | 1 << 12 | 0x33, 1, 4, 16 # sll
    lenient 9, 0x20 << 25 | 2 << 12 | 0x33, -1, 4, 1 # slt
    lenient 10, 0x20 << 25 | 3 << 12 | 0x33, -1, 4, 0 # sltu
    lenient 11, 0x20 << 25 | 4 << 12 | 0x33, 5, 6, 3 # xor, and not Zbb's xnor
    lenient 12, 0x20 << 25 | 6 << 12 | 0x33, 5, 6, 7 # or, and not Zbb's orn
    lenient 13, 0x20 << 25 | 7 << 12 | 0x33, 5, 6, 4 # and, and not Zbb's andn
    lenient 14, 0x20 << 25 | 1 << 12 | 0x3b, 1, 31, 0xffffffff80000000 # sllw
    lenient_imm 15, 0x7c << 25 | 33 << 20 | 1 << 12 | 0x13, 1, 0x200000000 # slli by 33
    lenient_imm 16, 0x7e << 25 | 31 << 20 | 1 << 12 | 0x1b, 1, 0xffffffff80000000 # slliw by 31

    case 17 # JALR of any funct3
    la t0, 1f
    .word 7 << 12 | 5 << 15 | 6 << 7 | 0x67 # jalr t1, 0(t0)
    j fail
1:
    case 18 # LR with a field for rs2
    li t0, 77
    sd t0, 0(s0)
    .word 2 << 27 | 31 << 20 | 8 << 15 | 3 << 12 | 6 << 7 | 0x2f # lr.d t1, (s0)
    expect t1, 77

    case 19 # MISC-MEM of any funct3
    li t1, 5
    .word 7 << 12 | 6 << 7 | 0x0f
    expect t1, 5

    case 20 # ECALL with fields for rd and rs1; errors are all ones in a0 and a code in a1 (rvgo/riscv/constants.go)
    li a7, 56 # openat
    .word 31 << 15 | 31 << 7 | 0x73
    expect a0, -1
    expect a1, 13

    case 21 # a call that is not known succeeds (rvgo/fast/vm.go:341-565)
    li a0, 5
    li a1, 6
    li a7, 4000
    ecall
    expect a0, 0
    expect a1, 0

    case 22 # the program break does not move, and mmap hands out what follows, page by page
    li a0, 0
    li a7, 214
    ecall
    expect a0, 0x40000000
    li a0, 0
    li a1, 1
    li a3, 0x22
    li a4, -1
    li a7, 222
    ecall
    mv s1, a0
    expect a1, 0
    li a0, 0
    li a1, 0x1001
    ecall
    sub t0, a0, s1
    expect t0, 0x1000
    li a0, 0
    li a1, 0
    ecall
    sub t0, a0, s1
    expect t0, 0x3000

    case 23 # exit codes have eight bits: this is 0x100, and the program passes
    li a0, 0x100
    li a7, 94
    ecall

.bss
.balign 64
data:
    .zero 64
