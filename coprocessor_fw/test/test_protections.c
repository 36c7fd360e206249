/* Every protection: what it reacts to, how soon, and how it clears. A protection that is taken out fails here. */

#include "evse_rig.h"

#include "cp_timing.h"

static bool stands(const rig_t *r, cp_fault_t fault)
{
    return cp_fault_stands(&r->e.faults, fault);
}

static void a_shorted_pilot_opens_after_500_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'E';
    CHECK_BETWEEN(rig_until_closed(&r, false, 3000), CP_SHORT_MS, CP_SHORT_MS + 50u);
    CHECK(stands(&r, CP_FAULT_PILOT_SHORT));
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_BY_FAULT);
    CHECK(!r.e.lease.held);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NOT_PLUGGED);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_PILOT_SHORT));
    CHECK_BETWEEN(rig_until_closed(&r, true, 40000), CP_RECLOSE_FAULT_MS - 1000u, CP_RECLOSE_FAULT_MS + 600u);
}

static void a_short_of_400_ms_interrupts_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'E';
    rig_run(&r, 400);
    r.letter = 'C';
    rig_run(&r, 5000);
    CHECK_EQ(r.e.cycles, 1);
    CHECK(r.out.contactor_closed);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 0);
}

static void an_invalid_pilot_ends_the_offer_after_500_ms_and_opens_within_3_s(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'X';
    r.draw_ma = 16000;
    r.draws = true;
    const uint32_t began_ms = r.now_ms;
    r.letter = 'X';
    while (r.out.drive == (uint8_t)CP_DRIVE_PWM) {
        rig_run(&r, 1);
        r.in.meter.current_ma[0] = 16000;
        CHECK(r.now_ms - began_ms <= 600u);
    }
    CHECK_BETWEEN(r.now_ms - began_ms, CP_INVALID_STOP_MS, CP_INVALID_STOP_MS + 50u);
    CHECK(stands(&r, CP_FAULT_PILOT_INVALID));
    (void)rig_until_closed(&r, false, 3000);
    CHECK_BETWEEN(r.now_ms - began_ms, CP_INVALID_STOP_MS, 3000);
}

static void an_invalid_pilot_with_a_drawing_vehicle_opens_at_its_deadline(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.no_meter = true; /* the current's end is not seen */
    rig_charge(&r);
    r.letter = 'X';
    CHECK_BETWEEN(rig_until_closed(&r, false, 3000), CP_INVALID_OPEN_MS, 3000);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_PILOT_INVALID));
}

static void noise_of_300_ms_interrupts_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'X';
    rig_run(&r, 300);
    r.letter = 'C';
    rig_run(&r, 3000);
    CHECK_EQ(r.e.cycles, 1);
    CHECK(r.out.contactor_closed);
}

static void without_a_diode_nothing_ever_closes(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.diode = false;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK(stands(&r, CP_FAULT_DIODE_MISSING));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_DIODE_UNPROVED);
}

static void a_diode_that_vanishes_while_charging_opens_within_50_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1000);
    r.diode = false;
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    CHECK(stands(&r, CP_FAULT_DIODE_MISSING));
    r.diode = true;
    rig_run(&r, 60000);
    CHECK(!r.out.contactor_closed); /* stays until the vehicle is unplugged */
    r.letter = 'A';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_DIODE_MISSING));
}

static void d_without_ventilation_is_refused(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'D';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK(stands(&r, CP_FAULT_VENTILATION));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_VENTILATION);
}

static void d_while_charging_without_ventilation_opens_within_50_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1000);
    r.letter = 'D';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->value, CP_FAULT_VENTILATION);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_VENTILATION));
}

static void d_with_ventilation_is_charged(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.ventilation = true;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'D';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    CHECK_BETWEEN(rig_until_closed(&r, true, 3000), 30, 1200);
}

