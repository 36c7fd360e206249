#include "cp_rcm.h"

#include "cp_math.h"
#include "cp_timing.h"

/*@ requires \valid(r);
    assigns r->phase, r->phase_ms;
    ensures phase <= CP_RCM_READY ==> r->phase == phase; */
static void enter(cp_rcm_t *r, cp_rcm_phase_t phase)
{
    r->phase = (uint8_t)phase;
    r->phase_ms = 0;
}

void cp_rcm_init(cp_rcm_t *r, uint8_t trips)
{
    *r = (cp_rcm_t){0};
    enter(r, CP_RCM_SETTLING);
    r->trips = trips;
    r->forget_ms = trips > 0u ? CP_RCM_FORGET_MS : 0u;
}

/*@ requires \valid(r);
    assigns r->forget_ms, r->trips;
    ensures r->trips <= \old(r->trips); */
static void forget_trips(cp_rcm_t *r, uint32_t step_ms)
{
    r->forget_ms = cp_count_down(r->forget_ms, step_ms);
    if (r->forget_ms == 0u && r->trips > 0u) {
        r->trips--;
        r->forget_ms = r->trips > 0u ? CP_RCM_FORGET_MS : 0u;
    }
}

/*@ requires \valid(r);
    assigns r->phase, r->phase_ms, r->since_test_ms, r->used;
    ensures passed ==> \result == CP_RCM_PASSED && r->phase == CP_RCM_READY;
    ensures !passed ==> \result == CP_RCM_FAILED && r->phase == CP_RCM_DUE; */
static cp_rcm_said_t end_test(cp_rcm_t *r, bool passed)
{
    enter(r, passed ? CP_RCM_READY : CP_RCM_DUE);
    r->since_test_ms = 0;
    r->used = false;
    return passed ? CP_RCM_PASSED : CP_RCM_FAILED;
}

cp_rcm_said_t cp_rcm_step(cp_rcm_t *r, uint32_t step_ms, const cp_rcm_sees_t *sees)
{
    r->phase_ms = cp_count_up(r->phase_ms, step_ms);
    r->since_test_ms = cp_count_up(r->since_test_ms, step_ms);
    r->tripped = sees->tripped;
    r->used = r->used || sees->closed;
    forget_trips(r, step_ms);

    switch ((cp_rcm_phase_t)r->phase) {
    case CP_RCM_SETTLING:
        if (r->phase_ms >= CP_RCM_SETTLE_MS) {
            enter(r, sees->test_ms > 0u ? CP_RCM_DUE : CP_RCM_READY);
        }
        break;
    case CP_RCM_DUE:
        if (sees->at_rest && !sees->tripped) {
            enter(r, CP_RCM_TESTING);
        }
        break;
    case CP_RCM_TESTING:
        if (sees->tripped) {
            r->took_ms = r->phase_ms;
            enter(r, CP_RCM_RECOVERING);
        } else if (r->phase_ms >= sees->test_ms) {
            r->took_ms = r->phase_ms;
            return end_test(r, false);
        }
        break;
    case CP_RCM_RECOVERING:
        if (!sees->tripped) {
            return end_test(r, true);
        }
        if (r->phase_ms >= CP_RCM_RECOVER_MS) {
            return end_test(r, false);
        }
        break;
    case CP_RCM_READY:
    default:
        if (sees->test_ms > 0u && sees->at_rest &&
            ((r->used && !sees->plugged) || r->since_test_ms >= CP_RCM_TEST_EVERY_MS)) {
            enter(r, CP_RCM_DUE);
        }
        break;
    }
    return CP_RCM_SAID_NOTHING;
}

void cp_rcm_request_test(cp_rcm_t *r)
{
    if (r->phase == (uint8_t)CP_RCM_READY) {
        r->since_test_ms = CP_RCM_TEST_EVERY_MS;
    }
}

bool cp_rcm_test_is_due(const cp_rcm_t *r)
{
    return r->since_test_ms >= CP_RCM_TEST_EVERY_MS;
}

bool cp_rcm_tests(const cp_rcm_t *r)
{
    return r->phase == (uint8_t)CP_RCM_TESTING;
}

bool cp_rcm_guards(const cp_rcm_t *r)
{
    return r->phase == (uint8_t)CP_RCM_READY;
}

bool cp_rcm_trips(const cp_rcm_t *r)
{
    return r->tripped && (r->phase == (uint8_t)CP_RCM_DUE || r->phase == (uint8_t)CP_RCM_READY);
}

bool cp_rcm_count_trip(cp_rcm_t *r, uint8_t lockout)
{
    r->trips = r->trips < UINT8_MAX ? (uint8_t)(r->trips + 1u) : UINT8_MAX;
    r->forget_ms = CP_RCM_FORGET_MS;
    return r->trips >= lockout;
}
