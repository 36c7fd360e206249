/* Overcurrent, earth, temperature, emergency stop, and the policy by which a vehicle is served again. */

#include "cp_analog.h"
#include "cp_timing.h"
#include "evse_rig.h"

static bool stands(const rig_t *r, cp_fault_t fault)
{
    return cp_fault_stands(&r->e.faults, fault);
}

/* ---------------------------------------------------------------- overcurrent */

static void charge_at(rig_t *r, uint16_t lease_da)
{
    rig_start(r, 1);
    rig_charge(r);
    r->draw_ma = (uint32_t)lease_da * 100u;
    r->lease_da = lease_da;
    rig_run(r, 6000);
    CHECK_EQ(r->e.offer_da, lease_da);
    rig_run(r, 8000); /* a higher offer is forgotten */
}

static void what_a_vehicle_may_draw_is_a_tenth_or_an_ampere_above_the_offer(void)
{
    static const struct {
        uint16_t lease_da;
        uint32_t good_ma;
        uint32_t bad_ma;
    } table[] = {{60, 7000, 7001}, {100, 11000, 11001}, {160, 17600, 17601}, {320, 35200, 35201}};

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        rig_t r;
        charge_at(&r, table[i].lease_da);
        r.draw_ma = table[i].good_ma;
        rig_run(&r, 20000);
        CHECK(r.out.contactor_closed);
        r.draw_ma = table[i].bad_ma;
        CHECK_BETWEEN(rig_until_closed(&r, false, 8000), CP_OVERCURRENT_MS - 1u, CP_OVERCURRENT_MS + 1u);
        CHECK(stands(&r, CP_FAULT_OVERCURRENT));
        CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->extra, table[i].bad_ma);
    }
}

static void twice_the_limit_opens_after_a_second(void)
{
    rig_t r;

    charge_at(&r, 160);
    r.draw_ma = 2u * 17600u;
    CHECK_BETWEEN(rig_until_closed(&r, false, 1200), CP_OVERCURRENT_FAR_MS - 1u, CP_OVERCURRENT_FAR_MS + 1u);
}

static void a_vehicle_has_six_seconds_to_follow_a_lower_offer(void)
{
    rig_t r;

    charge_at(&r, 320);
    r.lease_da = 60;
    (void)rig_lease(&r, 60);
    rig_run(&r, 6900); /* the higher offer counts for 6 s, to the second; then it is far too much */
    CHECK(r.out.contactor_closed);
    CHECK_BETWEEN(rig_until_closed(&r, false, 2000), 1, 1200);
    CHECK(stands(&r, CP_FAULT_OVERCURRENT));
}

static void a_short_peak_is_no_fault(void)
{
    rig_t r;

    charge_at(&r, 160);
    for (unsigned i = 0; i < 10u; i++) {
        r.draw_ma = 34000;
        rig_run(&r, 900);
        r.draw_ma = 16000;
        rig_run(&r, 50);
    }
    CHECK(r.out.contactor_closed);
}

static void a_vehicle_that_is_stopped_is_not_judged(void)
{
    rig_t r;

    charge_at(&r, 160);
    r.draw_ma = 40000;
    (void)rig_lease(&r, 0);
    r.lease_every_ms = 0;
    rig_run(&r, CP_WIND_DOWN_MS + 100u);
    CHECK(!r.out.contactor_closed);
    CHECK(!stands(&r, CP_FAULT_OVERCURRENT));
    CHECK(stands(&r, CP_FAULT_OPENED_UNDER_LOAD));
}

/* Else a host that stops for a moment now and then would take the guard away. */
static void a_stop_for_a_moment_forgives_no_overcurrent(void)
{
    rig_t r;
    uint32_t ran_ms = 0;

    charge_at(&r, 160);
    r.draw_ma = 20000;
    while (r.out.contactor_closed) {
        CHECK(ran_ms < 3u * CP_OVERCURRENT_MS);
        (void)rig_lease(&r, 160);
        rig_run(&r, CP_OVERCURRENT_MS - 500u);
        (void)rig_lease(&r, 0);
        rig_run(&r, 1);
        ran_ms += CP_OVERCURRENT_MS - 499u;
    }
    CHECK(stands(&r, CP_FAULT_OVERCURRENT));
}

