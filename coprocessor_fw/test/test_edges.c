/* The guards' arithmetic by itself, at its edges: the last step before, and the very step at which something is to happen. */

#include "cp_analog.h"
#include "cp_math.h"
#include "cp_messages.h"
#include "cp_overcurrent.h"
#include "cp_power.h"
#include "cp_rcm.h"
#include "cp_s0.h"
#include "cp_temperature.h"
#include "cp_test.h"
#include "cp_timing.h"

/* ---------------------------------------------------------------- saturating arithmetic */

static void timers_stop_at_both_ends(void)
{
    CHECK_EQ(cp_count_down(5, 4), 1);
    CHECK_EQ(cp_count_down(5, 5), 0);
    CHECK_EQ(cp_count_down(5, 6), 0);
    CHECK_EQ(cp_count_up(5, 4), 9);
    CHECK_EQ(cp_count_up(UINT32_MAX - 5u, 5), UINT32_MAX);
    CHECK_EQ(cp_count_up(UINT32_MAX - 5u, 6), UINT32_MAX);
    CHECK_EQ(cp_count_up(UINT32_MAX - 5u, 4), UINT32_MAX - 1u);
    CHECK_EQ(cp_max_u32(3, 4), 4);
    CHECK_EQ(cp_max_u32(4, 3), 4);
    CHECK_EQ(cp_min_u32(3, 4), 3);
    CHECK_EQ(cp_min_u32(4, 3), 3);
    CHECK_EQ(cp_min_u16(3, 4), 3);
    CHECK_EQ(cp_min_u16(4, 3), 3);
}

/* ---------------------------------------------------------------- the safety machine */

static void whatever_is_no_state_or_input_opens(void)
{
    CHECK_EQ(cp_power_next((cp_power_t)255, CP_INPUT_READY), CP_POWER_OPENING);
    CHECK_EQ(cp_power_next((cp_power_t)CP_POWER_STATES, CP_INPUT_READY), CP_POWER_OPENING);
    CHECK_EQ(cp_power_next(CP_POWER_ENERGISED, (cp_power_input_t)255), CP_POWER_OPENING);
    CHECK_EQ(cp_power_next(CP_POWER_ENERGISED, (cp_power_input_t)CP_POWER_INPUTS), CP_POWER_OPENING);
}

/* ---------------------------------------------------------------- overcurrent */

static void an_offer_counts_for_seven_slices_of_a_second_at_any_step(void)
{
    for (uint32_t step_ms = 1; step_ms <= 10u; step_ms++) {
        cp_overcurrent_t o = {0};
        uint32_t past_ms = step_ms;
        (void)cp_overcurrent_step(&o, step_ms, 320, 0);
        CHECK_EQ(cp_overcurrent_limit_ma(&o), 35200);
        while (past_ms + step_ms < CP_OVERCURRENT_SLICES * 1000u) {
            (void)cp_overcurrent_step(&o, step_ms, 60, 0);
            past_ms += step_ms;
            CHECK_EQ(cp_overcurrent_limit_ma(&o), 35200);
        }
        (void)cp_overcurrent_step(&o, step_ms, 60, 0);
        CHECK_EQ(cp_overcurrent_limit_ma(&o), 7000);
    }
}

static void of_several_offers_the_highest_counts(void)
{
    cp_overcurrent_t o = {0};

    (void)cp_overcurrent_step(&o, 1, 100, 0);
    (void)cp_overcurrent_step(&o, 1, 320, 0);
    (void)cp_overcurrent_step(&o, 1, 200, 0);
    CHECK_EQ(cp_overcurrent_limit_ma(&o), 35200);
}

static void nothing_offered_for_long_leaves_the_margin(void)
{
    cp_overcurrent_t o = {0};

    for (unsigned i = 0; i < 10000u; i++) {
        (void)cp_overcurrent_step(&o, 1, i == 0u ? 320 : 0, 0);
    }
    CHECK_EQ(cp_overcurrent_limit_ma(&o), 1000);
}

