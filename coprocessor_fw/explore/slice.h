/* What the explorer explores: one EVSE's configuration with everything that may happen to it at any moment. The whole
 * product is too large; each slice is exhaustive in its own dimensions, and still in all others. */

#ifndef CP_EXPLORE_SLICE_H
#define CP_EXPLORE_SLICE_H

#include "cp_evse.h"

typedef struct {
    const char *name;
    cp_evse_config_t config;
    const char *pilots;   /* letters; X: no vehicle's level; b, c: without a diode */
    const char *commands; /* see slice_command */
    bool quick;           /* soon explored: part of every check */
    bool feedback;        /* may disagree with the output */
    bool lock;            /* may stay elsewhere */
    bool residual;        /* the monitor may trip, at any time */
    bool earth;           /* may be lost */
    bool stop;            /* may be pressed */
    uint8_t cables;       /* choices: 220 ohm, none, 680 ohm */
    const char *heats;    /* r room, d derating, h too hot, b broken wire; NULL: room */
    const char *currents; /* n no reading, 0 none, c within the limit, o over it, f far over it; NULL: no reading */
} slice_t;

/* One tick's surroundings, by what differs from a sound and quiet world. */
typedef struct {
    char letter;
    bool diode;
    bool feedback_disagrees;
    bool lock_stays;
    bool residual;
    bool earth_lost;
    bool stop_pressed;
    uint8_t cable;
    char heat;    /* as in heats */
    char current; /* as in currents */
} happening_t;

/* All slices; a NULL name ends them. */
const slice_t *slices(void);

/* Number of different ticks, and the one of this number. */
unsigned slice_ticks(const slice_t *slice);
happening_t slice_tick(const slice_t *slice, unsigned number);

/* What the pins read then. */
cp_evse_inputs_t slice_inputs(const cp_evse_t *e, const happening_t *h);

/* Carry out a command; returns the clauses that it broke, with the state-clauses that hold between ticks. */
uint32_t slice_command(cp_evse_t *e, char command, const cp_evse_config_t *config);

/* In words. */
const char *slice_command_name(char command);

#endif
