#include "cp_overcurrent.h"

#include "cp_math.h"
#include "cp_timing.h"

#define SLICE_MS CP_SECOND_MS
#define MARGIN_MIN_MA 1000u

/*@ requires \valid(o) && overcurrent_sound(o) && step_ms <= 10;
    assigns o->slice_ms, o->slice, o->highest_da[0 .. CP_OVERCURRENT_SLICES - 1];
    ensures overcurrent_sound(o);
    ensures o->highest_da[o->slice] >= offer_da; */
static void remember(cp_overcurrent_t *o, uint32_t step_ms, uint16_t offer_da)
{
    o->slice_ms += step_ms;
    if (o->slice_ms >= SLICE_MS) {
        o->slice_ms -= SLICE_MS;
        o->slice = (uint8_t)((o->slice + 1u) % CP_OVERCURRENT_SLICES);
        o->highest_da[o->slice] = 0;
    }
    if (offer_da > o->highest_da[o->slice]) {
        o->highest_da[o->slice] = offer_da;
    }
}

uint32_t cp_overcurrent_limit_ma(const cp_overcurrent_t *o)
{
    uint32_t highest_da = 0;

    /*@ loop invariant 0 <= i <= CP_OVERCURRENT_SLICES && highest_da <= UINT16_MAX;
        loop invariant \forall integer k; 0 <= k < i ==> highest_da >= o->highest_da[k];
        loop assigns i, highest_da;
        loop variant CP_OVERCURRENT_SLICES - i; */
    for (unsigned i = 0; i < CP_OVERCURRENT_SLICES; i++) {
        highest_da = cp_max_u32(highest_da, o->highest_da[i]);
    }
    return highest_da * 100u + cp_max_u32(highest_da * 10u, MARGIN_MIN_MA);
}

bool cp_overcurrent_step(cp_overcurrent_t *o, uint32_t step_ms, uint16_t offer_da, uint32_t current_ma)
{
    /* Without an offer the vehicle has its time to stop, and who does not is opened under load: the clocks stand still,
     * but forget nothing. */
    const uint32_t judged_ms = offer_da > 0u ? step_ms : 0u;

    remember(o, step_ms, offer_da);
    const uint32_t limit_ma = cp_overcurrent_limit_ma(o);
    o->over_ms = current_ma > limit_ma ? cp_count_up(o->over_ms, judged_ms) : 0u;
    o->far_ms = current_ma / 2u >= limit_ma ? cp_count_up(o->far_ms, judged_ms) : 0u;
    return offer_da > 0u && (o->over_ms >= CP_OVERCURRENT_MS || o->far_ms >= CP_OVERCURRENT_FAR_MS);
}
