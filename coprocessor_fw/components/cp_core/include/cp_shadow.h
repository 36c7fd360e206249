/* Measures reactions without a live contactor: a copy of an EVSE, with its commissioned protections, is taken through a
 * whole charge by inputs that are made up; then one of them changes, and the steps are counted until it opens. What it
 * drives leads nowhere. */

#ifndef CP_SHADOW_H
#define CP_SHADOW_H

#include "cp_evse.h"

#include <stdbool.h>
#include <stdint.h>

#define CP_SHADOW_TRIALS 5u
/* In took_ms: not tried, or not fitted; and tried, and it did not open, or could not even be closed. */
#define CP_SHADOW_UNTRIED UINT16_MAX
#define CP_SHADOW_NEVER (UINT16_MAX - 1u)

/* All fields but took_ms are private. */
typedef struct {
    cp_evse_t e;
    cp_evse_outputs_t out;
    uint8_t trial;     /* cp_bench_trial_t */
    uint32_t ran_ms;   /* of this trial's charge */
    uint32_t since_ms; /* the cause has been seen for */
    uint16_t took_ms[CP_SHADOW_TRIALS];
} cp_shadow_t;

/* Begin with an EVSE of this configuration. */
void cp_shadow_begin(cp_shadow_t *s, const cp_evse_config_t *config);

/* Let time pass; false when every trial is over. */
bool cp_shadow_step(cp_shadow_t *s, uint32_t step_ms);

#endif
