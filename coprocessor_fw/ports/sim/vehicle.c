#include "vehicle.h"

#include "cp_messages.h"

#include <stddef.h>

/* How a common vehicle behaves, within what IEC 61851-1 allows it. */
#define MIN_CURRENT_MA 6000u
#define S2_CLOSE_MS 1000u /* from the offer to asking */
#define S2_OPEN_MS 2500u  /* from the offer's end; 3 s allowed */
#define RAMP_UP_MA_PER_MS 8u
#define RAMP_DOWN_MA_PER_MS 16u
#define TAPER_PM 800u
#define FULL_PM 1000u

void cp_vehicle_init(cp_vehicle_t *v)
{
    *v = (cp_vehicle_t){0};
    v->state = (uint8_t)CP_VEHICLE_STATE_A;
    v->diode = true;
    v->phases = 3;
    v->cable_da = 320;
    v->limit_ma = 16000;
    v->capacity_wh = 60000;
    cp_vehicle_set_soc(v, 500);
}

static bool wants(const cp_vehicle_t *v)
{
    const bool told = v->state == (uint8_t)CP_VEHICLE_STATE_C || v->state == (uint8_t)CP_VEHICLE_STATE_D;

    return told && cp_vehicle_soc_pm(v) < FULL_PM;
}

void cp_vehicle_command(cp_vehicle_t *v, uint8_t state)
{
    v->state = state;
    v->s2 = wants(v); /* asks at once; without an offer it gives up again */
    v->unoffered_ms = 0;
    v->parked = v->parked || state != (uint8_t)CP_VEHICLE_STATE_A;
}

static uint32_t target_ma(const cp_vehicle_t *v, const cp_vehicle_sees_t *sees)
{
    const uint32_t soc = cp_vehicle_soc_pm(v);
    uint32_t target = v->limit_ma;

    if (soc > TAPER_PM) {
        const uint32_t taper = (uint32_t)((uint64_t)v->limit_ma * (FULL_PM - soc) / (FULL_PM - TAPER_PM));
        const uint32_t least = v->limit_ma < MIN_CURRENT_MA ? v->limit_ma : MIN_CURRENT_MA;
        target = taper > least ? taper : least;
    }
    if (v->ignores_pilot) {
        return target;
    }
    if (sees->offer_ma < MIN_CURRENT_MA) {
        return 0;
    }
    return (target < sees->offer_ma ? target : sees->offer_ma) + v->excess_ma;
}

static void move_current(cp_vehicle_t *v, uint32_t target, uint32_t step_ms)
{
    const uint32_t up = v->current_ma + RAMP_UP_MA_PER_MS * step_ms;
    const uint32_t fall = RAMP_DOWN_MA_PER_MS * step_ms;
    const uint32_t down = v->current_ma > fall ? v->current_ma - fall : 0u;

    if (v->current_ma < target) {
        v->current_ma = up < target ? up : target;
    } else {
        v->current_ma = down > target ? down : target;
    }
}

void cp_vehicle_step(cp_vehicle_t *v, uint32_t step_ms, const cp_vehicle_sees_t *sees)
{
    const bool offered = sees->offer_ma >= MIN_CURRENT_MA;

    v->offered_ms = offered ? v->offered_ms + step_ms : 0u;
    v->unoffered_ms = offered ? 0u : v->unoffered_ms + step_ms;
    if (!wants(v)) {
        v->s2 = false;
    } else if (offered && v->offered_ms >= S2_CLOSE_MS) {
        v->s2 = true;
    } else if (!offered && v->unoffered_ms >= S2_OPEN_MS && !v->ignores_pilot) {
        v->s2 = false;
    }
    if (!sees->live || !v->s2) {
        v->current_ma = 0;
    } else {
        move_current(v, target_ma(v, sees), step_ms);
    }
}

void cp_vehicle_charge(cp_vehicle_t *v, uint64_t energy_uwh)
{
    const uint64_t full = (uint64_t)v->capacity_wh * 1000000u;

    v->battery_uwh = v->battery_uwh + energy_uwh < full ? v->battery_uwh + energy_uwh : full;
}

uint16_t cp_vehicle_soc_pm(const cp_vehicle_t *v)
{
    const uint64_t soc_pm = v->capacity_wh == 0u ? FULL_PM : v->battery_uwh / ((uint64_t)v->capacity_wh * 1000u);

    return soc_pm < FULL_PM ? (uint16_t)soc_pm : (uint16_t)FULL_PM;
}

void cp_vehicle_set_soc(cp_vehicle_t *v, uint16_t soc_pm)
{
    v->battery_uwh = (uint64_t)v->capacity_wh * 1000u * (soc_pm < FULL_PM ? soc_pm : FULL_PM);
}

int16_t cp_vehicle_level_mv(const cp_vehicle_t *v)
{
    switch ((cp_vehicle_state_t)v->state) {
    case CP_VEHICLE_STATE_A:
        return 12000;
    case CP_VEHICLE_STATE_D:
        return v->s2 ? 3000 : 9000;
    case CP_VEHICLE_STATE_E:
        return 0;
    case CP_VEHICLE_STATE_B:
    case CP_VEHICLE_STATE_C:
    case CP_VEHICLE_STATE_KEEP:
    default:
        return v->s2 ? 6000 : 9000;
    }
}

uint32_t cp_vehicle_proximity_ohm(const cp_vehicle_t *v)
{
    static const struct {
        uint16_t rating_da;
        uint32_t ohm;
    } table[] = {{630, 100}, {320, 220}, {200, 680}, {130, 1500}};

    if (v->state == (uint8_t)CP_VEHICLE_STATE_A) {
        return UINT32_MAX;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (v->cable_da >= table[i].rating_da) {
            return table[i].ohm;
        }
    }
    return 30; /* outside of every window */
}