static void an_overcurrent_is_one_after_its_time_and_not_a_step_before(void)
{
    static const struct {
        uint32_t current_ma;
        uint32_t trips_ms; /* 0: never */
    } table[] = {{17600, 0}, {17601, CP_OVERCURRENT_MS}, {35199, CP_OVERCURRENT_MS}, {35200, CP_OVERCURRENT_FAR_MS}};

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        cp_overcurrent_t o = {0};
        uint32_t past_ms = 1;
        while (!cp_overcurrent_step(&o, 1, 160, table[i].current_ma) && past_ms < 20000u) {
            past_ms++;
        }
        CHECK_EQ(past_ms, table[i].trips_ms == 0u ? 20000u : table[i].trips_ms);
    }
}

static void an_overcurrent_that_pauses_begins_anew_and_one_without_an_offer_waits(void)
{
    cp_overcurrent_t o = {0};

    CHECK(!cp_overcurrent_step(&o, 1, 160, 16000));
    for (uint32_t i = 2; i < CP_OVERCURRENT_MS; i++) {
        CHECK(!cp_overcurrent_step(&o, 1, 160, 20000));
    }
    CHECK(!cp_overcurrent_step(&o, 1, 0, 20000)); /* its time stands still */
    CHECK(!cp_overcurrent_step(&o, 1, 0, 20000));
    CHECK(!cp_overcurrent_step(&o, 1, 160, 20000));
    CHECK(cp_overcurrent_step(&o, 1, 160, 20000));
    CHECK(!cp_overcurrent_step(&o, 1, 0, 20000)); /* and who is to stop is not judged */
    CHECK(!cp_overcurrent_step(&o, 1, 160, 16000));
    for (uint32_t i = 1; i < CP_OVERCURRENT_FAR_MS; i++) {
        CHECK(!cp_overcurrent_step(&o, 1, 160, 40000));
    }
    CHECK(cp_overcurrent_step(&o, 1, 160, 40000));
}

/* ---------------------------------------------------------------- residual-current monitor */

/* Step by a millisecond for so long, or until something is said. */
static cp_rcm_said_t monitor(cp_rcm_t *r, uint32_t ms, const cp_rcm_sees_t *sees)
{
    cp_rcm_said_t said = CP_RCM_SAID_NOTHING;

    for (uint32_t i = 0; i < ms && said == CP_RCM_SAID_NOTHING; i++) {
        said = cp_rcm_step(r, 1, sees);
    }
    return said;
}

static const cp_rcm_sees_t AT_REST = {.test_ms = 300, .at_rest = true};
static const cp_rcm_sees_t TRIPPED_AT_REST = {.test_ms = 300, .at_rest = true, .tripped = true};
static const cp_rcm_sees_t BUSY = {.test_ms = 300, .plugged = true};
static const cp_rcm_sees_t TRIPPED_BUSY = {.test_ms = 300, .plugged = true, .tripped = true};

static void reach_the_test(cp_rcm_t *r)
{
    cp_rcm_init(r, 0);
    (void)monitor(r, CP_RCM_SETTLE_MS + 1u, &AT_REST);
    CHECK(cp_rcm_tests(r));
}

static void reach_ready(cp_rcm_t *r)
{
    reach_the_test(r);
    (void)monitor(r, 1, &TRIPPED_AT_REST);
    CHECK_EQ(monitor(r, 1, &AT_REST), CP_RCM_PASSED);
    CHECK(cp_rcm_guards(r));
}

static void a_monitor_that_powers_up_says_nothing_until_it_settled(void)
{
    const cp_rcm_sees_t untested = {.test_ms = 0};
    cp_rcm_t r;

    cp_rcm_init(&r, 0);
    (void)monitor(&r, CP_RCM_SETTLE_MS - 1u, &TRIPPED_BUSY);
    CHECK(!cp_rcm_trips(&r));
    (void)monitor(&r, 1, &TRIPPED_BUSY);
    CHECK(cp_rcm_trips(&r));
    CHECK(!cp_rcm_guards(&r)); /* its test comes first */
    cp_rcm_init(&r, 0);
    (void)monitor(&r, CP_RCM_SETTLE_MS - 1u, &untested);
    CHECK(!cp_rcm_guards(&r));
    (void)monitor(&r, 1, &untested);
    CHECK(cp_rcm_guards(&r));
}

