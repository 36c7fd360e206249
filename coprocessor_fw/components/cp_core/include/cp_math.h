/* Saturating arithmetic of timers and counters: no wrap-around, so no comparison that can be fooled. */

#ifndef CP_MATH_H
#define CP_MATH_H

#include <stdint.h>

/* What is left of a countdown after `step`. */
/*@ assigns \nothing;
    ensures \result == \max(0, rest - step); */
static inline uint32_t cp_count_down(uint32_t rest, uint32_t step)
{
    return rest > step ? rest - step : 0u;
}

/* A time that only grows, and stays at its maximum. */
/*@ assigns \nothing;
    ensures \result == \min(UINT32_MAX, past + step); */
static inline uint32_t cp_count_up(uint32_t past, uint32_t step)
{
    return past > UINT32_MAX - step ? UINT32_MAX : past + step;
}

/*@ assigns \nothing;
    ensures \result == \max(a, b); */
static inline uint32_t cp_max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/*@ assigns \nothing;
    ensures \result == \min(a, b); */
static inline uint32_t cp_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/*@ assigns \nothing;
    ensures \result == \min(a, b); */
static inline uint16_t cp_min_u16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

#endif
