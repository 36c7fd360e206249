#include "cp_bench.h"

#include "cp_math.h"

#define SHOW_EVERY_MS 50u
/* What was found is shown for so long after the step. */
#define SHOW_AFTER_MS 1000u
#define LENGTH_MAX_MS 10000u
#define DRIVE_MAX_MS 2000u
#define DUTY_MIN_BP 1000u
#define DUTY_MAX_BP 9600u

static bool drives(uint8_t act)
{
    return act == (uint8_t)CP_BENCH_ACT_STEADY || act == (uint8_t)CP_BENCH_ACT_PWM ||
           act == (uint8_t)CP_BENCH_ACT_NEGATIVE;
}

static bool is_sound(const cp_msg_bench_t *command)
{
    const uint32_t longest_ms = drives(command->act) ? DRIVE_MAX_MS : LENGTH_MAX_MS;
    const bool duty_known = command->act != (uint8_t)CP_BENCH_ACT_PWM ||
                            (command->duty_bp >= DUTY_MIN_BP && command->duty_bp <= DUTY_MAX_BP);

    return command->act <= (uint8_t)CP_BENCH_ACT_TRIP && command->ms >= 1u && command->ms <= longest_ms && duty_known;
}

static cp_result_t start(cp_bench_t *b, cp_evse_t *e, const cp_msg_bench_t *command)
{
    switch (command->act) {
    case CP_BENCH_ACT_STEADY:
        return cp_evse_bench(e, CP_DRIVE_STEADY, 0, command->ms);
    case CP_BENCH_ACT_PWM:
        return cp_evse_bench(e, CP_DRIVE_PWM, command->duty_bp, command->ms);
    case CP_BENCH_ACT_NEGATIVE:
        return cp_evse_bench(e, CP_DRIVE_F, 0, command->ms);
    case CP_BENCH_ACT_TRIP:
        if (!e->config.commissioned || e->power != (uint8_t)CP_POWER_OFF || !cp_evse_proved_open(e)) {
            return CP_RESULT_WRONG_STATE;
        }
        cp_evse_bench_end(e);
        cp_shadow_begin(&b->shadow, &e->config);
        return CP_RESULT_ACCEPTED;
    case CP_BENCH_ACT_LOOK:
    default:
        cp_evse_bench_end(e);
        return CP_RESULT_ACCEPTED;
    }
}

cp_result_t cp_bench_begin(cp_bench_t *b, cp_evse_t *e, const cp_msg_bench_t *command)
{
    if (!is_sound(command)) {
        return CP_RESULT_BAD_VALUE;
    }
    if (b->phase == (uint8_t)CP_BENCH_PHASE_RUNNING && b->evse != command->evse) {
        return CP_RESULT_BUSY;
    }
    const cp_result_t result = start(b, e, command);
    if (result == CP_RESULT_ACCEPTED) {
        b->evse = command->evse;
        b->act = command->act;
        b->phase = (uint8_t)CP_BENCH_PHASE_RUNNING;
        b->ran_ms = 0;
        b->length_ms = command->ms;
        b->show_ms = SHOW_AFTER_MS;
        b->next_ms = 0;
        b->last_us = 0;
        b->gap_us = 0;
    }
    return result;
}

static cp_bench_phase_t run(cp_bench_t *b, const cp_evse_t *e, uint32_t step_ms)
{
    if (b->act == (uint8_t)CP_BENCH_ACT_TRIP) {
        const bool rests = e->power == (uint8_t)CP_POWER_OFF && !e->plugged;
        if (!rests) {
            return CP_BENCH_PHASE_STOPPED;
        }
        return cp_shadow_step(&b->shadow, step_ms) ? CP_BENCH_PHASE_RUNNING : CP_BENCH_PHASE_DONE;
    }
    if (b->ran_ms >= b->length_ms) {
        return CP_BENCH_PHASE_DONE;
    }
    return drives(b->act) && !cp_evse_bench_runs(e) ? CP_BENCH_PHASE_STOPPED : CP_BENCH_PHASE_RUNNING;
}

