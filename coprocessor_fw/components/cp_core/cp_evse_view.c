/* What an EVSE shows of itself. */

#include "cp_evse.h"

#include "cp_evse_guard.h"
#include "cp_lamps.h"
#include "cp_math.h"
#include "cp_timing.h"

cp_pilot_t cp_evse_pilot(const cp_evse_t *e)
{
    static const uint8_t names[8][2] = {
        [CP_LETTER_UNKNOWN] = {CP_PILOT_UNKNOWN, CP_PILOT_UNKNOWN},
        [CP_LETTER_A] = {CP_PILOT_A1, CP_PILOT_A2},
        [CP_LETTER_B] = {CP_PILOT_B1, CP_PILOT_B2},
        [CP_LETTER_C] = {CP_PILOT_C1, CP_PILOT_C2},
        [CP_LETTER_D] = {CP_PILOT_D1, CP_PILOT_D2},
        [CP_LETTER_E] = {CP_PILOT_E, CP_PILOT_E},
        [CP_LETTER_F] = {CP_PILOT_F, CP_PILOT_F},
        [CP_LETTER_INVALID] = {CP_PILOT_INVALID, CP_PILOT_INVALID},
    };

    return (cp_pilot_t)names[e->pilot.letter & 7u][e->drive == (uint8_t)CP_DRIVE_PWM ? 1 : 0];
}

cp_contactor_t cp_evse_contactor(const cp_evse_t *e)
{
    if (e->power == (uint8_t)CP_POWER_CLOSING) {
        return CP_CONTACTOR_CLOSING;
    }
    if (cp_evse_is_closed(e)) {
        return CP_CONTACTOR_CLOSED;
    }
    if (cp_evse_proved_open(e)) {
        return CP_CONTACTOR_OPEN;
    }
    return cp_fault_stands(&e->faults, CP_FAULT_CONTACTOR_WELDED) ? CP_CONTACTOR_CLOSED : CP_CONTACTOR_OPENING;
}

cp_lock_t cp_evse_lock(const cp_evse_t *e)
{
    if (!e->config.lock_fitted) {
        return CP_LOCK_NOT_FITTED;
    }
    if (e->lock_jammed) {
        return CP_LOCK_JAMMED;
    }
    if (e->lock_driven && e->lock_at == (uint8_t)CP_LOCK_AT_LOCKED) {
        return CP_LOCK_LOCKED;
    }
    return !e->lock_driven && e->lock_at == (uint8_t)CP_LOCK_AT_UNLOCKED ? CP_LOCK_UNLOCKED : CP_LOCK_MOVING;
}

static uint32_t bit(cp_blocked_t position, bool holds)
{
    return holds ? (uint32_t)1u << (unsigned)position : 0u;
}

static bool phases_wait(const cp_evse_t *e)
{
    return e->lease.held && e->lease.limit_da > 0u && e->lease.phases != e->phases;
}

/* Permission is there, but the last raise of the offer is too fresh for the next. */
static bool raise_waits(const cp_evse_t *e)
{
    return e->offer_da == 0u && e->raise_ms > 0u && cp_evse_permitted(e);
}

uint32_t cp_evse_blocked(const cp_evse_t *e)
{
    const cp_letter_t letter = (cp_letter_t)e->pilot.letter;
    const bool cable_unknown = e->config.commissioned && !e->config.fixed_cable && e->plugged && e->cable_da == 0u;
    const bool allowed = cp_min_u16(e->config.hard_limit_da, e->config.limit_da) >= 60u && e->lease.limit_da >= 60u;

    return bit(CP_BLOCKED_NOT_COMMISSIONED, !e->config.commissioned) | bit(CP_BLOCKED_NO_LEASE, !e->lease.held) |
           bit(CP_BLOCKED_ZERO_LIMIT, e->lease.held && !allowed) |
           bit(CP_BLOCKED_FAULT, cp_faults_bits(&e->faults) != 0u) |
           bit(CP_BLOCKED_EV_NOT_READY, !cp_letter_asks(letter)) | bit(CP_BLOCKED_NOT_PLUGGED, !e->plugged) |
           bit(CP_BLOCKED_DIODE_UNPROVED, !e->diode_proved) |
           bit(CP_BLOCKED_RECLOSE_WAIT, !cp_evse_is_closed(e) && (e->reclose_ms > 0u || raise_waits(e))) |
           bit(CP_BLOCKED_VENTILATION, e->wants_ventilation && !e->config.ventilation) |
           bit(CP_BLOCKED_UNAVAILABLE, e->out_of_service) | bit(CP_BLOCKED_PHASE_WAIT, phases_wait(e)) |
           bit(CP_BLOCKED_CABLE, cable_unknown) |
           bit(CP_BLOCKED_BOOTING, e->restarting || letter == CP_LETTER_UNKNOWN) |
           bit(CP_BLOCKED_SELF_TEST, !e->self_test_passed || e->self_test_ms > 0u || !cp_evse_is_guarded(e));
}

uint32_t cp_evse_wait_ms(const cp_evse_t *e)
{
    uint32_t wait = 0;

    if (cp_evse_is_closed(e)) {
        return 0;
    }
    wait = e->reclose_ms;
    if (raise_waits(e)) {
        wait = cp_max_u32(wait, e->raise_ms);
    }
    if (phases_wait(e)) {
        wait = cp_max_u32(wait, cp_count_down(CP_PHASE_SWITCH_MS, e->phase_ms));
    }
    return wait;
}

/* What the lamps show: the first that holds. */
static cp_show_t show(const cp_evse_t *e)
{
    if (e->self_test_ms > 0u) {
        return CP_SHOW_LAMP_TEST;
    }
    if (e->power == (uint8_t)CP_POWER_LOCKED_OUT) {
        return CP_SHOW_LOCKED_OUT;
    }
    if (cp_faults_bits(&e->faults) != 0u) {
        return CP_SHOW_FAULT;
    }
    if (!e->config.commissioned) {
        return CP_SHOW_NOT_COMMISSIONED;
    }
    if (cp_evse_is_closed(e)) {
        return CP_SHOW_CHARGING;
    }
    if (cp_evse_permitted(e)) {
        return CP_SHOW_OFFERING;
    }
    if (e->out_of_service) {
        return CP_SHOW_UNAVAILABLE;
    }
    return e->plugged ? CP_SHOW_WAITING : CP_SHOW_FREE;
}

uint8_t cp_evse_leds(const cp_evse_t *e)
{
    return cp_lamps(show(e), e->lamp_ms);
}
