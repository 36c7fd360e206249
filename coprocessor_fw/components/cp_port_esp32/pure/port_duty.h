/* Pulse width of the pilot in ticks of a generator's period. Pure arithmetic.
 *
 * A pulse comes in basis points of the period, 1/100 %; at 1 kHz one is 0.1 us. */

#ifndef PORT_DUTY_H
#define PORT_DUTY_H

#include <stdint.h>

#define PORT_PILOT_HZ 1000u
#define PORT_PULSE_WHOLE_BP 10000u

/* Ticks of a period of `period` ticks, rounded; a pulse is never empty and never whole, for these are no PWM. */
static inline uint32_t port_duty_ticks(uint16_t pulse_bp, uint32_t period)
{
    const uint32_t ticks = (uint32_t)(((uint64_t)pulse_bp * period + PORT_PULSE_WHOLE_BP / 2u) / PORT_PULSE_WHOLE_BP);

    if (ticks == 0u) {
        return 1u;
    }
    return ticks < period ? ticks : period - 1u;
}

#endif
