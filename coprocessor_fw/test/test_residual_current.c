/* The residual-current monitor: trips, self-tests, lock-out. */

#include "cp_timing.h"
#include "evse_rig.h"

static bool stands(const rig_t *r, cp_fault_t fault)
{
    return cp_fault_stands(&r->e.faults, fault);
}

/* Unplug after a charge, and let the test that follows pass. */
static void leave(rig_t *r)
{
    r->letter = 'A';
    r->lease_every_ms = 0;
    rig_run(r, 2000);
}

static void clear(rig_t *r, cp_fault_t fault)
{
    cp_notes_t notes = {0};

    CHECK_EQ(cp_evse_clear_fault(&r->e, (uint8_t)fault, &notes), CP_RESULT_OK);
}

static void a_trip_opens_in_the_same_tick_and_stays(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1234);
    r.residual = true;
    CHECK_EQ(rig_until_closed(&r, false, 10), 1);
    CHECK(stands(&r, CP_FAULT_RCM));
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->value, CP_FAULT_RCM);
    CHECK(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->extra > 1234); /* ms since the contactor moved */
    r.residual = false;
    leave(&r);
    CHECK(stands(&r, CP_FAULT_RCM));
    clear(&r, CP_FAULT_RCM);
    rig_charge(&r);
}

static void a_trip_cannot_be_cleared_while_it_lasts(void)
{
    cp_notes_t notes = {0};
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.residual = true;
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_RCM, &notes), CP_RESULT_WRONG_STATE);
    CHECK(stands(&r, CP_FAULT_RCM));
}

static void a_normally_open_contact_trips_when_it_closes(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_OPEN;
    config.rcm_test_ms = 0;
    rig_power_up(&r, 1, &config, &past);
    r.residual = true; /* the rig's contact is open now: no trip of this type */
    rig_run(&r, 15000);
    rig_charge(&r);
    r.residual = false;
    CHECK_EQ(rig_until_closed(&r, false, 10), 1);
    CHECK(stands(&r, CP_FAULT_RCM));
}

static void a_monitor_of_another_type_or_another_test_is_tested_before_it_guards(void)
{
    for (unsigned i = 0; i < 2u; i++) {
        rig_t r;
        rig_start(&r, 1);
        CHECK(cp_rcm_guards(&r.e.rcm));
        cp_evse_config_t config = r.e.config;
        cp_evse_configure(&r.e, &config);
        CHECK(cp_rcm_guards(&r.e.rcm)); /* nothing changed */
        if (i == 0u) {
            config.rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_OPEN;
        } else {
            config.rcm_test_ms++;
        }
        cp_evse_configure(&r.e, &config);
        CHECK(!cp_rcm_guards(&r.e.rcm));
    }
}

static void the_third_trip_locks_out_until_the_button(void)
{
    cp_notes_t notes = {0};
    rig_t r;

    rig_start(&r, 1);
    for (unsigned i = 1; i <= 3u; i++) {
        rig_charge(&r);
        r.residual = true;
        rig_run(&r, 10);
        r.residual = false;
        leave(&r);
        CHECK_EQ(stands(&r, CP_FAULT_RCM_LOCKOUT), i == 3u);
        CHECK_EQ(r.e.rcm.trips, i);
        clear(&r, CP_FAULT_RCM);
        rig_run(&r, 31000);
    }
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_RCM_LOCKOUT, &notes), CP_RESULT_NOT_PERMITTED);
    CHECK_EQ(r.e.power, CP_POWER_LOCKED_OUT);
    cp_evse_clear_lockouts(&r.e, &notes);
    CHECK(!stands(&r, CP_FAULT_RCM_LOCKOUT));
    CHECK_EQ(r.e.rcm.trips, 0);
    rig_run(&r, 31000);
    rig_charge(&r);
}

/* The monitor alone, for days: at rest or not. */
static unsigned run_days(cp_rcm_t *m, uint32_t ms, bool at_rest)
{
    const cp_rcm_sees_t sees = {.test_ms = 300, .tripped = false, .at_rest = at_rest};
    unsigned tests = 0;

    for (uint32_t ran = 0; ran < ms; ran += 10u) {
        cp_rcm_sees_t now = sees;
        now.tripped = cp_rcm_tests(m);
        tests += cp_rcm_step(m, 10, &now) == CP_RCM_PASSED ? 1u : 0u;
    }
    return tests;
}

static void a_trip_is_forgotten_after_a_day(void)
{
    cp_rcm_t m;

    cp_rcm_init(&m, 0);
    CHECK(!cp_rcm_count_trip(&m, 3));
    CHECK(!cp_rcm_count_trip(&m, 3));
    (void)run_days(&m, CP_RCM_FORGET_MS - 10u, true);
    CHECK_EQ(m.trips, 2);
    (void)run_days(&m, 10, true);
    CHECK_EQ(m.trips, 1);
    (void)run_days(&m, CP_RCM_FORGET_MS, true);
    CHECK_EQ(m.trips, 0);
}

