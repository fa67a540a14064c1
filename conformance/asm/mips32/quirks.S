# Where single-threaded Cannon 1.2.1 departs from the manual, or the manual leaves open what happens. README.md tells
# what hardware does, so these cases are not run elsewhere. Citations are to ethereum-optimism/optimism at d317e96,
# cannon/mipsevm.

.set MIN, 0x80000000
.set MAX, 0x7fffffff

# t2 = op(t0, t1), where op is a word with its fields of registers empty.
.macro raw n, word, rs, rt, rd
    case \n
    li $t0, \rs
    li $t1, \rt
    li $t2, 0x55
    .word \word | 8 << 21 | 9 << 16 | 10 << 11
    expect $t2, \rd
.endm

main:
    la $s0, data

    # Sums that overflow wrap (exec/mips_instructions.go:200-325).
    raw 1, 0x20, MAX, 1, MIN # add
    raw 2, 0x22, MIN, 1, MAX # sub
    case 3
    li $t0, MAX
    addi $t1, $t0, 1
    expect $t1, MIN

    # The bits that make shifts rotations, and fields that should be zero, are not looked at.
    case 4
    li $t0, 3
    .word 1 << 21 | 8 << 16 | 10 << 11 | 1 << 6 | 2 # rotr t2, t0, 1
    expect $t2, 1
    raw 5, 1 << 6 | 6, 1, 3, 1 # rotrv
    raw 6, 0x7c0 | 0x21, 5, 6, 11 # addu
    raw 7, 0x70000020, 1, 0, 31 # clz with another rt
    raw 8, 0x70000021, -1, 0, 32 # clo
    case 9
    .word 0x3c000000 | 9 << 21 | 10 << 16 | 0x1234 # lui with rs
    expect $t2, 0x12340000
    case 10 # blez and bgtz with rt
    li $t0, 0
    .word 6 << 26 | 8 << 21 | 31 << 16 | 3
    nop
    j fail
    nop
    li $t0, 1
    .word 7 << 26 | 8 << 21 | 31 << 16 | 3
    nop
    j fail
    nop

    # What computes HI and LO makes its rd zero (exec/mips_instructions.go:513-603), and SYNC moves (:227-228).
    raw 11, 0x18, -1, 2, 0 # mult
    raw 12, 0x19, -1, 2, 0 # multu
    raw 13, 0x1a, 7, 2, 0 # div
    raw 14, 0x1b, 7, 2, 0 # divu
    raw 15, 0x11, 7, 2, 0 # mthi
    raw 16, 0x13, 7, 2, 0 # mtlo
    raw 17, 0x0f, 7, 2, 7 # sync

    case 18 # the quotient that overflows is the dividend
    li $t0, MIN
    li $t1, -1
    div $zero, $t0, $t1
    mflo $t2
    mfhi $t3
    expect $t2, MIN
    expect $t3, 0

    case 19 # MUL leaves HI and LO
    li $t0, 5
    mthi $t0
    mtlo $t0
    mul $t1, $t0, $t0
    mfhi $t2
    mflo $t3
    expect $t2, 5
    expect $t3, 5

    # Loads and stores ignore the bits of an address that would misalign them (exec/mips_instructions.go:655-684).
.macro misaligned n, op, offset, rt
    case \n
    \op $t0, \offset($s0)
    expect $t0, \rt
.endm
    li $t0, 0xaabbccdd
    sw $t0, 0($s0)
    misaligned 20, lh, 1, 0xffffaabb
    misaligned 21, lhu, 3, 0xccdd
    misaligned 22, lw, 1, 0xaabbccdd
    misaligned 23, lw, 3, 0xaabbccdd
    misaligned 24, ll, 2, 0xaabbccdd
    case 25
    li $t0, 0x11223344
    sw $t0, 3($s0)
    sh $t0, 3($s0)
    lw $t1, 0($s0)
    expect $t1, 0x11223344
    sh $t0, 1($s0)
    lw $t1, 0($s0)
    expect $t1, 0x33443344
    li $t2, 7
    sc $t2, 2($s0)
    lw $t1, 0($s0)
    expect $t1, 7

    case 26 # SC stores and succeeds without an LL, elsewhere than the LL, and twice (singlethreaded/mips.go:80-102)
    ll $t1, 0($s0)
    li $t0, 5
    sc $t0, 4($s0)
    expect $t0, 1
    li $t0, 6
    sc $t0, 4($s0)
    expect $t0, 1
    lw $t1, 4($s0)
    expect $t1, 6

    case 27 # JALR reads rs before it links, and so does a branch that links
    la $t0, 1f
    la $t1, 2f
    .word 8 << 21 | 8 << 11 | 9 # jalr t0, t0
    nop
2:
    j fail
    nop
1:
    expect_same $t0, $t1
    li $ra, -1
    la $t1, 1f
    .word 1 << 26 | 31 << 21 | 0x11 << 16 | 3 # bgezal ra
    nop
1:
    expect_same $ra, $t1

    # What else there is of REGIMM, traps and likely branches, is a branch that is not taken (:483-497).
.macro never n, rt
    case \n
    li $t0, -1
    li $t1, 0
    .word 1 << 26 | 8 << 21 | \rt << 16 | 3
    addiu $t1, $t1, 1
    addiu $t1, $t1, 1
    expect $t1, 2
.endm
    never 28, 2 # bltzl
    never 29, 0x0a # tlti
    never 30, 0x0c # teqi
    never 31, 0x0e # tnei
    never 32, 0x12 # bltzall

    case 33 # a branch in a delay slot is not noticed if the jump before it goes to the next instruction (:470-472)
    b 1f
    b 2f
1:
    nop
    j fail
    nop
2:
    case 34 # a system call in a delay slot; one that is not known succeeds, and its code is not looked at
    li $v0, 4999
    li $a3, 5
    b 1f
    .word 0x7ff << 6 | 0x0c
    j fail
    nop
1:
    expect $v0, 0
    expect $a3, 0

    case 35 # the program break does not move, and mmap hands out what follows, page by page
    li $v0, 4045
    li $a0, 0
    syscall
    expect $v0, 0x40000000
    li $v0, 4090
    li $a0, 0
    li $a1, 1
    syscall
    move $s1, $v0
    expect $a3, 0
    li $v0, 4090
    li $a1, 0x1001
    syscall
    subu $t0, $v0, $s1
    expect $t0, 0x1000
    li $v0, 4090
    li $a1, 0
    syscall
    subu $t0, $v0, $s1
    expect $t0, 0x3000
    li $v0, 4090
    li $a1, 0x60000000 # past the end of the heap
    syscall
    expect $v0, -1
    expect $a3, 22

    case 36 # exit codes have eight bits: this is 0x100, and the program passes
    li $a0, 0x100
    li $v0, 4246
    syscall

.bss
.balign 32
data:
    .zero 32
