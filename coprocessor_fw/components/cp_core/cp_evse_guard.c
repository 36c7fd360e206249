#include "cp_evse_guard.h"

#include "cp_analog.h"
#include "cp_evse_sense.h"
#include "cp_math.h"
#include "cp_timing.h"

#define RETRIES_ALWAYS 255u

/* ---------------------------------------------------------------- retries */

void cp_evse_retry_later(cp_evse_t *e, cp_retry_t retry)
{
    if (e->retry_ms[retry] > 0u) {
        return;
    }
    if (e->config.retries != RETRIES_ALWAYS && e->retries_used >= e->config.retries) {
        e->retry_ms[retry] = CP_RETRY_NEVER_MS;
        return;
    }
    e->retries_used = e->retries_used < UINT8_MAX ? (uint8_t)(e->retries_used + 1u) : UINT8_MAX;
    e->retry_ms[retry] = e->config.retry_s * CP_SECOND_MS;
}

void cp_evse_forget_retries(cp_evse_t *e)
{
    e->retries_used = 0;
    for (unsigned i = 0; i < CP_RETRIES; i++) {
        if (e->retry_ms[i] == CP_RETRY_NEVER_MS) {
            e->retry_ms[i] = e->config.retry_s * CP_SECOND_MS;
        }
    }
}

/* ---------------------------------------------------------------- current and meter */

void cp_evse_measure(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in)
{
    const bool by_input = e->config.current == (uint8_t)CP_CURRENT_SOURCE_INPUT;

    e->meter = in->meter;
    e->current_known = by_input || in->meter.source != (uint8_t)CP_METER_SOURCE_NONE;
    for (unsigned i = 0; i < 3u && by_input; i++) {
        const uint64_t ma = (uint64_t)in->current_mv[i] * e->config.current_ma_per_v / 1000u;
        e->meter.current_ma[i] = ma < UINT32_MAX ? (uint32_t)ma : UINT32_MAX;
    }
    e->current_ma = cp_max_u32(e->meter.current_ma[0], cp_max_u32(e->meter.current_ma[1], e->meter.current_ma[2]));
    if (e->config.s0_pulses_per_kwh > 0u) {
        cp_s0_step(&e->s0, step_ms, in->s0_closed);
        e->meter.source = (uint8_t)CP_METER_SOURCE_S0;
        e->meter.meter_boot = e->s0.origin;
        e->meter.energy_mwh = cp_s0_energy_mwh(&e->s0, e->config.s0_pulses_per_kwh);
        e->meter.power_mw = cp_s0_power_mw(&e->s0, e->config.s0_pulses_per_kwh);
    }
}

/* ---------------------------------------------------------------- guards */

