/* Clauses S1 to S17: what holds of a state. S18 to S32, of what happens, are in cp_invariant_step.c. */

#include "cp_invariant.h"

#include "cp_evse_guard.h"
#include "cp_evse_sense.h"
#include "cp_timing.h"

static bool winds_down(const cp_evse_t *e)
{
    return e->power == (uint8_t)CP_POWER_WINDING_DOWN;
}

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
    if (winds_down(e)) {
        return e->state_ms < CP_WIND_DOWN_MS;
    }
    return e->plugged && e->lease.held && e->lease.plug == e->plug && e->lease.limit_da > 0u;
}

static bool cable_is_known(const cp_evse_t *e)
{
    return e->config.fixed_cable || e->cable_da > 0u || (winds_down(e) && e->cable_bad_ms < CP_PROXIMITY_FAULT_MS);
}

static bool guards_work(const cp_evse_t *e)
{
    const bool residual = e->config.rcm == (uint8_t)CP_RCM_TYPE_NONE || cp_rcm_guards(&e->rcm);
    const bool heat = e->config.temperature.sensor == (uint8_t)CP_TEMPERATURE_SENSOR_NONE || e->heat.known;
    const bool current = e->config.current == (uint8_t)CP_CURRENT_SOURCE_NONE || e->current_known;

    return residual && heat && (current || winds_down(e));
}

static bool deadlines_hold(const cp_evse_t *e)
{
    const bool residual = e->config.rcm != (uint8_t)CP_RCM_TYPE_NONE && cp_rcm_trips(&e->rcm);

    return !residual && e->earth_lost_ms < CP_EARTH_LOST_MS && e->overcurrent.over_ms < CP_OVERCURRENT_MS &&
           e->overcurrent.far_ms < CP_OVERCURRENT_FAR_MS;
}

static bool nothing_is_tested(const cp_evse_t *e)
{
    return e->drive != (uint8_t)CP_DRIVE_F && !cp_evse_breaks_pilot(e) && !cp_rcm_tests(&e->rcm);
}

static bool offer_is_bounded(const cp_evse_t *e)
{
    return e->offer_da == 0u ||
           (cp_evse_permitted(e) && e->offer_da <= e->config.hard_limit_da && e->offer_da <= e->config.limit_da &&
            e->offer_da <= e->lease.limit_da && e->offer_da <= cp_evse_derated_da(e) &&
            (e->config.fixed_cable || e->offer_da <= e->cable_da));
}

static bool bench_is_alone(const cp_evse_t *e)
{
    return !cp_evse_bench_runs(e) || (!cp_evse_is_closed(e) && !e->plugged && !e->lease.held && e->offer_da == 0u);
}

static bool lease_fits(const cp_evse_t *e)
{
    return !e->lease.held || (e->plugged && e->lease.plug == e->plug && !cp_evse_pilot_lost(e) &&
                              e->lease.rest_ms > 0u && e->lease.rest_ms <= CP_LEASE_MAX_MS);
}

static uint32_t unless(bool holds, cp_clause_t clause)
{
    return holds ? 0u : CP_CLAUSE(clause);
}

static uint32_t broken_while_closed(const cp_evse_t *e)
{
    return unless(vehicle_may_draw(e), CP_S1_VEHICLE) | unless(diode_is_proved(e), CP_S2_DIODE) |
           unless(authority(e), CP_S3_AUTHORITY) |
           unless(!cp_evse_trips(e) && !cp_faults_lock_out(&e->faults), CP_S4_NO_FAULT) |
           unless(cable_is_known(e), CP_S5_CABLE) | unless(e->config.commissioned, CP_S6_COMMISSIONED) |
           unless(e->self_test_passed && e->self_test_ms == 0u, CP_S7_SELF_TEST) |
           unless(e->pilot.letter != (uint8_t)CP_LETTER_D || e->config.ventilation, CP_S8_VENTILATION) |
           unless(winds_down(e) || e->lease.phases == e->phases, CP_S9_POLES) |
           unless(!e->config.lock_fitted || e->lock_driven, CP_S10_LOCK) | unless(guards_work(e), CP_S11_GUARDS) |
           unless(deadlines_hold(e), CP_S12_DEADLINES) | unless(nothing_is_tested(e), CP_S13_NO_TEST);
}

uint32_t cp_evse_broken(const cp_evse_t *e)
{
    const bool closed = cp_evse_is_closed(e);
    const bool fresh = !e->diode_proved || closed || e->drive == (uint8_t)CP_DRIVE_PWM;

    return (closed ? broken_while_closed(e) : 0u) | unless(offer_is_bounded(e), CP_S14_OFFER) |
           unless(fresh, CP_S15_DIODE_FRESH) | unless(bench_is_alone(e), CP_S16_BENCH) |
           unless(lease_fits(e), CP_S17_LEASE_HELD);
}

bool cp_evse_invariant(const cp_evse_t *e)
{
    return cp_evse_broken(e) == 0u;
}

const char *cp_clause_name(unsigned clause)
{
    switch (clause) {
    case CP_S1_VEHICLE:
        return "S1 vehicle";
    case CP_S2_DIODE:
        return "S2 diode";
    case CP_S3_AUTHORITY:
        return "S3 authority";
    case CP_S4_NO_FAULT:
        return "S4 no fault";
    case CP_S5_CABLE:
        return "S5 cable";
    case CP_S6_COMMISSIONED:
        return "S6 commissioned";
    case CP_S7_SELF_TEST:
        return "S7 self-test";
    case CP_S8_VENTILATION:
        return "S8 ventilation";
    case CP_S9_POLES:
        return "S9 poles";
    case CP_S10_LOCK:
        return "S10 lock";
    case CP_S11_GUARDS:
        return "S11 guards";
    case CP_S12_DEADLINES:
        return "S12 deadlines";
    case CP_S13_NO_TEST:
        return "S13 no test";
    case CP_S14_OFFER:
        return "S14 offer";
    case CP_S15_DIODE_FRESH:
        return "S15 diode fresh";
    case CP_S16_BENCH:
        return "S16 bench";
    case CP_S17_LEASE_HELD:
        return "S17 lease held";
    case CP_S18_OUTPUTS:
        return "S18 outputs";
    case CP_S19_CLOSING:
        return "S19 closing";
    case CP_S20_AT_ONCE:
        return "S20 at once";
    case CP_S21_EARTH:
        return "S21 earth";
    case CP_S22_OVERCURRENT:
        return "S22 overcurrent";
    case CP_S23_PILOT:
        return "S23 pilot";
    case CP_S24_LEFT:
        return "S24 left";
    case CP_S25_WIND_DOWN:
        return "S25 wind-down";
    case CP_S26_FEEDBACK:
        return "S26 feedback";
    case CP_S27_FAULTS_STAY:
        return "S27 faults stay";
    case CP_S28_LEASE_ENDS:
        return "S28 lease ends";
    case CP_S29_LEASE_TAKEN:
        return "S29 lease taken";
    case CP_S30_LEASE_ONLY:
        return "S30 lease only";
    case CP_S31_CONFIGURATION:
        return "S31 configuration";
    case CP_S32_COMMANDS:
        return "S32 commands";
    default:
        return "none";
    }
}
