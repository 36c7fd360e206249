/* Clauses S18 to S32: what holds of a tick, and of what the host does.
 *
 * A deadline is kept in two parts: a state with the contactor closed has its clock below the bound (S1, S3, S5, S12),
 * and every tick in which the cause is there moves that clock on by the tick's length (S21 to S26). So the contactor is
 * open when the cause has stood for the bound. */

#include "cp_invariant.h"

#include "cp_math.h"
#include "cp_offer.h"
#include "cp_proximity.h"
#include "cp_timing.h"

/* A window that disagrees adds two strikes, six are believed: see cp_pilot.c. */
#define STRIKES_A_WINDOW 2u

typedef struct {
    const cp_evse_t *before;
    const cp_evse_t *after;
    const cp_evse_inputs_t *in;
    const cp_evse_outputs_t *out;
    uint32_t step_ms;
    bool was_closed;
    bool is_closed;
} tick_t;

static uint32_t unless(bool holds, cp_clause_t clause)
{
    return holds ? 0u : CP_CLAUSE(clause);
}

static bool counted(const tick_t *t, uint32_t before_ms, uint32_t after_ms)
{
    return after_ms == cp_count_up(before_ms, t->step_ms);
}

static bool outputs_follow(const tick_t *t)
{
    const cp_evse_t *const e = t->after;
    const bool same_poles = !t->was_closed || e->phases == t->before->phases;
    const bool quiet = t->out->drive != (uint8_t)CP_DRIVE_F && !t->out->rcm_test && !t->out->cp_break &&
                       (!e->config.lock_fitted || t->out->lock);

    return t->out->contactor_closed == t->is_closed && t->out->phases == e->phases && same_poles &&
           (!t->is_closed || quiet);
}

static bool closes_rightly(const tick_t *t)
{
    const cp_evse_t *const e = t->after;
    const uint32_t settled_ms = e->config.feedback_fitted ? CP_WINDOW_MS : CP_DROP_OUT_MS;
    const bool held =
        !e->config.lock_fitted || (e->lock_driven && e->lock_at == (uint8_t)CP_LOCK_AT_LOCKED && t->out->lock);

    if (t->was_closed || !t->is_closed) {
        return true;
    }
    return t->before->power == (uint8_t)CP_POWER_OFFERING && e->power == (uint8_t)CP_POWER_CLOSING &&
           cp_letter_asks((cp_letter_t)e->pilot.letter) && cp_evse_permitted(e) && e->offer_da >= CP_OFFER_MIN_DA &&
           e->asks_ms >= e->config.close_debounce_ms && e->pilot.diode_good >= CP_PILOT_RUN && e->reclose_ms == 0u &&
           e->open_ms >= settled_ms && !e->feedback_closed && held && !e->restarting;
}

