/* One simulated EVSE as physics has it: pilot stage, contactor, lock, meter, and the vehicle at the end of the cable.
 */

#ifndef CP_SIM_PLANT_H
#define CP_SIM_PLANT_H

#include "cp_evse.h"
#include "vehicle.h"

#include <stdbool.h>
#include <stdint.h>

/* Physical causes of faults that can be injected. */
typedef struct {
    bool pilot_short;
    bool pilot_invalid;
    bool rail_weak; /* the pilot stage's negative rail */
    bool proximity;
    bool welded;
    bool stuck_open;
    bool lock_jammed;
} cp_plant_faults_t;

typedef struct {
    cp_vehicle_t vehicle;
    cp_plant_faults_t faults;
    bool ventilation;       /* the vehicle was made to ask for it */
    uint8_t unvented_state; /* what it did before */
    bool contact;           /* the contactor's main poles are closed */
    uint32_t coil_ms;       /* the coil disagrees with the poles for */
    uint32_t closings;
    uint32_t openings;
    uint8_t lock_at; /* cp_lock_at_t */
    uint32_t lock_ms;
    uint32_t meter_boot;
    uint64_t register_uwh;  /* since meter_boot */
    uint64_t delivered_uwh; /* since the process began */
    uint64_t rest_mw_us;    /* not yet a uWh */
} cp_plant_t;

void cp_plant_init(cp_plant_t *p);

/* The board lost its supply or was reset: the coil drops, the meter begins anew. */
void cp_plant_reset(cp_plant_t *p, uint32_t meter_boot);

/* Let `step_us` pass under these outputs, and say what the board now reads. */
void cp_plant_step(cp_plant_t *p, uint32_t step_us, const cp_evse_outputs_t *out, cp_evse_inputs_t *in);

/* Inject or remove the cause of a fault of the catalogue; false if it has none here. */
bool cp_plant_inject(cp_plant_t *p, uint8_t fault, bool active);

#endif
