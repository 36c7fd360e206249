/* From millivolts and pulses to what they mean. */

#include "cp_analog.h"
#include "cp_messages.h"
#include "cp_proximity.h"
#include "cp_s0.h"
#include "cp_timing.h"
#include "evse_rig.h"

/* Resistance by the beta equation, worked out beforehand in double precision: 10 kohm, beta 3950. */
static void an_ntc_is_read_to_half_a_degree(void)
{
    static const struct {
        uint32_t ohm;
        int16_t dc;
    } table[] = {{398000, -399}, {127071, -230}, {33621, 0},  {10000, 250}, {5301, 400},
                 {2486, 600},    {1760, 700},    {1270, 800}, {698, 1000},  {200, 1500}};

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        const int16_t dc = cp_ntc_dc(table[i].ohm, 10000, 3950);
        CHECK_BETWEEN(dc, table[i].dc - 5, table[i].dc + 5);
    }
}

static void what_no_ntc_shows_is_unknown(void)
{
    CHECK_EQ(cp_ntc_dc(0, 10000, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(CP_OHM_OPEN, 10000, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(50, 10000, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(900000, 10000, 3950), CP_TEMPERATURE_UNKNOWN_DC);
    CHECK_EQ(cp_ntc_dc(1, 1000000, 1000), CP_TEMPERATURE_UNKNOWN_DC);
}

static void a_warmer_ntc_never_reads_colder(void)
{
    int16_t last = INT16_MAX;

    for (uint32_t ohm = 200; ohm < 300000u; ohm += 1u + ohm / 500u) {
        const int16_t dc = cp_ntc_dc(ohm, 10000, 3950);
        CHECK(dc <= last);
        last = dc;
    }
}

static void each_cable_is_known_through_its_divider(void)
{
    static const struct {
        uint32_t ohm;
        uint16_t rating_da;
    } table[] = {{100, 630}, {220, 320}, {680, 200}, {1500, 130}, {30, 0}, {5000, 0}};

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        const uint32_t pin_mv = 3300u * table[i].ohm / (table[i].ohm + 1000u);
        CHECK_EQ(cp_proximity_rating_da(cp_divider_ohm(pin_mv, 3300, 1000)), table[i].rating_da);
    }
    CHECK_EQ(cp_divider_ohm(3290, 3300, 1000), CP_OHM_OPEN);
    CHECK_EQ(cp_divider_ohm(5000, 3300, 1000), CP_OHM_OPEN);
    CHECK_EQ(cp_divider_ohm(0, 3300, 1000), 0);
}

static void the_pilots_level_follows_from_two_points(void)
{
    CHECK_EQ(cp_pilot_from_pin_mv(256, 256, 2344), -12000);
    CHECK_EQ(cp_pilot_from_pin_mv(2344, 256, 2344), 12000);
    CHECK_EQ(cp_pilot_from_pin_mv(INT32_MIN, 256, 2344), INT16_MIN); /* no reading overflows on its way */
    CHECK_EQ(cp_pilot_from_pin_mv(INT32_MAX, -256, 2344), INT16_MAX);
    CHECK_EQ(cp_pilot_from_pin_mv(1300, 256, 2344), 0);
    CHECK_BETWEEN(cp_pilot_from_pin_mv(1822, 256, 2344), 5990, 6010);
    CHECK_EQ(cp_pilot_from_pin_mv(1000000, 256, 2344), INT16_MAX);
    CHECK_EQ(cp_pilot_from_pin_mv(-1000000, 256, 2344), INT16_MIN);
    CHECK_EQ(cp_pilot_from_pin_mv(1300, 2344, 2344), 0);
}

/* ---------------------------------------------------------------- S0 */

static void pulse(cp_s0_t *s, uint32_t step_ms, uint32_t closed_ms, uint32_t period_ms)
{
    for (uint32_t ran = 0; ran < period_ms; ran += step_ms) {
        cp_s0_step(s, step_ms, ran < closed_ms);
    }
}

static void pulses_are_counted_at_any_step(void)
{
    for (uint32_t step_ms = 1; step_ms <= 10u; step_ms++) {
        cp_s0_t s;
        cp_s0_init(&s, 7, 0);
        for (unsigned i = 0; i < 1000u; i++) {
            pulse(&s, step_ms, 30, 60);
        }
        CHECK_EQ(s.pulses, 1000);
        CHECK_EQ(cp_s0_energy_mwh(&s, 1000), 1000000);
        CHECK_EQ(cp_s0_energy_mwh(&s, 800), 1250000);
    }
}

static void a_bouncing_contact_is_one_pulse(void)
{
    cp_s0_t s;

    cp_s0_init(&s, 7, 0);
    for (unsigned i = 0; i < 50u; i++) {
        cp_s0_step(&s, 1, i % 5u < 3u); /* never long enough */
    }
    CHECK_EQ(s.pulses, 0);
    pulse(&s, 1, 40, 45);
    for (unsigned i = 0; i < 8u; i++) {
        cp_s0_step(&s, 1, i % 2u == 0u);
    }
    pulse(&s, 1, 0, 50);
    CHECK_EQ(s.pulses, 1);
}

static void power_follows_from_the_distance_of_pulses(void)
{
    cp_s0_t s;

    cp_s0_init(&s, 7, 0);
    pulse(&s, 10, 30, 360);
    CHECK_EQ(cp_s0_power_mw(&s, 1000), 0); /* one pulse has no distance */
    pulse(&s, 10, 30, 360);
    CHECK_EQ(cp_s0_power_mw(&s, 1000), 10000000); /* 1 Wh each 360 ms */
    pulse(&s, 10, 0, 3600 - 360);
    CHECK_BETWEEN(cp_s0_power_mw(&s, 1000), 990000, 1010000); /* no more than the wait allows */
    pulse(&s, 10, 0, CP_S0_IDLE_MS);
    CHECK_EQ(cp_s0_power_mw(&s, 1000), 0);
    CHECK_EQ(cp_s0_power_mw(&s, 0), 0);
}

static void a_full_register_begins_anew_under_another_name(void)
{
    cp_s0_t s;

    cp_s0_init(&s, UINT32_MAX, UINT32_MAX);
    pulse(&s, 10, 30, 60);
    CHECK_EQ(s.pulses, 1);
    CHECK_EQ(s.origin, 1);
    cp_s0_init(&s, 0, 0);
    CHECK(s.origin != 0u);
}

static void an_evse_with_pulses_tells_them_as_its_meter(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {.s0_origin = 9, .s0_pulses = 5000};
    rig_t r;

    config.s0_pulses_per_kwh = 1000;
    rig_power_up(&r, 10, &config, &past);
    rig_run(&r, 100);
    CHECK_EQ(r.e.meter.source, CP_METER_SOURCE_S0);
    CHECK_EQ(r.e.meter.meter_boot, 9);
    CHECK_EQ(r.e.meter.energy_mwh, 5000000);
    r.in.s0_closed = true;
    rig_run(&r, 50);
    CHECK_EQ(r.e.meter.energy_mwh, 5001000);
    r.in.s0_closed = false;
    rig_run(&r, 50);
    r.in.s0_closed = true;
    rig_run(&r, 50);
    CHECK_EQ(r.e.meter.power_mw, 36000000); /* 1 Wh in 100 ms */
    r.in.s0_closed = false;
    rig_run(&r, 50);
    config.s0_pulses_per_kwh = 500; /* another meter: another register */
    cp_evse_configure(&r.e, &config);
    rig_run(&r, 10);
    CHECK_EQ(r.e.meter.energy_mwh, 0);
    CHECK(r.e.meter.meter_boot != 9u);
    config.s0_pulses_per_kwh = 1; /* the least that a meter can have */
    cp_evse_configure(&r.e, &config);
    r.in.s0_closed = false;
    rig_run(&r, 50);
    r.in.s0_closed = true;
    rig_run(&r, 50);
    CHECK_EQ(r.e.meter.energy_mwh, 1000000);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(an_ntc_is_read_to_half_a_degree),
        TEST(what_no_ntc_shows_is_unknown),
        TEST(a_warmer_ntc_never_reads_colder),
        TEST(each_cable_is_known_through_its_divider),
        TEST(the_pilots_level_follows_from_two_points),
        TEST(pulses_are_counted_at_any_step),
        TEST(a_bouncing_contact_is_one_pulse),
        TEST(power_follows_from_the_distance_of_pulses),
        TEST(a_full_register_begins_anew_under_another_name),
        TEST(an_evse_with_pulses_tells_them_as_its_meter),
    };

    return RUN_TESTS(tests);
}
