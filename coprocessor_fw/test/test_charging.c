/* A charge and its times: closing, offering, stopping, unplugging, reclosing, phases, wake, lock. */

#include "evse_rig.h"

#include "cp_timing.h"

static void nothing_closes_without_a_lease(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'C';
    rig_run(&r, 20000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_C1);
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_NO_LEASE);
}

static void b_to_c_closes_after_the_debounce_and_within_3_s(void)
{
    for (uint32_t step = 1; step <= 10u; step++) {
        rig_t r;
        rig_start(&r, step);
        r.letter = 'B';
        rig_run(&r, 200);
        r.lease_da = 160;
        r.lease_every_ms = 500;
        rig_run(&r, 1000);
        CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B2);
        r.letter = 'C';
        CHECK_BETWEEN(rig_until_closed(&r, true, 3000), CP_CLOSE_DEBOUNCE_MS, CP_CLOSE_DEBOUNCE_MS + 60u);
        (void)rig_until_power(&r, CP_POWER_ENERGISED, 300);
        CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_CLOSED)->value, 3);
        CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_CLOSED)->extra, 160);
        CHECK_EQ(cp_evse_blocked(&r.e), 0);
    }
}

static void a_wake_pulse_of_250_ms_closes_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 1000);
    r.letter = 'C';
    rig_run(&r, 250);
    r.letter = 'B';
    rig_run(&r, 2000);
    CHECK_EQ(r.e.cycles, 0);
}

static void a_to_c_is_served_once_the_diode_is_proved(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'C';
    rig_run(&r, 100);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NONE);
    CHECK(!r.e.diode_proved);
    CHECK_BETWEEN(rig_until_closed(&r, true, 3000), 30, 600);
    CHECK(r.e.diode_proved);
}

static void unplugging_opens_within_50_ms_whatever_the_step_and_the_moment(void)
{
    for (uint32_t step = 1; step <= 10u; step++) {
        for (uint32_t moment = 0; moment < 10u; moment++) {
            rig_t r;
            rig_start(&r, step);
            rig_charge(&r);
            rig_run(&r, 1000 + moment * step);
            r.letter = 'A';
            CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
            CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_BY_VEHICLE);
            CHECK_EQ(rig_count(&r, CP_EVENT_CODE_UNPLUGGED), 1);
            CHECK(!r.e.lease.held);
        }
    }
}

static void opening_s2_opens_within_50_ms_and_keeps_the_offer(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1003);
    r.letter = 'B';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    rig_run(&r, 500);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B2);
    CHECK_EQ(r.e.offer_da, 160);
    CHECK_EQ(r.e.power, CP_POWER_OFFERING);
}

static void an_edge_right_after_closing_opens_within_100_ms_despite_blanking(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 1000);
    r.letter = 'C';
    (void)rig_until_closed(&r, true, 3000);
    r.letter = 'A';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 75);
}

static void unplugging_from_d_is_no_pilot_fault(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.ventilation = true;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    rig_charge(&r);
    r.letter = 'D';
    rig_run(&r, 1000);
    CHECK(r.out.contactor_closed);
    r.letter = 'A';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    rig_run(&r, 1000);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 0);
}

static void stopping_opens_as_soon_as_the_current_has_ceased(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 2000);
    r.lease_every_ms = 0;
    CHECK_EQ(rig_lease(&r, 0), CP_LEASE_REFUSAL_NONE);
    rig_run(&r, 1);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
    rig_run(&r, 700);
    CHECK(r.out.contactor_closed);
    r.draw_ma = 900;
    CHECK_BETWEEN(rig_until_closed(&r, false, 10), 0, 2);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_STOPPED);
    CHECK_BETWEEN(rig_last(&r, CP_EVENT_CODE_WOUND_DOWN)->value, 700, 705);
    CHECK_EQ(r.e.opened_under_load, 0);
}

static void stopping_opens_when_the_vehicle_opens_s2(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 2000);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    rig_run(&r, 2500);
    r.letter = 'B';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    CHECK_EQ(r.e.opened_under_load, 0);
}

static void a_vehicle_that_ignores_the_stop_is_cut_off_after_6_s_and_counted(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 2000);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    CHECK_BETWEEN(rig_until_closed(&r, false, 7000), CP_WIND_DOWN_MS, CP_WIND_DOWN_MS + 2u);
    rig_run(&r, 10);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_BY_TIME_OUT);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_OPENED_UNDER_LOAD)->value, 16000);
    CHECK_EQ(r.e.opened_under_load, 1);
    CHECK(cp_fault_stands(&r.e.faults, CP_FAULT_OPENED_UNDER_LOAD));
    rig_run(&r, CP_RETRY_MS);
    CHECK(!cp_fault_stands(&r.e.faults, CP_FAULT_OPENED_UNDER_LOAD));
    CHECK_EQ(r.e.reclose_ms, 0); /* the fault itself was the wait */
}

static void without_a_meter_the_wind_down_takes_its_6_s(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.no_meter = true;
    r.e.config.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    rig_charge(&r);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    CHECK_BETWEEN(rig_until_closed(&r, false, 7000), CP_WIND_DOWN_MS, CP_WIND_DOWN_MS + 2u);
    CHECK_EQ(r.e.opened_under_load, 1); /* not known to be without load */
}

