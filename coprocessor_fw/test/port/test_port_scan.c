/* The converter's plan: every pilot seen often enough, everything else in turn, within what the chip can do. */

#include "cp_test.h"

#include "port_scan.h"

/* Longest way, in steps, from one look at a channel to the next, the plan repeating. */
static unsigned longest_gap(const port_scan_t *scan, uint8_t channel)
{
    unsigned longest = 0;
    unsigned gap = 0;

    for (unsigned i = 0; i < 2u * scan->steps; i++) {
        gap++;
        if (scan->channel[i % scan->steps] == channel) {
            longest = gap > longest ? gap : longest;
            gap = 0;
        }
    }
    return gap > longest ? gap : longest;
}

static void every_pilot_is_looked_at_within_the_shortest_part_of_its_period(void)
{
    const struct {
        uint8_t pilots;
        uint8_t others;
        size_t steps_max;
        uint32_t rate_max_hz;
    } boards[] = {{1, 0, 8, 83333},    {1, 4, 8, 83333},    {2, 2, 8, 83333},
                  {1, 7, 16, 2000000}, {4, 3, 16, 2000000}, {2, 5, 24, 83333}};

    for (unsigned b = 0; b < sizeof boards / sizeof boards[0]; b++) {
        port_scan_channels_t channels = {.pilots = boards[b].pilots, .others = boards[b].others};
        port_scan_t scan = {0};
        for (uint8_t i = 0; i < boards[b].pilots; i++) {
            channels.pilot[i] = i;
        }
        for (uint8_t i = 0; i < boards[b].others; i++) {
            channels.other[i] = (uint8_t)(boards[b].pilots + i);
        }
        CHECK(port_scan_plan(&scan, &channels, boards[b].steps_max, boards[b].rate_max_hz));
        CHECK(scan.steps <= boards[b].steps_max);
        CHECK(scan.rate_hz <= boards[b].rate_max_hz);
        for (uint8_t i = 0; i < boards[b].pilots; i++) {
            CHECK((uint64_t)longest_gap(&scan, i) * 1000000000u / scan.rate_hz < 40000u);
        }
        for (uint8_t i = 0; i < boards[b].others; i++) {
            CHECK(longest_gap(&scan, channels.other[i]) <= scan.steps);
        }
    }
}

static void what_the_converter_cannot_do_is_refused_and_leaves_the_plan_alone(void)
{
    const struct {
        port_scan_channels_t channels;
        size_t steps_max;
        uint32_t rate_max_hz;
    } cases[] = {
        {{.pilots = 0, .others = 2}, 8, 83333},      /* nothing to guard */
        {{.pilots = 1, .others = 5}, 8, 83333},      /* too many steps */
        {{.pilots = 4, .others = 1}, 16, 83333},     /* too slow for four pilots */
        {{.pilots = 4, .others = 10}, 200, 2000000}, /* beyond our own bound */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        port_scan_t scan = {.steps = 77};
        CHECK(!port_scan_plan(&scan, &cases[i].channels, cases[i].steps_max, cases[i].rate_max_hz));
        CHECK_EQ(scan.steps, 77);
    }
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(every_pilot_is_looked_at_within_the_shortest_part_of_its_period),
        TEST(what_the_converter_cannot_do_is_refused_and_leaves_the_plan_alone),
    };

    return RUN_TESTS(tests);
}
