/* One EVSE: what it senses, what it permits, what it drives.
 *
 * The caller owns the struct. Time comes in as steps of 1..10 ms, inputs as levels, and outputs say what the pins
 * must be. Nothing here knows the link: a lease is a value, a report is a note. */

#ifndef CP_EVSE_H
#define CP_EVSE_H

#include "cp_faults.h"
#include "cp_messages.h"
#include "cp_overcurrent.h"
#include "cp_pilot.h"
#include "cp_power.h"
#include "cp_rcm.h"
#include "cp_s0.h"
#include "cp_temperature.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the lock's actuator is by its contacts. */
typedef enum {
    CP_LOCK_AT_NEITHER = 0,
    CP_LOCK_AT_UNLOCKED = 1,
    CP_LOCK_AT_LOCKED = 2,
} cp_lock_at_t;

/* What the lock's actuator gets. */
typedef enum {
    CP_LOCK_DRIVE_NONE = 0,
    CP_LOCK_DRIVE_LOCK = 1,
    CP_LOCK_DRIVE_UNLOCK = 2,
} cp_lock_drive_t;

/* Why the contactor opened: value of a contactor_opened event. */
typedef enum {
    CP_OPENED_BY_VEHICLE = 0,  /* it left C and D, or was unplugged */
    CP_OPENED_STOPPED = 1,     /* permission ended, the current had ceased */
    CP_OPENED_BY_TIME_OUT = 2, /* permission ended, the vehicle did not stop */
    CP_OPENED_BY_FAULT = 3,    /* a fault that opens at once */
    CP_OPENED_BY_LOCK_OUT = 4, /* a lock-out */
} cp_opened_t;

/* What was commissioned and set for one EVSE. */
typedef struct {
    bool commissioned;
    uint16_t hard_limit_da;
    uint16_t limit_da; /* operational */
    uint8_t phases;    /* wired: 1 or 3 */
    bool fixed_cable;
    bool ventilation;
    bool lock_fitted;
    bool feedback_fitted;
    bool phase_switch;
    int32_t pilot_gain_ppm;
    int16_t pilot_offset_mv;
    int16_t pwm_rise_us;
    int16_t pwm_fall_us;
    uint16_t close_debounce_ms;
    uint8_t rcm; /* cp_rcm_type_t */
    uint16_t rcm_test_ms;
    uint8_t rcm_lockout;
    bool earth_fitted;
    bool stop_fitted;
    uint8_t current; /* cp_current_source_t */
    uint32_t current_ma_per_v;
    cp_temperature_config_t temperature;
    uint16_t s0_pulses_per_kwh;
    uint8_t wake; /* cp_wake_by_t */
    uint16_t lock_pulse_ms;
    bool lock_feedback;
    uint8_t retries;
    uint16_t retry_s;
} cp_evse_config_t;

/* Trips after which a vehicle is served again. */
typedef enum {
    CP_RETRY_CONTACTOR = 0,
    CP_RETRY_OVERCURRENT = 1,
    CP_RETRY_EARTH = 2,
} cp_retry_t;

#define CP_RETRIES 3u
/* A wait that only the vehicle's leaving ends. */
#define CP_RETRY_NEVER_MS UINT32_MAX

/* A meter's reading; `source` none: nothing is known of the current. */
typedef struct {
    uint8_t source; /* cp_meter_source_t */
    uint32_t meter_boot;
    uint64_t energy_mwh;
    uint32_t current_ma[3];
    uint32_t voltage_mv[3];
    uint32_t power_mw;
} cp_meter_reading_t;

typedef struct {
    int16_t pilot_high_mv;  /* mean of the positive level since the last tick, as read */
    int16_t pilot_low_mv;   /* of the negative one; equal to the positive one when steady */
    uint16_t pilot_duty_bp; /* as measured, for the bench test only; 0 where the port can't */
    uint32_t proximity_ohm;
    bool feedback_closed;
    uint8_t lock_at; /* cp_lock_at_t */
    cp_meter_reading_t meter;
    /* What is not fitted is not looked at. Zeros are the unsafe side: monitor tripped, earth lost, stop pressed. */
    bool rcm_closed;         /* the residual-current monitor's contact */
    bool earth_present;      /* protective earth */
    bool stop_closed;        /* the emergency stop's contact, which opens when it is pressed */
    bool s0_closed;          /* the S0 meter's pulse output */
    uint16_t temperature_mv; /* at the NTC's divider */
    uint16_t current_mv[3];  /* RMS at the current inputs, over at least one period of the mains */
} cp_evse_inputs_t;

