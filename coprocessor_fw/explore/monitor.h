/* A bystander of the explored EVSE: how long the contactor has been closed although something must open it, and what
 * must not be forgotten. Its counters are part of the explored state, so each bound is shown for every way there is. */

#ifndef CP_EXPLORE_MONITOR_H
#define CP_EXPLORE_MONITOR_H

#include "slice.h"

/* Why it must open, with the clause that says so. */
typedef enum {
    OPENS_LEFT = 0,
    OPENS_GONE,
    OPENS_SHORT,
    OPENS_UNVENTILATED,
    OPENS_DIODE,
    OPENS_DENIED,
    OPENS_STOP,
    OPENS_RESIDUAL,
    OPENS_EARTH,
    OPENS_OVERCURRENT,
    OPENS_FAR,
    OPENS_FEEDBACK,
    OPENS_CABLE,
    OPENS_BLIND,
    OPENS_HEAT,
    OPENS_COUNT,
} opens_t;

typedef struct {
    uint8_t for_ms[OPENS_COUNT]; /* closed with that cause held for */
    uint8_t letter;              /* of the last tick, while closed */
    uint8_t permission_ms;       /* rest of the lease */
    uint8_t away_ms;             /* state A in sight for, while there is a permission to lose */
    uint8_t weld_ms;             /* feedback closed, output open for */
    uint8_t latched;             /* bits: welded, stopped, residual current */
} monitor_t;

/* What was broken: an index of opens_t, or one of these. */
#define MONITOR_SOUND (-1)
#define MONITOR_CLOSED_LATCHED (-2)
#define MONITOR_WAIT_CUT (-3)

int monitor_tick(monitor_t *m, const slice_t *slice, const happening_t *h, const cp_evse_t *before,
                 const cp_evse_t *after);
int monitor_command(monitor_t *m, char command, const cp_evse_t *before, const cp_evse_t *after);

/* Longest time that the contactor may stay closed, in the explorer's ms. */
unsigned monitor_bound(opens_t cause);

/* In words. */
const char *monitor_name(int broken);

#endif