/* What flows before the closing is a weld's or the meter's doing; the guard counts from the closing on. */
static void a_current_that_is_shown_while_open_is_not_counted(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.feedback_fitted = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 15000);
    r.letter = 'B';
    rig_run(&r, 500);
    r.lease_da = 160;
    r.lease_every_ms = 500;
    r.welded = true;
    r.draw_ma = 40000;
    r.lock_jammed = true;
    rig_run(&r, 100);
    r.letter = 'C';
    rig_run(&r, CP_OVERCURRENT_FAR_MS + 500u);
    CHECK(!r.out.contactor_closed);
    r.lock_jammed = false;
    (void)rig_until_closed(&r, true, 100);
    CHECK_BETWEEN(rig_until_closed(&r, false, 1200), CP_OVERCURRENT_FAR_MS - 2u, CP_OVERCURRENT_FAR_MS + 2u);
}

static void current_inputs_judge_by_their_scale(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.current = (uint8_t)CP_CURRENT_SOURCE_INPUT;
    rig_power_up(&r, 1, &config, &past);
    r.no_meter = true;
    rig_run(&r, 15000);
    r.in.current_mv[1] = 800; /* 16 A at 20 A/V */
    rig_charge(&r);
    rig_run(&r, 20000);
    CHECK_EQ(r.e.current_ma, 16000);
    CHECK(r.out.contactor_closed);
    r.in.current_mv[1] = 900; /* 18 A */
    CHECK_BETWEEN(rig_until_closed(&r, false, 8000), 6900, 7100);
    CHECK(stands(&r, CP_FAULT_OVERCURRENT));
}

static void the_highest_of_three_phases_is_judged(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};

    config.current = (uint8_t)CP_CURRENT_SOURCE_INPUT;
    for (unsigned highest = 0; highest < 3u; highest++) {
        rig_t r;
        rig_power_up(&r, 1, &config, &past);
        for (unsigned i = 0; i < 3u; i++) {
            r.in.current_mv[i] = (uint16_t)(i == highest ? 800u : 100u + i);
        }
        rig_run(&r, 1);
        CHECK_EQ(r.e.current_ma, 16000);
        for (unsigned i = 0; i < 3u; i++) {
            CHECK_EQ(r.e.meter.current_ma[i], 20u * r.in.current_mv[i]);
        }
        r.e.config.current_ma_per_v = UINT32_MAX;
        r.in.current_mv[highest] = UINT16_MAX;
        rig_run(&r, 1);
        CHECK_EQ(r.e.current_ma, UINT32_MAX); /* more than can be said */
    }
}

static void a_guard_that_sees_no_current_ends_the_permission(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.obedient = true;
    r.no_meter = true; /* it was commissioned to judge by the meter */
    CHECK_BETWEEN(rig_until_closed(&r, false, CP_WIND_DOWN_MS + 100u), 1, CP_WIND_DOWN_MS + 100u);
    rig_run(&r, 60000);
    CHECK(!r.out.contactor_closed);
    r.no_meter = false;
    (void)rig_until_closed(&r, true, 60000);
}

/* ---------------------------------------------------------------- retries */

static void a_vehicle_is_served_again_as_often_as_the_policy_says(void)
{
    rig_t r;

    rig_start(&r, 10);
    r.e.config.retries = 2;
    r.e.config.retry_s = 40;
    rig_charge(&r);
    r.draw_ma = 40000;
    for (unsigned i = 0; i < 2u; i++) {
        (void)rig_until_closed(&r, false, 10000);
        CHECK(stands(&r, CP_FAULT_OVERCURRENT));
        CHECK_BETWEEN(rig_until_closed(&r, true, 300000), 40000, 300000);
    }
    (void)rig_until_closed(&r, false, 10000);
    rig_run(&r, 600000);
    CHECK(stands(&r, CP_FAULT_OVERCURRENT));
    CHECK_EQ(r.e.cycles, 3);
    CHECK(!r.out.contactor_closed);
    r.letter = 'A';
    rig_run(&r, 80000);
    CHECK(!stands(&r, CP_FAULT_OVERCURRENT));
    r.draw_ma = 16000;
    rig_charge(&r); /* the next vehicle */
}

