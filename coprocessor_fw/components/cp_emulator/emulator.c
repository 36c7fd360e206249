#include "emulator.h"

#include "cp_crc32.h"
#include "port_chip.h"
#include "port_off.h"
#include "sim_inner.h"

#include "esp_attr.h"
#include "sdkconfig.h"

#include <stddef.h>
#include <string.h>

#if !CONFIG_CP_EMULATOR
#error "This must not be part of a firmware for a board"
#endif

#define STEP_MAX_US 10000u
#define ANSWER_US 100000u

/* What outlives a restart by software: the vehicles, and the reset that is to be told. */
typedef struct {
    uint32_t reason; /* cp_reset_reason_t */
    cp_plant_t plant[CP_EVSE_MAX];
    uint32_t crc; /* over all before */
} past_t;

static __NOINIT_ATTR past_t past;

/* The plant protocol's world. Its own coprocessor, clock and flash lie idle: the application's are the ones that run.
 */
static cp_sim_t world;
static cp_inputs_t inputs;
static bool survived;
static uint64_t lived_us;
static uint64_t ahead_us;
static uint64_t owed_us;
static bool restarting;
static uint64_t restart_us;

static uint32_t crc_of_past(void)
{
    return cp_crc32(0, (const uint8_t *)&past, offsetof(past_t, crc));
}

static void keep(void)
{
    memcpy(past.plant, world.plant, sizeof past.plant);
    past.crc = crc_of_past();
}

void emulator_open(void)
{
    survived = past.crc == crc_of_past();
    world.evse_count = CP_EVSE_MAX;
    cp_plant_port_init(&world.port);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        if (survived) {
            world.plant[i] = past.plant[i];
        } else {
            cp_plant_init(&world.plant[i]);
        }
        cp_plant_reset(&world.plant[i], port_chip_nonce());
    }
}

void emulator_describe(cp_board_t *board)
{
    board->build |= 1u << CP_BUILD_EMULATOR;
    board->capabilities |= 1u << CP_CAPABILITY_METER; /* the plant's */
    board->pins = NULL;
    if (survived && past.reason != (uint32_t)CP_RESET_REASON_UNKNOWN) {
        board->reset_reason = (uint8_t)past.reason;
    }
    past.reason = (uint32_t)CP_RESET_REASON_UNKNOWN;
    keep();
}

void emulator_hear(const uint8_t *bytes, size_t len)
{
    if (len > 0u) {
        cp_plant_port_take(&world.port, &world, bytes, len);
        keep();
    }
}

size_t emulator_say(uint8_t *out, size_t max)
{
    return cp_plant_port_drain(&world.port, out, max);
}

void emulator_read(uint64_t now_us, const cp_outputs_t *out, cp_inputs_t *in)
{
    world.out = *out;
    while (now_us - lived_us >= 1000u) {
        const uint64_t rest_us = now_us - lived_us;
        const uint32_t step_us = rest_us < STEP_MAX_US ? (uint32_t)(rest_us - rest_us % 1000u) : STEP_MAX_US;
        for (unsigned i = 0; i < world.evse_count; i++) {
            cp_plant_step(&world.plant[i], step_us, &out->evse[i], &inputs.evse[i]);
        }
        lived_us += step_us;
    }
    world.now_us = now_us;
    inputs.button = world.button;
    *in = inputs;
}

uint64_t emulator_ahead_us(void)
{
    return ahead_us;
}

bool emulator_advance(void)
{
    const uint64_t step_us = owed_us < STEP_MAX_US ? owed_us : STEP_MAX_US;

    owed_us -= step_us;
    ahead_us += step_us;
    return step_us > 0u;
}

void emulator_restart_if_due(uint64_t now_us)
{
    static const cp_rtc_t nothing; /* not whole */

    if (!restarting) {
        return;
    }
    restart_us = restart_us == 0u ? now_us : restart_us;
    if (now_us - restart_us < ANSWER_US) {
        return;
    }
    if (past.reason == (uint32_t)CP_RESET_REASON_POWER_ON) {
        port_past_keep(&nothing);
    }
    port_chip_restart(CP_REBOOT_MODE_APPLICATION);
}

/* What the plant protocol asks of its world; see sim_inner.h. */

void sim_restart(cp_sim_t *sim, cp_reset_reason_t reason)
{
    (void)sim;
    past.reason = (uint32_t)reason;
    keep();
    restarting = true;
}

void sim_apply(cp_sim_t *sim)
{
    (void)sim; /* answers leave after the tick that follows */
}

void cp_sim_step(void *sim, uint32_t dt_us)
{
    (void)sim;
    owed_us += dt_us;
}