static bool opens_at_once(const tick_t *t)
{
    const cp_evse_config_t *const config = &t->after->config;
    const bool stop = config->stop_fitted && !t->in->stop_closed;
    const bool normally_closed = config->rcm == (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED;
    const bool residual = config->rcm != (uint8_t)CP_RCM_TYPE_NONE && t->in->rcm_closed != normally_closed;

    return !t->is_closed || (!stop && !residual);
}

static bool earth_counts(const tick_t *t)
{
    const bool lost = t->after->config.earth_fitted && !t->in->earth_present;

    return !lost || counted(t, t->before->earth_lost_ms, t->after->earth_lost_ms);
}

static bool overcurrent_counts(const tick_t *t)
{
    const cp_overcurrent_t *const before = &t->before->overcurrent;
    const cp_overcurrent_t *const after = &t->after->overcurrent;
    const bool judged = t->was_closed && t->after->config.current != (uint8_t)CP_CURRENT_SOURCE_NONE &&
                        t->after->current_known && t->before->offer_da > 0u;
    const uint32_t limit_ma = cp_overcurrent_limit_ma(after);
    const uint32_t most_ma = CP_OFFER_MAX_DA * 110u;
    const bool over = judged && t->after->current_ma > limit_ma;
    const bool far = judged && t->after->current_ma / 2u >= limit_ma;

    return limit_ma <= most_ma && (!over || counted(t, before->over_ms, after->over_ms)) &&
           (!far || counted(t, before->far_ms, after->far_ms));
}

static bool pilot_counts(const tick_t *t)
{
    const cp_evse_t *const b = t->before;
    const cp_evse_t *const a = t->after;
    const bool shorted = a->pilot.letter == (uint8_t)CP_LETTER_E;
    const bool unsound = shorted || a->pilot.letter == (uint8_t)CP_LETTER_INVALID;
    const bool forgiven = a->sound_ms >= CP_PILOT_SOUND_MS;

    return !t->was_closed ||
           ((!shorted || counted(t, b->short_ms, a->short_ms)) &&
            (!unsound || counted(t, b->unsound_ms, a->unsound_ms)) &&
            (b->unsound_ms == 0u || counted(t, b->unsound_ms, a->unsound_ms) || (forgiven && a->unsound_ms == 0u)));
}

static bool leaving_counts(const tick_t *t)
{
    const cp_pilot_reader_t *const b = &t->before->pilot;
    const cp_pilot_reader_t *const a = &t->after->pilot;
    const bool restarted = b->drive != t->before->drive; /* the window began anew */
    const bool window = (restarted ? 0u : b->elapsed_ms) + t->step_ms >= CP_WINDOW_MS;
    const cp_letter_t seen = cp_pilot_letter(a->high_mv, (cp_drive_t)t->before->drive, (cp_letter_t)b->letter);
    const bool judged = t->was_closed && window && b->blank == 0u && cp_letter_asks((cp_letter_t)b->letter);
    const bool gone = !cp_letter_asks((cp_letter_t)a->letter);
    const bool left = a->letter == (uint8_t)CP_LETTER_A || a->letter == (uint8_t)CP_LETTER_B ||
                      a->letter == (uint8_t)CP_LETTER_F || a->letter == (uint8_t)CP_LETTER_UNKNOWN;
    const bool struck = a->strikes == b->strikes + STRIKES_A_WINDOW;
    const bool uncovered = !t->was_closed || !t->is_closed || !window || b->blank == 0u || a->blank + 1u == b->blank;

    return (!judged || cp_letter_asks(seen) || gone || struck) && uncovered && (!left || !t->is_closed);
}

static bool winds_down_in_time(const tick_t *t)
{
    const uint8_t winding = (uint8_t)CP_POWER_WINDING_DOWN;
    const bool stays = t->before->power == winding && t->after->power == winding;
    const bool unpermitted = t->is_closed && !cp_evse_permitted(t->after);

    return (!unpermitted || (t->after->power == winding && t->after->offer_da == 0u)) &&
           (!stays || counted(t, t->before->state_ms, t->after->state_ms));
}

static bool feedback_and_cable_count(const tick_t *t)
{
    const cp_evse_t *const b = t->before;
    const cp_evse_t *const a = t->after;
    const bool disagrees = a->config.feedback_fitted && t->in->feedback_closed != t->was_closed;
    const bool read = t->was_closed && !a->config.fixed_cable && a->plugged;
    const uint16_t rating_da = cp_proximity_rating_da(t->in->proximity_ohm);
    const bool steady = read && rating_da == b->cable_seen_da;
    const bool unrated = read && a->cable_da == 0u;

    return (!disagrees || counted(t, b->feedback_ms, a->feedback_ms)) &&
           (!t->is_closed || !t->was_closed || a->feedback_ms < CP_FEEDBACK_MS) &&
           (!steady || counted(t, b->cable_ms, a->cable_ms)) &&
           (a->cable_ms < CP_PROXIMITY_MS || !read || a->cable_da == rating_da) &&
           (!unrated || counted(t, b->cable_bad_ms, a->cable_bad_ms));
}

static bool faults_stay(const tick_t *t)
{
    bool stay = true;

    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        const bool clearable = cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_CLEARABLE;
        stay = stay && (clearable || !cp_fault_stands(&t->before->faults, (cp_fault_t)i) ||
                        cp_fault_stands(&t->after->faults, (cp_fault_t)i));
    }
    return stay;
}

