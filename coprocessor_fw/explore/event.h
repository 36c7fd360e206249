/* One event upon one state, judged: what every use of the explorer is made of. */

#ifndef CP_EXPLORE_EVENT_H
#define CP_EXPLORE_EVENT_H

#include "graph.h"

/* What an event makes of a state. */
typedef struct {
    cp_evse_t evse;
    monitor_t monitor;
    uint32_t broken; /* clauses */
    int opening;     /* what the monitor says */
    bool well_formed;
    cp_evse_outputs_t out;
} result_t;

/* How many there are: ticks first, then commands. */
unsigned event_count(const slice_t *slice);
bool event_is_tick(const slice_t *slice, unsigned event);

result_t event_run(const slice_t *slice, const cp_evse_t *before, const monitor_t *monitor, unsigned event);
bool event_is_sound(const result_t *r);

/* Print what happened, and what came of it. */
void event_say(const slice_t *slice, unsigned event, const result_t *r);

/* A fresh EVSE of this slice, in canonical form. */
void event_begin(const slice_t *slice, cp_evse_t *evse);

/* The node of a canonical state. */
node_t event_node(const cp_evse_t *evse, const monitor_t *monitor);

#endif
