/* The bench test: the pilot driven where nothing can come of it, reactions measured on a shadow, all of it shown. */

#include "clauses.h"
#include "cp_timing.h"
#include "evse_rig.h"
#include "host_rig.h"

static host_t h;

/* ---------------------------------------------------------------- the pilot of an EVSE */

static void it_drives_the_pilot_and_ends_by_itself(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_PWM, 2500, 300), CP_RESULT_ACCEPTED);
    rig_run(&r, 200);
    CHECK_EQ(r.out.drive, CP_DRIVE_PWM);
    CHECK_EQ(r.out.pulse_bp, 2500);
    CHECK_BETWEEN(r.e.pilot.high_mv, 11900, 12100);
    CHECK_BETWEEN(r.e.pilot.low_mv, -12100, -11900);
    rig_run(&r, 101);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_F, 0, 300), CP_RESULT_ACCEPTED);
    rig_run(&r, 100);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    CHECK(!r.e.plugged);
}

static void a_vehicle_ends_it_and_is_served_as_ever(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_PWM, 5000, 2000), CP_RESULT_ACCEPTED);
    rig_run(&r, 100);
    r.letter = 'C';
    rig_run(&r, 4 * CP_WINDOW_MS);
    CHECK(r.e.plugged);
    CHECK(!cp_evse_bench_runs(&r.e));
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
    CHECK(!r.e.diode_proved);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_STEADY, 0, 100), CP_RESULT_WRONG_STATE);
    r.letter = 'A';
    rig_run(&r, 1000);
    rig_charge(&r);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_PWM, 5000, 100), CP_RESULT_WRONG_STATE);
}

static void a_fault_ends_it(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_PWM, 5000, 2000), CP_RESULT_ACCEPTED);
    rig_run(&r, 100);
    r.stop_pressed = true;
    rig_run(&r, 2);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
    CHECK(!cp_evse_bench_runs(&r.e));
}

static void it_waits_for_nobody(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'E';
    rig_run(&r, 1000);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_STEADY, 0, 100), CP_RESULT_WRONG_STATE);
    r.letter = 'A';
    rig_run(&r, 1000);
    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_ACCEPTED);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_STEADY, 0, 100), CP_RESULT_WRONG_STATE);
    rig_run(&r, 2000);
    CHECK_EQ(cp_evse_bench(&r.e, CP_DRIVE_STEADY, 0, 100), CP_RESULT_ACCEPTED);
    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_WRONG_STATE);
}

/* ---------------------------------------------------------------- reactions */

static void a_shadow_opens_as_the_core_does(void)
{
    static const struct {
        cp_bench_trial_t trial;
        uint32_t least_ms;
        uint32_t most_ms;
    } table[] = {
        {CP_BENCH_TRIAL_VEHICLE_LEFT, 10, 50},
        {CP_BENCH_TRIAL_PILOT_SHORT, CP_SHORT_MS, CP_SHORT_MS + 100u},
        {CP_BENCH_TRIAL_RCM, 0, 0},
        {CP_BENCH_TRIAL_EMERGENCY_STOP, 0, 0},
        {CP_BENCH_TRIAL_PROTECTIVE_EARTH, 20, CP_EARTH_LOST_MS},
    };
    const cp_evse_config_t config = rig_config();
    cp_shadow_t shadow;

    for (uint32_t step_ms = 1; step_ms <= 10u; step_ms++) {
        cp_shadow_begin(&shadow, &config);
        while (cp_shadow_step(&shadow, step_ms)) {
            CHECK_CLAUSES(cp_evse_broken(&shadow.e));
        }
        for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
            CHECK_BETWEEN(shadow.took_ms[table[i].trial], table[i].least_ms, table[i].most_ms);
        }
    }
}