static void a_test_waits_for_rest_and_for_an_untripped_contact(void)
{
    cp_rcm_t r;

    cp_rcm_init(&r, 0);
    (void)monitor(&r, CP_RCM_SETTLE_MS + 100u, &BUSY);
    CHECK(!cp_rcm_tests(&r));
    (void)monitor(&r, 100, &TRIPPED_AT_REST);
    CHECK(!cp_rcm_tests(&r));
    CHECK(cp_rcm_trips(&r));
    (void)monitor(&r, 1, &AT_REST);
    CHECK(cp_rcm_tests(&r));
}

static void a_monitor_that_does_not_react_fails_at_the_end_of_its_test(void)
{
    cp_rcm_t r;

    reach_the_test(&r);
    CHECK_EQ(monitor(&r, 299, &AT_REST), CP_RCM_SAID_NOTHING);
    CHECK_EQ(monitor(&r, 1, &AT_REST), CP_RCM_FAILED);
    CHECK_EQ(r.took_ms, 300);
    CHECK(!cp_rcm_tests(&r));
    CHECK(!cp_rcm_guards(&r));
}

static void a_monitor_that_reacts_must_go_back_in_time(void)
{
    cp_rcm_t r;

    reach_the_test(&r);
    (void)monitor(&r, 119, &AT_REST);
    (void)monitor(&r, 1, &TRIPPED_AT_REST);
    CHECK_EQ(r.took_ms, 120);
    CHECK(!cp_rcm_tests(&r));
    CHECK(!cp_rcm_trips(&r)); /* the test's own trip is none */
    CHECK_EQ(monitor(&r, CP_RCM_RECOVER_MS - 1u, &TRIPPED_AT_REST), CP_RCM_SAID_NOTHING);
    CHECK_EQ(monitor(&r, 1, &TRIPPED_AT_REST), CP_RCM_FAILED);
    reach_the_test(&r);
    (void)monitor(&r, 1, &TRIPPED_AT_REST);
    CHECK_EQ(monitor(&r, CP_RCM_RECOVER_MS - 1u, &TRIPPED_AT_REST), CP_RCM_SAID_NOTHING);
    CHECK_EQ(monitor(&r, 1, &AT_REST), CP_RCM_PASSED);
    CHECK(cp_rcm_guards(&r));
}

static void a_monitor_is_tested_again_when_the_vehicle_that_charged_has_left(void)
{
    const cp_rcm_sees_t closed = {.test_ms = 300, .plugged = true, .closed = true};
    const cp_rcm_sees_t resting_plugged = {.test_ms = 300, .plugged = true, .at_rest = true};
    const cp_rcm_sees_t left_not_at_rest = {.test_ms = 300};
    cp_rcm_t r;

    reach_ready(&r);
    (void)monitor(&r, 5, &AT_REST);
    CHECK(cp_rcm_guards(&r)); /* nobody charged since the last test */
    (void)monitor(&r, 1, &closed);
    (void)monitor(&r, 5, &resting_plugged);
    (void)monitor(&r, 5, &left_not_at_rest);
    CHECK(cp_rcm_guards(&r));
    (void)monitor(&r, 1, &AT_REST);
    CHECK(!cp_rcm_guards(&r));
    (void)monitor(&r, 1, &AT_REST);
    CHECK(cp_rcm_tests(&r));
    (void)monitor(&r, 100, &TRIPPED_AT_REST);
    CHECK(!cp_rcm_trips(&r));
    CHECK_EQ(monitor(&r, 1, &AT_REST), CP_RCM_PASSED);
    (void)monitor(&r, 5, &AT_REST);
    CHECK(cp_rcm_guards(&r)); /* and that was that */
}

