#include "past.h"

#include "cp_crc32.h"
#include "machine.h"

#include <string.h>

#define SEED 0x2545F491u

typedef struct {
    uint32_t reason; /* cp_reset_reason_t */
    uint32_t random;
    cp_rtc_t rtc;
    uint8_t nvm[CP_NVM_SIZE];
    uint32_t nvm_len;
    cp_plant_t plant[CP_EVSE_MAX];
    uint32_t crc; /* over all before */
} past_t;

static past_t past __attribute__((section(".noinit")));

static uint32_t check(void)
{
    return cp_crc32(0, (const uint8_t *)&past, offsetof(past_t, crc));
}

cp_reset_reason_t past_take(cp_sim_t *board)
{
    const bool whole = past.crc == check() && past.nvm_len <= CP_NVM_SIZE;

    past.crc = ~past.crc; /* a reset that is not announced leaves nothing */
    if (!whole) {
        board->random = SEED;
        for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
            cp_plant_init(&board->plant[i]);
        }
        return CP_RESET_REASON_POWER_ON;
    }
    board->random = past.random;
    board->rtc = past.rtc;
    board->nvm_len = past.nvm_len;
    memcpy(board->nvm, past.nvm, sizeof past.nvm);
    memcpy(board->plant, past.plant, sizeof past.plant);
    return (cp_reset_reason_t)past.reason;
}

void past_leave(const cp_sim_t *board, cp_reset_reason_t reason)
{
    past.reason = (uint32_t)reason;
    past.random = board->random;
    past.rtc = board->rtc;
    past.nvm_len = (uint32_t)board->nvm_len;
    memcpy(past.nvm, board->nvm, sizeof past.nvm);
    memcpy(past.plant, board->plant, sizeof past.plant);
    past.crc = check();
    machine_restart();
}
