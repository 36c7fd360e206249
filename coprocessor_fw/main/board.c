#include "board.h"

#include "cp_nvm.h"
#include "cp_version.h"
#include "port_chip.h"
#include "port_chips.h"

#include "sdkconfig.h"

#if CONFIG_CP_EMULATOR
#include "emulator.h"
#endif

/* What boards of this firmware may have; which of it one has, its configuration says. No meter: pulses tell of no
 * current. */
#define CAPABILITIES                                                                                                   \
    (1u << CP_CAPABILITY_PROXIMITY | 1u << CP_CAPABILITY_LOCK | 1u << CP_CAPABILITY_RCM |                              \
     1u << CP_CAPABILITY_TEMPERATURE | 1u << CP_CAPABILITY_PHASE_SWITCH | 1u << CP_CAPABILITY_CONTACTOR_FEEDBACK |     \
     1u << CP_CAPABILITY_PE_MONITOR | 1u << CP_CAPABILITY_EMERGENCY_STOP | 1u << CP_CAPABILITY_CURRENT |               \
     1u << CP_CAPABILITY_S0 | 1u << CP_CAPABILITY_CP_BREAK)

/* A board that was commissioned serves the EVSEs that it has; another may become any. */
static uint8_t served(const uint8_t *stored, size_t len)
{
    static cp_nvm_t nvm; /* too much for the task's stack */

    if (len == 0u || !cp_nvm_decode(&nvm, stored, len) || !nvm.config.commissioned) {
        return CP_EVSE_MAX;
    }
    const uint8_t count = nvm.config.board.evse_count;
    return count >= 1u && count <= CP_EVSE_MAX ? count : (uint8_t)CP_EVSE_MAX;
}

cp_board_t board_describe(const uint8_t *stored, size_t len)
{
    const port_chip_t *const chip = port_chip_find(port_chip_name());
    cp_board_t board = {
        .evse_count = served(stored, len),
        .evse_max = CP_EVSE_MAX,
        .build = CP_FW_DIRTY ? 1u << CP_BUILD_DIRTY : 0u,
        .version = {CP_FW_VERSION},
        .revision = CP_FW_REVISION,
        .chip = port_chip_name(),
        .capabilities = CAPABILITIES,
        .nonce = port_chip_nonce(),
        .reset_reason = (uint8_t)port_chip_reset_reason(),
        .pins = chip != NULL ? &chip->pins : NULL,
    };

    port_chip_mac(board.mac);
#if CONFIG_CP_EMULATOR
    emulator_describe(&board);
#endif
    return board;
}
