#include "cp_evse.h"

#include "cp_evse_guard.h"
#include "cp_evse_sense.h"
#include "cp_lamps.h"
#include "cp_math.h"
#include "cp_offer.h"
#include "cp_timing.h"

/* Least time between two pilot_changed events: a flickering pilot must not fill the ring. */
#define PILOT_NOTE_MS 100u

void cp_note(cp_notes_t *notes, cp_event_code_t code, uint32_t value, int32_t extra)
{
    if (notes->count < CP_NOTES_MAX) {
        notes->note[notes->count] = (cp_note_t){.code = (uint8_t)code, .value = value, .extra = extra};
        notes->count++;
    }
}

void cp_evse_init(cp_evse_t *e, const cp_evse_past_t *past)
{
    *e = (cp_evse_t){0};
    cp_pilot_init(&e->pilot);
    e->power = (uint8_t)CP_POWER_OFF;
    e->drive = (uint8_t)CP_DRIVE_F;
    e->plug = past->plug;
    e->plugged = past->plugged;
    e->available = true;
    e->self_test_ms = CP_SELF_TEST_MS;
    e->reclose_ms = past->was_closed ? CP_RECLOSE_FAULT_MS : 0u;
    e->lockouts_at_boot = past->lockouts;
    e->config.close_debounce_ms = CP_CLOSE_DEBOUNCE_MS;
    cp_rcm_init(&e->rcm, past->rcm_trips);
    cp_s0_init(&e->s0, past->s0_origin, past->s0_pulses);
}

void cp_evse_configure(cp_evse_t *e, const cp_evse_config_t *config)
{
    const bool rewired = e->config.phases != config->phases;
    const bool monitored = e->config.rcm == config->rcm && e->config.rcm_test_ms == config->rcm_test_ms;
    const bool counted = e->config.s0_pulses_per_kwh == config->s0_pulses_per_kwh || !e->config.commissioned;

    e->config = *config;
    cp_evse_bench_end(e);
    if (!monitored) {
        cp_rcm_init(&e->rcm, e->rcm.trips);
    }
    if (!counted) { /* its pulses are worth something else now: another register */
        cp_s0_init(&e->s0, e->s0.origin + 1u, 0);
    }
    if (rewired) {
        e->phases = config->phases;
        e->phase_ms = 0;
    }
}

void cp_evse_hold_for_restart(cp_evse_t *e)
{
    e->restarting = true;
}

bool cp_evse_is_closed(const cp_evse_t *e)
{
    return cp_power_closes((cp_power_t)e->power);
}

bool cp_evse_proved_open(const cp_evse_t *e)
{
    const uint32_t settled_ms = e->config.feedback_fitted ? CP_WINDOW_MS : CP_DROP_OUT_MS;

    return !cp_evse_is_closed(e) && e->open_ms >= settled_ms && !e->feedback_closed;
}

uint16_t cp_evse_limit_da(const cp_evse_t *e)
{
    uint16_t limit = cp_min_u16(e->config.hard_limit_da, e->config.limit_da);

    if (!e->lease.held || !e->config.commissioned) {
        return 0;
    }
    limit = cp_min_u16(limit, e->lease.limit_da);
    if (!e->config.fixed_cable) {
        limit = cp_min_u16(limit, e->cable_da);
    }
    limit = cp_min_u16(limit, cp_evse_derated_da(e));
    return cp_offer_round_da(limit);
}

bool cp_evse_breaks_pilot(const cp_evse_t *e)
{
    return e->wake_ms > 0u && e->config.wake == (uint8_t)CP_WAKE_BY_CP_BREAK && !cp_evse_is_closed(e);
}

uint16_t cp_evse_derated_da(const cp_evse_t *e)
{
    return cp_temperature_limit_da(&e->heat, e->config.hard_limit_da);
}

bool cp_evse_trips(const cp_evse_t *e)
{
    return cp_faults_trip(&e->faults) || e->unsound_ms >= CP_INVALID_OPEN_MS;
}