static void a_monitor_is_tested_once_a_day_at_rest(void)
{
    const cp_rcm_sees_t untested = {.test_ms = 0, .at_rest = true};
    cp_rcm_t r;

    reach_ready(&r);
    (void)cp_rcm_step(&r, CP_RCM_TEST_EVERY_MS - 1u, &BUSY);
    CHECK(!cp_rcm_test_is_due(&r));
    (void)cp_rcm_step(&r, 1, &BUSY);
    CHECK(cp_rcm_test_is_due(&r));
    CHECK(cp_rcm_guards(&r));
    (void)cp_rcm_step(&r, 1, &untested);
    CHECK(cp_rcm_guards(&r)); /* nor where there is no test output */
    (void)cp_rcm_step(&r, 1, &AT_REST);
    CHECK(!cp_rcm_guards(&r));
    reach_ready(&r);
    (void)cp_rcm_step(&r, CP_RCM_TEST_EVERY_MS - 1u, &AT_REST);
    CHECK(cp_rcm_guards(&r));
    (void)cp_rcm_step(&r, 1, &AT_REST);
    CHECK(!cp_rcm_guards(&r));
}

static void a_trip_is_no_answer_to_a_test_that_is_due(void)
{
    cp_rcm_t r;

    reach_ready(&r);
    (void)cp_rcm_step(&r, 1, &TRIPPED_BUSY);
    CHECK(cp_rcm_trips(&r));
    (void)cp_rcm_step(&r, CP_RCM_TEST_EVERY_MS, &TRIPPED_AT_REST);
    CHECK(cp_rcm_trips(&r));
    CHECK_EQ(monitor(&r, 10, &TRIPPED_AT_REST), CP_RCM_SAID_NOTHING);
    CHECK(cp_rcm_trips(&r));
}

static void a_test_is_made_on_request_but_not_twice(void)
{
    cp_rcm_t r;

    reach_the_test(&r);
    cp_rcm_request_test(&r); /* one runs already */
    (void)monitor(&r, 1, &TRIPPED_AT_REST);
    CHECK_EQ(monitor(&r, 1, &AT_REST), CP_RCM_PASSED);
    (void)monitor(&r, 5, &AT_REST);
    CHECK(cp_rcm_guards(&r));
    cp_rcm_request_test(&r);
    CHECK(cp_rcm_test_is_due(&r));
    (void)monitor(&r, 1, &AT_REST);
    CHECK(!cp_rcm_guards(&r));
}

static void trips_count_towards_the_lock_out_and_are_forgotten_one_a_day(void)
{
    cp_rcm_t r;

    reach_ready(&r);
    CHECK(!cp_rcm_count_trip(&r, 3));
    CHECK(!cp_rcm_count_trip(&r, 3));
    (void)cp_rcm_step(&r, CP_RCM_FORGET_MS - 1u, &BUSY);
    CHECK_EQ(r.trips, 2);
    (void)cp_rcm_step(&r, 1, &BUSY);
    CHECK_EQ(r.trips, 1);
    (void)cp_rcm_step(&r, CP_RCM_FORGET_MS - 1u, &BUSY);
    CHECK_EQ(r.trips, 1);
    (void)cp_rcm_step(&r, 1, &BUSY);
    CHECK_EQ(r.trips, 0);
    (void)cp_rcm_step(&r, CP_RCM_FORGET_MS, &BUSY);
    CHECK_EQ(r.trips, 0);
    for (unsigned i = 1; i <= 300u; i++) {
        CHECK_EQ(cp_rcm_count_trip(&r, 3), i >= 3u);
        CHECK_EQ(r.trips, i < UINT8_MAX ? i : UINT8_MAX);
    }
}

static void trips_from_before_a_reset_are_forgotten_a_day_later_too(void)
{
    cp_rcm_t r = {.phase = CP_RCM_READY, .since_test_ms = CP_RCM_TEST_EVERY_MS, .used = true};

    cp_rcm_init(&r, 1);
    CHECK_EQ(r.trips, 1);
    CHECK(!cp_rcm_guards(&r));
    CHECK(!cp_rcm_test_is_due(&r)); /* and nothing else is kept */
    CHECK(!r.used);
    (void)cp_rcm_step(&r, CP_RCM_FORGET_MS - 1u, &BUSY);
    CHECK_EQ(r.trips, 1);
    (void)cp_rcm_step(&r, 1, &BUSY);
    CHECK_EQ(r.trips, 0);
}

