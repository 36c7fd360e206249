/* Pins of a commissioned board: each refusal by the pin and the reason, and what the hardware needs. */

#include "cp_crc32.h"
#include "host_rig.h"

#include <string.h>

static host_t h;

/* Like a chip: 0..33 both ways, 34..39 inputs without pulls, 6..11 its flash, analogue 32..39, 0, 2, 5, 12, 15 straps.
 */
static const cp_chip_pins_t chip = {
    .input = 0xFFFFFFF03Full,
    .output = 0x3FFFFF03Full,
    .analogue = 0xFF00000000ull,
    .pull = 0x3FFFFF03Full,
    .calm = 0x3FFFF6FDAull & ~0xFC0ull,
};

static const cp_msg_config_pin_t good[] = {
    {1, CP_PIN_ROLE_PILOT_PWM, 25, 0},
    {1, CP_PIN_ROLE_PILOT_ADC, 36, 0},
    {1, CP_PIN_ROLE_PROXIMITY_ADC, 39, 0},
    {1, CP_PIN_ROLE_CONTACTOR, 26, 0},
    {1, CP_PIN_ROLE_CONTACTOR_FEEDBACK, 34, 1u << CP_PIN_FLAG_ACTIVE_LOW},
    {1, CP_PIN_ROLE_RCM_TRIP, 33, 1u << CP_PIN_FLAG_PULL_UP},
    {1, CP_PIN_ROLE_RCM_TEST, 4, 0},
    {0, CP_PIN_ROLE_PROTECTIVE_EARTH, 35, 0},
    {0, CP_PIN_ROLE_EMERGENCY_STOP, 13, 1u << CP_PIN_FLAG_PULL_UP},
    {1, CP_PIN_ROLE_LOCK_A, 18, 0},
    {1, CP_PIN_ROLE_LOCK_FEEDBACK, 19, 0},
    {1, CP_PIN_ROLE_TEMPERATURE_ADC, 32, 0},
    {0, CP_PIN_ROLE_BUTTON, 0, 1u << CP_PIN_FLAG_ACTIVE_LOW},
    {0, CP_PIN_ROLE_LED_FAULT, 2, 1u << CP_PIN_FLAG_OPEN_DRAIN},
};

#define GOOD (sizeof good / sizeof good[0])

static uint32_t add(uint32_t crc, uint16_t msg, const uint8_t *payload, size_t len)
{
    const uint8_t id[2] = {(uint8_t)(msg & 0xFFu), (uint8_t)(msg >> 8)};

    return cp_crc32(cp_crc32(crc, id, sizeof id), payload, len);
}

static uint32_t push(uint32_t crc, uint16_t msg, const uint8_t *payload, size_t len)
{
    CHECK_EQ(host_command(&h, msg, payload, len), CP_RESULT_OK);
    return add(crc, msg, payload, len);
}

/* Commission a board of this chip with these pins; returns the field that was refused, "" if none. */
static const char *commission(const char *chip_name, const cp_msg_config_evse_t *evse, const cp_msg_config_pin_t *pins,
                              size_t count)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_config_board_t board;
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_COMMISSIONED};
    uint32_t crc = 0;

    host_start(&h, 1);
    h.sim.cp.board.pins = &chip;
    h.sim.cp.board.chip = "esp32";
    host_greet(&h, 5);
    cp_msg_config_board_default(&board);
    cp_text_copy(board.chip, sizeof board.chip, chip_name);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload)), CP_RESULT_OK);
    crc = push(crc, CP_MSG_CONFIG_BOARD, payload, cp_msg_config_board_encode(&board, payload));
    crc = push(crc, CP_MSG_CONFIG_EVSE, payload, cp_msg_config_evse_encode(evse, payload));
    for (size_t i = 0; i < count; i++) {
        crc = push(crc, CP_MSG_CONFIG_PIN, payload, cp_msg_config_pin_encode(&pins[i], payload));
    }
    const cp_msg_config_commit_t commit = {.set = (uint8_t)CP_CONFIG_SET_COMMISSIONED, .crc = crc};
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload)),
             CP_RESULT_ACCEPTED);
    host_run(&h, 100);
    const cp_msg_event_t *const refused = host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED);
    CHECK_EQ(refused == NULL, h.sim.cp.config.active.commissioned);
    return refused != NULL ? refused->text : "";
}