static void a_policy_without_end_counts_without_wrapping(void)
{
    rig_t r;

    rig_start(&r, 10);
    r.e.config.retries = 255;
    rig_charge(&r);
    r.e.retries_used = 254;
    for (unsigned i = 0; i < 2u; i++) {
        r.earth_lost = true;
        (void)rig_until_closed(&r, false, 100);
        CHECK_EQ(r.e.retries_used, 255);
        r.earth_lost = false;
        (void)rig_until_closed(&r, true, 60000);
    }
}

/* ---------------------------------------------------------------- earth */

static void a_lost_earth_opens_within_two_periods_of_the_mains(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.earth_lost = true;
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), CP_EARTH_LOST_MS, CP_EARTH_LOST_MS + 1u);
    CHECK(stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    rig_run(&r, 120000);
    CHECK(!r.out.contactor_closed);
    CHECK(stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    r.earth_lost = false;
    rig_run(&r, CP_EARTH_SOUND_MS + 10u);
    CHECK(!stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    CHECK_BETWEEN(rig_until_closed(&r, true, 60000), 29000, 40000);
}

static void a_sense_that_follows_the_mains_is_no_loss(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    for (unsigned i = 0; i < 200u; i++) {
        r.earth_lost = i % 2u == 0u;
        rig_run(&r, 10);
    }
    CHECK(r.out.contactor_closed);
}

static void an_earth_that_is_lost_at_rest_costs_no_retry(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.earth_lost = true;
    rig_run(&r, 1000);
    CHECK(stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    r.earth_lost = false;
    rig_run(&r, CP_EARTH_SOUND_MS - 1u);
    CHECK(stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    rig_run(&r, 1);
    CHECK(!stands(&r, CP_FAULT_PROTECTIVE_EARTH));
    CHECK_EQ(r.e.retries_used, 0);
}

/* ---------------------------------------------------------------- emergency stop */

static void the_emergency_stop_opens_in_the_same_tick_and_latches(void)
{
    cp_notes_t notes = {0};
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.stop_pressed = true;
    CHECK_EQ(rig_until_closed(&r, false, 10), 1);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_EMERGENCY_STOP, &notes), CP_RESULT_WRONG_STATE);
    r.stop_pressed = false;
    rig_run(&r, 60000);
    CHECK(stands(&r, CP_FAULT_EMERGENCY_STOP));
    CHECK(!r.out.contactor_closed);
    CHECK_EQ(cp_evse_clear_fault(&r.e, CP_FAULT_EMERGENCY_STOP, &notes), CP_RESULT_OK);
    (void)rig_until_closed(&r, true, 60000);
}

/* ---------------------------------------------------------------- temperature */

/* Level of the rig's sensor at this temperature: it falls as the temperature rises. */
static uint16_t level_mv(int16_t dc)
{
    uint16_t mv = 3200;

    while (cp_ntc_dc(cp_divider_ohm(mv, 3300, 10000), 10000, 3950) < dc) {
        mv--;
    }
    return mv;
}

static void warm(rig_t *r, int16_t dc)
{
    r->temperature_mv = level_mv(dc);
    rig_run(r, 2u * CP_SENSOR_WINDOW_MS);
}

static void heat_derates_in_two_steps_and_then_stops(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.obedient = true;
    r.lease_da = 320;
    rig_run(&r, 6000);
    CHECK_EQ(r.e.offer_da, 320);
    warm(&r, 595);
    CHECK_EQ(r.e.offer_da, 320);
    warm(&r, 605);
    CHECK_EQ(r.e.offer_da, 240);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_DERATED)->value, 240);
    CHECK_BETWEEN(rig_last(&r, CP_EVENT_CODE_DERATED)->extra, 600, 610);
    warm(&r, 705);
    CHECK_EQ(r.e.offer_da, 160);
    CHECK(r.out.contactor_closed);
    warm(&r, 805);
    CHECK(stands(&r, CP_FAULT_OVER_TEMPERATURE));
    CHECK(!r.out.contactor_closed);
    CHECK_EQ(r.e.opened_under_load, 0); /* the vehicle was let stop */
}

