#include "witness.h"

#include "cp_test.h"

/* Bounds in ms, as docs/safety.md has them. */
#define AWAY_MS 100u
#define UNSOUND_MS 3000u
#define DENIED_MS 6000u
#define DIODE_MS 100u
#define EARTH_MS 50u
#define OVER_MS 7000u
#define RECLOSE_MS 5000u
#define RECLOSE_RESET_MS 30000u
#define WELD_MS 250u
/* What a tick or two of the core may add to them. */
#define SLACK_MS 50u
/* Gone this long, the core must have seen it; back this long, it may have forgiven it. */
#define PLAINLY_GONE_MS 100u
#define QUIET_MS 400u
/* An absence this long, with the pilot in sight, ends every permission. */
#define UNPLUGGED_MS 150u

static uint32_t more(uint32_t past, uint32_t step)
{
    return past > UINT32_MAX - step ? UINT32_MAX : past + step;
}

void witness_start(witness_t *w, bool was_closed)
{
    const witness_t before = *w;

    *w = (witness_t){
        .back_ms = QUIET_MS,
        .least_ms = was_closed ? RECLOSE_RESET_MS : 0u,
        .weld = before.weld,
        .denied_ms = DENIED_MS,
        .closings = before.closings,
        .closed_ticks = before.closed_ticks,
    };
}

void witness_lease(witness_t *w, uint16_t limit_da, uint32_t ttl_ms)
{
    const uint32_t least = ttl_ms < 1000u ? 1000u : ttl_ms;

    w->permission_ms = limit_da < 60u ? 0u : least;
    w->permission_ms = w->permission_ms > 30000u ? 30000u : w->permission_ms;
}

static void count(witness_t *w, uint32_t ms, const world_t *world, const cp_evse_config_t *config,
                  const cp_evse_outputs_t *out)
{
    const bool asks = world->letter == 'C' || world->letter == 'D';
    const bool seen = asks || world->letter == 'B';
    const bool in_sight = out->drive != (uint8_t)CP_DRIVE_F && !out->cp_break;

    w->letter_ms = world->letter == w->letter && in_sight ? more(w->letter_ms, ms) : 0u;
    w->letter = world->letter;
    if (w->letter == 'A' && w->letter_ms >= UNPLUGGED_MS) {
        w->permission_ms = 0;
    }
    w->permission_ms = w->permission_ms > ms ? w->permission_ms - ms : 0u;
    w->denied_ms = w->permission_ms > 0u ? 0u : more(w->denied_ms, ms);
    w->gone_ms = asks ? 0u : more(w->gone_ms, ms);
    w->back_ms = w->gone_ms >= PLAINLY_GONE_MS ? 0u : more(w->back_ms, ms);
    w->flicker_ms = out->contactor_closed && w->back_ms < QUIET_MS ? more(w->flicker_ms, ms) : 0u;
    w->bad_diode_ms = world->diode || !seen || out->drive != (uint8_t)CP_DRIVE_PWM ? 0u : more(w->bad_diode_ms, ms);
    w->earth_ms = config->earth_fitted && world->earth_lost ? more(w->earth_ms, ms) : 0u;
    const bool judged = config->current == (uint8_t)CP_CURRENT_SOURCE_METER && !world->no_meter;
    const bool flows = asks && !world->stuck_open;
    const bool over = flows && world->draw_ma > config->hard_limit_da * 110u + 1000u;
    const uint32_t offered_ms = out->drive == (uint8_t)CP_DRIVE_PWM ? ms : 0u;
    w->over_ms = out->contactor_closed && judged && over ? more(w->over_ms, offered_ms) : 0u;
    const bool disagrees = config->feedback_fitted && !out->contactor_closed && world->welded;
    w->weld_ms = disagrees ? more(w->weld_ms, ms) : 0u;
    w->weld = w->weld || w->weld_ms >= WELD_MS + SLACK_MS;
    w->stop = w->stop || (config->stop_fitted && world->stop_pressed);
}

static void look_at_closed(const witness_t *w, const world_t *world, const cp_evse_config_t *config,
                           const cp_evse_outputs_t *out)
{
    const bool away = world->letter == 'A' || world->letter == 'B';

    CHECK(!(config->stop_fitted && world->stop_pressed));
    CHECK(!(config->rcm != (uint8_t)CP_RCM_TYPE_NONE && world->residual));
    CHECK(!w->weld);
    CHECK(!w->stop);
    CHECK(!out->rcm_test && !out->cp_break);
    CHECK(out->drive != (uint8_t)CP_DRIVE_F);
    CHECK(out->lock || !config->lock_fitted);
    CHECK(!away || w->letter_ms <= AWAY_MS);
    CHECK(world->letter != 'D' || config->ventilation || w->letter_ms <= AWAY_MS);
    CHECK(w->gone_ms <= UNSOUND_MS + AWAY_MS);
    CHECK(w->flicker_ms <= UNSOUND_MS);
    CHECK(w->denied_ms <= DENIED_MS + SLACK_MS);
    CHECK(w->bad_diode_ms <= DIODE_MS);
    CHECK(w->earth_ms <= EARTH_MS);
    CHECK(w->over_ms <= OVER_MS + SLACK_MS);
}

void witness_look(witness_t *w, uint32_t step_ms, const world_t *world, const cp_evse_config_t *config,
                  const cp_evse_outputs_t *out)
{
    count(w, step_ms, world, config, out);
    if (out->contactor_closed) {
        look_at_closed(w, world, config, out);
        if (!w->closed) {
            CHECK(w->open_ms + SLACK_MS >= w->least_ms);
            CHECK(config->commissioned);
            w->closings++;
        }
        w->closed_ticks++;
        w->open_ms = 0;
        w->least_ms = RECLOSE_MS;
    } else {
        w->open_ms = more(w->open_ms, step_ms);
    }
    w->closed = out->contactor_closed;
}
