/* One EVSE on a bench: a pilot with a load, a contactor, a lock and a meter that follow at once. After each tick the
 * safety property is checked. */

#ifndef CP_EVSE_RIG_H
#define CP_EVSE_RIG_H

#include "cp_evse.h"
#include "cp_test.h"

#define RIG_EVENTS_MAX 512u

typedef struct {
    cp_evse_t e;
    cp_evse_inputs_t in;
    cp_evse_outputs_t out;
    uint32_t step_ms;
    uint32_t now_ms;
    char letter; /* A..E, 'X': a level that no vehicle makes */
    bool diode;
    bool welded;
    bool stuck_open;
    bool lock_jammed;
    bool no_meter;
    bool residual;   /* trips the residual-current monitor */
    bool rcm_deaf;   /* it does not react to its test */
    bool rcm_sticks; /* and does not go back after it */
    bool earth_lost;
    bool stop_pressed;
    uint16_t temperature_mv; /* at the sensor's divider */
    uint32_t rcm_ms;         /* the test output is driven for */
    bool draws;              /* current follows the contactor */
    bool obedient;           /* and ceases with the offer */
    uint32_t draw_ma;
    cp_note_t event[RIG_EVENTS_MAX];
    uint32_t event_ms[RIG_EVENTS_MAX];
    unsigned events;
    uint32_t moved_ms;       /* when the contactor's output last moved */
    uint32_t lease_every_ms; /* renew a lease of this plug: 0 never */
    uint16_t lease_da;
    uint8_t lease_phases;
} rig_t;

/* What a socket with everything fitted is commissioned to: 32 A, three phases, every guard. */
#define RIG_RCM_TEST_MS 300u
/* Level of the sensor's divider at 25 degrees Celsius, and above the stop. */
#define RIG_ROOM_MV 1650u
#define RIG_HOT_MV 300u

cp_evse_config_t rig_config(void);

/* A new EVSE of that configuration, nothing plugged in, booted and idle for long enough to forget the boot. */
void rig_start(rig_t *r, uint32_t step_ms);

/* The same with a configuration of one's own, straight after power-up. */
void rig_power_up(rig_t *r, uint32_t step_ms, const cp_evse_config_t *config, const cp_evse_past_t *past);

/* Let time pass, rounded up to whole steps. */
void rig_run(rig_t *r, uint32_t ms);

/* Run until the output has the contactor closed (or open); returns how long it took; fails after `limit_ms`. */
uint32_t rig_until_closed(rig_t *r, bool closed, uint32_t limit_ms);

/* Run until this machine state; returns how long it took; fails after `limit_ms`. */
uint32_t rig_until_power(rig_t *r, cp_power_t power, uint32_t limit_ms);

/* Give this lease, and see that it changes what a lease may. */
cp_lease_refusal_t rig_take(rig_t *r, const cp_msg_lease_t *lease);

/* Give a lease for the present plug, once. */
cp_lease_refusal_t rig_lease(rig_t *r, uint16_t limit_da);

/* Plug in, give leases that are renewed, ask, and run until energised. */
void rig_charge(rig_t *r);

unsigned rig_count(const rig_t *r, cp_event_code_t code);

/* The last event of this code; fails if there was none. */
const cp_note_t *rig_last(const rig_t *r, cp_event_code_t code);

#endif