static void an_expired_lease_winds_down(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1000);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 160);
    CHECK_BETWEEN(rig_until_power(&r, CP_POWER_WINDING_DOWN, 11000), 10000, 10002);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_LEASE_EXPIRED)->value, 160);
    CHECK_BETWEEN(rig_until_closed(&r, false, 7000), CP_WIND_DOWN_MS, CP_WIND_DOWN_MS + 2u);
}

static void a_fresh_lease_in_the_wind_down_goes_on_without_opening(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 6000);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    rig_run(&r, 3000);
    CHECK_EQ(r.e.power, CP_POWER_WINDING_DOWN);
    (void)rig_lease(&r, 160);
    rig_run(&r, 2);
    CHECK_EQ(r.e.power, CP_POWER_ENERGISED);
    CHECK_EQ(r.e.offer_da, 160);
    CHECK_EQ(r.e.cycles, 1);
}

static void reclosing_waits_5_s(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 2000);
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    r.letter = 'C';
    CHECK_BETWEEN(rig_until_closed(&r, true, 10000), CP_RECLOSE_MS, CP_RECLOSE_MS + 20u);
}

static void many_closings_in_a_minute_stretch_the_wait_and_rest_shortens_it(void)
{
    static const uint32_t waits_ms[] = {5000, 5000, 5000, 10000};
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    for (unsigned i = 0; i < 4u; i++) {
        r.letter = 'B';
        (void)rig_until_closed(&r, false, 100);
        r.letter = 'C';
        CHECK_BETWEEN(rig_until_closed(&r, true, 60000), waits_ms[i], waits_ms[i] + 600u);
        CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 0);
    }
    rig_run(&r, 200000);
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    r.letter = 'C';
    CHECK_BETWEEN(rig_until_closed(&r, true, 60000), 5000, 5600);
}

static void after_a_reset_with_a_closed_contactor_closing_waits_30_s(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.plug = 7, .plugged = true, .was_closed = true};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    CHECK_BETWEEN(rig_until_closed(&r, true, 40000), CP_RECLOSE_FAULT_MS, CP_RECLOSE_FAULT_MS + 100u);
    CHECK_EQ(r.e.plug, 7); /* A was never seen: the same plug-in */
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_PLUGGED), 0);
}

static void without_feedback_the_drop_out_is_waited_for(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.feedback_fitted = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    rig_charge(&r);
    r.letter = 'B';
    (void)rig_until_closed(&r, false, 100);
    CHECK(!cp_evse_proved_open(&r.e));
    CHECK_EQ(cp_evse_contactor(&r.e), CP_CONTACTOR_OPENING);
    CHECK_BETWEEN(rig_until_power(&r, CP_POWER_OFF, 200), CP_DROP_OUT_MS - 2u, CP_DROP_OUT_MS + 2u);
}

static void times_and_counts_at_their_maximum_do_not_wrap(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.open_ms = UINT32_MAX - 10u;
    r.e.state_ms = UINT32_MAX - 10u;
    r.e.sound_ms = UINT32_MAX - 10u;
    r.e.phase_ms = UINT32_MAX - 10u;
    r.e.cable_ms = UINT32_MAX - 10u;
    rig_run(&r, 100);
    CHECK(cp_evse_proved_open(&r.e));
    CHECK_EQ(cp_faults_bits(&r.e.faults), 0);
    rig_charge(&r);
    r.e.asks_ms = UINT32_MAX - 10u;
    r.e.state_ms = UINT32_MAX - 10u;
    rig_run(&r, 5000);
    CHECK(r.out.contactor_closed);
}

static void a_plug_in_count_at_its_end_goes_on_from_zero(void)
{
    const cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.plug = UINT32_MAX};
    rig_t r;

    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    rig_charge(&r);
    CHECK_EQ(r.e.plug, 0);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(nothing_closes_without_a_lease),
        TEST(b_to_c_closes_after_the_debounce_and_within_3_s),
        TEST(a_wake_pulse_of_250_ms_closes_nothing),
        TEST(a_to_c_is_served_once_the_diode_is_proved),
        TEST(unplugging_opens_within_50_ms_whatever_the_step_and_the_moment),
        TEST(opening_s2_opens_within_50_ms_and_keeps_the_offer),
        TEST(an_edge_right_after_closing_opens_within_100_ms_despite_blanking),
        TEST(unplugging_from_d_is_no_pilot_fault),
        TEST(stopping_opens_as_soon_as_the_current_has_ceased),
        TEST(stopping_opens_when_the_vehicle_opens_s2),
        TEST(a_vehicle_that_ignores_the_stop_is_cut_off_after_6_s_and_counted),
        TEST(without_a_meter_the_wind_down_takes_its_6_s),
        TEST(an_expired_lease_winds_down),
        TEST(a_fresh_lease_in_the_wind_down_goes_on_without_opening),
        TEST(reclosing_waits_5_s),
        TEST(many_closings_in_a_minute_stretch_the_wait_and_rest_shortens_it),
        TEST(after_a_reset_with_a_closed_contactor_closing_waits_30_s),
        TEST(without_feedback_the_drop_out_is_waited_for),
        TEST(times_and_counts_at_their_maximum_do_not_wrap),
        TEST(a_plug_in_count_at_its_end_goes_on_from_zero),
    };

    return RUN_TESTS(tests);
}