static bool same_lease(const cp_lease_t *a, const cp_lease_t *b)
{
    return a->held == b->held && a->plug == b->plug && a->limit_da == b->limit_da && a->phases == b->phases;
}

static bool lease_runs_out(const tick_t *t)
{
    const cp_lease_t *const b = &t->before->lease;
    const cp_lease_t *const a = &t->after->lease;

    return !a->held || (same_lease(b, a) && b->rest_ms > t->step_ms && a->rest_ms == b->rest_ms - t->step_ms &&
                        t->after->plug == t->before->plug);
}

uint32_t cp_evse_broken_by_tick(const cp_evse_t *before, uint32_t step_ms, const cp_evse_inputs_t *in,
                                const cp_evse_t *after, const cp_evse_outputs_t *out)
{
    const tick_t t = {
        .before = before,
        .after = after,
        .in = in,
        .out = out,
        .step_ms = step_ms,
        .was_closed = cp_evse_is_closed(before),
        .is_closed = cp_evse_is_closed(after),
    };

    return unless(outputs_follow(&t), CP_S18_OUTPUTS) | unless(closes_rightly(&t), CP_S19_CLOSING) |
           unless(opens_at_once(&t), CP_S20_AT_ONCE) | unless(earth_counts(&t), CP_S21_EARTH) |
           unless(overcurrent_counts(&t), CP_S22_OVERCURRENT) | unless(pilot_counts(&t), CP_S23_PILOT) |
           unless(leaving_counts(&t), CP_S24_LEFT) | unless(winds_down_in_time(&t), CP_S25_WIND_DOWN) |
           unless(feedback_and_cable_count(&t), CP_S26_FEEDBACK) | unless(faults_stay(&t), CP_S27_FAULTS_STAY) |
           unless(lease_runs_out(&t), CP_S28_LEASE_ENDS);
}

/* ---------------------------------------------------------------- what the host does */

/* Neither the machine nor anything that it decides by, but faults, configuration, guards, lease and lock. */
static bool same_decisions(const cp_evse_t *a, const cp_evse_t *b)
{
    bool same = a->power == b->power && a->state_ms == b->state_ms && a->open_ms == b->open_ms &&
                a->reclose_ms == b->reclose_ms && a->raise_ms == b->raise_ms && a->offer_da == b->offer_da &&
                a->drive == b->drive && a->plugged == b->plugged && a->plug == b->plug && a->asks_ms == b->asks_ms &&
                a->under_load_ms == b->under_load_ms;

    for (unsigned i = 0; i < CP_RETRIES; i++) {
        same = same && a->retry_ms[i] == b->retry_ms[i];
    }
    return same;
}

/* No protection that has begun to count, or has found something, begins anew. */
static bool same_deadlines(const cp_evse_t *a, const cp_evse_t *b)
{
    return a->pilot.letter == b->pilot.letter && a->pilot.strikes == b->pilot.strikes && a->short_ms == b->short_ms &&
           a->sound_ms == b->sound_ms && a->unsound_ms == b->unsound_ms && a->blind_ms == b->blind_ms &&
           a->diode_proved == b->diode_proved && a->diode_failed == b->diode_failed &&
           a->wants_ventilation == b->wants_ventilation && a->cable_da == b->cable_da &&
           a->cable_bad_ms == b->cable_bad_ms && a->feedback_closed == b->feedback_closed &&
           a->feedback_ms == b->feedback_ms && a->earth_lost_ms == b->earth_lost_ms &&
           a->overcurrent.over_ms == b->overcurrent.over_ms && a->overcurrent.far_ms == b->overcurrent.far_ms &&
           a->heat.level == b->heat.level && a->heat.broken == b->heat.broken;
}

