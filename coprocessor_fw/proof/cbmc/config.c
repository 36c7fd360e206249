/* What the configuration's check accepts is what the proofs of the tick assume, and lies within the product's bounds.
 */

#include "harness.h"

#include "cp_config.h"
#include "cp_config_check.h"
#include "cp_offer.h"
#include "cp_timing.h"

static cp_config_t config;

int main(void)
{
    const uint8_t index = ANY(uint8_t);
    const cp_config_board_t board = {
        .evse_count = CP_EVSE_MAX, .capabilities = ANY(uint32_t), .chip = "", .pins = NULL};
    const bool seen[CP_EVSE_MAX] = {ANY(bool), ANY(bool), ANY(bool), ANY(bool)};
    cp_config_outcome_t outcome = {.refused = NULL};

    cp_config_init(&config);
    const cp_evse_config_t untouched = cp_config_for_evse(&config, 0);
    CLAIM(cp_evse_config_well_formed(&untouched) && !untouched.commissioned, "before anything is commissioned");

    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        config.active.evse[i] = ANY(cp_msg_config_evse_t);
        config.active.operational[i] = ANY(cp_msg_config_operational_t);
    }
    config.active.commissioned = true;
    config.active.board.evse_count = ANY(uint8_t);
    cp_config_check_commissioned(&config.active, true, seen, &board, &outcome);
    cp_config_check_operational(&config.active, &outcome);
    ASSUME(outcome.refused == NULL && index < config.active.board.evse_count);

    const cp_evse_config_t accepted = cp_config_for_evse(&config, index);
    CLAIM(index < CP_EVSE_MAX, "no more EVSEs than there are");
    CLAIM(cp_evse_config_well_formed(&accepted), "an accepted configuration is well formed");
    CLAIM(accepted.commissioned && accepted.hard_limit_da <= CP_OFFER_MAX_DA, "no more than 80 A");
    CLAIM(accepted.close_debounce_ms >= CP_CLOSE_DEBOUNCE_MIN_MS, "no shorter debounce than a wake pulse allows");
    CLAIM(accepted.retry_s >= 30u, "no shorter wait after a trip");
    CLAIM(accepted.rcm_lockout >= 1u && accepted.rcm_lockout <= 10u, "residual current locks out at last");
    CLAIM(accepted.fixed_cable || (board.capabilities >> (unsigned)CP_CAPABILITY_PROXIMITY & 1u) != 0u,
          "a socket only where proximity is read");
    REACHED_IF(accepted.rcm != (uint8_t)CP_RCM_TYPE_NONE && accepted.phase_switch && accepted.lock_fitted,
               "everything fitted");
    return 0;
}
