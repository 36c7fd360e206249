#include "board.h"

#include "cp_version.h"
#include "past.h"
#include "pins.h"

#include <string.h>

#define EVSES 1u
/* The simulated hardware has everything. */
#define CAPABILITIES ((2u << CP_CAPABILITY_CP_BREAK) - 1u)

static const uint8_t mac[6] = {0x02, 0x43, 0x52, 0x56, 0x33, 0x32};

/* xorshift: no two starts share a nonce; never 0. */
static uint32_t next_random(cp_sim_t *board)
{
    board->random ^= board->random << 13;
    board->random ^= board->random >> 17;
    board->random ^= board->random << 5;
    return board->random;
}

void board_open(cp_sim_t *board)
{
    memset(board, 0, sizeof *board);
    const cp_reset_reason_t reason = past_take(board);
    cp_board_t described = {
        .evse_count = EVSES,
        .build = 1u << CP_BUILD_EMULATOR,
        .version = {CP_FW_VERSION},
        .revision = CP_FW_REVISION,
        .chip = "rv32",
        .capabilities = CAPABILITIES,
        .nonce = next_random(board),
        .reset_reason = (uint8_t)reason,
    };

    memcpy(described.mac, mac, sizeof mac);
    board->evse_count = EVSES;
    cp_plant_port_init(&board->port);
    for (unsigned i = 0; i < EVSES; i++) {
        cp_plant_reset(&board->plant[i], next_random(board));
    }
    pins_off();
    cp_coprocessor_init(&board->cp, &described, reason == CP_RESET_REASON_POWER_ON ? NULL : &board->rtc, board->nvm,
                        board->nvm_len);
}

/* What the hardware at EVSE `index` sees of us: the pins, where there are some. */
static cp_evse_outputs_t at_the_pins(const cp_sim_t *board, uint8_t index)
{
    cp_evse_outputs_t out = board->out.evse[index];

    out.contactor_closed = pins_contactor(index);
    return out;
}

void board_step(cp_sim_t *board, uint32_t step_us)
{
    cp_inputs_t in = {.button = board->button};

    board->now_us += step_us;
    for (uint8_t i = 0; i < board->evse_count; i++) {
        const cp_evse_outputs_t out = at_the_pins(board, i);
        cp_plant_step(&board->plant[i], step_us, &out, &in.evse[i]);
    }
    cp_coprocessor_tick(&board->cp, board->now_us, &in, &board->out);
    pins_drive(&board->out);
    board->rtc = *cp_coprocessor_rtc(&board->cp);
    if (board->out.store) {
        board->nvm_len = cp_coprocessor_nvm(&board->cp, board->nvm);
        board->store_count++;
        cp_coprocessor_stored(&board->cp);
    }
}
