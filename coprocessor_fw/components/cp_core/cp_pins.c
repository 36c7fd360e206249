#include "cp_pins.h"

#include <stddef.h>

/* A role: where it belongs, how it uses its pin, and whether a stray level on that pin would move or energise. */
typedef struct {
    bool at_evse;
    bool at_board;
    uint8_t use; /* cp_pin_use_t */
    bool calm;
} role_t;

static const role_t roles[] = {
    [CP_PIN_ROLE_NONE] = {false, false, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_PILOT_PWM] = {true, false, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_PILOT_ADC] = {true, false, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_PROXIMITY_ADC] = {true, false, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_CONTACTOR] = {true, false, CP_PIN_OUTPUT, true},
    [CP_PIN_ROLE_CONTACTOR_3P] = {true, false, CP_PIN_OUTPUT, true},
    [CP_PIN_ROLE_CONTACTOR_FEEDBACK] = {true, false, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_RCM_TRIP] = {true, false, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_RCM_TEST] = {true, false, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_PROTECTIVE_EARTH] = {true, true, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_EMERGENCY_STOP] = {true, true, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_LOCK_A] = {true, false, CP_PIN_OUTPUT, true},
    [CP_PIN_ROLE_LOCK_B] = {true, false, CP_PIN_OUTPUT, true},
    [CP_PIN_ROLE_LOCK_FEEDBACK] = {true, false, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_TEMPERATURE_ADC] = {true, true, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_CURRENT_L1_ADC] = {true, false, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_CURRENT_L2_ADC] = {true, false, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_CURRENT_L3_ADC] = {true, false, CP_PIN_ANALOGUE, false},
    [CP_PIN_ROLE_S0_PULSE] = {true, false, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_CP_BREAK] = {true, false, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_LED_READY] = {true, true, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_LED_CHARGING] = {true, true, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_LED_FAULT] = {true, true, CP_PIN_OUTPUT, false},
    [CP_PIN_ROLE_BUTTON] = {false, true, CP_PIN_INPUT, false},
    [CP_PIN_ROLE_ENABLE] = {false, true, CP_PIN_OUTPUT, true},
    [CP_PIN_ROLE_BRAKE] = {false, true, CP_PIN_INPUT, false},
};

#define ROLES (sizeof roles / sizeof roles[0])
#define FLAGS_KNOWN 15u

static bool in(uint64_t mask, uint8_t gpio)
{
    return (mask >> gpio & 1u) != 0u;
}

static bool flag(const cp_msg_config_pin_t *pin, cp_pin_flag_t position)
{
    return ((uint32_t)pin->flags >> (unsigned)position & 1u) != 0u;
}

cp_pin_use_t cp_pin_use(uint8_t role)
{
    return role < ROLES ? (cp_pin_use_t)roles[role].use : CP_PIN_INPUT;
}

const cp_msg_config_pin_t *cp_pins_find(const cp_pins_t *pins, uint8_t evse, cp_pin_role_t role)
{
    for (uint8_t i = 0; i < pins->count && i < CP_PINS_MAX; i++) {
        if (pins->pin[i].evse == evse && pins->pin[i].role == (uint8_t)role) {
            return &pins->pin[i];
        }
    }
    return NULL;
}

/* What the chip itself forbids. */
static const char *chip_refusal(const cp_msg_config_pin_t *pin, const cp_chip_pins_t *chip)
{
    const role_t *const role = &roles[pin->role];

    if (!in(chip->input | chip->output, pin->gpio)) {
        return "not usable";
    }
    if (role->use == (uint8_t)CP_PIN_OUTPUT && !in(chip->output, pin->gpio)) {
        return "is input only";
    }
    if (role->use == (uint8_t)CP_PIN_ANALOGUE && !in(chip->analogue, pin->gpio)) {
        return "is not analogue";
    }
    if (role->use == (uint8_t)CP_PIN_INPUT && !in(chip->input, pin->gpio)) {
        return "is output only";
    }
    if (role->calm && !in(chip->calm, pin->gpio)) {
        return "moves at reset";
    }
    const bool pulled = flag(pin, CP_PIN_FLAG_PULL_UP) || flag(pin, CP_PIN_FLAG_PULL_DOWN);
    return pulled && !in(chip->pull, pin->gpio) ? "has no pulls" : NULL;
}