/* Something worth an event. */
typedef struct {
    uint8_t code; /* cp_event_code_t */
    uint32_t value;
    int32_t extra;
} cp_note_t;

#define CP_NOTES_MAX 32u

typedef struct {
    uint8_t count;
    cp_note_t note[CP_NOTES_MAX];
} cp_notes_t;

typedef struct {
    bool contactor_closed;
    uint8_t phases; /* 1 or 3: which poles the contactor closes */
    uint8_t drive;  /* cp_drive_t */
    uint16_t pulse_bp;
    bool lock;          /* where the lock shall be: true locked */
    uint8_t lock_drive; /* cp_lock_drive_t: what its actuator gets at this moment */
    bool rcm_test;      /* makes the residual-current monitor trip */
    bool cp_break;      /* opens the pilot's wire towards the vehicle */
    uint8_t leds;       /* bits of cp_led_t */
} cp_evse_outputs_t;

typedef struct {
    bool held;
    uint32_t plug;
    uint16_t limit_da;
    uint8_t phases;
    uint32_t rest_ms;
} cp_lease_t;

/* What the bench test drives the pilot with, while nothing can come of it. */
typedef struct {
    uint32_t rest_ms; /* 0: not at all */
    uint8_t drive;    /* cp_drive_t */
    uint16_t duty_bp;
    uint32_t faults; /* that stood when it began; any other ends it */
} cp_evse_bench_t;

/* All fields are private but to cp_evse*.c; others ask by the functions below. */
typedef struct {
    cp_evse_config_t config;
    cp_pilot_reader_t pilot;
    cp_fault_set_t faults;
    cp_lease_t lease;

    uint8_t power; /* cp_power_t */
    uint32_t state_ms;
    uint32_t open_ms; /* since the output opened the contactor */
    uint32_t reclose_ms;
    uint8_t closings;
    uint32_t closings_forget_ms;
    uint32_t cycles;
    uint32_t opened_under_load;
    uint32_t under_load_ms;        /* rest of the fault of that name */
    uint32_t retry_ms[CP_RETRIES]; /* rest of the waits */
    uint8_t retries_used;
    uint32_t edge_ms; /* since the contactor's output moved */
    bool closed_noted;

    cp_evse_bench_t bench;
    uint8_t drive; /* cp_drive_t */
    uint16_t offer_da;
    uint32_t raise_ms;
    uint8_t phases;
    uint32_t phase_ms; /* since the contactor is open and the pilot off */

    bool plugged;
    uint32_t plug;
    uint32_t asks_ms;    /* C or D, with an offer on the pilot, for */
    uint32_t short_ms;   /* E without a break for */
    uint32_t sound_ms;   /* neither E nor invalid for */
    uint32_t unsound_ms; /* since it was E or invalid first; goes on until it has been sound for long enough */
    uint32_t blind_ms;   /* state F for, in which no vehicle is seen to leave */
    bool diode_proved;   /* under the present PWM; kept without PWM only while the contactor is closed */
    bool diode_failed;
    bool wants_ventilation; /* D was seen, and neither C nor A since */

    uint16_t cable_seen_da;
    uint16_t cable_da; /* believed; 0 outside of every window */
    uint32_t cable_ms;
    uint32_t cable_bad_ms;

    bool feedback_closed;
    uint32_t feedback_ms; /* disagrees with the output for */

    cp_rcm_t rcm;
    cp_overcurrent_t overcurrent;
    cp_temperature_t heat;
    cp_s0_t s0;
    uint32_t earth_lost_ms;
    uint32_t earth_sound_ms;

    bool lock_started;
    bool lock_wanted;
    bool lock_driven;
    uint8_t lock_at;
    bool lock_jammed;
    uint32_t lock_ms; /* not where it is driven for */
    uint8_t lock_noted;
    uint32_t lock_pulse_ms; /* rest of it */
    uint32_t lock_moved_ms; /* since it was last driven elsewhere */

    bool available;
    bool out_of_service;
    bool restarting;
    uint32_t wake_ms;
    uint32_t self_test_ms;
    bool self_test_due;
    bool self_test_passed;
    bool self_test_failed;
    uint32_t lockouts_at_boot;

    cp_meter_reading_t meter; /* as told, or as counted by pulses */
    bool current_known;
    uint32_t current_ma; /* greatest of the phases */
    uint8_t pilot_noted; /* cp_pilot_t */
    uint32_t pilot_note_ms;
    uint32_t lamp_ms; /* within the period of every pattern */
} cp_evse_t;

