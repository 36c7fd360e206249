#include "cp_temperature.h"

#include "cp_analog.h"
#include "cp_math.h"
#include "cp_messages.h"
#include "cp_timing.h"

#define LEAST_DA 60u

/*@ lemma mean_within_samples: \forall integer sum, n; 0 < n && 0 <= sum <= 65535 * n ==> sum / n <= 65535; */

/*@ requires \valid_read(config) && pin_mv <= UINT16_MAX;
    assigns \nothing; */
static int16_t convert(const cp_temperature_config_t *config, uint32_t pin_mv)
{
    const bool low = config->sensor == (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW;
    const uint32_t rest_mv = pin_mv < config->supply_mv ? config->supply_mv - pin_mv : 0u;
    const uint32_t ohm = cp_divider_ohm(low ? pin_mv : rest_mv, config->supply_mv, config->series_ohm);

    return cp_ntc_dc(ohm, config->r25_ohm, config->beta);
}

/* Up at once and as far as it must; down a step at a time, some degrees and some time later. */
/*@ requires \valid_read(t) && \valid_read(config) && t->level <= CP_HEAT_STOP;
    assigns \nothing;
    ensures \result <= CP_HEAT_STOP && \result >= t->level - 1; */
static uint8_t next_level(const cp_temperature_t *t, const cp_temperature_config_t *config)
{
    uint8_t level = CP_HEAT_NONE;

    /*@ loop invariant 0 <= i <= CP_HEAT_STOP && level <= i;
        loop assigns i, level;
        loop variant CP_HEAT_STOP - i; */
    for (uint8_t i = 0; i < CP_HEAT_STOP; i++) {
        level = t->dc >= config->level_dc[i] ? (uint8_t)(i + 1u) : level;
    }
    if (level >= t->level) {
        return level;
    }
    uint8_t lower = (uint8_t)(t->level - 1u);
    lower = lower < CP_HEAT_STOP ? lower : (uint8_t)(CP_HEAT_STOP - 1u);
    const bool cooler = (int32_t)t->dc < (int32_t)config->level_dc[lower] - CP_HEAT_HYSTERESIS_DC;
    return cooler && t->level_ms >= CP_HEAT_HOLD_MS ? lower : t->level;
}

/*@ requires \valid(t) && t->strange <= 2;
    assigns t->strange, t->dc, t->broken, t->known;
    ensures t->strange <= 2; */
static void take_reading(cp_temperature_t *t, int16_t dc)
{
    if (dc == CP_TEMPERATURE_UNKNOWN_DC) {
        t->strange = t->strange < CP_SENSOR_WINDOWS ? (uint8_t)(t->strange + 1u) : t->strange;
    } else {
        t->strange = 0;
        t->dc = dc;
    }
    t->broken = t->strange >= CP_SENSOR_WINDOWS || (t->broken && t->strange > 0u);
    t->known = t->known || t->strange == 0u;
}

bool cp_temperature_step(cp_temperature_t *t, uint32_t step_ms, const cp_temperature_config_t *config, uint16_t pin_mv)
{
    t->level_ms = cp_count_up(t->level_ms, step_ms);
    t->sum_mv += pin_mv;
    t->count++;
    t->elapsed_ms += step_ms;
    if (t->elapsed_ms < CP_SENSOR_WINDOW_MS) {
        return false;
    }
    take_reading(t, convert(config, t->sum_mv / t->count));
    t->sum_mv = 0;
    t->count = 0;
    t->elapsed_ms -= CP_SENSOR_WINDOW_MS;
    const uint8_t level = t->known ? next_level(t, config) : t->level;
    if (level == t->level) {
        return false;
    }
    t->level = level;
    t->level_ms = 0;
    return true;
}

uint16_t cp_temperature_limit_da(const cp_temperature_t *t, uint16_t full_da)
{
    const uint32_t part_da = t->level == CP_HEAT_DERATED ? full_da * 3u / 4u : full_da / 2u;

    if (t->level == CP_HEAT_NONE) {
        return UINT16_MAX;
    }
    if (t->level >= CP_HEAT_STOP) {
        return 0;
    }
    return part_da > LEAST_DA ? (uint16_t)part_da : (uint16_t)LEAST_DA;
}