bool cp_evse_permitted(const cp_evse_t *e)
{
    const bool able = e->config.commissioned && e->self_test_passed && e->self_test_ms == 0u && e->wake_ms == 0u &&
                      cp_evse_is_guarded(e) && !e->out_of_service && e->pilot.letter != (uint8_t)CP_LETTER_UNKNOWN;
    return able && !cp_faults_deny(&e->faults) && e->plugged && e->lease.held && e->lease.plug == e->plug &&
           cp_evse_limit_da(e) > 0u && e->lease.phases == e->phases;
}

/* Everything that must hold before the contactor closes, beyond permission and a vehicle that asks. */
static bool may_close(const cp_evse_t *e)
{
    const bool locked = !e->config.lock_fitted || (e->lock_driven && e->lock_at == (uint8_t)CP_LOCK_AT_LOCKED);

    return e->asks_ms >= e->config.close_debounce_ms && e->diode_proved && e->pilot.diode_good >= CP_PILOT_RUN &&
           e->offer_da > 0u && e->reclose_ms == 0u && cp_evse_proved_open(e) && locked && !e->restarting;
}

static bool state_elapsed(const cp_evse_t *e)
{
    return e->power == (uint8_t)CP_POWER_WINDING_DOWN && e->state_ms >= CP_WIND_DOWN_MS;
}

static bool state_done(const cp_evse_t *e)
{
    switch ((cp_power_t)e->power) {
    case CP_POWER_CLOSING:
        return cp_letter_asks((cp_letter_t)e->pilot.letter) && cp_evse_permitted(e) && !cp_evse_trips(e) &&
               (e->config.feedback_fitted ? e->feedback_closed : e->state_ms >= CP_DROP_OUT_MS);
    case CP_POWER_WINDING_DOWN:
        return e->current_known && e->current_ma < CP_LOAD_MA;
    case CP_POWER_OPENING:
        return cp_evse_proved_open(e);
    case CP_POWER_OFF:
    case CP_POWER_OFFERING:
    case CP_POWER_ENERGISED:
    case CP_POWER_LOCKED_OUT:
    default:
        return false;
    }
}

/* A shorted or invalid pilot is neither here nor away: it has deadlines of its own, which end in a fault. */
static bool vehicle_is_away(const cp_evse_t *e)
{
    const cp_letter_t letter = (cp_letter_t)e->pilot.letter;

    return letter == CP_LETTER_A || letter == CP_LETTER_B || letter == CP_LETTER_F || letter == CP_LETTER_UNKNOWN;
}

static cp_power_input_t present_input(const cp_evse_t *e)
{
    if (cp_faults_lock_out(&e->faults)) {
        return CP_INPUT_LOCK_OUT;
    }
    if (state_elapsed(e)) {
        return CP_INPUT_ELAPSED;
    }
    if (state_done(e)) {
        return CP_INPUT_DONE;
    }
    if (cp_evse_trips(e)) {
        return CP_INPUT_TRIP;
    }
    if (vehicle_is_away(e)) {
        return cp_evse_permitted(e) ? CP_INPUT_AWAY_PERMITTED : CP_INPUT_AWAY_DENIED;
    }
    if (!cp_evse_permitted(e)) {
        return CP_INPUT_LOAD_DENIED;
    }
    return cp_letter_asks((cp_letter_t)e->pilot.letter) && may_close(e) ? CP_INPUT_READY : CP_INPUT_WAITING;
}

static cp_opened_t opening_reason(cp_power_input_t input)
{
    switch (input) {
    case CP_INPUT_LOCK_OUT:
        return CP_OPENED_BY_LOCK_OUT;
    case CP_INPUT_TRIP:
        return CP_OPENED_BY_FAULT;
    case CP_INPUT_ELAPSED:
        return CP_OPENED_BY_TIME_OUT;
    case CP_INPUT_AWAY_DENIED:
    case CP_INPUT_AWAY_PERMITTED:
        return CP_OPENED_BY_VEHICLE;
    case CP_INPUT_DONE:
    case CP_INPUT_LOAD_DENIED:
    case CP_INPUT_WAITING:
    case CP_INPUT_READY:
    default:
        return CP_OPENED_STOPPED;
    }
}

