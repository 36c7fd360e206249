/* A bystander of one EVSE, who sees the surroundings, the outputs and the frames that arrive, and shares no code with
 * the core: how soon each cause must have opened, and what must have been before anything closes. */

#ifndef CP_SOAK_WITNESS_H
#define CP_SOAK_WITNESS_H

#include "world.h"

typedef struct {
    uint32_t permission_ms; /* rest of the last lease for this plug-in that arrived */
    uint32_t denied_ms;     /* without one for */
    uint32_t letter_ms;     /* this letter for */
    char letter;
    uint32_t gone_ms;    /* vehicle not in C or D for */
    uint32_t back_ms;    /* since it was plainly gone */
    uint32_t flicker_ms; /* closed since it was so first, with no quiet time in between */
    uint32_t bad_diode_ms;
    uint32_t earth_ms;
    uint32_t over_ms;
    uint32_t open_ms;  /* the output is open for */
    uint32_t least_ms; /* it must stay open so long */
    uint32_t weld_ms;  /* output open and feedback closed for */
    bool weld;         /* and nobody has been at the device since */
    bool stop;         /* pressed, and no fault cleared since */
    bool closed;
    uint32_t closings;
    uint64_t closed_ticks;
} witness_t;

/* A start of the chip; `was_closed` says that a reset came with the contactor closed. */
void witness_start(witness_t *w, bool was_closed);

/* A lease for the present plug-in arrived, newer than all before. */
void witness_lease(witness_t *w, uint16_t limit_da, uint32_t ttl_ms);

/* Look after a tick. */
void witness_look(witness_t *w, uint32_t step_ms, const world_t *world, const cp_evse_config_t *config,
                  const cp_evse_outputs_t *out);

#endif
