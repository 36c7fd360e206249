/* What the machine has beside its UARTs: a clock, interrupts, pins, a reset. QEMU's sifive_u, as SiFive's FU540 manual
 * lays it out. */

#ifndef RV32_MACHINE_H
#define RV32_MACHINE_H

#include <stdint.h>

/* A register at an address. */
static inline volatile uint32_t *machine_register(uintptr_t address)
{
    return (volatile uint32_t *)address; /* NOLINT(performance-no-int-to-ptr): that is what a register is */
}

/* Interrupts of the platform's controller. */
#define MACHINE_IRQ_UART0 4u
#define MACHINE_IRQ_UART1 5u

/* Microseconds since some moment before the start. */
uint64_t machine_now_us(void);

/* Let the timer's interrupt come at this time. */
void machine_alarm(uint64_t at_us);

/* Take the interrupts of the timer and, from the platform's controller, these. */
void machine_listen(const uint32_t *irqs, uint32_t count);

/* The platform's interrupt that waits, 0 if none does; it is to be completed. */
uint32_t machine_claim(void);
void machine_complete(uint32_t irq);

/* Sleep until an interrupt. */
static inline void machine_sleep(void)
{
    __asm__ volatile("wfi");
}

/* Why the trap was taken. */
#define MACHINE_CAUSE_TIMER 0x80000007u
#define MACHINE_CAUSE_PLATFORM 0x8000000Bu

static inline uint32_t machine_cause(void)
{
    uint32_t cause = 0;

    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    return cause;
}

/* Where traps go: the program's own. */
void trap(void) __attribute__((interrupt("machine"), aligned(4)));

/* Trap by an illegal instruction. */
static inline void machine_fail(void)
{
    __asm__ volatile("unimp");
}

/* Count of instructions that were carried out, its low half. */
static inline uint32_t machine_instructions(void)
{
    uint32_t count = 0;

    __asm__ volatile("csrr %0, minstret" : "=r"(count)::"memory");
    return count;
}

/* Drive the pins in `mask` to `levels`; read what is driven. Low after a reset. */
void machine_pins_set(uint32_t mask, uint32_t levels);
uint32_t machine_pins(void);

/* Reset the whole machine. */
_Noreturn void machine_restart(void);

#endif