static void expect(const char *field, const char *expected)
{
    if (strcmp(field, expected) != 0) {
        (void)fprintf(stderr, "refused \"%s\", expected \"%s\"\n", field, expected);
        CHECK(false);
    }
}

static void a_sound_map_is_taken_and_outlives_a_power_cut(void)
{
    const cp_msg_config_evse_t evse = host_evse_config(1);

    expect(commission("esp32", &evse, good, GOOD), "");
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    const cp_config_sets_t *const sets = cp_coprocessor_config(&h.sim.cp);
    CHECK(sets->commissioned);
    CHECK_EQ(sets->pins.count, GOOD);
    for (size_t i = 0; i < GOOD; i++) {
        CHECK(memcmp(&sets->pins.pin[i], &good[i], sizeof good[i]) == 0);
    }
    CHECK_EQ(cp_pins_find(&sets->pins, 1, CP_PIN_ROLE_CONTACTOR)->gpio, 26);
    CHECK(cp_pins_find(&sets->pins, 2, CP_PIN_ROLE_CONTACTOR) == NULL);
}

static void each_impossible_pin_is_refused_by_number_and_reason(void)
{
    static const struct {
        size_t index; /* of the good map */
        cp_msg_config_pin_t pin;
        const char *field;
    } cases[] = {
        {3, {1, CP_PIN_ROLE_CONTACTOR, 6, 0}, "gpio 006 not usable"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 40, 0}, "gpio 040 not usable"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 64, 0}, "gpio 064 not usable"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 255, 0}, "gpio 255 not usable"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 37, 0}, "gpio 037 is input only"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 12, 0}, "gpio 012 moves at reset"},
        {9, {1, CP_PIN_ROLE_LOCK_A, 15, 0}, "gpio 015 moves at reset"},
        {3, {1, CP_PIN_ROLE_CONTACTOR, 25, 0}, "gpio 025 used twice"},
        {3, {1, CP_PIN_ROLE_PILOT_PWM, 27, 0}, "gpio 027 role given twice"},
        {3, {1, CP_PIN_ROLE_NONE, 26, 0}, "gpio 026 role unknown"},
        {3, {1, 200, 26, 0}, "gpio 026 role unknown"},
        {3, {0, CP_PIN_ROLE_CONTACTOR, 26, 0}, "gpio 026 evse"},
        {3, {2, CP_PIN_ROLE_CONTACTOR, 26, 0}, "gpio 026 evse"},
        {12, {1, CP_PIN_ROLE_BUTTON, 0, 0}, "gpio 000 evse"},
        {1, {1, CP_PIN_ROLE_PILOT_ADC, 27, 0}, "gpio 027 is not analogue"},
        {1, {1, CP_PIN_ROLE_PILOT_ADC, 36, 1}, "gpio 036 flags"},
        {4, {1, CP_PIN_ROLE_CONTACTOR_FEEDBACK, 34, 2}, "gpio 034 has no pulls"},
        {4, {1, CP_PIN_ROLE_CONTACTOR_FEEDBACK, 23, 6}, "gpio 023 flags"},
        {4, {1, CP_PIN_ROLE_CONTACTOR_FEEDBACK, 23, 8}, "gpio 023 flags"},
        {4, {1, CP_PIN_ROLE_CONTACTOR_FEEDBACK, 23, 16}, "gpio 023 flags"},
    };
    const cp_msg_config_evse_t evse = host_evse_config(1);

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cp_msg_config_pin_t pins[GOOD];
        memcpy(pins, good, sizeof pins);
        pins[cases[i].index] = cases[i].pin;
        expect(commission("esp32", &evse, pins, GOOD), cases[i].field);
    }
}

