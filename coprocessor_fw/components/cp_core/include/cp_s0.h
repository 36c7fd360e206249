/* The S0 pulse meter: counts debounced pulses; energy by their number, power by their distance. */

#ifndef CP_S0_H
#define CP_S0_H

#include <stdbool.h>
#include <stdint.h>

/* All fields are private. */
typedef struct {
    bool closed;         /* believed */
    uint32_t changed_ms; /* the contact is otherwise for */
    uint32_t pulses;     /* since the origin */
    uint32_t origin;     /* names the register's beginning; never 0 */
    uint32_t since_ms;   /* since the last pulse */
    uint32_t gap_ms;     /* between the last two, 0 if unknown */
} cp_s0_t;

/* Go on with a register, or begin one. */
/*@ requires \valid(s);
    assigns *s;
    ensures s->origin != 0 && s->pulses == pulses; */
void cp_s0_init(cp_s0_t *s, uint32_t origin, uint32_t pulses);

/* Let time pass with this level of the pulse output. */
/*@ requires \valid(s) && s->origin != 0;
    assigns *s;
    ensures s->origin != 0;
    ensures never_backwards: s->origin == \old(s->origin) ==>
      s->pulses == \old(s->pulses) || s->pulses == \old(s->pulses) + 1; */
void cp_s0_step(cp_s0_t *s, uint32_t step_ms, bool closed);

/* Register in mWh. */
/*@ requires \valid_read(s);
    assigns \nothing;
    ensures pulses_per_kwh > 0 ==> \result == s->pulses * 1000000 / pulses_per_kwh; */
uint64_t cp_s0_energy_mwh(const cp_s0_t *s, uint16_t pulses_per_kwh);

/* Active power by the distance of the last two pulses, or by the wait for the next when that is longer. */
/*@ requires \valid_read(s);
    assigns \nothing; */
uint32_t cp_s0_power_mw(const cp_s0_t *s, uint16_t pulses_per_kwh);

#endif
