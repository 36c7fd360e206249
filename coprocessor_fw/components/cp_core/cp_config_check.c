/* Whether a configuration set can be: every field in range, every part that it relies on there. */

#include "cp_config_check.h"

#include "cp_timing.h"

#define LIMIT_MIN_DA 60u
#define LIMIT_MAX_DA 800u
#define GAIN_MAX_PPM 200000
#define OFFSET_MAX_MV 1000
#define EDGE_MAX_US 50
#define SNAPSHOT_MIN_MS 50u
#define SNAPSHOT_MAX_MS 5000u

#define RCM_TEST_MIN_MS 20u
#define RCM_TEST_MAX_MS 2000u
#define RCM_LOCKOUT_MAX 10u
#define SCALE_MIN_MA_PER_V 100u
#define SCALE_MAX_MA_PER_V 1000000u
#define OHM_MIN 100u
#define NTC_OHM_MAX 1000000u
#define BETA_MIN 1000u
#define BETA_MAX 6000u
#define SUPPLY_MIN_MV 1000u
#define SUPPLY_MAX_MV 5500u
#define DERATE_MIN_DC 200
#define STOP_MAX_DC 1200
#define S0_MAX_PER_KWH 10000u
#define PIN_MAX_MV 3300
#define PILOT_SPAN_MIN_MV 500
#define PROXIMITY_OHM_MAX 10000u
#define LOCK_PULSE_MIN_MS 50u
#define LOCK_PULSE_MAX_MS 2000u
#define RETRY_MIN_S 30u
#define RETRY_MAX_S 3600u

static bool within(int32_t value, int32_t bound)
{
    return value >= -bound && value <= bound;
}

static bool has(uint32_t capabilities, cp_capability_t capability)
{
    return (capabilities >> (unsigned)capability & 1u) != 0u;
}

typedef struct {
    bool bad;
    const char *field;
} check_t;

static const char *first_bad(const check_t *checks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (checks[i].bad) {
            return checks[i].field;
        }
    }
    return NULL;
}

#define FIRST_BAD(checks) first_bad(checks, sizeof(checks) / sizeof(checks)[0])

/* Fitted or not, and only what the board can do. */
static bool bad_flag(uint8_t flag, uint32_t capabilities, cp_capability_t needed)
{
    return flag > 1u || (flag == 1u && !has(capabilities, needed));
}

static bool outside(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least || value > most;
}

/* Name of the first field that cannot be, NULL if all can. What the board cannot sense must not be relied on. */
static const char *bad_wiring_field(const cp_msg_config_evse_t *evse, uint32_t capabilities)
{
    const check_t checks[] = {
        {evse->hard_limit_da < LIMIT_MIN_DA || evse->hard_limit_da > LIMIT_MAX_DA, "hard_limit_da"},
        {evse->phases != 1u && evse->phases != 3u, "phases"},
        {evse->fixed_cable > 1u || (evse->fixed_cable == 0u && !has(capabilities, CP_CAPABILITY_PROXIMITY)),
         "fixed_cable"},
        {evse->ventilation > 1u, "ventilation"},
        {evse->lock_fitted > 1u || (evse->lock_fitted == 1u && !has(capabilities, CP_CAPABILITY_LOCK)), "lock_fitted"},
        {evse->feedback > (uint8_t)CP_FEEDBACK_LOAD_SIDE ||
             (evse->feedback != (uint8_t)CP_FEEDBACK_NONE && !has(capabilities, CP_CAPABILITY_CONTACTOR_FEEDBACK)),
         "feedback"},
        {evse->rcm > (uint8_t)CP_RCM_TYPE_NORMALLY_OPEN ||
             (evse->rcm != (uint8_t)CP_RCM_TYPE_NONE && !has(capabilities, CP_CAPABILITY_RCM)),
         "rcm"},
        {evse->phase_switch > 1u ||
             (evse->phase_switch == 1u && (evse->phases != 3u || !has(capabilities, CP_CAPABILITY_PHASE_SWITCH))),
         "phase_switch"},
        {!within(evse->pilot_gain_ppm, GAIN_MAX_PPM), "pilot_gain_ppm"},
        {!within(evse->pilot_offset_mv, OFFSET_MAX_MV), "pilot_offset_mv"},
        {!within(evse->pwm_rise_us, EDGE_MAX_US), "pwm_rise_us"},
        {!within(evse->pwm_fall_us, EDGE_MAX_US), "pwm_fall_us"},
    };

    return FIRST_BAD(checks);
}

