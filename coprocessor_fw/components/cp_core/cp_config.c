#include "cp_config.h"

#include "cp_config_check.h"
#include "cp_crc32.h"

static void reset_operational(cp_config_sets_t *sets)
{
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        cp_msg_config_operational_default(&sets->operational[i]);
        sets->operational[i].evse = (uint8_t)(i + 1u);
    }
}

static void reset_commissioned(cp_config_sets_t *sets)
{
    cp_msg_config_board_default(&sets->board);
    sets->pins.count = 0;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        cp_msg_config_evse_default(&sets->evse[i]);
        sets->evse[i].evse = (uint8_t)(i + 1u);
    }
}

void cp_config_init(cp_config_t *config)
{
    *config = (cp_config_t){0};
    reset_commissioned(&config->active);
    reset_operational(&config->active);
    config->next = config->active;
}

void cp_config_restore(cp_config_t *config, const cp_config_sets_t *stored)
{
    cp_config_init(config);
    config->active = *stored;
    config->next = *stored;
}

cp_result_t cp_config_begin(cp_config_t *config, const cp_msg_config_begin_t *begin)
{
    if (begin->set >= CP_CONFIG_SETS) {
        return CP_RESULT_BAD_VALUE;
    }
    config->open = true;
    config->set = begin->set;
    config->crc = 0;
    config->board_seen = false;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        config->evse_seen[i] = false;
    }
    reset_commissioned(&config->stage);
    reset_operational(&config->stage);
    return CP_RESULT_OK;
}

static void add_to_crc(cp_config_t *config, uint16_t msg, const uint8_t *payload, size_t len)
{
    const uint8_t id[2] = {(uint8_t)(msg & 0xFFu), (uint8_t)(msg >> 8)};

    config->crc = cp_crc32(config->crc, id, sizeof id);
    config->crc = cp_crc32(config->crc, payload, len);
}

static bool known_evse(uint8_t evse)
{
    return evse >= 1u && evse <= CP_EVSE_MAX;
}

static cp_result_t stage_evse(cp_config_t *config, const uint8_t *payload, size_t len)
{
    cp_msg_config_evse_t item;

    cp_msg_config_evse_decode(&item, payload, len);
    if (!known_evse(item.evse)) {
        return CP_RESULT_BAD_EVSE;
    }
    config->stage.evse[item.evse - 1u] = item;
    config->evse_seen[item.evse - 1u] = true;
    return CP_RESULT_OK;
}

static cp_result_t stage_operational(cp_config_t *config, const uint8_t *payload, size_t len)
{
    cp_msg_config_operational_t item;

    cp_msg_config_operational_decode(&item, payload, len);
    if (!known_evse(item.evse)) {
        return CP_RESULT_BAD_EVSE;
    }
    config->stage.operational[item.evse - 1u] = item;
    return CP_RESULT_OK;
}

static cp_result_t stage_pin(cp_config_t *config, const uint8_t *payload, size_t len)
{
    cp_pins_t *const pins = &config->stage.pins;

    if (pins->count >= CP_PINS_MAX) {
        return CP_RESULT_BAD_VALUE;
    }
    cp_msg_config_pin_decode(&pins->pin[pins->count], payload, len);
    pins->count++;
    return CP_RESULT_OK;
}

cp_result_t cp_config_item(cp_config_t *config, uint16_t msg, const uint8_t *payload, size_t len)
{
    const bool operational = msg == CP_MSG_CONFIG_OPERATIONAL;
    cp_result_t result = CP_RESULT_OK;

    if (!config->open || operational != (config->set == (uint8_t)CP_CONFIG_SET_OPERATIONAL)) {
        return CP_RESULT_WRONG_STATE;
    }
    if (operational) {
        result = stage_operational(config, payload, len);
    } else if (msg == CP_MSG_CONFIG_EVSE) {
        result = stage_evse(config, payload, len);
    } else if (msg == CP_MSG_CONFIG_PIN) {
        result = stage_pin(config, payload, len);
    } else {
        cp_msg_config_board_decode(&config->stage.board, payload, len);
        config->board_seen = true;
    }
    if (result == CP_RESULT_OK) {
        add_to_crc(config, msg, payload, len);
    }
    return result;
}

static void accept(cp_config_t *config)
{
    if (config->set == (uint8_t)CP_CONFIG_SET_COMMISSIONED) {
        config->next.commissioned = true;
        config->next.board = config->stage.board;
        config->next.pins = config->stage.pins;
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            config->next.evse[i] = config->stage.evse[i];
        }
    } else {
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            config->next.operational[i] = config->stage.operational[i];
        }
    }
    config->next.crc[config->set] = config->crc;
    config->waits[config->set] = true;
}

