/* Protections against the board's own parts: contactor, lock, pilot stage. */

#include "evse_rig.h"

#include "clauses.h"
#include "cp_timing.h"

static bool stands(const rig_t *r, cp_fault_t fault)
{
    return cp_fault_stands(&r->e.faults, fault);
}

static void a_welded_contactor_locks_out_after_250_ms_until_the_button(void)
{
    cp_notes_t notes = {0};
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.welded = true;
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    CHECK_BETWEEN(rig_until_power(&r, CP_POWER_LOCKED_OUT, 300), CP_FEEDBACK_MS - 2u, CP_FEEDBACK_MS + 2u);
    CHECK(stands(&r, CP_FAULT_CONTACTOR_WELDED));
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    CHECK_EQ(cp_evse_contactor(&r.e), CP_CONTACTOR_CLOSED);
    CHECK(r.out.lock);
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_WRONG_STATE);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_LOCKED_OUT);
    r.welded = false;
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_wake(&r.e), CP_RESULT_WRONG_STATE);
    rig_run(&r, 60000);
    CHECK(stands(&r, CP_FAULT_CONTACTOR_WELDED));
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_CONTACTOR_WELDED, &notes), CP_RESULT_NOT_PERMITTED);
    cp_evse_clear_lockouts(&r.e, &notes);
    CHECK_EQ(notes.count, 1);
    rig_run(&r, 1000);
    CHECK_EQ(r.e.power == (uint8_t)CP_POWER_LOCKED_OUT, false);
}

static void a_weld_is_found_while_idle_too(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.welded = true;
    CHECK_BETWEEN(rig_until_power(&r, CP_POWER_LOCKED_OUT, 300), CP_FEEDBACK_MS - 2u, CP_FEEDBACK_MS + 2u);
}

static void a_lock_out_of_before_the_reset_stands_again(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.lockouts = 1u << CP_FAULT_CONTACTOR_WELDED | 1u << CP_FAULT_RESETS_WHILE_CLOSED};
    cp_notes_t notes = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.letter = 'C';
    rig_run(&r, 60000);
    CHECK_EQ(r.e.power, CP_POWER_LOCKED_OUT);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 2);
    cp_evse_clear_lockouts(&r.e, &notes);
    rig_run(&r, 1000);
    CHECK_EQ(cp_faults_bits(&r.e.faults), 0);
}

static void a_contactor_that_does_not_close_is_a_fault_of_its_own_and_tried_again(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.stuck_open = true;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    (void)rig_until_closed(&r, true, 3000);
    CHECK_BETWEEN(rig_until_closed(&r, false, 300), CP_FEEDBACK_MS - 2u, CP_FEEDBACK_MS + 2u);
    CHECK_EQ(cp_faults_bits(&r.e.faults), 1u << CP_FAULT_CONTACTOR_OPEN);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_CONTACTOR_CLOSED), 0);
    r.stuck_open = false;
    CHECK_BETWEEN(rig_until_closed(&r, true, 40000), CP_RETRY_MS - 500u, CP_RETRY_MS + 1500u);
    rig_run(&r, 5000);
    CHECK(r.out.contactor_closed);
    CHECK_EQ(cp_faults_bits(&r.e.faults), 0);
}

static void a_contactor_that_falls_open_while_charging_is_found(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.stuck_open = true;
    CHECK_BETWEEN(rig_until_closed(&r, false, 300), CP_FEEDBACK_MS - 2u, CP_FEEDBACK_MS + 2u);
    CHECK(stands(&r, CP_FAULT_CONTACTOR_OPEN));
}

static void a_plug_that_comes_unlocked_while_charging_winds_down(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.lock_jammed = true;
    r.in.lock_at = (uint8_t)CP_LOCK_AT_UNLOCKED;
    CHECK_BETWEEN(rig_until_power(&r, CP_POWER_WINDING_DOWN, 3000), CP_LOCK_MS - 2u, CP_LOCK_MS + 2u);
    CHECK(stands(&r, CP_FAULT_LOCK));
}

static void a_lock_that_jams_on_unlocking_says_so_and_is_tried_again_on_command(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'B';
    rig_run(&r, 1000);
    r.lease_every_ms = 0;
    r.lock_jammed = true;
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_OK);
    rig_run(&r, CP_LOCK_MS + 10u);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_JAMMED);
    CHECK(stands(&r, CP_FAULT_LOCK));
    r.lock_jammed = false;
    CHECK_EQ(cp_evse_set_lock(&r.e, false), CP_RESULT_OK);
    rig_run(&r, 10);
    CHECK_EQ(cp_evse_lock(&r.e), CP_LOCK_UNLOCKED);
    CHECK(!stands(&r, CP_FAULT_LOCK));
}

