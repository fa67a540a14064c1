# What every program of this folder begins with: how a case is told, what it expects, and how the program ends.
#
# gp holds the number of the case that is running. The first one whose result is not the expected one ends the program
# with its number as the exit code; otherwise the code is 0. The scratch register of the macros is t6.

.option norvc
.option norelax
.set cases, 0

.text
.globl _start
_start:
    j main
pass:
    li a0, 0
    li a7, 93
    ecall
fail:
    mv a0, gp
    li a7, 93
    ecall

# Begins case \n; they are numbered from 1, in order, so that a number found is a line found.
.macro case n
    .if \n - cases - 1
    .error "the cases are not numbered in order"
    .endif
    .set cases, \n
    li gp, \n
.endm

.macro expect reg, want
    li t6, \want
    expect_same \reg, t6
.endm

.macro expect_same a, b
    beq \a, \b, .Lsame\@
    j fail
.Lsame\@:
.endm