cp_config_outcome_t cp_config_commit(cp_config_t *config, const cp_msg_config_commit_t *commit,
                                     const cp_config_board_t *board, bool present)
{
    cp_config_outcome_t outcome = {.result = CP_RESULT_ACCEPTED, .text = "", .refused = NULL, .evse = 0, .gpio = -1};
    const bool same = config->active.commissioned && commit->crc == config->active.crc[CP_CONFIG_SET_COMMISSIONED];

    if (!config->open || commit->set != config->set) {
        outcome.result = CP_RESULT_WRONG_STATE;
        outcome.text = "begin first";
        return outcome;
    }
    config->open = false;
    if (commit->crc != config->crc) {
        outcome.result = CP_RESULT_BAD_CRC;
        outcome.text = "crc";
        return outcome;
    }
    if (config->set == (uint8_t)CP_CONFIG_SET_COMMISSIONED) {
        if (same) { /* a CRC can be forged: what is active stays, only the answer is that of a set that was taken */
            config->waits[CP_CONFIG_SET_COMMISSIONED] = true;
            return outcome;
        }
        if (config->active.commissioned && !present) {
            outcome.result = CP_RESULT_NOT_PERMITTED;
            outcome.text = "hold the board's button";
            return outcome;
        }
        cp_config_check_commissioned(&config->stage, config->board_seen, config->evse_seen, board, &outcome);
    } else {
        cp_config_check_operational(&config->stage, &outcome);
    }
    if (outcome.refused == NULL) {
        accept(config);
    }
    return outcome;
}

bool cp_config_waits(const cp_config_t *config, cp_config_set_t set)
{
    return config->waits[set];
}

void cp_config_apply(cp_config_t *config, cp_config_set_t set)
{
    config->waits[set] = false;
    config->active.crc[set] = config->next.crc[set];
    if (set == CP_CONFIG_SET_COMMISSIONED) {
        config->active.commissioned = config->next.commissioned;
        config->active.board = config->next.board;
        config->active.pins = config->next.pins;
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            config->active.evse[i] = config->next.evse[i];
        }
    } else {
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            config->active.operational[i] = config->next.operational[i];
        }
    }
}

cp_evse_config_t cp_config_for_evse(const cp_config_t *config, uint8_t index)
{
    const cp_msg_config_evse_t *const evse = &config->active.evse[index];
    const cp_msg_config_operational_t *const operational = &config->active.operational[index];

    return (cp_evse_config_t){
        .commissioned = config->active.commissioned && index < config->active.board.evse_count,
        .hard_limit_da = evse->hard_limit_da,
        .limit_da = operational->limit_da,
        .phases = evse->phases,
        .fixed_cable = evse->fixed_cable != 0u,
        .ventilation = evse->ventilation != 0u,
        .lock_fitted = evse->lock_fitted != 0u,
        .feedback_fitted = evse->feedback != (uint8_t)CP_FEEDBACK_NONE,
        .phase_switch = evse->phase_switch != 0u,
        .pilot_gain_ppm = evse->pilot_gain_ppm,
        .pilot_offset_mv = evse->pilot_offset_mv,
        .pwm_rise_us = evse->pwm_rise_us,
        .pwm_fall_us = evse->pwm_fall_us,
        .close_debounce_ms = operational->close_debounce_ms,
        .rcm = evse->rcm,
        .rcm_test_ms = evse->rcm_test_ms,
        .rcm_lockout = evse->rcm_lockout,
        .earth_fitted = evse->protective_earth != 0u,
        .stop_fitted = evse->emergency_stop != 0u,
        .current = evse->current,
        .current_ma_per_v = evse->current_ma_per_v,
        .temperature =
            {
                .sensor = evse->temperature,
                .r25_ohm = evse->ntc_r25_ohm,
                .beta = evse->ntc_beta,
                .series_ohm = evse->ntc_series_ohm,
                .supply_mv = evse->ntc_supply_mv,
                .level_dc = {evse->derate1_dc, evse->derate2_dc, evse->stop_dc},
            },
        .s0_pulses_per_kwh = evse->s0_pulses_per_kwh,
        .wake = evse->wake,
        .lock_pulse_ms = evse->lock_pulse_ms,
        .lock_feedback = evse->lock_feedback != 0u,
        .retries = evse->retries,
        .retry_s = evse->retry_s,
    };
}
