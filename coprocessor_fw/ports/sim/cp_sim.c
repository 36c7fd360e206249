#include "cp_sim.h"

#include "cp_version.h"
#include "sim_inner.h"

#include <string.h>

/* A window of the pilot's reading: nothing in the core looks more closely. */
#define TICK_US 10000u
/* The simulated board has everything. */
#define CAPABILITIES ((2u << CP_CAPABILITY_CP_BREAK) - 1u)

size_t cp_sim_size(void)
{
    return sizeof(cp_sim_t);
}

/* xorshift: enough for nonces, the same in every run of one seed; never 0. */
static uint32_t next_random(cp_sim_t *sim)
{
    sim->random ^= sim->random << 13;
    sim->random ^= sim->random >> 17;
    sim->random ^= sim->random << 5;
    return sim->random;
}

void sim_restart(cp_sim_t *sim, cp_reset_reason_t reason)
{
    cp_board_t board = {
        .evse_count = sim->evse_count,
        .build = 1u << CP_BUILD_SIMULATED,
        .version = {CP_FW_VERSION},
        .revision = CP_FW_REVISION,
        .chip = "posix",
        .capabilities = CAPABILITIES,
        .nonce = next_random(sim),
        .reset_reason = (uint8_t)reason,
    };

    memcpy(board.mac, sim->mac, sizeof board.mac);
    for (unsigned i = 0; i < sim->evse_count; i++) {
        cp_plant_reset(&sim->plant[i], next_random(sim));
    }
    sim->now_us = 0;
    sim->ahead_us = 0;
    sim->out = (cp_outputs_t){0};
    cp_coprocessor_init(&sim->cp, &board, reason == CP_RESET_REASON_POWER_ON ? NULL : &sim->rtc, sim->nvm,
                        sim->nvm_len);
}

void cp_sim_init(void *handle, uint8_t evse_count, const uint8_t mac[6], uint32_t seed)
{
    cp_sim_t *const sim = handle;

    memset(sim, 0, sizeof *sim);
    sim->evse_count = evse_count < 1u ? 1u : evse_count;
    sim->evse_count = sim->evse_count > CP_EVSE_MAX ? CP_EVSE_MAX : sim->evse_count;
    memcpy(sim->mac, mac, sizeof sim->mac);
    sim->random = seed != 0u ? seed : 1u;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        cp_plant_init(&sim->plant[i]);
    }
    cp_plant_port_init(&sim->port);
    sim_restart(sim, CP_RESET_REASON_POWER_ON);
}

static void tick(cp_sim_t *sim, uint32_t step_us)
{
    cp_inputs_t in = {.button = sim->button};
    uint32_t together_ma = 0;

    for (unsigned i = 0; i < sim->evse_count; i++) {
        cp_plant_step(&sim->plant[i], step_us, &sim->out.evse[i], &in.evse[i]);
        together_ma += sim->plant[i].vehicle.current_ma;
    }
    sim->peak_ma = together_ma > sim->peak_ma ? together_ma : sim->peak_ma;
    cp_coprocessor_tick(&sim->cp, sim->now_us, &in, &sim->out);
    sim->rtc = *cp_coprocessor_rtc(&sim->cp);
    if (sim->out.store) {
        sim->nvm_len = cp_coprocessor_nvm(&sim->cp, sim->nvm);
        sim->store_count++;
        cp_coprocessor_stored(&sim->cp);
    }
    if (sim->out.restart) {
        sim_restart(sim, CP_RESET_REASON_SOFTWARE);
    }
}

static void run(cp_sim_t *sim, uint64_t dt_us)
{
    while (dt_us > 0u) {
        const uint64_t to_tick = TICK_US - sim->now_us % TICK_US;
        const uint64_t part = dt_us < to_tick ? dt_us : to_tick;
        sim->now_us += part;
        dt_us -= part;
        if (part == to_tick) {
            tick(sim, TICK_US);
        }
    }
}

void cp_sim_step(void *handle, uint32_t dt_us)
{
    cp_sim_t *const sim = handle;
    const uint32_t taken = dt_us < sim->ahead_us ? dt_us : sim->ahead_us;

    sim->ahead_us -= taken;
    run(sim, dt_us - taken);
}

void sim_apply(cp_sim_t *sim)
{
    const uint32_t to_tick = (uint32_t)(TICK_US - sim->now_us % TICK_US);

    sim->ahead_us += to_tick;
    run(sim, to_tick);
}

uint32_t cp_sim_peak_ma(void *handle)
{
    cp_sim_t *const sim = handle;
    const uint32_t peak_ma = sim->peak_ma;

    sim->peak_ma = 0;
    return peak_ma;
}

size_t cp_sim_link_write(void *handle, const uint8_t *bytes, size_t len)
{
    cp_sim_t *const sim = handle;

    cp_coprocessor_rx(&sim->cp, sim->now_us, bytes, len);
    return len;
}

size_t cp_sim_link_read(void *handle, uint8_t *out, size_t cap)
{
    cp_sim_t *const sim = handle;

    return cp_coprocessor_tx(&sim->cp, out, cap);
}

size_t cp_sim_plant_write(void *handle, const uint8_t *bytes, size_t len)
{
    cp_sim_t *const sim = handle;

    cp_plant_port_take(&sim->port, sim, bytes, len);
    return len;
}

size_t cp_sim_plant_read(void *handle, uint8_t *out, size_t cap)
{
    cp_sim_t *const sim = handle;

    return cp_plant_port_drain(&sim->port, out, cap);
}

uint32_t cp_sim_store_count(const void *handle)
{
    const cp_sim_t *const sim = handle;

    return sim->store_count;
}
