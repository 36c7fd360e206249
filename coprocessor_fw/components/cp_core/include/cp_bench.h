/* The bench test of one EVSE at a time: drives the pilot where nothing can come of it, measures reactions on a shadow,
 * and shows what the inputs say. */

#ifndef CP_BENCH_H
#define CP_BENCH_H

#include "cp_shadow.h"

#include <stdbool.h>
#include <stdint.h>

/* All fields are private. */
typedef struct {
    uint8_t evse;  /* 1..n, 0: none yet */
    uint8_t act;   /* cp_bench_act_t */
    uint8_t phase; /* cp_bench_phase_t */
    uint32_t ran_ms;
    uint32_t length_ms;
    uint32_t show_ms; /* rest of the time that it is shown */
    uint32_t next_ms; /* to the next BenchState */
    uint64_t last_us; /* the tick before, 0: none since the step began */
    uint32_t gap_us;
    cp_evse_inputs_t in;
    bool button;
    cp_shadow_t shadow;
} cp_bench_t;

/* Begin a step on this EVSE, or say why not. A step that runs on the same EVSE ends. */
cp_result_t cp_bench_begin(cp_bench_t *b, cp_evse_t *e, const cp_msg_bench_t *command);

/* Let time pass after the EVSE's tick with these inputs. */
void cp_bench_step(cp_bench_t *b, const cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, bool button);

/* A tick began at this time: keep the longest time between two. */
void cp_bench_mark(cp_bench_t *b, uint64_t now_us);

/* True when what it sees should be shown now. */
bool cp_bench_shows(cp_bench_t *b, uint32_t step_ms);

/* What it sees. */
void cp_bench_fill(const cp_bench_t *b, const cp_evse_t *e, cp_msg_bench_state_t *state);

#endif