static void trips_of_before_a_power_cut_count(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.rcm_trips = 2};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 15000);
    rig_charge(&r);
    r.residual = true;
    rig_run(&r, 10);
    CHECK(stands(&r, CP_FAULT_RCM_LOCKOUT));
}

/* ---------------------------------------------------------------- self-test */

static void it_is_tested_at_boot_before_anything_closes(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 100;
    while (rig_count(&r, CP_EVENT_CODE_RCM_TESTED) == 0u) {
        CHECK(!r.out.contactor_closed);
        CHECK_EQ(r.e.offer_da, 0);
        CHECK(r.now_ms < 3000u);
        rig_run(&r, 1);
    }
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_RCM_TESTED)->value, 0);
    CHECK_BETWEEN(rig_last(&r, CP_EVENT_CODE_RCM_TESTED)->extra, 20, 22);
    (void)rig_until_closed(&r, true, 5000);
}

static void a_monitor_that_does_not_react_is_a_fault_of_its_own(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.rcm_deaf = true;
    rig_run(&r, CP_RCM_SETTLE_MS + RIG_RCM_TEST_MS + 10u);
    CHECK(stands(&r, CP_FAULT_RCM_SELF_TEST));
    CHECK(!stands(&r, CP_FAULT_RCM));
    CHECK(!r.out.rcm_test);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_RCM_TESTED)->value, 1);
    r.letter = 'C';
    rig_run(&r, 200);
    (void)rig_lease(&r, 160);
    rig_run(&r, 5000);
    CHECK(!r.out.contactor_closed);
    r.rcm_deaf = false;
    rig_run(&r, 60000);
    CHECK(stands(&r, CP_FAULT_RCM_SELF_TEST)); /* latched: not tried by itself */
    clear(&r, CP_FAULT_RCM_SELF_TEST);
    rig_run(&r, 31000);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_RCM_TESTED)->value, 0);
    rig_charge(&r);
}

static void a_monitor_that_does_not_go_back_fails_its_test(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.rcm_sticks = true;
    rig_run(&r, CP_RCM_SETTLE_MS + 100u + CP_RCM_RECOVER_MS);
    CHECK(stands(&r, CP_FAULT_RCM_SELF_TEST));
}

static void it_is_tested_after_each_session(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 5000);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_RCM_TESTED), 0);
    leave(&r);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_RCM_TESTED), 1);
    r.letter = 'B'; /* a plug-in without a charge wears nothing */
    rig_run(&r, 1000);
    leave(&r);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_RCM_TESTED), 1);
}

static void it_is_tested_each_day_but_never_in_a_session(void)
{
    cp_rcm_t m;

    cp_rcm_init(&m, 0);
    CHECK_EQ(run_days(&m, CP_RCM_SETTLE_MS + 100u, true), 1);
    CHECK_EQ(run_days(&m, CP_RCM_TEST_EVERY_MS - 1000u, true), 0);
    CHECK_EQ(run_days(&m, 2u * CP_RCM_TEST_EVERY_MS, false), 0); /* a session over two days */
    CHECK(cp_rcm_guards(&m));
    CHECK_EQ(run_days(&m, 100, true), 1);
    CHECK_EQ(run_days(&m, 3u * CP_RCM_TEST_EVERY_MS + 1000u, true), 3);
}

static void the_host_may_ask_for_a_test(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_ACCEPTED);
    rig_run(&r, 1000);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_RCM_TESTED), 1);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_SELF_TEST), 1);
}

static void without_a_test_output_it_guards_once_it_has_powered_up(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.rcm_test_ms = 0;
    rig_power_up(&r, 1, &config, &past);
    r.residual = true; /* its contact while it powers up */
    rig_run(&r, CP_RCM_SETTLE_MS / 2u);
    CHECK(!stands(&r, CP_FAULT_RCM));
    r.residual = false;
    rig_run(&r, CP_RCM_SETTLE_MS);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_RCM_TESTED), 0);
    rig_charge(&r);
    r.residual = true;
    CHECK_EQ(rig_until_closed(&r, false, 10), 1);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_trip_opens_in_the_same_tick_and_stays),
        TEST(a_trip_cannot_be_cleared_while_it_lasts),
        TEST(a_normally_open_contact_trips_when_it_closes),
        TEST(a_monitor_of_another_type_or_another_test_is_tested_before_it_guards),
        TEST(the_third_trip_locks_out_until_the_button),
        TEST(a_trip_is_forgotten_after_a_day),
        TEST(trips_of_before_a_power_cut_count),
        TEST(it_is_tested_at_boot_before_anything_closes),
        TEST(a_monitor_that_does_not_react_is_a_fault_of_its_own),
        TEST(a_monitor_that_does_not_go_back_fails_its_test),
        TEST(it_is_tested_after_each_session),
        TEST(it_is_tested_each_day_but_never_in_a_session),
        TEST(the_host_may_ask_for_a_test),
        TEST(without_a_test_output_it_guards_once_it_has_powered_up),
    };

    return RUN_TESTS(tests);
}