static void what_is_not_fitted_is_not_tried(void)
{
    cp_evse_config_t config = rig_config();
    cp_shadow_t shadow;

    config.rcm = (uint8_t)CP_RCM_TYPE_NONE;
    config.stop_fitted = false;
    cp_shadow_begin(&shadow, &config);
    while (cp_shadow_step(&shadow, 1)) {
    }
    CHECK_EQ(shadow.took_ms[CP_BENCH_TRIAL_RCM], CP_SHADOW_UNTRIED);
    CHECK_EQ(shadow.took_ms[CP_BENCH_TRIAL_EMERGENCY_STOP], CP_SHADOW_UNTRIED);
    CHECK(shadow.took_ms[CP_BENCH_TRIAL_PROTECTIVE_EARTH] <= CP_EARTH_LOST_MS);
}

static void a_charge_that_cannot_begin_is_told(void)
{
    cp_evse_config_t config = rig_config();
    cp_shadow_t shadow;

    config.hard_limit_da = 0;
    cp_shadow_begin(&shadow, &config);
    while (cp_shadow_step(&shadow, 10)) {
    }
    CHECK_EQ(shadow.took_ms[CP_BENCH_TRIAL_VEHICLE_LEFT], CP_SHADOW_NEVER);
}

/* ---------------------------------------------------------------- over the link */

static cp_result_t bench(uint8_t evse, cp_bench_act_t act, uint16_t duty_bp, uint16_t ms)
{
    const cp_msg_bench_t m = {.evse = evse, .act = (uint8_t)act, .duty_bp = duty_bp, .ms = ms};
    uint8_t payload[CP_MSG_BENCH_SIZE];

    return host_command(&h, CP_MSG_BENCH, payload, cp_msg_bench_encode(&m, payload));
}

static void the_host_is_shown_levels_duty_and_calibration(void)
{
    host_start_commissioned(&h, 2);
    CHECK_EQ(bench(2, CP_BENCH_ACT_PWM, 8500, 400), CP_RESULT_ACCEPTED);
    CHECK_EQ(bench(1, CP_BENCH_ACT_LOOK, 0, 100), CP_RESULT_BUSY);
    host_run(&h, 300);
    CHECK_EQ(h.bench.evse, 2);
    CHECK_EQ(h.bench.phase, CP_BENCH_PHASE_RUNNING);
    CHECK_EQ(h.bench.pilot_high_mv, 12000);
    CHECK_EQ(h.bench.pilot_low_mv, -12000);
    CHECK_EQ(h.bench.pilot_duty_bp, 8500);
    CHECK_EQ(h.bench.minus12_mv, 256);
    CHECK_EQ(h.bench.plus12_mv, 2344);
    CHECK_EQ(h.bench.tick_gap_us, 10000);
    CHECK_EQ(h.bench.self_test, CP_BENCH_TEST_PASSED);
    CHECK_EQ(h.bench.rcm_test, CP_BENCH_TEST_PASSED);
    CHECK_EQ(h.bench.proximity_ohm, UINT32_MAX);
    CHECK(h.bench.inputs >> CP_BENCH_INPUT_STOP & 1u);
    CHECK(h.bench.fitted >> CP_BENCH_INPUT_STOP & 1u);
    CHECK(!(h.bench.fitted >> CP_BENCH_INPUT_S0 & 1u));
    host_run(&h, 300);
    CHECK_EQ(h.bench.phase, CP_BENCH_PHASE_DONE);
    const uint64_t shown_us = h.bench.uptime_us;
    host_run(&h, 3000);
    CHECK_BETWEEN(h.bench.uptime_us - shown_us, 0, 1100000);
}