const char *cp_pins_refusal(const cp_pins_t *pins, uint8_t index, uint8_t evse_count, const cp_chip_pins_t *chip)
{
    const cp_msg_config_pin_t *const pin = &pins->pin[index];

    if (pin->role == (uint8_t)CP_PIN_ROLE_NONE || pin->role >= ROLES) {
        return "role unknown";
    }
    const role_t *const role = &roles[pin->role];
    if (pin->evse > evse_count || (pin->evse == 0u ? !role->at_board : !role->at_evse)) {
        return "evse";
    }
    if (pin->gpio > CP_GPIO_MAX) {
        return "not usable";
    }
    const bool both_pulls = flag(pin, CP_PIN_FLAG_PULL_UP) && flag(pin, CP_PIN_FLAG_PULL_DOWN);
    const bool drain = flag(pin, CP_PIN_FLAG_OPEN_DRAIN) && role->use != (uint8_t)CP_PIN_OUTPUT;
    const bool analogue = role->use == (uint8_t)CP_PIN_ANALOGUE && pin->flags != 0u;
    if (pin->flags > FLAGS_KNOWN || both_pulls || drain || analogue) {
        return "flags";
    }
    for (uint8_t i = 0; i < index; i++) {
        if (pins->pin[i].gpio == pin->gpio) {
            return "used twice";
        }
        if (pins->pin[i].evse == pin->evse && pins->pin[i].role == pin->role) {
            return "role given twice";
        }
    }
    return chip != NULL ? chip_refusal(pin, chip) : NULL;
}

static bool wired(const cp_pins_t *pins, uint8_t evse, cp_pin_role_t role)
{
    const bool at_board = roles[role].at_board && cp_pins_find(pins, 0, role) != NULL;

    return at_board || cp_pins_find(pins, evse, role) != NULL;
}

const char *cp_pins_missing(const cp_pins_t *pins, const cp_msg_config_evse_t *evse)
{
    const bool locks = evse->lock_fitted != 0u;
    const bool measured = evse->current == (uint8_t)CP_CURRENT_SOURCE_INPUT;
    const struct {
        bool needed;
        cp_pin_role_t role;
        const char *name;
    } needs[] = {
        {true, CP_PIN_ROLE_PILOT_PWM, "pilot_pwm"},
        {true, CP_PIN_ROLE_PILOT_ADC, "pilot_adc"},
        {true, CP_PIN_ROLE_CONTACTOR, "contactor"},
        {evse->fixed_cable == 0u, CP_PIN_ROLE_PROXIMITY_ADC, "proximity_adc"},
        {evse->phase_switch != 0u, CP_PIN_ROLE_CONTACTOR_3P, "contactor_3p"},
        {evse->feedback != (uint8_t)CP_FEEDBACK_NONE, CP_PIN_ROLE_CONTACTOR_FEEDBACK, "contactor_feedback"},
        {evse->rcm != (uint8_t)CP_RCM_TYPE_NONE, CP_PIN_ROLE_RCM_TRIP, "rcm_trip"},
        {evse->rcm_test_ms > 0u, CP_PIN_ROLE_RCM_TEST, "rcm_test"},
        {evse->protective_earth != 0u, CP_PIN_ROLE_PROTECTIVE_EARTH, "protective_earth"},
        {evse->emergency_stop != 0u, CP_PIN_ROLE_EMERGENCY_STOP, "emergency_stop"},
        {locks, CP_PIN_ROLE_LOCK_A, "lock_a"},
        {locks && evse->lock_pulse_ms > 0u, CP_PIN_ROLE_LOCK_B, "lock_b"},
        {locks && evse->lock_feedback != 0u, CP_PIN_ROLE_LOCK_FEEDBACK, "lock_feedback"},
        {evse->temperature != (uint8_t)CP_TEMPERATURE_SENSOR_NONE, CP_PIN_ROLE_TEMPERATURE_ADC, "temperature_adc"},
        {measured, CP_PIN_ROLE_CURRENT_L1_ADC, "current_l1_adc"},
        {measured && evse->phases == 3u, CP_PIN_ROLE_CURRENT_L2_ADC, "current_l2_adc"},
        {measured && evse->phases == 3u, CP_PIN_ROLE_CURRENT_L3_ADC, "current_l3_adc"},
        {evse->s0_pulses_per_kwh > 0u, CP_PIN_ROLE_S0_PULSE, "s0_pulse"},
        {evse->wake == (uint8_t)CP_WAKE_BY_CP_BREAK, CP_PIN_ROLE_CP_BREAK, "cp_break"},
    };

    for (unsigned i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (needs[i].needed && !wired(pins, evse->evse, needs[i].role)) {
            return needs[i].name;
        }
    }
    return NULL;
}
