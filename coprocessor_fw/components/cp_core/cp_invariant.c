/* The safety property, stated once. Tests assert it after every tick; proofs start from it.
 *
 * While the contactor's output is closed, each clause holds:
 *   S1  the vehicle asks (C or D), or the pilot is shorted or invalid within its deadline; and whatever it is, the
 *       deadline of a pilot that was unsound, and has not been sound for long enough since, is not over
 *   S2  the vehicle's diode is proved: at the closing by the windows just before it, and since then not disproved
 *   S3  a lease of this very plug-in permits it, or the wind-down is within its time
 *   S4  no fault stands that opens at once, and no lock-out
 *   S5  the cable's rating is known where a proximity contact is fitted, or lost within its deadline
 *   S6  the EVSE is commissioned
 *   S7  the self-test has passed
 *   S8  state D is served only with ventilation
 *   S9  the poles are those that the lease names, or it winds down
 *   S10 the pilot never shows state F, and offers no more than lease, hardware and cable allow
 *   S11 the plug is locked in where a lock is fitted
 *   S14 every guard that is fitted is at work: the residual-current monitor tested and not under test, temperature and
 *       current known, or it winds down; and the pilot's wire is whole
 *   S15 no guard's deadline is over: no residual current, earth lost within its time, current above the limit and far
 *       above it within theirs
 * and whether or not it is closed:
 *   S12 without permission nothing is offered, and never more than the temperature allows
 *   S16 no test output is driven while the contactor is closed
 *   S17 the bench test drives the pilot only where no vehicle is, nothing is permitted or offered, the contactor open
 *   S13 no diode is held to be proved without PWM, unless the contactor closed on that proof and never opened */

#include "cp_evse.h"

#include "cp_evse_guard.h"
#include "cp_timing.h"

static bool vehicle_may_draw(const cp_evse_t *e)
{
    const cp_letter_t letter = (cp_letter_t)e->pilot.letter;

    const bool bears =
        cp_letter_asks(letter) || letter == CP_LETTER_INVALID || (letter == CP_LETTER_E && e->short_ms < CP_SHORT_MS);

    return bears && e->unsound_ms < CP_INVALID_OPEN_MS;
}

static bool diode_is_proved(const cp_evse_t *e)
{
    const bool just_closed = e->power == (uint8_t)CP_POWER_CLOSING && e->state_ms == 0u;

    return e->diode_proved && !e->diode_failed && (!just_closed || e->pilot.diode_good >= CP_PILOT_RUN);
}

static bool authority(const cp_evse_t *e)
{
    if (e->power == (uint8_t)CP_POWER_WINDING_DOWN) {
        return e->state_ms < CP_WIND_DOWN_MS;
    }
    return e->plugged && e->lease.held && e->lease.plug == e->plug && e->lease.limit_da > 0u;
}

static bool offer_is_bounded(const cp_evse_t *e)
{
    return e->offer_da == 0u ||
           (e->offer_da <= e->config.hard_limit_da && e->lease.held && e->offer_da <= e->lease.limit_da &&
            e->offer_da <= cp_evse_derated_da(e) && (e->config.fixed_cable || e->offer_da <= e->cable_da));
}

static bool guards_hold(const cp_evse_t *e)
{
    const bool residual = e->config.rcm != (uint8_t)CP_RCM_TYPE_NONE && cp_rcm_trips(&e->rcm);

    return !residual && e->earth_lost_ms < CP_EARTH_LOST_MS && e->overcurrent.over_ms < CP_OVERCURRENT_MS &&
           e->overcurrent.far_ms < CP_OVERCURRENT_FAR_MS;
}

bool cp_evse_invariant(const cp_evse_t *e)
{
    const bool winding_down = e->power == (uint8_t)CP_POWER_WINDING_DOWN;
    const bool s16 = !cp_rcm_tests(&e->rcm) || !cp_evse_is_closed(e);
    const bool s17 =
        !cp_evse_bench_runs(e) || (!cp_evse_is_closed(e) && !e->plugged && !e->lease.held && e->offer_da == 0u);
    const bool s12 = cp_evse_permitted(e) || e->offer_da == 0u;

    if (!cp_evse_is_closed(e)) {
        const bool s13 = !e->diode_proved || e->drive == (uint8_t)CP_DRIVE_PWM;
        return s12 && s13 && s16 && s17 && offer_is_bounded(e);
    }
    const bool s1 = vehicle_may_draw(e);
    const bool s2 = diode_is_proved(e);
    const bool s3 = authority(e);
    const bool s4 = !cp_evse_trips(e) && !cp_faults_lock_out(&e->faults);
    const bool s5 =
        e->config.fixed_cable || e->cable_da > 0u || (winding_down && e->cable_bad_ms < CP_PROXIMITY_FAULT_MS);
    const bool s6 = e->config.commissioned;
    const bool s7 = e->self_test_passed && e->self_test_ms == 0u;
    const bool s8 = e->pilot.letter != (uint8_t)CP_LETTER_D || e->config.ventilation;
    const bool s9 = winding_down || e->lease.phases == e->phases;
    const bool s10 = e->drive != (uint8_t)CP_DRIVE_F && offer_is_bounded(e);
    const bool s11 = !e->config.lock_fitted || e->lock_driven;

    const bool s14 = (cp_evse_is_guarded(e) || winding_down) && !cp_evse_breaks_pilot(e);
    const bool s15 = guards_hold(e);

    return s1 && s2 && s3 && s4 && s5 && s6 && s7 && s8 && s9 && s10 && s11 && s12 && s14 && s15 && s16 && s17;
}
