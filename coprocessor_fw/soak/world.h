/* The physical surroundings of one EVSE in a soak: what a vehicle, a cable, a contactor and the guards may do, in any
 * combination, sensible or not. */

#ifndef CP_SOAK_WORLD_H
#define CP_SOAK_WORLD_H

#include "cp_evse.h"
#include "dice.h"

typedef struct {
    char letter; /* A..E, 'X': a level that no vehicle makes */
    char turns;  /* letter that takes turns with it while it flickers */
    uint32_t turn_ms;
    uint32_t flicker_ms; /* rest of it */
    bool diode;
    bool welded;
    bool stuck_open;
    bool lock_jammed;
    bool no_meter;
    bool residual;
    bool rcm_deaf;
    bool earth_lost;
    bool stop_pressed;
    uint32_t proximity_ohm;
    uint16_t temperature_mv;
    uint32_t draw_ma;
    uint32_t rcm_ms; /* the test output is driven for */
    uint32_t noise;
} world_t;

/* Nothing plugged in, everything sound. */
void world_init(world_t *w, uint32_t seed);

/* Let anything happen. */
void world_change(world_t *w, dice_t *dice, uint32_t now_ms);

/* Somebody comes and mends everything; the vehicle stays. */
void world_mend(world_t *w);

/* What the pins read after `step_ms` under these outputs. */
void world_sense(world_t *w, uint32_t step_ms, const cp_evse_config_t *config, const cp_evse_outputs_t *out,
                 cp_evse_inputs_t *in);

#endif