/* ---------------------------------------------------------------- temperature */

#define MV 1200u /* at the divider: about 45 degrees */
#define COOLER_MV 1300u
#define WARMER_MV 900u

static cp_temperature_config_t ntc(void)
{
    return (cp_temperature_config_t){
        .sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW,
        .r25_ohm = 10000,
        .beta = 3950,
        .series_ohm = 10000,
        .supply_mv = 3300,
        .level_dc = {600, 700, 800},
    };
}

static int16_t dc_of(uint32_t mv)
{
    return cp_ntc_dc(cp_divider_ohm(mv, 3300, 10000), 10000, 3950);
}

/* Let windows pass with this level; true if the derating changed meanwhile. */
static bool feel(cp_temperature_t *t, const cp_temperature_config_t *config, unsigned windows, uint32_t mv)
{
    bool changed = false;

    for (uint32_t i = 0; i < windows * CP_SENSOR_WINDOW_MS; i++) {
        changed = cp_temperature_step(t, 1, config, (uint16_t)mv) || changed;
    }
    return changed;
}

static void a_temperature_is_the_mean_of_a_window_at_any_step(void)
{
    const cp_temperature_config_t config = ntc();

    for (uint32_t step_ms = 1; step_ms <= 10u; step_ms++) {
        cp_temperature_t t = {0};
        const uint32_t steps = (CP_SENSOR_WINDOW_MS + step_ms - 1u) / step_ms;
        for (uint32_t i = 0; i + 1u < steps; i++) {
            (void)cp_temperature_step(&t, step_ms, &config, (uint16_t)(i % 2u == 0u ? MV - 10u : MV + 10u));
            CHECK(!t.known);
        }
        (void)cp_temperature_step(&t, step_ms, &config, MV + 10u);
        CHECK(t.known);
        CHECK_BETWEEN(t.dc, dc_of(MV + 1u), dc_of(MV - 1u));
        CHECK_EQ(t.elapsed_ms, steps * step_ms - CP_SENSOR_WINDOW_MS);
        for (uint32_t i = 0; i < steps; i++) {
            (void)cp_temperature_step(&t, step_ms, &config, COOLER_MV);
        }
        CHECK_EQ(t.dc, dc_of(COOLER_MV)); /* nothing of the window before is left */
    }
}

static void a_divider_is_read_from_either_end(void)
{
    cp_temperature_config_t config = ntc();
    cp_temperature_t low = {0};
    cp_temperature_t high = {0};
    cp_temperature_t beyond = {0};

    (void)feel(&low, &config, 1, MV);
    config.sensor = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_HIGH;
    (void)feel(&high, &config, 1, 3300u - MV);
    CHECK_EQ(low.dc, dc_of(MV));
    CHECK_EQ(high.dc, dc_of(MV));
    config.series_ohm = 1000000; /* where a millivolt too many would be some 300 ohm */
    config.r25_ohm = 1000;
    (void)feel(&beyond, &config, CP_SENSOR_WINDOWS, 3301);
    CHECK(beyond.broken);
}

static void each_level_begins_at_its_very_degree(void)
{
    const int16_t dc = dc_of(MV);

    for (uint8_t level = 0; level < CP_HEAT_STOP; level++) {
        cp_temperature_config_t config = ntc();
        cp_temperature_t below = {0};
        cp_temperature_t reached = {0};
        for (uint8_t i = 0; i < CP_HEAT_STOP; i++) {
            config.level_dc[i] = (int16_t)(i < level ? dc - 200 + i : dc + 1 + i);
        }
        CHECK_EQ(feel(&below, &config, 1, MV), level > 0u);
        CHECK_EQ(below.level, level);
        config.level_dc[level] = dc;
        CHECK(feel(&reached, &config, 1, MV));
        CHECK_EQ(reached.level, level + 1u);
        CHECK(!feel(&reached, &config, 1, MV));
    }
}