static void the_host_is_told_of_reactions_while_the_contactor_never_moves(void)
{
    host_start_commissioned(&h, 1);
    CHECK_EQ(bench(1, CP_BENCH_ACT_TRIP, 0, 1), CP_RESULT_ACCEPTED);
    for (unsigned i = 0; i < 1000u && h.bench.phase != CP_BENCH_PHASE_DONE; i++) {
        host_run(&h, 10);
    }
    CHECK_EQ(h.bench.phase, CP_BENCH_PHASE_DONE);
    CHECK_EQ(h.bench.trip_ms[CP_BENCH_TRIAL_RCM], 0);
    CHECK_BETWEEN(h.bench.trip_ms[CP_BENCH_TRIAL_VEHICLE_LEFT], 10, 50);
    CHECK_EQ(host_plant(&h, 1)->closings, 0);
    CHECK_EQ(h.sim.cp.evse[0].cycles, 0);
}

static void bad_requests_are_refused_by_name(void)
{
    host_start_commissioned(&h, 1);
    CHECK_EQ(bench(0, CP_BENCH_ACT_LOOK, 0, 100), CP_RESULT_BAD_EVSE);
    CHECK_EQ(bench(2, CP_BENCH_ACT_LOOK, 0, 100), CP_RESULT_BAD_EVSE);
    CHECK_EQ(bench(1, CP_BENCH_ACT_PWM, 999, 100), CP_RESULT_BAD_VALUE);
    CHECK_EQ(bench(1, CP_BENCH_ACT_PWM, 9601, 100), CP_RESULT_BAD_VALUE);
    CHECK_EQ(bench(1, CP_BENCH_ACT_NEGATIVE, 0, 2001), CP_RESULT_BAD_VALUE);
    CHECK_EQ(bench(1, CP_BENCH_ACT_LOOK, 0, 0), CP_RESULT_BAD_VALUE);
    CHECK_EQ(bench(1, CP_BENCH_ACT_LOOK, 0, 10001), CP_RESULT_BAD_VALUE);
    CHECK_EQ(bench(1, (cp_bench_act_t)5, 0, 100), CP_RESULT_BAD_VALUE);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 200);
    CHECK_EQ(bench(1, CP_BENCH_ACT_PWM, 5000, 100), CP_RESULT_WRONG_STATE);
    host_start(&h, 1);
    host_greet(&h, 7);
    host_run(&h, 1000);
    CHECK_EQ(bench(1, CP_BENCH_ACT_TRIP, 0, 100), CP_RESULT_WRONG_STATE);
}

static void a_monitor_that_fails_its_test_is_shown(void)
{
    const uint8_t evse = 1;

    host_start_commissioned(&h, 1);
    CHECK_EQ(host_fault(&h, 1, CP_FAULT_RCM_SELF_TEST, true), CP_RESULT_OK);
    CHECK_EQ(host_command(&h, CP_MSG_SELF_TEST, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK_EQ(bench(1, CP_BENCH_ACT_LOOK, 0, 3000), CP_RESULT_ACCEPTED);
    host_run(&h, 20);
    CHECK(h.bench.self_test == (uint8_t)CP_BENCH_TEST_RUNNING || h.bench.rcm_test != (uint8_t)CP_BENCH_TEST_PASSED);
    host_run(&h, 2000);
    CHECK_EQ(h.bench.self_test, CP_BENCH_TEST_PASSED);
    CHECK_EQ(h.bench.rcm_test, CP_BENCH_TEST_FAILED);
    CHECK_EQ(bench(1, CP_BENCH_ACT_PWM, 5000, 100), CP_RESULT_ACCEPTED); /* the pilot is tested all the same */
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(it_drives_the_pilot_and_ends_by_itself),
        TEST(a_vehicle_ends_it_and_is_served_as_ever),
        TEST(a_fault_ends_it),
        TEST(it_waits_for_nobody),
        TEST(a_shadow_opens_as_the_core_does),
        TEST(what_is_not_fitted_is_not_tried),
        TEST(a_charge_that_cannot_begin_is_told),
        TEST(the_host_is_shown_levels_duty_and_calibration),
        TEST(the_host_is_told_of_reactions_while_the_contactor_never_moves),
        TEST(bad_requests_are_refused_by_name),
        TEST(a_monitor_that_fails_its_test_is_shown),
    };

    return RUN_TESTS(tests);
}
