/* What the host and the button may ask of an EVSE. */

#include "cp_evse.h"

#include "cp_evse_sense.h"
#include "cp_offer.h"
#include "cp_timing.h"

#define FAULT_ALL 255u

static cp_lease_refusal_t lease_refusal(const cp_evse_t *e, const cp_msg_lease_t *lease)
{
    const bool phases_known = lease->phases == e->config.phases || (lease->phases == 1u && e->config.phase_switch);

    if (!e->config.commissioned) {
        return CP_LEASE_REFUSAL_NOT_COMMISSIONED;
    }
    if (cp_faults_lock_out(&e->faults)) {
        return CP_LEASE_REFUSAL_LOCKED_OUT;
    }
    if (!e->plugged || cp_evse_pilot_lost(e)) {
        return CP_LEASE_REFUSAL_NOT_PLUGGED;
    }
    if (lease->plug != e->plug) {
        return CP_LEASE_REFUSAL_WRONG_PLUG;
    }
    return phases_known ? CP_LEASE_REFUSAL_NONE : CP_LEASE_REFUSAL_BAD_PHASES;
}

static uint32_t clamp_ttl(uint32_t ttl_ms)
{
    if (ttl_ms < CP_LEASE_MIN_MS) {
        return CP_LEASE_MIN_MS;
    }
    return ttl_ms > CP_LEASE_MAX_MS ? CP_LEASE_MAX_MS : ttl_ms;
}

cp_lease_refusal_t cp_evse_lease(cp_evse_t *e, const cp_msg_lease_t *lease)
{
    if (lease->limit_da < CP_OFFER_MIN_DA) { /* a stop is never refused; for another plug there is nothing to stop */
        if (e->lease.held && e->lease.plug == lease->plug) {
            e->lease.limit_da = 0;
            e->lease.rest_ms = clamp_ttl(lease->ttl_ms);
        }
        return CP_LEASE_REFUSAL_NONE;
    }
    const cp_lease_refusal_t refusal = lease_refusal(e, lease);
    if (refusal == CP_LEASE_REFUSAL_NONE) {
        e->lease = (cp_lease_t){
            .held = true,
            .plug = lease->plug,
            .limit_da = lease->limit_da,
            .phases = lease->phases,
            .rest_ms = clamp_ttl(lease->ttl_ms),
        };
    }
    return refusal;
}

cp_result_t cp_evse_set_lock(cp_evse_t *e, bool locked)
{
    if (!e->config.lock_fitted) {
        return CP_RESULT_NOT_FITTED;
    }
    if (!locked && !cp_evse_proved_open(e)) {
        return CP_RESULT_WRONG_STATE;
    }
    e->lock_wanted = locked;
    e->lock_ms = 0; /* a fresh try for a jammed one */
    e->lock_pulse_ms = e->config.lock_pulse_ms;
    e->lock_jammed = false;
    return CP_RESULT_OK;
}

cp_result_t cp_evse_set_available(cp_evse_t *e, bool available)
{
    e->available = available;
    return CP_RESULT_OK;
}

cp_result_t cp_evse_clear_fault(cp_evse_t *e, uint8_t fault, cp_notes_t *notes)
{
    bool remains = false;

    if (fault != FAULT_ALL && fault >= CP_FAULT_COUNT) {
        return CP_RESULT_BAD_VALUE;
    }
    if (fault != FAULT_ALL && cp_fault_class(fault) == CP_FAULT_CLASS_LOCKOUT &&
        cp_fault_stands(&e->faults, (cp_fault_t)fault)) {
        return CP_RESULT_NOT_PERMITTED;
    }
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        if ((fault == FAULT_ALL || fault == i) && cp_fault_stands(&e->faults, (cp_fault_t)i)) {
            if (cp_fault_clear(&e->faults, (cp_fault_t)i, false)) {
                cp_note(notes, CP_EVENT_CODE_FAULT_CLEARED, i, 0);
            } else {
                remains = true;
            }
        }
    }
    return remains ? CP_RESULT_WRONG_STATE : CP_RESULT_OK;
}

void cp_evse_clear_lockouts(cp_evse_t *e, cp_notes_t *notes)
{
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        if (cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT && cp_fault_clear(&e->faults, (cp_fault_t)i, true)) {
            cp_note(notes, CP_EVENT_CODE_FAULT_CLEARED, i, 1);
            if (i == (unsigned)CP_FAULT_RCM_LOCKOUT) {
                e->rcm.trips = 0;
            }
        }
    }
}

cp_result_t cp_evse_wake(cp_evse_t *e)
{
    const bool resting = e->power == (uint8_t)CP_POWER_OFF || e->power == (uint8_t)CP_POWER_OFFERING;

    if (!resting || !cp_evse_proved_open(e) || !e->plugged || e->self_test_ms > 0u) {
        return CP_RESULT_WRONG_STATE;
    }
    e->wake_ms = CP_WAKE_MS;
    return CP_RESULT_OK;
}

cp_result_t cp_evse_self_test(cp_evse_t *e)
{
    if (e->power != (uint8_t)CP_POWER_OFF || !cp_evse_proved_open(e) || e->self_test_ms > 0u || e->wake_ms > 0u ||
        cp_evse_bench_runs(e)) {
        return CP_RESULT_WRONG_STATE;
    }
    e->self_test_ms = CP_SELF_TEST_MS;
    cp_rcm_request_test(&e->rcm);
    return CP_RESULT_ACCEPTED;
}
