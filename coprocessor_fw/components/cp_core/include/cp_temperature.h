/* The temperature guard: derates in two steps, then stops; comes back late and one step at a time. */

#ifndef CP_TEMPERATURE_H
#define CP_TEMPERATURE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t sensor; /* cp_temperature_sensor_t */
    uint32_t r25_ohm;
    uint16_t beta;
    uint32_t series_ohm;
    uint16_t supply_mv;
    int16_t level_dc[3]; /* first derating, second derating, stop */
} cp_temperature_config_t;

#define CP_HEAT_NONE 0u
#define CP_HEAT_DERATED 1u
#define CP_HEAT_DERATED_MORE 2u
#define CP_HEAT_STOP 3u

/* All fields are private. */
typedef struct {
    uint32_t sum_mv;
    uint32_t count;
    uint32_t elapsed_ms; /* of the present window */
    bool known;          /* a window has closed */
    uint8_t strange;     /* windows in a row without a sensible reading */
    bool broken;
    int16_t dc;
    uint8_t level; /* CP_HEAT_.. */
    uint32_t level_ms;
} cp_temperature_t;

/*@ predicate temperature_sound(cp_temperature_t *t) =
      t->elapsed_ms < 1000 && t->count <= t->elapsed_ms && t->sum_mv <= 65535 * t->count && t->strange <= 2 &&
      t->level <= CP_HEAT_STOP; */

/* Let time pass with this level at the sensor's pin; true when the level of derating changed. */
/*@ requires \valid(t) && \valid_read(config) && \separated(t, config);
    requires temperature_sound(t) && 1 <= step_ms <= 10;
    assigns *t;
    ensures temperature_sound(t);
    ensures changed: \result <==> t->level != \old(t->level);
    ensures down_by_one: t->level >= \old(t->level) - 1; */
bool cp_temperature_step(cp_temperature_t *t, uint32_t step_ms, const cp_temperature_config_t *config, uint16_t pin_mv);

/* Greatest current at this level, of an EVSE that is built for `full_da`; UINT16_MAX where there is no bound. */
/*@ requires \valid_read(t);
    assigns \nothing;
    ensures stops: t->level >= CP_HEAT_STOP ==> \result == 0;
    ensures derates: CP_HEAT_NONE < t->level < CP_HEAT_STOP ==> \result <= \max(60, full_da * 3 / 4); */
uint16_t cp_temperature_limit_da(const cp_temperature_t *t, uint16_t full_da);

#endif