/* How an EVSE starts: what a reset left behind. */
typedef struct {
    uint32_t plug;
    bool plugged;
    bool was_closed;   /* the contactor was closed when the reset came */
    uint32_t lockouts; /* bits of the fault catalogue */
    uint8_t rcm_trips;
    uint32_t s0_origin; /* names the pulse register's beginning */
    uint32_t s0_pulses;
} cp_evse_past_t;

/* Start with the contactor open, no lease, and the pilot unknown. */
void cp_evse_init(cp_evse_t *e, const cp_evse_past_t *past);

/* Take a configuration; only while the contactor is open. */
void cp_evse_configure(cp_evse_t *e, const cp_evse_config_t *config);

/* Advance by `step_ms` (1..10) with these inputs; add notes of what happened. */
void cp_evse_tick(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_evse_outputs_t *out,
                  cp_notes_t *notes);

/* Take a lease, or say why not. */
cp_lease_refusal_t cp_evse_lease(cp_evse_t *e, const cp_msg_lease_t *lease);

/* Commands of the link; see messages.toml. */
cp_result_t cp_evse_set_lock(cp_evse_t *e, bool locked);
cp_result_t cp_evse_set_available(cp_evse_t *e, bool available);
cp_result_t cp_evse_clear_fault(cp_evse_t *e, uint8_t fault, cp_notes_t *notes);
cp_result_t cp_evse_wake(cp_evse_t *e);
cp_result_t cp_evse_self_test(cp_evse_t *e);

/* Drive the pilot so for this time, contactor open: accepted only at rest, with no vehicle, no lease, a sound pilot;
 * ends by itself, and at once when any of these comes, or a fault. */
cp_result_t cp_evse_bench(cp_evse_t *e, cp_drive_t drive, uint16_t duty_bp, uint32_t ms);
void cp_evse_bench_end(cp_evse_t *e);
bool cp_evse_bench_runs(const cp_evse_t *e);

/* How the self-tests stand: of the pilot stage, of the residual-current monitor. */
cp_bench_test_t cp_evse_self_tested(const cp_evse_t *e);
cp_bench_test_t cp_evse_rcm_tested(const cp_evse_t *e);

/* Clear lock-outs whose cause is gone: somebody stands at the device. */
void cp_evse_clear_lockouts(cp_evse_t *e, cp_notes_t *notes);

/* Close no more: a restart waits. */
void cp_evse_hold_for_restart(cp_evse_t *e);

/* True while the output holds the contactor closed. */
bool cp_evse_is_closed(const cp_evse_t *e);

/* True when the contactor is known to be open: output off, drop-out over, feedback open where fitted. */
bool cp_evse_proved_open(const cp_evse_t *e);

/* Present views for the snapshot. */
cp_pilot_t cp_evse_pilot(const cp_evse_t *e);
cp_contactor_t cp_evse_contactor(const cp_evse_t *e);
cp_lock_t cp_evse_lock(const cp_evse_t *e);
uint32_t cp_evse_blocked(const cp_evse_t *e);
uint32_t cp_evse_wait_ms(const cp_evse_t *e);
uint8_t cp_evse_leds(const cp_evse_t *e);

/* Limit that the temperature sets in dA, UINT16_MAX where it sets none. */
uint16_t cp_evse_derated_da(const cp_evse_t *e);

/* Greatest current that lease, configuration and cable allow, rounded to what the pilot can say; dA. */
uint16_t cp_evse_limit_da(const cp_evse_t *e);

/* True when energy is permitted, whatever the vehicle does. */
bool cp_evse_permitted(const cp_evse_t *e);

/* True when a fault stands that opens at once, an unsound pilot past its deadline included. */
bool cp_evse_trips(const cp_evse_t *e);

/* True while the pilot's wire is broken to wake the vehicle. */
bool cp_evse_breaks_pilot(const cp_evse_t *e);

/* Add a note; a full list drops it. */
void cp_note(cp_notes_t *notes, cp_event_code_t code, uint32_t value, int32_t extra);

#endif
