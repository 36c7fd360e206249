/* What the bench test may do to an EVSE: drive its pilot while nothing can come of it. */

#include "cp_evse.h"

#include "cp_evse_sense.h"
#include "cp_math.h"

/* Nobody is there, nothing is permitted, nothing closes. */
static bool rests(const cp_evse_t *e)
{
    return e->power == (uint8_t)CP_POWER_OFF && !e->plugged && !e->lease.held && e->offer_da == 0u &&
           e->self_test_ms == 0u && e->wake_ms == 0u && !e->out_of_service && !e->restarting;
}

cp_result_t cp_evse_bench(cp_evse_t *e, cp_drive_t drive, uint16_t duty_bp, uint32_t ms)
{
    if (!rests(e) || !cp_evse_proved_open(e) || cp_evse_pilot_lost(e)) {
        return CP_RESULT_WRONG_STATE;
    }
    e->bench = (cp_evse_bench_t){
        .rest_ms = ms,
        .drive = (uint8_t)drive,
        .duty_bp = duty_bp,
        .faults = cp_faults_bits(&e->faults),
    };
    return CP_RESULT_ACCEPTED;
}

void cp_evse_bench_end(cp_evse_t *e)
{
    e->bench.rest_ms = 0;
}

bool cp_evse_bench_runs(const cp_evse_t *e)
{
    return e->bench.rest_ms > 0u;
}

void cp_evse_bench_pass(cp_evse_t *e, uint32_t step_ms)
{
    const bool anew = (cp_faults_bits(&e->faults) & ~e->bench.faults) != 0u;

    e->bench.rest_ms = rests(e) && !anew ? cp_count_down(e->bench.rest_ms, step_ms) : 0u;
}

cp_bench_test_t cp_evse_self_tested(const cp_evse_t *e)
{
    if (e->self_test_ms > 0u) {
        return CP_BENCH_TEST_RUNNING;
    }
    if (e->self_test_failed) {
        return CP_BENCH_TEST_FAILED;
    }
    return e->self_test_passed && !e->self_test_due ? CP_BENCH_TEST_PASSED : CP_BENCH_TEST_WAITS;
}

cp_bench_test_t cp_evse_rcm_tested(const cp_evse_t *e)
{
    if (e->config.rcm == (uint8_t)CP_RCM_TYPE_NONE || e->config.rcm_test_ms == 0u) {
        return CP_BENCH_TEST_NOT_FITTED;
    }
    if (cp_fault_stands(&e->faults, CP_FAULT_RCM_SELF_TEST)) {
        return CP_BENCH_TEST_FAILED;
    }
    switch ((cp_rcm_phase_t)e->rcm.phase) {
    case CP_RCM_TESTING:
    case CP_RCM_RECOVERING:
        return CP_BENCH_TEST_RUNNING;
    case CP_RCM_READY:
        return cp_rcm_test_is_due(&e->rcm) ? CP_BENCH_TEST_WAITS : CP_BENCH_TEST_PASSED;
    case CP_RCM_SETTLING:
    case CP_RCM_DUE:
    default:
        return CP_BENCH_TEST_WAITS;
    }
}
