/* From samples to levels: a square wave looked at as the converter does, an alternating current, a pulse in ticks. */

#include "cp_test.h"

#include "port_duty.h"
#include "port_levels.h"
#include "port_rms.h"
#include "port_scan.h"

#include <string.h>

#define SAMPLES_MAX 400u
#define HIGH 3200u
#define LOW 300u
#define SPREAD 170u

/* What a wave of this duty gives in `periods` ms to looks `gap_ns` apart, with edges that take 5 us and noise of a few
 * codes. */
static size_t look(uint16_t *out, uint32_t duty_pm, uint32_t periods, uint32_t gap_ns, uint32_t from_ns)
{
    const uint32_t period_ns = 1000000u;
    const uint32_t edge_ns = 5000u;
    const uint32_t high_ns = period_ns / 1000u * duty_pm;
    size_t count = 0;

    for (uint32_t t = from_ns; t < from_ns + periods * period_ns && count < SAMPLES_MAX; t += gap_ns) {
        const uint32_t phase = t % period_ns;
        const bool high = phase < high_ns;
        const uint32_t since_ns = high ? phase : phase - high_ns;
        const uint32_t noise = (uint32_t)count * 7u % 9u;
        uint32_t level = high ? HIGH : LOW;
        if (since_ns < edge_ns) {
            const uint32_t part = (HIGH - LOW) / 100u * (since_ns / (edge_ns / 100u));
            level = high ? LOW + part : HIGH - part;
        }
        out[count] = (uint16_t)(level + noise);
        count++;
    }
    return count;
}

static void both_levels_are_found_at_every_duty_and_phase(void)
{
    uint16_t samples[SAMPLES_MAX];
    const uint32_t gap_ns = 1000000000u / PORT_SCAN_PILOT_HZ;

    for (uint32_t duty_pm = 100; duty_pm <= 960; duty_pm += 5) {
        for (uint32_t from_ns = 0; from_ns < 1000000u; from_ns += 9973u) {
            const size_t count = look(samples, duty_pm, 4, gap_ns, from_ns);
            port_sort(samples, count);
            const port_levels_t levels = port_levels(samples, count, SPREAD);
            CHECK_BETWEEN(levels.high, HIGH - 20u, HIGH + 10u);
            CHECK_BETWEEN(levels.low, LOW, LOW + 30u);
        }
    }
}

static void a_level_without_a_wave_is_one(void)
{
    uint16_t samples[SAMPLES_MAX];

    for (unsigned i = 0; i < 100u; i++) {
        samples[i] = (uint16_t)(2000u + i % 40u);
    }
    port_sort(samples, 100);
    const port_levels_t levels = port_levels(samples, 100, SPREAD);
    CHECK_EQ(levels.high, levels.low);
    CHECK_BETWEEN(levels.high, 2015, 2025);
}

static void few_or_no_samples_do_no_harm(void)
{
    uint16_t samples[2] = {LOW, HIGH};
    const port_levels_t none = port_levels(samples, 0, SPREAD);
    const port_levels_t one = port_levels(samples, 1, SPREAD);
    const port_levels_t two = port_levels(samples, 2, SPREAD);

    CHECK_EQ(none.high, 0);
    CHECK_EQ(none.low, 0);
    CHECK_EQ(one.high, LOW);
    CHECK_EQ(two.high, HIGH);
    CHECK_EQ(two.low, LOW);
}

static void a_single_spike_moves_nothing(void)
{
    uint16_t samples[SAMPLES_MAX];
    const size_t count = look(samples, 500, 4, 24213, 100);

    samples[50] = 3999;
    samples[51] = 1;
    port_sort(samples, count);
    const port_levels_t levels = port_levels(samples, count, SPREAD);
    CHECK_BETWEEN(levels.high, HIGH, HIGH + 10u);
    CHECK_BETWEEN(levels.low, LOW, LOW + 10u);
}

static void sorting_sorts(void)
{
    uint16_t samples[SAMPLES_MAX];
    uint32_t random = 1;

    for (size_t count = 0; count <= SAMPLES_MAX; count += 13u) {
        uint32_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525u + 1013904223u;
            samples[i] = (uint16_t)(random >> 20);
            sum += samples[i];
        }
        port_sort(samples, count);
        for (size_t i = 0; i < count; i++) {
            CHECK(i == 0u || samples[i - 1u] <= samples[i]);
            sum -= samples[i];
        }
        CHECK_EQ(sum, 0);
    }
}

static void the_rms_of_an_alternating_current_leaves_its_bias_out(void)
{
    /* A period of the mains in 100 looks: 2000 + 1000 * sin, in whole numbers by a table of a quarter. */
    static const uint16_t quarter[] = {0,   63,  125, 187, 249, 309, 368, 426, 482, 536, 588, 637, 685,
                                       729, 771, 809, 844, 876, 905, 930, 951, 969, 982, 992, 998};
    port_rms_t rms = {0};

    for (unsigned period = 0; period < 5u; period++) {
        for (unsigned i = 0; i < 100u; i++) {
            const unsigned q = i % 50u < 25u ? i % 50u : 50u - i % 50u;
            const int32_t sine = q == 25u ? 1000 : (int32_t)quarter[q];
            port_rms_add(&rms, (uint16_t)(2000 + (i < 50u ? sine : -sine)));
        }
    }
    CHECK_BETWEEN(port_rms_mean(&rms), 1999, 2001);
    CHECK_BETWEEN(port_rms_value(&rms), 705, 709);
}

static void the_rms_of_nothing_and_of_the_greatest_is_right(void)
{
    port_rms_t rms = {0};

    CHECK_EQ(port_rms_value(&rms), 0);
    CHECK_EQ(port_rms_mean(&rms), 0);
    for (unsigned i = 0; i < 100000u; i++) {
        port_rms_add(&rms, i % 2u == 0u ? 0u : UINT16_MAX);
    }
    CHECK_EQ(port_rms_mean(&rms), 32767);
    CHECK_BETWEEN(port_rms_value(&rms), 32766, 32768);
}

static void a_pulse_becomes_the_nearest_ticks_and_never_a_level(void)
{
    const struct {
        uint16_t pulse_bp;
        uint32_t period;
        uint32_t ticks;
    } cases[] = {{1000, 10000, 1000}, {9600, 10000, 9600},  {5333, 10000, 5333}, {1000, 8192, 819}, {9600, 8192, 7864},
                 {0, 10000, 1},       {10000, 10000, 9999}, {65535, 8192, 8191}, {5000, 8192, 4096}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(port_duty_ticks(cases[i].pulse_bp, cases[i].period), cases[i].ticks);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(both_levels_are_found_at_every_duty_and_phase),
        TEST(a_level_without_a_wave_is_one),
        TEST(few_or_no_samples_do_no_harm),
        TEST(a_single_spike_moves_nothing),
        TEST(sorting_sorts),
        TEST(the_rms_of_an_alternating_current_leaves_its_bias_out),
        TEST(the_rms_of_nothing_and_of_the_greatest_is_right),
        TEST(a_pulse_becomes_the_nearest_ticks_and_never_a_level),
    };

    return RUN_TESTS(tests);
}
