/* Where a reset begins, in machine mode. One hart works; the others sleep for ever. */

    .section .text.start
    .globl _start
_start:
    csrw mie, zero
    csrr t0, mhartid
    bnez t0, sleep

    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_top
    la t0, trap
    csrw mtvec, t0

    la t0, bss_begin
    la t1, bss_end
clear:
    bgeu t0, t1, run
    sw zero, 0(t0)
    addi t0, t0, 4
    j clear

run:
    call main
    /* A program that ends has nothing more to do: the machine restarts, which ends QEMU where it was told so. */
    call machine_restart

sleep:
    wfi
    j sleep
