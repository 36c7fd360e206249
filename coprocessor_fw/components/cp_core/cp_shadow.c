#include "cp_shadow.h"

#include "cp_math.h"
#include "cp_timing.h"

/* The charge before the cause is played through faster than life: steps of the core for each real one. */
#define HASTE 4u
/* The cause comes when the contactor has been closed for so long: nothing of its closing is blanked any more. */
#define SETTLED_MS 100u
/* A charge begins, and ends after its cause, within these times, or never. */
#define CHARGE_MS 30000u
#define WATCH_MS 10000u
#define CABLE_OHM 220u

static bool tried(const cp_evse_config_t *config, cp_bench_trial_t trial)
{
    switch (trial) {
    case CP_BENCH_TRIAL_VEHICLE_LEFT:
    case CP_BENCH_TRIAL_PILOT_SHORT:
        return true;
    case CP_BENCH_TRIAL_RCM:
        return config->rcm != (uint8_t)CP_RCM_TYPE_NONE;
    case CP_BENCH_TRIAL_EMERGENCY_STOP:
        return config->stop_fitted;
    case CP_BENCH_TRIAL_PROTECTIVE_EARTH:
        return config->earth_fitted;
    default:
        return false;
    }
}

/* Go on with the next trial that this EVSE is fitted for, from a fresh start. */
static void next_trial(cp_shadow_t *s, uint8_t from)
{
    const cp_evse_config_t config = s->e.config;
    const cp_evse_past_t past = {0};

    s->trial = from;
    while (s->trial < CP_SHADOW_TRIALS && !tried(&config, (cp_bench_trial_t)s->trial)) {
        s->trial++;
    }
    s->ran_ms = 0;
    s->since_ms = 0;
    s->out = (cp_evse_outputs_t){0};
    cp_evse_init(&s->e, &past);
    cp_evse_configure(&s->e, &config);
}

void cp_shadow_begin(cp_shadow_t *s, const cp_evse_config_t *config)
{
    s->e.config = *config;
    s->e.config.limit_da = config->hard_limit_da;
    s->e.config.pilot_gain_ppm = 0; /* its levels are exact */
    s->e.config.pilot_offset_mv = 0;
    s->e.config.temperature.sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NONE;
    s->e.config.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    s->e.config.s0_pulses_per_kwh = 0;
    for (unsigned i = 0; i < CP_SHADOW_TRIALS; i++) {
        s->took_ms[i] = CP_SHADOW_UNTRIED;
    }
    next_trial(s, 0);
}

/* A vehicle that asks, in a world where all is well. */
static cp_evse_inputs_t sound_inputs(const cp_shadow_t *s)
{
    const int16_t negative_mv = s->out.drive == (uint8_t)CP_DRIVE_STEADY ? 6000 : -12000;
    const bool closed_is_well = s->e.config.rcm == (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED;

    return (cp_evse_inputs_t){
        .pilot_high_mv = s->out.drive == (uint8_t)CP_DRIVE_F ? -12000 : 6000,
        .pilot_low_mv = negative_mv,
        .proximity_ohm = CABLE_OHM,
        .feedback_closed = s->out.contactor_closed,
        .lock_at = s->out.lock ? (uint8_t)CP_LOCK_AT_LOCKED : (uint8_t)CP_LOCK_AT_UNLOCKED,
        .rcm_closed = s->out.rcm_test != closed_is_well,
        .earth_present = true,
        .stop_closed = true,
    };
}

static void spoil(cp_bench_trial_t trial, cp_evse_inputs_t *in)
{
    switch (trial) {
    case CP_BENCH_TRIAL_VEHICLE_LEFT:
        in->pilot_high_mv = 9000;
        break;
    case CP_BENCH_TRIAL_PILOT_SHORT:
        in->pilot_high_mv = 0;
        in->pilot_low_mv = 0;
        break;
    case CP_BENCH_TRIAL_RCM:
        in->rcm_closed = !in->rcm_closed;
        break;
    case CP_BENCH_TRIAL_EMERGENCY_STOP:
        in->stop_closed = false;
        break;
    case CP_BENCH_TRIAL_PROTECTIVE_EARTH:
    default:
        in->earth_present = false;
        break;
    }
}

static void tick(cp_shadow_t *s, uint32_t step_ms, const cp_evse_inputs_t *in)
{
    cp_notes_t notes = {.count = 0};
    const cp_msg_lease_t lease = {
        .evse = 1,
        .plug = s->e.plug,
        .limit_da = s->e.config.hard_limit_da,
        .phases = s->e.config.phases,
        .ttl_ms = CP_LEASE_MAX_MS,
    };

    if (s->e.plugged) {
        (void)cp_evse_lease(&s->e, &lease);
    }
    cp_evse_tick(&s->e, step_ms, in, &s->out, &notes);
}

static bool charges(const cp_shadow_t *s)
{
    return s->e.power == (uint8_t)CP_POWER_ENERGISED && s->e.edge_ms >= SETTLED_MS;
}

static void end_trial(cp_shadow_t *s, uint32_t took_ms)
{
    s->took_ms[s->trial] = (uint16_t)took_ms;
    next_trial(s, (uint8_t)(s->trial + 1u));
}

/* Bring it to charge; true when it does. */
static bool begin_charge(cp_shadow_t *s, uint32_t step_ms)
{
    for (unsigned i = 0; i < HASTE && !charges(s) && s->since_ms == 0u; i++) {
        const cp_evse_inputs_t in = sound_inputs(s);
        tick(s, step_ms, &in);
        s->ran_ms = cp_count_up(s->ran_ms, step_ms);
    }
    return charges(s);
}

bool cp_shadow_step(cp_shadow_t *s, uint32_t step_ms)
{
    if (s->trial >= CP_SHADOW_TRIALS) {
        return false;
    }
    if (s->since_ms == 0u && !charges(s)) {
        if (!begin_charge(s, step_ms) && s->ran_ms >= CHARGE_MS) {
            end_trial(s, CP_SHADOW_NEVER);
        }
        return s->trial < CP_SHADOW_TRIALS;
    }
    cp_evse_inputs_t in = sound_inputs(s);
    spoil((cp_bench_trial_t)s->trial, &in);
    tick(s, step_ms, &in);
    if (!s->out.contactor_closed) {
        end_trial(s, s->since_ms);
    } else {
        s->since_ms += step_ms;
        if (s->since_ms >= WATCH_MS) {
            end_trial(s, CP_SHADOW_NEVER);
        }
    }
    return s->trial < CP_SHADOW_TRIALS;
}