static void on_closing(cp_evse_t *e)
{
    e->edge_ms = 0;
    e->closings = e->closings < UINT8_MAX ? (uint8_t)(e->closings + 1u) : UINT8_MAX;
    e->closings_forget_ms = e->closings_forget_ms > 0u ? e->closings_forget_ms : CP_CLOSINGS_FORGET_MS;
    e->cycles++;
    cp_pilot_blank(&e->pilot, CP_BLANK_WINDOWS);
}

/* The wait before the next closing, doubled for each closing too many within a minute. */
static uint32_t reclose_wait_ms(const cp_evse_t *e)
{
    const uint32_t over = e->closings > CP_CLOSINGS_FREE ? e->closings - CP_CLOSINGS_FREE : 0u;

    return CP_RECLOSE_MS << (over < CP_CLOSINGS_STRETCH_MAX ? over : CP_CLOSINGS_STRETCH_MAX);
}

static void on_opening(cp_evse_t *e, cp_power_t from, cp_power_input_t input, uint32_t spent_ms, cp_notes_t *notes)
{
    const int32_t current = (int32_t)(e->current_ma & 0x7FFFFFFFu);
    const bool asks = cp_letter_asks((cp_letter_t)e->pilot.letter);
    const bool under_load = e->current_known ? e->current_ma >= CP_LOAD_MA : asks && from != CP_POWER_CLOSING;

    e->open_ms = 0;
    e->edge_ms = 0;
    e->reclose_ms = cp_max_u32(e->reclose_ms, reclose_wait_ms(e));
    cp_pilot_blank(&e->pilot, CP_BLANK_WINDOWS);
    if (from == CP_POWER_WINDING_DOWN) {
        cp_note(notes, CP_EVENT_CODE_WOUND_DOWN, spent_ms, 0);
    }
    if (e->closed_noted) {
        cp_note(notes, CP_EVENT_CODE_CONTACTOR_OPENED, (uint32_t)opening_reason(input), current);
    }
    e->closed_noted = false;
    if (under_load) {
        e->opened_under_load++;
        cp_note(notes, CP_EVENT_CODE_OPENED_UNDER_LOAD, e->current_ma, (int32_t)(e->opened_under_load & 0x7FFFFFFFu));
        if (input == CP_INPUT_ELAPSED) {
            e->under_load_ms = CP_RETRY_MS;
        }
    }
}

static void run_machine(cp_evse_t *e, cp_notes_t *notes)
{
    const cp_power_input_t input = present_input(e);
    const cp_power_t from = (cp_power_t)e->power;
    const cp_power_t to = cp_power_next(from, input);
    const uint32_t spent_ms = e->state_ms;

    if (to == from) {
        return;
    }
    e->power = (uint8_t)to;
    e->state_ms = 0;
    if (cp_power_closes(to) && !cp_power_closes(from)) {
        on_closing(e);
    } else if (!cp_power_closes(to) && cp_power_closes(from)) {
        on_opening(e, from, input, spent_ms, notes);
    }
    if (to == CP_POWER_ENERGISED && !e->closed_noted) {
        e->closed_noted = true;
        cp_note(notes, CP_EVENT_CODE_CONTACTOR_CLOSED, e->phases, (int32_t)e->offer_da);
    }
}

/* Between one and three phases only with the contactor open and the pilot off for long enough. */
static void switch_phases(cp_evse_t *e)
{
    if (e->config.phase_switch && e->lease.held && e->lease.limit_da > 0u && e->lease.phases != e->phases &&
        cp_evse_proved_open(e) && e->phase_ms >= CP_PHASE_SWITCH_MS) {
        e->phases = e->lease.phases;
    }
}

/* Lower at once, raise seldom; start only when closing could follow within the time that a vehicle waits. */
static void make_offer(cp_evse_t *e)
{
    const bool offers = cp_evse_permitted(e) && !cp_evse_trips(e) && e->power != (uint8_t)CP_POWER_LOCKED_OUT;
    const uint16_t target = offers ? cp_evse_limit_da(e) : 0u;
    const bool timely = e->offer_da > 0u || (e->reclose_ms <= CP_CLOSE_EXPECTED_MS && !e->restarting);

    if (target < e->offer_da) {
        e->offer_da = target;
    } else if (target > e->offer_da && e->raise_ms == 0u && timely) {
        e->offer_da = target;
        e->raise_ms = CP_RAISE_MS;
    }
}

