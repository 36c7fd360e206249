#include "cp_s0.h"

#include "cp_math.h"
#include "cp_timing.h"

#define MWH_PER_KWH 1000000u
/* One kWh within one ms, in mW. */
#define MW_MS_PER_KWH 3600000000000u

void cp_s0_init(cp_s0_t *s, uint32_t origin, uint32_t pulses)
{
    *s = (cp_s0_t){.origin = origin != 0u ? origin : 1u, .pulses = pulses};
}

/*@ requires \valid(s) && s->origin != 0;
    assigns s->gap_ms, s->since_ms, s->pulses, s->origin;
    ensures s->origin != 0;
    ensures s->origin == \old(s->origin) ==> s->pulses == \old(s->pulses) + 1; */
static void count(cp_s0_t *s)
{
    s->gap_ms = s->pulses > 0u ? s->since_ms : 0u;
    s->since_ms = 0;
    if (s->pulses == UINT32_MAX) { /* a register never runs backwards: it begins anew and says so */
        s->pulses = 0;
        s->origin = s->origin < UINT32_MAX ? s->origin + 1u : 1u;
    }
    s->pulses++;
}

void cp_s0_step(cp_s0_t *s, uint32_t step_ms, bool closed)
{
    s->since_ms = cp_count_up(s->since_ms, step_ms);
    s->changed_ms = closed != s->closed ? cp_count_up(s->changed_ms, step_ms) : 0u;
    if (s->changed_ms < CP_S0_DEBOUNCE_MS) {
        return;
    }
    s->changed_ms = 0;
    s->closed = closed;
    if (closed) {
        count(s);
    }
}

uint64_t cp_s0_energy_mwh(const cp_s0_t *s, uint16_t pulses_per_kwh)
{
    return pulses_per_kwh == 0u ? 0u : (uint64_t)s->pulses * MWH_PER_KWH / pulses_per_kwh;
}

uint32_t cp_s0_power_mw(const cp_s0_t *s, uint16_t pulses_per_kwh)
{
    const uint32_t wait_ms = cp_max_u32(s->gap_ms, s->since_ms);

    if (s->gap_ms == 0u || pulses_per_kwh == 0u || wait_ms >= CP_S0_IDLE_MS) {
        return 0;
    }
    const uint64_t power_mw = MW_MS_PER_KWH / ((uint64_t)pulses_per_kwh * wait_ms);
    return power_mw < UINT32_MAX ? (uint32_t)power_mw : UINT32_MAX;
}