static void cooling_raises_late_and_one_step_at_a_time(void)
{
    rig_t r;

    rig_start(&r, 10);
    rig_charge(&r);
    r.lease_da = 320;
    warm(&r, 850);
    CHECK(stands(&r, CP_FAULT_OVER_TEMPERATURE));
    warm(&r, 760); /* within the hysteresis */
    rig_run(&r, 2u * CP_HEAT_HOLD_MS);
    CHECK(stands(&r, CP_FAULT_OVER_TEMPERATURE));
    warm(&r, 300);
    CHECK(!stands(&r, CP_FAULT_OVER_TEMPERATURE));
    CHECK_EQ(cp_evse_derated_da(&r.e), 160);
    rig_run(&r, CP_HEAT_HOLD_MS - 5000u);
    CHECK_EQ(cp_evse_derated_da(&r.e), 160);
    rig_run(&r, 5000);
    CHECK_EQ(cp_evse_derated_da(&r.e), 240);
    rig_run(&r, CP_HEAT_HOLD_MS + 1000u);
    CHECK_EQ(cp_evse_derated_da(&r.e), UINT16_MAX);
    (void)rig_until_closed(&r, true, 60000);
    rig_run(&r, 10000);
    CHECK_EQ(r.e.offer_da, 320);
}

static void an_open_or_shorted_sensor_is_a_fault_of_its_own(void)
{
    static const uint16_t levels_mv[] = {3300, 0};

    for (unsigned i = 0; i < 2u; i++) {
        rig_t r;
        rig_start(&r, 1);
        rig_charge(&r);
        r.obedient = true;
        r.temperature_mv = levels_mv[i];
        CHECK_BETWEEN(rig_until_closed(&r, false, 4000), 1000, 3000 + 2500);
        CHECK(stands(&r, CP_FAULT_TEMPERATURE_SENSOR));
        CHECK(!stands(&r, CP_FAULT_OVER_TEMPERATURE));
        r.temperature_mv = RIG_ROOM_MV;
        (void)rig_until_closed(&r, true, 60000);
        CHECK(!stands(&r, CP_FAULT_TEMPERATURE_SENSOR));
    }
}

static void nothing_closes_before_the_temperature_is_known(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.rcm = (uint8_t)CP_RCM_TYPE_NONE;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, CP_SENSOR_WINDOW_MS - 10u);
    CHECK(!cp_evse_permitted(&r.e));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_SELF_TEST);
    rig_run(&r, 20);
    CHECK(!(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_SELF_TEST));
}

static void an_ntc_above_its_resistor_is_read_the_other_way_round(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.e.config.temperature.sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_HIGH;
    r.temperature_mv = (uint16_t)(3300u - level_mv(650));
    rig_run(&r, 2000);
    CHECK_BETWEEN(r.e.heat.dc, 640, 660);
}

static void a_sensor_that_is_taken_out_limits_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.temperature_mv = RIG_HOT_MV;
    rig_run(&r, 2u * CP_SENSOR_WINDOW_MS);
    CHECK(stands(&r, CP_FAULT_OVER_TEMPERATURE));
    cp_evse_config_t config = r.e.config;
    config.temperature.sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NONE;
    cp_evse_configure(&r.e, &config);
    rig_run(&r, 1);
    CHECK(!stands(&r, CP_FAULT_OVER_TEMPERATURE));
    CHECK_EQ(cp_evse_derated_da(&r.e), UINT16_MAX);
}

/* ---------------------------------------------------------------- all of them */

static void what_is_not_fitted_is_not_looked_at(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};

    config.rcm = (uint8_t)CP_RCM_TYPE_NONE;
    config.earth_fitted = false;
    config.stop_fitted = false;
    config.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    config.temperature.sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NONE;
    for (unsigned contact_closed = 0; contact_closed < 2u; contact_closed++) {
        rig_t r;
        rig_power_up(&r, 1, &config, &past);
        r.residual = contact_closed == 0u;
        r.earth_lost = true;
        r.stop_pressed = true;
        r.temperature_mv = 0;
        r.draw_ma = 40000;
        rig_run(&r, 3000);
        rig_charge(&r);
        rig_run(&r, 10000);
        CHECK(r.out.contactor_closed);
        CHECK_EQ(cp_faults_bits(&r.e.faults), 0);
    }
}