static cp_drive_t choose_drive(const cp_evse_t *e)
{
    const bool closed = cp_evse_is_closed(e);

    const bool wakes = e->wake_ms > 0u && !cp_evse_breaks_pilot(e);

    if (!closed && (e->self_test_ms > 0u || wakes || e->out_of_service || e->power == (uint8_t)CP_POWER_LOCKED_OUT)) {
        return CP_DRIVE_F;
    }
    if (cp_evse_bench_runs(e)) {
        return (cp_drive_t)e->bench.drive;
    }
    return e->offer_da > 0u ? CP_DRIVE_PWM : CP_DRIVE_STEADY;
}

/* Without a negative half nothing is seen of the diode: what closes next must prove it again. */
static void forget_diode(cp_evse_t *e)
{
    if (!cp_evse_is_closed(e) && e->drive != (uint8_t)CP_DRIVE_PWM) {
        e->diode_proved = false;
    }
}

/* Out of service only from rest: a vehicle that charges, or pauses within its lease, is not cut off. */
static void serve(cp_evse_t *e)
{
    const bool resting = e->power == (uint8_t)CP_POWER_OFF && !(e->lease.held && e->lease.limit_da > 0u);

    e->out_of_service = !e->available && (e->out_of_service || resting);
}

static void drive_lock(cp_evse_t *e)
{
    const bool must = e->plugged && !cp_evse_proved_open(e);
    const bool soon = e->offer_da > 0u && e->asks_ms > 0u && cp_evse_permitted(e);
    const bool driven = e->config.lock_fitted && (e->lock_wanted || must || soon);

    if (soon) {
        e->lock_wanted = true; /* stays until the host unlocks */
    }
    if (driven != e->lock_driven) {
        e->lock_driven = driven;
        e->lock_ms = 0;
        e->lock_moved_ms = 0;
        e->lock_pulse_ms = e->config.lock_pulse_ms;
    }
}

static cp_lock_drive_t lock_actuator(const cp_evse_t *e)
{
    const bool pulsed = e->config.lock_pulse_ms > 0u;

    if (!e->config.lock_fitted || (pulsed && e->lock_pulse_ms == 0u)) {
        return CP_LOCK_DRIVE_NONE;
    }
    return e->lock_driven ? CP_LOCK_DRIVE_LOCK : CP_LOCK_DRIVE_UNLOCK;
}

static void note_pilot(cp_evse_t *e, cp_notes_t *notes)
{
    const uint8_t pilot = (uint8_t)cp_evse_pilot(e);

    if (pilot != e->pilot_noted && e->pilot_note_ms >= PILOT_NOTE_MS) {
        cp_note(notes, CP_EVENT_CODE_PILOT_CHANGED, pilot, e->pilot_noted);
        e->pilot_noted = pilot;
        e->pilot_note_ms = 0;
    }
}

void cp_evse_tick(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_evse_outputs_t *out, cp_notes_t *notes)
{
    cp_evse_pass_time(e, step_ms, notes);
    cp_evse_sense(e, step_ms, in, notes);
    switch_phases(e);
    run_machine(e, notes);
    serve(e);
    make_offer(e);
    drive_lock(e);
    cp_evse_bench_pass(e, step_ms);
    e->drive = (uint8_t)choose_drive(e);
    forget_diode(e);
    note_pilot(e, notes);

    out->contactor_closed = cp_evse_is_closed(e);
    out->phases = e->phases;
    out->drive = e->drive;
    const uint16_t duty_bp = cp_evse_bench_runs(e) ? e->bench.duty_bp : cp_offer_duty_bp(e->offer_da);
    out->pulse_bp = cp_offer_pulse_bp(duty_bp, e->config.pwm_rise_us, e->config.pwm_fall_us);
    out->lock = e->lock_driven;
    out->lock_drive = (uint8_t)lock_actuator(e);
    out->rcm_test = cp_rcm_tests(&e->rcm);
    out->cp_break = cp_evse_breaks_pilot(e);
    out->leds = cp_evse_leds(e);
}