static void an_unknown_cable_is_a_fault_and_no_charge(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.in.proximity_ohm = 30;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(r.e.offer_da, 0);
    CHECK(stands(&r, CP_FAULT_PROXIMITY));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_CABLE);
    r.letter = 'A';
    rig_run(&r, 100);
    CHECK(!stands(&r, CP_FAULT_PROXIMITY));
}

static void a_cable_that_is_lost_while_charging_stops_and_opens(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.in.proximity_ohm = UINT32_MAX;
    CHECK_BETWEEN(rig_until_closed(&r, false, 1000), CP_PROXIMITY_MS, CP_PROXIMITY_MS + CP_PROXIMITY_FAULT_MS + 10u);
    CHECK(stands(&r, CP_FAULT_PROXIMITY));
}

static void a_smaller_cable_than_thought_lowers_the_offer(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.in.proximity_ohm = 1500;
    rig_run(&r, CP_PROXIMITY_MS + 2u);
    CHECK_EQ(r.e.offer_da, 130);
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
        CHECK(cp_evse_invariant(&r->e));
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
    rig_run(&r, 1000);
    CHECK(r.e.self_test_passed);
}

static void an_uncommissioned_evse_gives_nothing(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.commissioned = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NOT_COMMISSIONED);
    rig_run(&r, 20000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
}

static void the_pilot_is_classified_in_every_state(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.commissioned = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'B';
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B1);
    r.letter = 'E';
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_E);
}

static void a_flickering_pilot_reports_at_most_ten_times_a_second_and_ends_right(void)
{
    rig_t r;

    rig_start(&r, 1);
    for (unsigned i = 0; i < 25u; i++) {
        r.letter = i % 2u == 0u ? 'B' : 'C';
        rig_run(&r, 40);
    }
    rig_run(&r, 200);
    CHECK_BETWEEN(rig_count(&r, CP_EVENT_CODE_PILOT_CHANGED), 2, 12);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_PILOT_CHANGED)->value, CP_PILOT_B1);
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
        TEST(a_shorted_pilot_opens_after_500_ms),
        TEST(a_short_of_400_ms_interrupts_nothing),
        TEST(an_invalid_pilot_ends_the_offer_after_500_ms_and_opens_within_3_s),
        TEST(an_invalid_pilot_with_a_drawing_vehicle_opens_at_its_deadline),
        TEST(noise_of_300_ms_interrupts_nothing),
        TEST(without_a_diode_nothing_ever_closes),
        TEST(a_diode_that_vanishes_while_charging_opens_within_50_ms),
        TEST(d_without_ventilation_is_refused),
        TEST(d_while_charging_without_ventilation_opens_within_50_ms),
        TEST(d_with_ventilation_is_charged),
        TEST(an_unknown_cable_is_a_fault_and_no_charge),
        TEST(a_cable_that_is_lost_while_charging_stops_and_opens),
        TEST(a_smaller_cable_than_thought_lowers_the_offer),
        TEST(a_welded_contactor_locks_out_after_250_ms_until_the_button),
        TEST(a_weld_is_found_while_idle_too),
        TEST(a_lock_out_of_before_the_reset_stands_again),
        TEST(a_contactor_that_does_not_close_is_a_fault_of_its_own_and_tried_again),
        TEST(a_contactor_that_falls_open_while_charging_is_found),
        TEST(a_plug_that_comes_unlocked_while_charging_winds_down),
        TEST(a_lock_that_jams_on_unlocking_says_so_and_is_tried_again_on_command),
        TEST(a_failed_self_test_blocks_until_it_passes_and_is_cleared),
        TEST(nothing_closes_before_the_self_test_has_passed),
        TEST(an_uncommissioned_evse_gives_nothing),
        TEST(the_pilot_is_classified_in_every_state),
        TEST(a_flickering_pilot_reports_at_most_ten_times_a_second_and_ends_right),
        TEST(restarting_lets_a_charge_go_on_but_closes_no_more),
        TEST(a_fault_of_another_kind_is_a_bad_value),
    };

    return RUN_TESTS(tests);
}
