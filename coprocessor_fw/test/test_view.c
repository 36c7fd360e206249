/* What an EVSE shows of itself: why it is not closed, how long it waits, where its lock is. */

#include "evse_rig.h"

#include "cp_timing.h"

static uint32_t blocked(const rig_t *r)
{
    return cp_evse_blocked(&r->e);
}

#define BIT(name) (1u << CP_BLOCKED_##name)

static void an_idle_evse_names_all_that_is_missing(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(blocked(&r), BIT(NO_LEASE) | BIT(EV_NOT_READY) | BIT(NOT_PLUGGED) | BIT(DIODE_UNPROVED));
}

static void reasons_go_one_by_one_on_the_way_to_a_charge(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 200);
    CHECK_EQ(blocked(&r), BIT(NO_LEASE) | BIT(EV_NOT_READY) | BIT(DIODE_UNPROVED));
    (void)rig_lease(&r, 60);
    CHECK_EQ(blocked(&r), BIT(EV_NOT_READY) | BIT(DIODE_UNPROVED));
    rig_run(&r, 100);
    CHECK_EQ(blocked(&r), BIT(EV_NOT_READY));
    r.letter = 'C';
    rig_run(&r, 100);
    CHECK_EQ(blocked(&r), 0);
    (void)rig_until_closed(&r, true, 1000);
    CHECK_EQ(blocked(&r), 0);
    CHECK_EQ(cp_evse_wait_ms(&r.e), 0);
}

static void a_stop_and_a_setting_below_6_a_are_a_zero_limit(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 200);
    (void)rig_lease(&r, 160);
    CHECK(!(blocked(&r) & BIT(ZERO_LIMIT)));
    r.e.config.limit_da = 59;
    CHECK(blocked(&r) & BIT(ZERO_LIMIT));
    r.e.config.limit_da = 800;
    (void)rig_lease(&r, 0);
    CHECK(blocked(&r) & BIT(ZERO_LIMIT));
    CHECK(!(blocked(&r) & BIT(NO_LEASE)));
}

static void the_wait_to_reclose_is_shown_and_runs_down(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    CHECK(!(blocked(&r) & BIT(RECLOSE_WAIT)));
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    CHECK(blocked(&r) & BIT(RECLOSE_WAIT));
    CHECK_EQ(cp_evse_wait_ms(&r.e), CP_RECLOSE_MS);
    rig_run(&r, 1000);
    CHECK_EQ(cp_evse_wait_ms(&r.e), CP_RECLOSE_MS - 1000u);
    rig_run(&r, 4000);
    CHECK(!(blocked(&r) & BIT(RECLOSE_WAIT)));
}

static void booting_and_the_self_test_are_shown_until_they_are_over(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    CHECK_EQ(blocked(&r) & (BIT(BOOTING) | BIT(SELF_TEST)), BIT(BOOTING) | BIT(SELF_TEST));
    rig_run(&r, CP_SELF_TEST_MS + 50u);
    CHECK_EQ(blocked(&r) & (BIT(BOOTING) | BIT(SELF_TEST)), BIT(SELF_TEST)); /* of the residual-current monitor */
    rig_run(&r, CP_RCM_SETTLE_MS);
    CHECK_EQ(blocked(&r) & (BIT(BOOTING) | BIT(SELF_TEST)), 0);
    cp_evse_hold_for_restart(&r.e);
    CHECK(blocked(&r) & BIT(BOOTING));
}

static void the_lock_shows_that_it_moves(void)
{
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_UNLOCKED);
    r.lock_jammed = true; /* slow, for less than its time */
    CHECK_EQ(cp_evse_set_lock(&r.e, true), CP_RESULT_OK);
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_MOVING);
    r.in.lock_at = (uint8_t)CP_LOCK_AT_NEITHER;
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_MOVING);
    r.lock_jammed = false;
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_LOCKED);
    r.lock_jammed = true;
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_OK);
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_MOVING);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_LOCK_CHANGED), 3);
}

static void a_plug_that_leaves_during_state_f_is_noticed_by_its_proximity(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 500);
    const uint32_t plug = r.e.plug;
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_OK);
    rig_run(&r, 1000);
    r.in.proximity_ohm = UINT32_MAX; /* pulled out, and another one put in, all within state F */
    rig_run(&r, 300);
    r.in.proximity_ohm = 220;
    rig_run(&r, 4000);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B1);
    CHECK_EQ(r.e.plug, plug + 1u);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(an_idle_evse_names_all_that_is_missing),
        TEST(reasons_go_one_by_one_on_the_way_to_a_charge),
        TEST(a_stop_and_a_setting_below_6_a_are_a_zero_limit),
        TEST(the_wait_to_reclose_is_shown_and_runs_down),
        TEST(booting_and_the_self_test_are_shown_until_they_are_over),
        TEST(the_lock_shows_that_it_moves),
        TEST(a_plug_that_leaves_during_state_f_is_noticed_by_its_proximity),
    };

    return RUN_TESTS(tests);
}
