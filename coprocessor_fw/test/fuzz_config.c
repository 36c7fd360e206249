/* Fuzz target: a commissioned set out of the input's bytes, items of any length and order, closed by its true CRC, on a
 * board with a chip and on one without; then its image in flash, damaged or not. Contract: what is accepted validates
 * again and outlives the flash; an image is read whole or not at all; the safety property holds. */

#include "cp_coprocessor.h"
#include "cp_crc32.h"
#include "cp_invariant.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WITH_CHIP 1u
#define PRESENT 2u
#define DAMAGED 4u

static const cp_chip_pins_t chip = {
    .input = 0xFFFFFFF03Full,
    .output = 0x3FFFFF03Full,
    .analogue = 0xFF00000000ull,
    .pull = 0x3FFFFF03Full,
    .calm = 0x3FFF6B01Aull,
};

/* Input as [item, length, payload...]. */
static uint32_t push_items(cp_config_t *config, const uint8_t *data, size_t size)
{
    static const uint16_t items[4] = {CP_MSG_CONFIG_BOARD, CP_MSG_CONFIG_EVSE, CP_MSG_CONFIG_PIN,
                                      CP_MSG_CONFIG_OPERATIONAL};
    uint32_t crc = 0;

    while (size >= 2u) {
        const uint16_t msg = items[data[0] & 3u];
        const size_t len = data[1] < size - 2u ? data[1] : size - 2u;
        const uint8_t id[2] = {(uint8_t)(msg & 0xFFu), (uint8_t)(msg >> 8)};
        if (cp_config_item(config, msg, &data[2], len) == CP_RESULT_OK) {
            crc = cp_crc32(cp_crc32(crc, id, sizeof id), &data[2], len);
        }
        data += 2u + len;
        size -= 2u + len;
    }
    return crc;
}

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void live(const cp_board_t *board, const uint8_t *image, size_t len)
{
    static cp_coprocessor_t cp;
    cp_inputs_t in = {.button = false};
    cp_outputs_t out = {.store = false};

    for (unsigned i = 0; i < 2u; i++) {
        in.evse[i].pilot_high_mv = 6000;
        in.evse[i].pilot_low_mv = -12000;
        in.evse[i].proximity_ohm = 220;
        in.evse[i].temperature_mv = image[len / 2u];
    }
    cp_coprocessor_init(&cp, board, NULL, image, len);
    for (uint64_t now_us = 10000; now_us <= 50000u; now_us += 10000u) {
        cp_coprocessor_tick(&cp, now_us, &in, &out);
        check(cp_evse_invariant(&cp.evse[0]) && cp_evse_invariant(&cp.evse[1]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cp_config_t config;
    static cp_nvm_t nvm;
    static cp_nvm_t read;
    static uint8_t image[CP_NVM_SIZE];

    if (size < 2u) {
        return 0;
    }
    const bool chipped = (data[0] & WITH_CHIP) != 0u;
    const cp_board_t board = {.evse_count = 2,
                              .revision = "",
                              .chip = "fuzz",
                              .nonce = 1,
                              .capabilities = UINT32_MAX,
                              .pins = chipped ? &chip : NULL};
    const cp_config_board_t against = {
        .evse_count = 2, .capabilities = UINT32_MAX, .chip = board.chip, .pins = board.pins};
    const cp_msg_config_begin_t begin = {.set = data[1] & 1u};

    cp_config_init(&config);
    check(cp_config_begin(&config, &begin) == CP_RESULT_OK);
    const uint32_t crc = push_items(&config, &data[2], size - 2u);
    const cp_msg_config_commit_t commit = {.set = begin.set, .crc = crc};
    const cp_config_outcome_t outcome = cp_config_commit(&config, &commit, &against, (data[0] & PRESENT) != 0u);
    check(outcome.result == CP_RESULT_ACCEPTED);
    check((outcome.refused == NULL) == cp_config_waits(&config, (cp_config_set_t)begin.set));
    if (outcome.refused == NULL) {
        cp_config_apply(&config, (cp_config_set_t)begin.set);
    }
    check(config.active.pins.count <= CP_PINS_MAX && config.active.board.evse_count <= 2u);
    nvm = (cp_nvm_t){.boot_count = 1, .config = config.active};
    const size_t len = cp_nvm_encode(&nvm, image);
    check(len == CP_NVM_SIZE && cp_nvm_decode(&read, image, len));
    check(read.config.pins.count == nvm.config.pins.count && read.config.crc[0] == nvm.config.crc[0]);
    if ((data[0] & DAMAGED) != 0u) {
        image[(size_t)data[1] * 2u % len] ^= (uint8_t)(data[0] | 1u);
        check(!cp_nvm_decode(&read, image, len));
    }
    live(&board, image, len);
    return 0;
}