void cp_bench_step(cp_bench_t *b, const cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, bool button)
{
    b->in = *in;
    b->button = button;
    if (b->phase == (uint8_t)CP_BENCH_PHASE_RUNNING) {
        b->ran_ms = cp_count_up(b->ran_ms, step_ms);
        b->phase = (uint8_t)run(b, e, step_ms);
    } else {
        b->show_ms = cp_count_down(b->show_ms, step_ms);
    }
}

void cp_bench_mark(cp_bench_t *b, uint64_t now_us)
{
    if (b->phase != (uint8_t)CP_BENCH_PHASE_RUNNING) {
        return;
    }
    const uint64_t gap_us = b->last_us > 0u ? now_us - b->last_us : 0u;
    b->gap_us = gap_us > UINT32_MAX ? UINT32_MAX : cp_max_u32(b->gap_us, (uint32_t)gap_us);
    b->last_us = now_us;
}

bool cp_bench_shows(cp_bench_t *b, uint32_t step_ms)
{
    b->next_ms = cp_count_down(b->next_ms, step_ms);
    if (b->show_ms == 0u || b->next_ms > 0u) {
        return false;
    }
    b->next_ms = SHOW_EVERY_MS;
    return true;
}

static uint16_t bit(cp_bench_input_t position, bool holds)
{
    const uint32_t mask = holds ? 1u << (unsigned)position : 0u;

    return (uint16_t)mask;
}

void cp_bench_fill(const cp_bench_t *b, const cp_evse_t *e, cp_msg_bench_state_t *state)
{
    state->evse = b->evse;
    state->act = b->act;
    state->phase = b->phase;
    state->ran_ms = b->ran_ms < UINT16_MAX ? (uint16_t)b->ran_ms : UINT16_MAX;
    state->pilot_high_mv = e->pilot.high_mv;
    state->pilot_low_mv = e->pilot.low_mv;
    state->pilot_duty_bp = b->in.pilot_duty_bp;
    state->proximity_ohm = b->in.proximity_ohm;
    state->temperature_mv = b->in.temperature_mv;
    state->inputs =
        (uint16_t)(bit(CP_BENCH_INPUT_FEEDBACK, b->in.feedback_closed) | bit(CP_BENCH_INPUT_RCM, b->in.rcm_closed) |
                   bit(CP_BENCH_INPUT_EARTH, b->in.earth_present) | bit(CP_BENCH_INPUT_STOP, b->in.stop_closed) |
                   bit(CP_BENCH_INPUT_S0, b->in.s0_closed) | bit(CP_BENCH_INPUT_BUTTON, b->button));
    state->fitted =
        (uint16_t)(bit(CP_BENCH_INPUT_FEEDBACK, e->config.feedback_fitted) |
                   bit(CP_BENCH_INPUT_RCM, e->config.rcm != (uint8_t)CP_RCM_TYPE_NONE) |
                   bit(CP_BENCH_INPUT_EARTH, e->config.earth_fitted) | bit(CP_BENCH_INPUT_STOP, e->config.stop_fitted) |
                   bit(CP_BENCH_INPUT_S0, e->config.s0_pulses_per_kwh > 0u) | bit(CP_BENCH_INPUT_BUTTON, true));
    state->self_test = (uint8_t)cp_evse_self_tested(e);
    state->rcm_test = (uint8_t)cp_evse_rcm_tested(e);
    state->rcm_took_ms = (uint16_t)cp_min_u32(e->rcm.took_ms, UINT16_MAX);
    state->tick_gap_us = b->gap_us;
    for (unsigned i = 0; i < CP_SHADOW_TRIALS; i++) {
        state->trip_ms[i] = b->act == (uint8_t)CP_BENCH_ACT_TRIP ? b->shadow.took_ms[i] : CP_SHADOW_UNTRIED;
    }
}