static void a_fault_says_how_long_ago_the_contactor_moved(void)
{
    static const cp_fault_t faults[] = {CP_FAULT_EMERGENCY_STOP, CP_FAULT_RCM, CP_FAULT_PROTECTIVE_EARTH};
    rig_t charging;

    rig_start(&charging, 1);
    rig_charge(&charging);
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (uint32_t more_ms = 0; more_ms < 2u; more_ms++) {
            rig_t r = charging;
            rig_run(&r, 1000u + more_ms);
            r.stop_pressed = faults[i] == CP_FAULT_EMERGENCY_STOP;
            r.residual = faults[i] == CP_FAULT_RCM;
            r.earth_lost = faults[i] == CP_FAULT_PROTECTIVE_EARTH;
            (void)rig_until_closed(&r, false, 100);
            CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->value, faults[i]);
            CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->extra, r.now_ms - charging.moved_ms);
        }
    }
}

/* ---------------------------------------------------------------- steps */

static void guards_open_as_soon_at_any_step(void)
{
    for (uint32_t step_ms = 1; step_ms <= 10u; step_ms++) {
        rig_t charging;
        rig_start(&charging, step_ms);
        rig_charge(&charging);
        rig_run(&charging, 10000);

        rig_t r = charging;
        r.residual = true;
        CHECK_EQ(rig_until_closed(&r, false, 100), step_ms);
        r = charging;
        r.stop_pressed = true;
        CHECK_EQ(rig_until_closed(&r, false, 100), step_ms);
        r = charging;
        r.earth_lost = true;
        CHECK_BETWEEN(rig_until_closed(&r, false, 100), CP_EARTH_LOST_MS, CP_EARTH_LOST_MS + step_ms);
        r = charging;
        r.draw_ma = 19200;
        CHECK_BETWEEN(rig_until_closed(&r, false, 8000), CP_OVERCURRENT_MS, CP_OVERCURRENT_MS + step_ms);
        r = charging;
        r.draw_ma = 40000;
        CHECK_BETWEEN(rig_until_closed(&r, false, 8000), CP_OVERCURRENT_FAR_MS, CP_OVERCURRENT_FAR_MS + step_ms);
        r = charging;
        r.obedient = true;
        r.temperature_mv = RIG_HOT_MV;
        CHECK_BETWEEN(rig_until_closed(&r, false, 4000), 1, 2u * CP_SENSOR_WINDOW_MS + 50u);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(what_a_vehicle_may_draw_is_a_tenth_or_an_ampere_above_the_offer),
        TEST(twice_the_limit_opens_after_a_second),
        TEST(a_vehicle_has_six_seconds_to_follow_a_lower_offer),
        TEST(a_short_peak_is_no_fault),
        TEST(a_vehicle_that_is_stopped_is_not_judged),
        TEST(a_stop_for_a_moment_forgives_no_overcurrent),
        TEST(a_current_that_is_shown_while_open_is_not_counted),
        TEST(current_inputs_judge_by_their_scale),
        TEST(the_highest_of_three_phases_is_judged),
        TEST(a_guard_that_sees_no_current_ends_the_permission),
        TEST(a_vehicle_is_served_again_as_often_as_the_policy_says),
        TEST(a_policy_without_end_counts_without_wrapping),
        TEST(a_lost_earth_opens_within_two_periods_of_the_mains),
        TEST(a_sense_that_follows_the_mains_is_no_loss),
        TEST(an_earth_that_is_lost_at_rest_costs_no_retry),
        TEST(the_emergency_stop_opens_in_the_same_tick_and_latches),
        TEST(heat_derates_in_two_steps_and_then_stops),
        TEST(cooling_raises_late_and_one_step_at_a_time),
        TEST(an_open_or_shorted_sensor_is_a_fault_of_its_own),
        TEST(nothing_closes_before_the_temperature_is_known),
        TEST(a_sensor_that_is_taken_out_limits_nothing),
        TEST(what_is_not_fitted_is_not_looked_at),
        TEST(a_fault_says_how_long_ago_the_contactor_moved),
        TEST(guards_open_as_soon_at_any_step),
        TEST(an_ntc_above_its_resistor_is_read_the_other_way_round),
    };

    return RUN_TESTS(tests);
}