static bool same_monitor(const cp_evse_t *a, const cp_evse_t *b)
{
    return a->rcm.phase == b->rcm.phase && a->rcm.tripped == b->rcm.tripped && a->rcm.trips == b->rcm.trips;
}

static bool same_faults(const cp_evse_t *a, const cp_evse_t *b)
{
    return cp_faults_bits(&a->faults) == cp_faults_bits(&b->faults);
}

uint32_t cp_evse_broken_by_lease(const cp_evse_t *before, const cp_msg_lease_t *lease, cp_lease_refusal_t refusal,
                                 const cp_evse_t *after)
{
    const cp_lease_t *const b = &before->lease;
    const cp_lease_t *const a = &after->lease;
    const bool permits = refusal == CP_LEASE_REFUSAL_NONE && lease->limit_da >= CP_OFFER_MIN_DA;
    const bool fits = after->config.commissioned && after->plugged && lease->plug == after->plug &&
                      !cp_faults_lock_out(&after->faults);
    const bool taken = a->held && a->plug == lease->plug && a->limit_da == lease->limit_da &&
                       a->phases == lease->phases && a->rest_ms >= CP_LEASE_MIN_MS && a->rest_ms <= CP_LEASE_MAX_MS;
    const bool unchanged = same_lease(a, b) && a->rest_ms == b->rest_ms;
    const bool stopped = a->held == b->held && a->plug == b->plug && a->limit_da == 0u;
    const bool stops = refusal == CP_LEASE_REFUSAL_NONE && stopped && a->rest_ms <= CP_LEASE_MAX_MS;
    const bool only = same_decisions(before, after) && same_deadlines(before, after) && same_monitor(before, after) &&
                      same_faults(before, after) && before->config.hard_limit_da == after->config.hard_limit_da;

    return unless(permits ? fits && taken : unchanged || stops, CP_S29_LEASE_TAKEN) | unless(only, CP_S30_LEASE_ONLY);
}

uint32_t cp_evse_broken_by_configuration(const cp_evse_t *before, const cp_evse_t *after)
{
    const bool anew = after->rcm.phase == (uint8_t)CP_RCM_SETTLING && after->rcm.trips == before->rcm.trips;
    const bool kept = same_decisions(before, after) && same_deadlines(before, after) && same_faults(before, after) &&
                      same_lease(&before->lease, &after->lease) && before->lease.rest_ms == after->lease.rest_ms;

    return unless(!cp_evse_is_closed(before) && kept && (same_monitor(before, after) || anew), CP_S31_CONFIGURATION);
}

/* A fault that is gone had no cause any more, and a lock-out goes only at the device. */
static bool lifted_rightly(const cp_evse_t *before, const cp_evse_t *after, bool at_device)
{
    bool rightly = true;

    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        const cp_fault_entry_t *const entry = &before->faults.entry[i];
        const bool lock_out = cp_fault_class((uint8_t)i) == CP_FAULT_CLASS_LOCKOUT;
        const bool lifted = entry->standing && !after->faults.entry[i].standing;
        const bool raised = !entry->standing && after->faults.entry[i].standing;
        rightly = rightly && !raised && (!lifted || (!entry->cause && (!lock_out || at_device)));
    }
    return rightly;
}

uint32_t cp_evse_broken_by_command(const cp_evse_t *before, const cp_evse_t *after, bool at_device)
{
    const bool unlocks = before->lock_wanted && !after->lock_wanted;
    const bool monitor = before->rcm.phase == after->rcm.phase && before->rcm.tripped == after->rcm.tripped &&
                         (before->rcm.trips == after->rcm.trips || at_device);
    const bool kept = same_decisions(before, after) && same_deadlines(before, after) && monitor &&
                      same_lease(&before->lease, &after->lease) && before->lease.rest_ms == after->lease.rest_ms &&
                      before->lock_driven == after->lock_driven;

    return unless(kept && lifted_rightly(before, after, at_device) && (!unlocks || cp_evse_proved_open(before)),
                  CP_S32_COMMANDS);
}
