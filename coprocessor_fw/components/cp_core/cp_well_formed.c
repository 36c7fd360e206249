/* What every state has in common besides the safety property: ranges, and the few facts between fields that the
 * property needs to follow from one tick to the next. */

#include "cp_invariant.h"

#include "cp_evse_sense.h"
#include "cp_lamps.h"
#include "cp_offer.h"
#include "cp_timing.h"

#define RCM_TEST_MAX_MS 2000u
#define STRIKES_MAX 20u
#define SLICE_MS 1000u

/* The sum lies between what its least and its greatest sample allow. */
static bool window_is_sound(const cp_window_t *w)
{
    const int32_t others = (int32_t)w->count - 1;

    if (w->count == 0u) {
        return w->sum_mv == 0 && w->min_mv == INT32_MAX && w->max_mv == INT32_MIN;
    }
    return w->min_mv >= INT16_MIN && w->max_mv <= INT16_MAX && w->min_mv <= w->max_mv &&
           w->sum_mv >= others * w->min_mv + w->max_mv && w->sum_mv <= others * w->max_mv + w->min_mv;
}

bool cp_pilot_windows_well_formed(const cp_pilot_reader_t *p)
{
    return window_is_sound(&p->high) && window_is_sound(&p->low);
}

/* As many samples as milliseconds at most, and no larger a sum than they can make. */
static bool window_is_bounded(const cp_window_t *w, uint8_t elapsed_ms)
{
    return w->count <= elapsed_ms && w->sum_mv >= w->count * INT16_MIN && w->sum_mv <= w->count * INT16_MAX;
}

static bool pilot_is_sound(const cp_pilot_reader_t *p)
{
    return p->drive <= (uint8_t)CP_DRIVE_F && p->elapsed_ms < CP_WINDOW_MS &&
           window_is_bounded(&p->high, p->elapsed_ms) && window_is_bounded(&p->low, p->elapsed_ms) &&
           p->high.count == p->low.count && p->blank <= CP_BLANK_WINDOWS && p->letter <= (uint8_t)CP_LETTER_INVALID &&
           p->candidate <= (uint8_t)CP_LETTER_INVALID && p->run < CP_PILOT_RUN && p->strikes < STRIKES_MAX &&
           p->diode_good <= CP_PILOT_RUN && p->diode_bad <= CP_PILOT_RUN;
}

static bool overcurrent_is_sound(const cp_overcurrent_t *o)
{
    bool sound = o->slice < CP_OVERCURRENT_SLICES && o->slice_ms < SLICE_MS;

    for (unsigned i = 0; i < CP_OVERCURRENT_SLICES; i++) {
        sound = sound && o->highest_da[i] <= CP_OFFER_MAX_DA;
    }
    return sound;
}

static bool heat_is_sound(const cp_temperature_t *t)
{
    return t->elapsed_ms < CP_SENSOR_WINDOW_MS && t->count <= t->elapsed_ms && t->sum_mv <= t->count * UINT16_MAX &&
           t->strange <= CP_SENSOR_WINDOWS && t->level <= CP_HEAT_STOP;
}

bool cp_evse_config_well_formed(const cp_evse_config_t *config)
{
    return config->close_debounce_ms >= CP_CLOSE_DEBOUNCE_MIN_MS &&
           config->close_debounce_ms <= CP_CLOSE_DEBOUNCE_MAX_MS && config->rcm <= (uint8_t)CP_RCM_TYPE_NORMALLY_OPEN &&
           config->rcm_test_ms <= RCM_TEST_MAX_MS && config->current <= (uint8_t)CP_CURRENT_SOURCE_INPUT &&
           config->temperature.sensor <= (uint8_t)CP_TEMPERATURE_SENSOR_NTC_HIGH &&
           (!config->commissioned ||
            (config->hard_limit_da >= CP_OFFER_MIN_DA && config->hard_limit_da <= CP_OFFER_MAX_DA &&
             (config->phases == 1u || config->phases == 3u) && config->retry_s > 0u && config->rcm_lockout > 0u));
}

/* While the self-test runs the pilot tells nothing: nothing is offered then that could close at its end. */
static bool tested_at_rest(const cp_evse_t *e)
{
    return e->self_test_ms == 0u || (!cp_evse_is_closed(e) && e->power != (uint8_t)CP_POWER_OFFERING);
}

/* What closing looked at, and nothing may change while it is closed. */
static bool closed_on_this(const cp_evse_t *e)
{
    return e->plugged && e->blind_ms == 0u && e->lock_started && e->pilot.letter != (uint8_t)CP_LETTER_F;
}

bool cp_evse_well_formed(const cp_evse_t *e)
{
    return e->power < CP_POWER_STATES && e->drive <= (uint8_t)CP_DRIVE_F && e->bench.drive <= (uint8_t)CP_DRIVE_F &&
           (e->offer_da == 0u || e->offer_da >= CP_OFFER_MIN_DA) && e->offer_da <= CP_OFFER_MAX_DA &&
           e->lamp_ms < CP_LAMPS_PERIOD_MS && e->rcm.phase <= (uint8_t)CP_RCM_READY && e->s0.origin != 0u &&
           e->self_test_ms <= CP_SELF_TEST_MS && e->wake_ms <= CP_WAKE_MS && cp_evse_config_well_formed(&e->config) &&
           pilot_is_sound(&e->pilot) && overcurrent_is_sound(&e->overcurrent) && heat_is_sound(&e->heat) &&
           tested_at_rest(e) && (!cp_evse_is_closed(e) || closed_on_this(e));
}