static void a_level_ends_some_degrees_and_a_minute_later(void)
{
    cp_temperature_config_t config = ntc();
    cp_temperature_t t = {0};
    const int16_t cooler = dc_of(COOLER_MV);

    config.level_dc[0] = (int16_t)(cooler + CP_HEAT_HYSTERESIS_DC);
    config.level_dc[1] = 1000;
    config.level_dc[2] = 1100;
    CHECK(feel(&t, &config, 1, WARMER_MV));
    CHECK_EQ(t.level, CP_HEAT_DERATED);
    CHECK(!feel(&t, &config, 120, COOLER_MV)); /* exactly so many degrees below: not yet */
    config.level_dc[0] = (int16_t)(config.level_dc[0] + 1);
    CHECK(feel(&t, &config, 1, COOLER_MV));
    CHECK_EQ(t.level, CP_HEAT_NONE);

    t = (cp_temperature_t){0};
    CHECK(feel(&t, &config, 1, WARMER_MV));
    CHECK(!feel(&t, &config, CP_HEAT_HOLD_MS / CP_SENSOR_WINDOW_MS - 1u, COOLER_MV));
    CHECK(feel(&t, &config, 1, COOLER_MV));
}

static void a_level_ends_one_step_at_a_time(void)
{
    const cp_temperature_config_t config = ntc();
    cp_temperature_t t = {0};

    CHECK(feel(&t, &config, 1, 300)); /* above the stop */
    CHECK_EQ(t.level, CP_HEAT_STOP);
    for (uint8_t level = CP_HEAT_STOP; level > CP_HEAT_NONE; level--) {
        CHECK_EQ(t.level, level);
        CHECK(!feel(&t, &config, CP_HEAT_HOLD_MS / CP_SENSOR_WINDOW_MS - 1u, 2000));
        CHECK(feel(&t, &config, 1, 2000));
    }
    CHECK_EQ(t.level, CP_HEAT_NONE);
    CHECK(!feel(&t, &config, 120, 2000));
}

static void a_sensor_is_broken_after_two_strange_windows_and_sound_after_a_good_one(void)
{
    const cp_temperature_config_t config = ntc();
    cp_temperature_t t = {0};

    (void)feel(&t, &config, 1, 0);
    CHECK(!t.broken);
    CHECK(!t.known);
    (void)feel(&t, &config, 1, MV);
    CHECK(t.known);
    (void)feel(&t, &config, 1, 0);
    CHECK(!t.broken); /* not two in a row */
    CHECK(t.known);
    CHECK_EQ(t.dc, dc_of(MV)); /* the last that was sensible */
    (void)feel(&t, &config, 1, 0);
    CHECK(t.broken);
    for (unsigned i = 0; i < 300u; i++) {
        (void)feel(&t, &config, 1, 0);
        CHECK(t.broken);
    }
    (void)feel(&t, &config, 1, MV);
    CHECK(!t.broken);
}

static void each_level_has_its_part_of_the_full_current(void)
{
    static const struct {
        uint8_t level;
        uint16_t full_da;
        uint16_t limit_da;
    } table[] = {{CP_HEAT_NONE, 320, UINT16_MAX},    {CP_HEAT_DERATED, 320, 240},     {CP_HEAT_DERATED, 630, 472},
                 {CP_HEAT_DERATED_MORE, 320, 160},   {CP_HEAT_DERATED_MORE, 124, 62}, {CP_HEAT_DERATED_MORE, 122, 61},
                 {CP_HEAT_DERATED_MORE, 120, 60},    {CP_HEAT_DERATED_MORE, 118, 60}, {CP_HEAT_DERATED, 60, 60},
                 {CP_HEAT_STOP, 320, 0}};

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        const cp_temperature_t t = {.level = table[i].level};
        CHECK_EQ(cp_temperature_limit_da(&t, table[i].full_da), table[i].limit_da);
    }
}

/* ---------------------------------------------------------------- analogue */

static void a_divider_tells_ohms_until_it_is_nearly_open(void)
{
    CHECK_EQ(cp_divider_ohm(1650, 3300, 1000), 1000);
    CHECK_EQ(cp_divider_ohm(1000, 3000, 1000), 500);
    CHECK_EQ(cp_divider_ohm(3233, 3300, 1000), 48253); /* one mV from a fiftieth of the supply */
    CHECK_EQ(cp_divider_ohm(3234, 3300, 1000), CP_OHM_OPEN);
    CHECK_EQ(cp_divider_ohm(4850, 5000, 4000000000u), CP_OHM_OPEN); /* more ohms than can be said */
}