static void guard_residual_current(cp_evse_t *e, uint32_t step_ms, bool contact_closed, cp_notes_t *notes)
{
    const uint8_t type = e->config.rcm;
    const bool tripped = type == (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED ? !contact_closed : contact_closed;
    const bool stood = cp_fault_stands(&e->faults, CP_FAULT_RCM);
    bool too_often = false;

    if (type == (uint8_t)CP_RCM_TYPE_NONE) {
        cp_rcm_init(&e->rcm, e->rcm.trips);
        return;
    }
    const cp_rcm_sees_t sees = {
        .test_ms = e->config.rcm_test_ms,
        .tripped = tripped,
        .closed = cp_evse_is_closed(e),
        .plugged = e->plugged,
        .at_rest = e->power == (uint8_t)CP_POWER_OFF && cp_evse_proved_open(e) && !cp_evse_permitted(e) &&
                   !cp_fault_stands(&e->faults, CP_FAULT_RCM_SELF_TEST),
    };
    const cp_rcm_said_t said = cp_rcm_step(&e->rcm, step_ms, &sees);
    const int32_t took_ms = (int32_t)(e->rcm.took_ms & 0x7FFFFFFFu);
    if (said != CP_RCM_SAID_NOTHING) {
        cp_note(notes, CP_EVENT_CODE_RCM_TESTED, said == CP_RCM_PASSED ? 0u : 1u, took_ms);
    }
    cp_evse_fault(e, CP_FAULT_RCM_SELF_TEST, said == CP_RCM_FAILED, took_ms, notes);
    cp_evse_fault(e, CP_FAULT_RCM, cp_rcm_trips(&e->rcm), (int32_t)(e->edge_ms & 0x7FFFFFFFu), notes);
    if (!stood && cp_fault_stands(&e->faults, CP_FAULT_RCM)) {
        too_often = cp_rcm_count_trip(&e->rcm, e->config.rcm_lockout);
    }
    cp_evse_fault(e, CP_FAULT_RCM_LOCKOUT, too_often, e->rcm.trips, notes);
}

static void guard_overcurrent(cp_evse_t *e, uint32_t step_ms, cp_notes_t *notes)
{
    const bool judged = e->config.current != (uint8_t)CP_CURRENT_SOURCE_NONE && e->current_known;
    const uint32_t drawn_ma = cp_evse_is_closed(e) ? e->current_ma : 0u; /* open, it is no vehicle's */

    if (cp_overcurrent_step(&e->overcurrent, step_ms, judged ? e->offer_da : 0u, drawn_ma)) {
        cp_evse_retry_later(e, CP_RETRY_OVERCURRENT);
    }
    cp_evse_fault(e, CP_FAULT_OVERCURRENT, e->retry_ms[CP_RETRY_OVERCURRENT] > 0u,
                  (int32_t)(e->current_ma & 0x7FFFFFFFu), notes);
}

static void guard_earth(cp_evse_t *e, uint32_t step_ms, bool present, cp_notes_t *notes)
{
    const bool lost = e->config.earth_fitted && !present;
    const bool stands = cp_fault_stands(&e->faults, CP_FAULT_PROTECTIVE_EARTH);

    e->earth_lost_ms = lost ? cp_count_up(e->earth_lost_ms, step_ms) : 0u;
    e->earth_sound_ms = lost ? 0u : cp_count_up(e->earth_sound_ms, step_ms);
    const bool gone = e->earth_lost_ms >= CP_EARTH_LOST_MS;
    if (gone && !stands && cp_evse_is_closed(e)) {
        cp_evse_retry_later(e, CP_RETRY_EARTH);
    }
    cp_evse_fault(e, CP_FAULT_PROTECTIVE_EARTH,
                  gone || (stands && e->earth_sound_ms < CP_EARTH_SOUND_MS) || e->retry_ms[CP_RETRY_EARTH] > 0u,
                  (int32_t)(e->edge_ms & 0x7FFFFFFFu), notes);
}

static void guard_temperature(cp_evse_t *e, uint32_t step_ms, uint16_t pin_mv, cp_notes_t *notes)
{
    if (e->config.temperature.sensor == (uint8_t)CP_TEMPERATURE_SENSOR_NONE) {
        e->heat = (cp_temperature_t){0};
    } else if (cp_temperature_step(&e->heat, step_ms, &e->config.temperature, pin_mv)) {
        cp_note(notes, CP_EVENT_CODE_DERATED, cp_temperature_limit_da(&e->heat, e->config.hard_limit_da), e->heat.dc);
    }
    cp_evse_fault(e, CP_FAULT_OVER_TEMPERATURE, e->heat.level >= CP_HEAT_STOP, e->heat.dc, notes);
    cp_evse_fault(e, CP_FAULT_TEMPERATURE_SENSOR, e->heat.broken, pin_mv, notes);
}

void cp_evse_guard(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_notes_t *notes)
{
    e->edge_ms = cp_count_up(e->edge_ms, step_ms);
    cp_evse_fault(e, CP_FAULT_EMERGENCY_STOP, e->config.stop_fitted && !in->stop_closed,
                  (int32_t)(e->edge_ms & 0x7FFFFFFFu), notes);
    guard_residual_current(e, step_ms, in->rcm_closed, notes);
    guard_earth(e, step_ms, in->earth_present, notes);
    guard_overcurrent(e, step_ms, notes);
    guard_temperature(e, step_ms, in->temperature_mv, notes);
}

bool cp_evse_is_guarded(const cp_evse_t *e)
{
    const bool residual = e->config.rcm == (uint8_t)CP_RCM_TYPE_NONE || cp_rcm_guards(&e->rcm);
    const bool heat = e->config.temperature.sensor == (uint8_t)CP_TEMPERATURE_SENSOR_NONE || e->heat.known;

    const bool current = e->config.current == (uint8_t)CP_CURRENT_SOURCE_NONE || e->current_known;

    return residual && heat && current;
}
