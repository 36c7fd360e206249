#include "machine.h"

#define CLINT_COMPARE 0x02004000u /* of hart 0 */
#define CLINT_TIME 0x0200BFF8u
#define TICKS_PER_US 1u /* of the clock: 1 MHz */

#define PLIC 0x0C000000u
#define PLIC_ENABLE 0x0C002000u /* hart 0, machine mode */
#define PLIC_THRESHOLD 0x0C200000u
#define PLIC_CLAIM 0x0C200004u

#define GPIO_OUTPUT_ENABLE 0x10060008u
#define GPIO_OUTPUT 0x1006000Cu
#define RESET_PIN ((uint32_t)1u << 10) /* the board's reset, active low */

#define MIE_TIMER (1u << 7)
#define MIE_EXTERNAL (1u << 11)
#define MSTATUS_MIE (1u << 3)

uint64_t machine_now_us(void)
{
    uint32_t high = 0;
    uint32_t low = 0;

    do {
        high = *machine_register(CLINT_TIME + 4u);
        low = *machine_register(CLINT_TIME);
    } while (high != *machine_register(CLINT_TIME + 4u));
    return ((uint64_t)high << 32 | low) / TICKS_PER_US;
}

void machine_alarm(uint64_t at_us)
{
    const uint64_t at = at_us * TICKS_PER_US;

    *machine_register(CLINT_COMPARE + 4u) = UINT32_MAX; /* no moment in between lies in the past */
    *machine_register(CLINT_COMPARE) = (uint32_t)at;
    *machine_register(CLINT_COMPARE + 4u) = (uint32_t)(at >> 32);
}

void machine_listen(const uint32_t *irqs, uint32_t count)
{
    *machine_register(PLIC_THRESHOLD) = 0;
    for (uint32_t i = 0; i < count; i++) {
        *machine_register(PLIC + 4u * irqs[i]) = 1; /* its priority */
        *machine_register(PLIC_ENABLE + 4u * (irqs[i] / 32u)) |= (uint32_t)1u << irqs[i] % 32u;
    }
    __asm__ volatile("csrs mie, %0" ::"r"(MIE_TIMER | MIE_EXTERNAL));
    __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE));
}

uint32_t machine_claim(void)
{
    return *machine_register(PLIC_CLAIM);
}

void machine_complete(uint32_t irq)
{
    *machine_register(PLIC_CLAIM) = irq;
}

void machine_pins_set(uint32_t mask, uint32_t levels)
{
    volatile uint32_t *const output = machine_register(GPIO_OUTPUT);

    *output = (*output & ~mask) | (levels & mask);
    *machine_register(GPIO_OUTPUT_ENABLE) |= mask;
}

uint32_t machine_pins(void)
{
    return *machine_register(GPIO_OUTPUT) & *machine_register(GPIO_OUTPUT_ENABLE);
}

void machine_restart(void)
{
    __asm__ volatile("csrw mie, zero");
    machine_pins_set(RESET_PIN, 0);
    for (;;) {
        machine_sleep();
    }
}
