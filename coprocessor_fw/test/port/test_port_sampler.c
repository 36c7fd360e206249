/* What the analogue pins are said to show, from a converter that brings samples, some of them, or none. */

#include "cp_test.h"

#include "port_converter.h"
#include "port_sampler.h"

#define PILOT 4u
#define PROXIMITY 5u
#define HIGH_CODE 3000u
#define LOW_CODE 400u
#define PROXIMITY_CODE 1000u

/* A converter whose pins are its channels, and whose codes are mV. */
static bool brings[PORT_SCAN_CHANNELS_MAX];
static uint32_t owed;

int port_converter_channel(port_line_t line)
{
    return line.gpio;
}

bool port_converter_open(const port_scan_channels_t *channels)
{
    return channels->pilots == 1u;
}

/* A millisecond of the pilot at 50 %, a look at the other pin beside each. */
size_t port_converter_take(port_sample_t *samples, size_t max)
{
    size_t count = 0;

    for (; owed > 0u && count + 2u <= max; owed--) {
        if (brings[PILOT]) {
            samples[count] = (port_sample_t){.channel = PILOT, .code = owed % 2u == 0u ? HIGH_CODE : LOW_CODE};
            count++;
        }
        if (brings[PROXIMITY]) {
            samples[count] = (port_sample_t){.channel = PROXIMITY, .code = PROXIMITY_CODE};
            count++;
        }
    }
    return count;
}

int32_t port_converter_mv(uint16_t code)
{
    return code;
}

port_line_t port_line(const port_lines_t *lines, uint8_t evse, cp_pin_role_t role)
{
    return lines->line[evse][role];
}

static uint64_t now_us;

static void run(uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i++) {
        now_us += 1000u;
        owed = 41;
        port_sampler_poll(now_us);
    }
}

static port_line_t open_sampler(void)
{
    port_lines_t lines;

    for (unsigned evse = 0; evse <= CP_EVSE_MAX; evse++) {
        for (unsigned role = 0; role < PORT_ROLES; role++) {
            lines.line[evse][role] = (port_line_t){.gpio = PORT_NO_GPIO};
        }
    }
    lines.line[1][CP_PIN_ROLE_PILOT_ADC].gpio = (int8_t)PILOT;
    lines.line[1][CP_PIN_ROLE_PROXIMITY_ADC].gpio = (int8_t)PROXIMITY;
    brings[PILOT] = true;
    brings[PROXIMITY] = true;
    CHECK(port_sampler_open(&lines));
    port_sampler_expect(1, CP_DRIVE_PWM);
    run(200);
    return lines.line[1][CP_PIN_ROLE_PROXIMITY_ADC];
}

static void it_tells_both_levels_and_the_means(void)
{
    const port_line_t proximity = open_sampler();
    int32_t high_mv = 0;
    int32_t low_mv = 0;

    CHECK(port_sampler_is_alive(now_us));
    CHECK(port_sampler_pilot_mv(1, &high_mv, &low_mv));
    CHECK_EQ(high_mv, HIGH_CODE);
    CHECK_EQ(low_mv, LOW_CODE);
    CHECK_EQ(port_sampler_mean_mv(proximity), PROXIMITY_CODE);
    CHECK(!port_sampler_pilot_mv(2, &high_mv, &low_mv));
}

static void a_pilot_that_is_no_longer_sampled_is_not_known(void)
{
    int32_t high_mv = 0;
    int32_t low_mv = 0;

    (void)open_sampler();
    brings[PILOT] = false;
    run(10);
    CHECK(port_sampler_is_alive(now_us)); /* the other pin's samples come */
    CHECK(!port_sampler_pilot_mv(1, &high_mv, &low_mv));
    brings[PILOT] = true;
    run(10);
    CHECK(port_sampler_pilot_mv(1, &high_mv, &low_mv));
}

static void a_converter_that_stops_leaves_no_level_standing(void)
{
    const port_line_t proximity = open_sampler();
    int32_t high_mv = 0;
    int32_t low_mv = 0;

    brings[PILOT] = false;
    brings[PROXIMITY] = false;
    run(25);
    CHECK(!port_sampler_is_alive(now_us));
    CHECK(!port_sampler_pilot_mv(1, &high_mv, &low_mv));
    run(200);
    CHECK_EQ(port_sampler_mean_mv(proximity), 0);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(it_tells_both_levels_and_the_means),
        TEST(a_pilot_that_is_no_longer_sampled_is_not_known),
        TEST(a_converter_that_stops_leaves_no_level_standing),
    };

    return RUN_TESTS(tests);
}