static const char *bad_guard_field(const cp_msg_config_evse_t *evse, uint32_t capabilities)
{
    const bool rcm = evse->rcm != (uint8_t)CP_RCM_TYPE_NONE;
    const bool input = evse->current == (uint8_t)CP_CURRENT_SOURCE_INPUT;
    const bool ntc = evse->temperature != (uint8_t)CP_TEMPERATURE_SENSOR_NONE;
    const check_t checks[] = {
        {evse->rcm_test_ms != 0u && (!rcm || outside(evse->rcm_test_ms, RCM_TEST_MIN_MS, RCM_TEST_MAX_MS)),
         "rcm_test_ms"},
        {outside(evse->rcm_lockout, 1u, RCM_LOCKOUT_MAX), "rcm_lockout"},
        {bad_flag(evse->protective_earth, capabilities, CP_CAPABILITY_PE_MONITOR), "protective_earth"},
        {bad_flag(evse->emergency_stop, capabilities, CP_CAPABILITY_EMERGENCY_STOP), "emergency_stop"},
        {evse->current > (uint8_t)CP_CURRENT_SOURCE_INPUT || (input && !has(capabilities, CP_CAPABILITY_CURRENT)) ||
             (evse->current == (uint8_t)CP_CURRENT_SOURCE_METER &&
              (!has(capabilities, CP_CAPABILITY_METER) || evse->s0_pulses_per_kwh > 0u)), /* pulses tell of none */
         "current"},
        {input && outside(evse->current_ma_per_v, SCALE_MIN_MA_PER_V, SCALE_MAX_MA_PER_V), "current_ma_per_v"},
        {evse->temperature > (uint8_t)CP_TEMPERATURE_SENSOR_NTC_HIGH ||
             (ntc && !has(capabilities, CP_CAPABILITY_TEMPERATURE)),
         "temperature"},
        {ntc && outside(evse->ntc_r25_ohm, OHM_MIN, NTC_OHM_MAX), "ntc_r25_ohm"},
        {ntc && outside(evse->ntc_beta, BETA_MIN, BETA_MAX), "ntc_beta"},
        {ntc && outside(evse->ntc_series_ohm, OHM_MIN, NTC_OHM_MAX), "ntc_series_ohm"},
        {ntc && outside(evse->ntc_supply_mv, SUPPLY_MIN_MV, SUPPLY_MAX_MV), "ntc_supply_mv"},
        {ntc && evse->derate1_dc < DERATE_MIN_DC, "derate1_dc"},
        {ntc && evse->derate2_dc <= evse->derate1_dc, "derate2_dc"},
        {ntc && (evse->stop_dc <= evse->derate2_dc || evse->stop_dc > STOP_MAX_DC), "stop_dc"},
        {evse->retry_s < RETRY_MIN_S || evse->retry_s > RETRY_MAX_S, "retry_s"},
    };

    return FIRST_BAD(checks);
}

static const char *bad_input_field(const cp_msg_config_evse_t *evse, uint32_t capabilities)
{
    const int32_t span_mv = (int32_t)evse->pilot_plus12_mv - (int32_t)evse->pilot_minus12_mv;
    const check_t checks[] = {
        {evse->s0_pulses_per_kwh > S0_MAX_PER_KWH ||
             (evse->s0_pulses_per_kwh > 0u && !has(capabilities, CP_CAPABILITY_S0)),
         "s0_pulses_per_kwh"},
        {evse->pilot_minus12_mv < 0 || evse->pilot_minus12_mv > PIN_MAX_MV, "pilot_minus12_mv"},
        {evse->pilot_plus12_mv > PIN_MAX_MV || span_mv < PILOT_SPAN_MIN_MV, "pilot_plus12_mv"},
        {outside(evse->proximity_series_ohm, OHM_MIN, PROXIMITY_OHM_MAX), "proximity_series_ohm"},
        {outside(evse->proximity_supply_mv, SUPPLY_MIN_MV, SUPPLY_MAX_MV), "proximity_supply_mv"},
        {evse->wake > (uint8_t)CP_WAKE_BY_CP_BREAK ||
             (evse->wake == (uint8_t)CP_WAKE_BY_CP_BREAK && !has(capabilities, CP_CAPABILITY_CP_BREAK)),
         "wake"},
        {evse->lock_pulse_ms != 0u && outside(evse->lock_pulse_ms, LOCK_PULSE_MIN_MS, LOCK_PULSE_MAX_MS),
         "lock_pulse_ms"},
        {evse->lock_feedback > 1u, "lock_feedback"},
    };

    return FIRST_BAD(checks);
}