static void a_set_for_another_chip_is_refused(void)
{
    const cp_msg_config_evse_t evse = host_evse_config(1);

    expect(commission("esp32c3", &evse, good, GOOD), "chip");
    expect(commission("esp3", &evse, good, GOOD), "chip");
    expect(commission("", &evse, good, GOOD), "chip");
}

static void what_is_fitted_needs_its_pin(void)
{
    static const struct {
        size_t missing; /* of the good map */
        const char *field;
    } cases[] = {
        {0, "pilot_pwm"}, {1, "pilot_adc"},          {2, "proximity_adc"},  {3, "contactor"},
        {5, "rcm_trip"},  {4, "contactor_feedback"}, {6, "rcm_test"},       {7, "protective_earth"},
        {9, "lock_a"},    {8, "emergency_stop"},     {10, "lock_feedback"}, {11, "temperature_adc"},
    };
    const cp_msg_config_evse_t evse = host_evse_config(1);

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cp_msg_config_pin_t pins[GOOD - 1u];
        for (size_t at = 0; at < GOOD - 1u; at++) {
            pins[at] = good[at < cases[i].missing ? at : at + 1u];
        }
        expect(commission("esp32", &evse, pins, GOOD - 1u), cases[i].field);
    }
}

static void an_option_needs_its_pin_too(void)
{
    cp_msg_config_evse_t evse = host_evse_config(1);

    evse.phase_switch = 1;
    expect(commission("esp32", &evse, good, GOOD), "contactor_3p");
    evse = host_evse_config(1);
    evse.lock_pulse_ms = 500;
    expect(commission("esp32", &evse, good, GOOD), "lock_b");
    evse = host_evse_config(1);
    evse.current = (uint8_t)CP_CURRENT_SOURCE_INPUT;
    evse.current_ma_per_v = 20000;
    expect(commission("esp32", &evse, good, GOOD), "current_l1_adc");
    evse = host_evse_config(1);
    evse.s0_pulses_per_kwh = 1000;
    evse.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    expect(commission("esp32", &evse, good, GOOD), "s0_pulse");
    evse = host_evse_config(1);
    evse.wake = (uint8_t)CP_WAKE_BY_CP_BREAK;
    expect(commission("esp32", &evse, good, GOOD), "cp_break");
}

static void more_pins_than_any_chip_has_are_refused_at_once(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_COMMISSIONED};
    const cp_msg_config_pin_t pin = {0, CP_PIN_ROLE_LED_READY, 5, 0};

    host_start(&h, 1);
    host_greet(&h, 5);
    (void)host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload));
    for (unsigned i = 0; i <= CP_PINS_MAX; i++) {
        CHECK_EQ(host_command(&h, CP_MSG_CONFIG_PIN, payload, cp_msg_config_pin_encode(&pin, payload)),
                 i < CP_PINS_MAX ? CP_RESULT_OK : CP_RESULT_BAD_VALUE);
    }
}

static void every_role_says_how_it_uses_its_pin(void)
{
    CHECK_EQ(cp_pin_use(CP_PIN_ROLE_CONTACTOR), CP_PIN_OUTPUT);
    CHECK_EQ(cp_pin_use(CP_PIN_ROLE_PILOT_ADC), CP_PIN_ANALOGUE);
    CHECK_EQ(cp_pin_use(CP_PIN_ROLE_BRAKE), CP_PIN_INPUT);
    CHECK_EQ(cp_pin_use(250), CP_PIN_INPUT); /* the use that drives nothing */
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_sound_map_is_taken_and_outlives_a_power_cut),
        TEST(each_impossible_pin_is_refused_by_number_and_reason),
        TEST(a_set_for_another_chip_is_refused),
        TEST(what_is_fitted_needs_its_pin),
        TEST(an_option_needs_its_pin_too),
        TEST(more_pins_than_any_chip_has_are_refused_at_once),
        TEST(every_role_says_how_it_uses_its_pin),
    };

    return RUN_TESTS(tests);
}