static void a_pilots_level_is_scaled_and_held_within_its_type(void)
{
    CHECK_EQ(cp_pilot_from_pin_mv(500, 0, 2400), -7000);
    CHECK_EQ(cp_pilot_from_pin_mv(600, 100, 2500), -7000);
    CHECK_EQ(cp_pilot_from_pin_mv(4476, 0, 2400), 32760);
    CHECK_EQ(cp_pilot_from_pin_mv(4477, 0, 2400), INT16_MAX);
    CHECK_EQ(cp_pilot_from_pin_mv(-2076, 0, 2400), -32760);
    CHECK_EQ(cp_pilot_from_pin_mv(-2077, 0, 2400), INT16_MIN);
    CHECK_EQ(cp_pilot_from_pin_mv(0, 0, 1), -12000);
    CHECK_EQ(cp_pilot_from_pin_mv(0, 1, 0), 0);
}

static void an_ntc_at_its_nominal_resistance_is_at_25_degrees(void)
{
    CHECK_EQ(cp_ntc_dc(10000, 10000, 3950), 250);
    CHECK_EQ(cp_ntc_dc(1, 1, 1), 250);
}

static void what_is_no_ntc_is_unknown_even_where_the_equation_has_an_answer(void)
{
    CHECK_EQ(cp_ntc_dc(0, 1, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(1, 0, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(CP_OHM_OPEN, CP_OHM_OPEN, 3950), CP_TEMPERATURE_UNKNOWN_DC);
}

/* From the least number to those whose first bit is the last of 32, and whose square is a power of two to the bit. */
static void a_temperature_follows_from_any_resistance(void)
{
    CHECK_BETWEEN(cp_ntc_dc(2, 1, 3950), 97, 107);                      /* an octave below 25 degrees */
    CHECK_BETWEEN(cp_ntc_dc(3037000500u, 2147483648u, 3950), 169, 179); /* half of one */
}

/* beta + T25 * ln(R/R25) / 10 is 0: infinitely hot. */
static void where_the_equation_has_no_answer_nothing_is_known(void)
{
    CHECK_EQ(cp_ntc_dc(31, 154, 478), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(2013, 10000, 478), CP_TEMPERATURE_UNKNOWN_DC);
}

static void from_40_below_to_150_degrees_is_known(void)
{
    int16_t coldest = 0;
    int16_t hottest = 0;

    for (uint32_t ohm = 1000; ohm < 10000000u; ohm += 1u + ohm / 10000u) {
        const int16_t dc = cp_ntc_dc(ohm, 100000, 3950);
        if (dc != CP_TEMPERATURE_UNKNOWN_DC) {
            coldest = dc < coldest ? dc : coldest;
            hottest = dc > hottest ? dc : hottest;
        }
    }
    CHECK_EQ(coldest, -400);
    CHECK_EQ(hottest, 1500);
}

/* ---------------------------------------------------------------- pulses */

static void a_pulse_counts_after_its_debounce_and_not_a_step_before(void)
{
    cp_s0_t s;

    cp_s0_init(&s, 7, 0);
    cp_s0_step(&s, 1, false);
    for (unsigned i = 1; i < CP_S0_DEBOUNCE_MS; i++) {
        cp_s0_step(&s, 1, true);
        CHECK_EQ(s.pulses, 0);
    }
    cp_s0_step(&s, 1, true);
    CHECK_EQ(s.pulses, 1);
    for (unsigned i = 1; i < CP_S0_DEBOUNCE_MS; i++) { /* opens, but for too short a time */
        cp_s0_step(&s, 1, false);
    }
    for (unsigned i = 0; i < 100u; i++) {
        cp_s0_step(&s, 1, true);
    }
    CHECK_EQ(s.pulses, 1);
}

static void a_register_that_is_full_takes_the_next_name(void)
{
    cp_s0_t s;

    cp_s0_init(&s, 5, UINT32_MAX);
    for (unsigned i = 0; i < CP_S0_DEBOUNCE_MS; i++) {
        cp_s0_step(&s, 1, true);
    }
    CHECK_EQ(s.pulses, 1);
    CHECK_EQ(s.origin, 6);
    cp_s0_init(&s, 0, 0);
    CHECK_EQ(s.origin, 1); /* 0 is no name */
}

static void power_is_none_when_pulses_have_stayed_away_for_their_time(void)
{
    const cp_s0_t waits = {.pulses = 2, .gap_ms = 1000, .since_ms = CP_S0_IDLE_MS - 1u};
    const cp_s0_t idle = {.pulses = 2, .gap_ms = 1000, .since_ms = CP_S0_IDLE_MS};
    const cp_s0_t quick = {.pulses = 2, .gap_ms = 1, .since_ms = 0};

    CHECK_EQ(cp_s0_power_mw(&waits, 1000), 6000);
    CHECK_EQ(cp_s0_power_mw(&idle, 1000), 0);
    CHECK_EQ(cp_s0_power_mw(&quick, 1), UINT32_MAX); /* more than can be said */
    CHECK_EQ(cp_s0_power_mw(&quick, 1000), 3600000000u);
    CHECK_EQ(cp_s0_power_mw(&quick, 0), 0);
    CHECK_EQ(cp_s0_energy_mwh(&quick, 0), 0);
    CHECK_EQ(cp_s0_energy_mwh(&quick, 1), 2000000);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(timers_stop_at_both_ends),
        TEST(whatever_is_no_state_or_input_opens),
        TEST(an_offer_counts_for_seven_slices_of_a_second_at_any_step),
        TEST(of_several_offers_the_highest_counts),
        TEST(nothing_offered_for_long_leaves_the_margin),
        TEST(an_overcurrent_is_one_after_its_time_and_not_a_step_before),
        TEST(an_overcurrent_that_pauses_begins_anew_and_one_without_an_offer_waits),
        TEST(a_monitor_that_powers_up_says_nothing_until_it_settled),
        TEST(a_test_waits_for_rest_and_for_an_untripped_contact),
        TEST(a_monitor_that_does_not_react_fails_at_the_end_of_its_test),
        TEST(a_monitor_that_reacts_must_go_back_in_time),
        TEST(a_monitor_is_tested_again_when_the_vehicle_that_charged_has_left),
        TEST(a_monitor_is_tested_once_a_day_at_rest),
        TEST(a_trip_is_no_answer_to_a_test_that_is_due),
        TEST(a_test_is_made_on_request_but_not_twice),
        TEST(trips_count_towards_the_lock_out_and_are_forgotten_one_a_day),
        TEST(trips_from_before_a_reset_are_forgotten_a_day_later_too),
        TEST(a_temperature_is_the_mean_of_a_window_at_any_step),
        TEST(a_divider_is_read_from_either_end),
        TEST(each_level_begins_at_its_very_degree),
        TEST(a_level_ends_some_degrees_and_a_minute_later),
        TEST(a_level_ends_one_step_at_a_time),
        TEST(a_sensor_is_broken_after_two_strange_windows_and_sound_after_a_good_one),
        TEST(each_level_has_its_part_of_the_full_current),
        TEST(a_divider_tells_ohms_until_it_is_nearly_open),
        TEST(a_pilots_level_is_scaled_and_held_within_its_type),
        TEST(an_ntc_at_its_nominal_resistance_is_at_25_degrees),
        TEST(what_is_no_ntc_is_unknown_even_where_the_equation_has_an_answer),
        TEST(a_temperature_follows_from_any_resistance),
        TEST(where_the_equation_has_no_answer_nothing_is_known),
        TEST(from_40_below_to_150_degrees_is_known),
        TEST(a_pulse_counts_after_its_debounce_and_not_a_step_before),
        TEST(a_register_that_is_full_takes_the_next_name),
        TEST(power_is_none_when_pulses_have_stayed_away_for_their_time),
    };

    return RUN_TESTS(tests);
}
