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
    bool residual; /* current flows to earth while the poles are closed */
    bool rcm_deaf; /* the residual-current monitor does not react */
    bool earth_lost;
    bool stop_pressed;
    bool sensor_open; /* the temperature sensor's wire is broken */
} cp_plant_faults_t;

/* What the sensors feel. */
typedef struct {
    int16_t temperature_dc;
    uint16_t temperature_mv; /* what the sensor makes of it */
    uint32_t rcm_ms;         /* the monitor has had reason to trip for */
    uint32_t rcm_hold_ms;    /* rest of the time that it stays tripped */
    uint64_t s0_uwh;         /* register at the last pulse */
    uint32_t s0_ms;          /* rest of that pulse */
} cp_plant_sensors_t;

/* The simulated sensors: an NTC of 10 kohm, beta 3950, below 10 kohm to 3.3 V; current inputs of 20 A/V; a meter of
 * 1000 pulses per kWh; a monitor whose contact opens when it trips. */
#define CP_PLANT_NTC_OHM 10000u
#define CP_PLANT_NTC_BETA 3950u
#define CP_PLANT_SUPPLY_MV 3300u
#define CP_PLANT_MA_PER_V 20000u
#define CP_PLANT_PULSES_PER_KWH 1000u

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
    cp_plant_sensors_t sensors;
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

/* Make the sensor this warm. */
void cp_plant_set_temperature(cp_plant_t *p, int16_t dc);

/* Inject or remove the cause of a fault of the catalogue; false if it has none here. */
bool cp_plant_inject(cp_plant_t *p, uint8_t fault, bool active);

#endif