/* A pilot stage whose negative rail only reaches -6 V. */
static void run_with_weak_rail(rig_t *r, uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i++) {
        cp_notes_t notes = {.count = 0};
        r->in.pilot_high_mv = r->out.drive == (uint8_t)CP_DRIVE_F ? -6000 : 12000;
        r->in.pilot_low_mv = r->out.drive == (uint8_t)CP_DRIVE_STEADY ? 12000 : -6000;
        cp_evse_tick(&r->e, 1, &r->in, &r->out, &notes);
        CHECK_CLAUSES(cp_evse_broken(&r->e));
    }
}

static void a_failed_self_test_blocks_until_it_passes_and_is_cleared(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    cp_notes_t notes = {0};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    run_with_weak_rail(&r, 1000);
    CHECK(stands(&r, CP_FAULT_SELF_TEST));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_SELF_TEST);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_SELF_TEST, &notes), CP_RESULT_WRONG_STATE);

    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_ACCEPTED);
    CHECK_EQ(cp_evse_self_test(&r.e), CP_RESULT_WRONG_STATE); /* it runs already */
    rig_run(&r, 1000);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_SELF_TEST)->value, 0);
    CHECK(stands(&r, CP_FAULT_SELF_TEST)); /* latched */
    CHECK_EQ(cp_evse_clear_fault(&r.e, 255, &notes), CP_RESULT_OK);
    CHECK(!stands(&r, CP_FAULT_SELF_TEST));
    rig_charge(&r);
}

static void nothing_closes_before_the_self_test_has_passed(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.plug = 1, .plugged = true};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.letter = 'E'; /* a shorted pilot leaves the test undecided */
    rig_run(&r, 2000);
    CHECK(!r.e.self_test_passed);
    CHECK(!r.e.self_test_failed);
    r.letter = 'B';
    for (uint32_t ms = 0; ms < CP_PILOT_SOUND_MS; ms++) {
        (void)rig_lease(&r, 160);
        rig_run(&r, 1);
        CHECK_EQ(r.e.offer_da, 0);
        CHECK(!cp_evse_permitted(&r.e));
    }
    r.lease_da = 160;
    r.lease_every_ms = 100;
    rig_run(&r, 500);
    CHECK(r.e.self_test_passed);
    CHECK(cp_evse_permitted(&r.e));
}

static void restarting_lets_a_charge_go_on_but_closes_no_more(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    cp_evse_hold_for_restart(&r.e);
    rig_run(&r, 5000);
    CHECK(r.out.contactor_closed);
    r.letter = 'B';
    rig_run(&r, 100);
    r.letter = 'C';
    rig_run(&r, 20000);
    CHECK(!r.out.contactor_closed);
}

static void a_plug_that_is_drawn_while_nobody_can_see_it_leave_is_no_fault(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 1000);
    CHECK_EQ(cp_evse_set_available(&r.e, false), CP_RESULT_OK);
    rig_run(&r, 1000);
    CHECK_EQ(r.out.drive, CP_DRIVE_F);
    r.letter = 'A';
    r.in.proximity_ohm = UINT32_MAX;
    rig_run(&r, 60000);
    CHECK(!stands(&r, CP_FAULT_PROXIMITY));
    CHECK_EQ(cp_evse_set_available(&r.e, true), CP_RESULT_OK);
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_PROXIMITY));
    CHECK(!r.e.plugged);
}

static void a_fault_of_another_kind_is_a_bad_value(void)
{
    cp_notes_t notes = {0};
    rig_t r;

    rig_start(&r, 1);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_COUNT, &notes), CP_RESULT_BAD_VALUE);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_PILOT_SHORT, &notes), CP_RESULT_OK); /* nothing to clear */
    CHECK_EQ(notes.count, 0);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_welded_contactor_locks_out_after_250_ms_until_the_button),
        TEST(a_weld_is_found_while_idle_too),
        TEST(a_lock_out_of_before_the_reset_stands_again),
        TEST(a_contactor_that_does_not_close_is_a_fault_of_its_own_and_tried_again),
        TEST(a_contactor_that_falls_open_while_charging_is_found),
        TEST(a_plug_that_comes_unlocked_while_charging_winds_down),
        TEST(a_lock_that_jams_on_unlocking_says_so_and_is_tried_again_on_command),
        TEST(a_failed_self_test_blocks_until_it_passes_and_is_cleared),
        TEST(nothing_closes_before_the_self_test_has_passed),
        TEST(restarting_lets_a_charge_go_on_but_closes_no_more),
        TEST(a_plug_that_is_drawn_while_nobody_can_see_it_leave_is_no_fault),
        TEST(a_fault_of_another_kind_is_a_bad_value),
    };

    return RUN_TESTS(tests);
}
