/* The overcurrent guard: judges the vehicle's current against the highest offer that it may still be following. */

#ifndef CP_OVERCURRENT_H
#define CP_OVERCURRENT_H

#include <stdbool.h>
#include <stdint.h>

/* Slices of a second: the present one and those that an offer is remembered for. */
#define CP_OVERCURRENT_SLICES 7u

/* All fields are private. */
typedef struct {
    uint16_t highest_da[CP_OVERCURRENT_SLICES]; /* offer in each slice */
    uint8_t slice;
    uint32_t slice_ms;
    uint32_t over_ms; /* above the limit for */
    uint32_t far_ms;  /* above twice the limit for */
} cp_overcurrent_t;

/*@ predicate overcurrent_sound(cp_overcurrent_t *o) = o->slice < CP_OVERCURRENT_SLICES && o->slice_ms < 1000; */

/* Let time pass under this offer (0: none) with this current; true when the contactor must open. */
/*@ requires \valid(o) && overcurrent_sound(o) && step_ms <= 10;
    assigns *o;
    ensures overcurrent_sound(o);
    ensures \result <==> offer_da > 0 && (o->over_ms >= 7000 || o->far_ms >= 1000);
    ensures counts_on: offer_da > 0 ==> o->over_ms == 0 || o->over_ms == \min(UINT32_MAX, \old(o->over_ms) + step_ms);
    ensures offer_counts: o->highest_da[o->slice] >= offer_da; */
bool cp_overcurrent_step(cp_overcurrent_t *o, uint32_t step_ms, uint16_t offer_da, uint32_t current_ma);

/* Current above which the guard counts: the highest offer of the last 6 s and a tenth, at least 1 A, more. */
/*@ requires \valid_read(o);
    assigns \nothing;
    ensures not_less: \forall integer i; 0 <= i < CP_OVERCURRENT_SLICES ==>
      \result >= o->highest_da[i] * 100 + \max(o->highest_da[i] * 10, 1000); */
uint32_t cp_overcurrent_limit_ma(const cp_overcurrent_t *o);

#endif