static const char *bad_evse_field(const cp_msg_config_evse_t *evse, uint32_t capabilities)
{
    const char *field = bad_wiring_field(evse, capabilities);

    field = field != NULL ? field : bad_guard_field(evse, capabilities);
    return field != NULL ? field : bad_input_field(evse, capabilities);
}

static const char *bad_operational_field(const cp_msg_config_operational_t *operational)
{
    if (operational->limit_da > LIMIT_MAX_DA) {
        return "limit_da";
    }
    if (operational->snapshot_ms < SNAPSHOT_MIN_MS || operational->snapshot_ms > SNAPSHOT_MAX_MS) {
        return "snapshot_ms";
    }
    if (operational->close_debounce_ms < CP_CLOSE_DEBOUNCE_MIN_MS ||
        operational->close_debounce_ms > CP_CLOSE_DEBOUNCE_MAX_MS) {
        return "close_debounce_ms";
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A chip's pins stand in its configuration, all of them; a simulation has none to mistake. */
static void check_pins(const cp_config_sets_t *stage, const cp_config_board_t *board, cp_config_outcome_t *outcome)
{
    const cp_pins_t *const pins = &stage->pins;
    const uint8_t count = stage->board.evse_count;

    for (uint8_t i = 0; i < pins->count && outcome->refused == NULL; i++) {
        outcome->evse = pins->pin[i].evse;
        outcome->gpio = pins->pin[i].gpio;
        outcome->refused = cp_pins_refusal(pins, i, count, board->pins);
    }
    for (uint8_t i = 0; i < count && outcome->refused == NULL && board->pins != NULL; i++) {
        outcome->evse = (uint8_t)(i + 1u);
        outcome->gpio = -1;
        outcome->refused = cp_pins_missing(pins, &stage->evse[i]);
    }
}

void cp_config_check_commissioned(const cp_config_sets_t *stage, bool board_seen, const bool evse_seen[CP_EVSE_MAX],
                                  const cp_config_board_t *board, cp_config_outcome_t *outcome)
{
    const uint8_t count = stage->board.evse_count;
    const char *const chip = stage->board.chip;
    const bool chipless = chip[0] == '\0' && stage->pins.count == 0u && board->pins == NULL;

    if (!board_seen || count < 1u || count > board->evse_count) {
        outcome->refused = "evse_count";
        return;
    }
    if (!chipless && !same_text(chip, board->chip)) {
        outcome->refused = "chip";
        return;
    }
    for (uint8_t i = 0; i < CP_EVSE_MAX && outcome->refused == NULL; i++) {
        outcome->evse = (uint8_t)(i + 1u);
        if (evse_seen[i] != (i < count)) { /* one missing, or one too many */
            outcome->refused = "evse";
        } else if (i < count) {
            outcome->refused = bad_evse_field(&stage->evse[i], board->capabilities);
        }
    }
    if (outcome->refused == NULL) {
        check_pins(stage, board, outcome);
    }
}

void cp_config_check_operational(const cp_config_sets_t *stage, cp_config_outcome_t *outcome)
{
    for (uint8_t i = 0; i < CP_EVSE_MAX && outcome->refused == NULL; i++) {
        outcome->evse = (uint8_t)(i + 1u);
        outcome->refused = bad_operational_field(&stage->operational[i]);
    }
}
