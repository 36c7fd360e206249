/* The simulated vehicle: a load on the pilot, a charger that follows the offer, a battery that fills. */

#ifndef CP_SIM_VEHICLE_H
#define CP_SIM_VEHICLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t state; /* cp_vehicle_state_t: what it was told to do */
    bool s2;       /* it asks: the switch that makes B into C or D */
    bool diode;
    uint8_t phases; /* of its charger */
    uint16_t cable_da;
    uint32_t limit_ma; /* of its charger, per phase */
    uint32_t capacity_wh;
    uint64_t battery_uwh;
    bool parked;
    bool ignores_pilot; /* a charger that draws on when the offer is gone */
    uint32_t excess_ma; /* draws so much more than is offered */
    uint32_t current_ma;
    uint32_t offered_ms;   /* an offer stands for */
    uint32_t unoffered_ms; /* no offer stands for */
} cp_vehicle_t;

/* What the vehicle sees of the EVSE. */
typedef struct {
    uint32_t offer_ma; /* 0: steady pilot, or none */
    bool live;         /* voltage at its inlet */
} cp_vehicle_sees_t;

/* No vehicle; when one comes: 16 A on three phases, half of 60 kWh. */
void cp_vehicle_init(cp_vehicle_t *v);

/* Tell it what to do (cp_vehicle_state_t). */
void cp_vehicle_command(cp_vehicle_t *v, uint8_t state);

/* Let `step_ms` pass. */
void cp_vehicle_step(cp_vehicle_t *v, uint32_t step_ms, const cp_vehicle_sees_t *sees);

/* Energy that came in by its inlet, in uWh. */
void cp_vehicle_charge(cp_vehicle_t *v, uint64_t energy_uwh);

uint16_t cp_vehicle_soc_pm(const cp_vehicle_t *v);
void cp_vehicle_set_soc(cp_vehicle_t *v, uint16_t soc_pm);

/* Voltage that its load makes of our +12 V. */
int16_t cp_vehicle_level_mv(const cp_vehicle_t *v);

/* Resistance of the proximity contact, UINT32_MAX when nothing is plugged in. */
uint32_t cp_vehicle_proximity_ohm(const cp_vehicle_t *v);

#endif
