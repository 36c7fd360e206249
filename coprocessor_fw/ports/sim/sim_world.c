/* The world that outlives a simulation's process. */

#include "cp_crc32.h"
#include "sim_inner.h"

#include <string.h>

#define MAGIC 0x32575043u /* "CPW2" */
#define WORDS_PER_PLANT 14u
#define BYTES_PER_PLANT ((size_t)4u * WORDS_PER_PLANT)
#define HEAD 16u
#define WORLD_SIZE (HEAD + CP_NVM_SIZE + BYTES_PER_PLANT * CP_EVSE_MAX + 4u)

_Static_assert(WORLD_SIZE <= CP_SIM_WORLD_MAX, "the public bound holds every world");

static void put(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4u; i++) {
        out[i] = (uint8_t)(value >> (8u * i) & 0xFFu);
    }
}

static uint32_t get(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static uint32_t fault_bits(const cp_plant_faults_t *f)
{
    return (f->pilot_short ? 1u : 0u) | (f->pilot_invalid ? 2u : 0u) | (f->rail_weak ? 4u : 0u) |
           (f->proximity ? 8u : 0u) | (f->welded ? 16u : 0u) | (f->stuck_open ? 32u : 0u) |
           (f->lock_jammed ? 64u : 0u) | (f->residual ? 128u : 0u) | (f->rcm_deaf ? 256u : 0u) |
           (f->earth_lost ? 512u : 0u) | (f->stop_pressed ? 1024u : 0u) | (f->sensor_open ? 2048u : 0u);
}

static cp_plant_faults_t faults_of(uint32_t bits)
{
    return (cp_plant_faults_t){
        .pilot_short = (bits & 1u) != 0u,
        .pilot_invalid = (bits & 2u) != 0u,
        .rail_weak = (bits & 4u) != 0u,
        .proximity = (bits & 8u) != 0u,
        .welded = (bits & 16u) != 0u,
        .stuck_open = (bits & 32u) != 0u,
        .lock_jammed = (bits & 64u) != 0u,
        .residual = (bits & 128u) != 0u,
        .rcm_deaf = (bits & 256u) != 0u,
        .earth_lost = (bits & 512u) != 0u,
        .stop_pressed = (bits & 1024u) != 0u,
        .sensor_open = (bits & 2048u) != 0u,
    };
}

static void save_plant(const cp_plant_t *p, uint8_t *out)
{
    const cp_vehicle_t *const v = &p->vehicle;
    const uint32_t words[WORDS_PER_PLANT] = {
        v->state,
        v->s2 ? 1u : 0u,
        v->diode ? 1u : 0u,
        v->phases,
        v->cable_da,
        v->limit_ma,
        v->capacity_wh,
        cp_vehicle_soc_pm(v),
        v->parked ? 1u : 0u,
        v->ignores_pilot ? 1u : 0u,
        fault_bits(&p->faults),
        p->lock_at,
        (uint32_t)(int32_t)p->sensors.temperature_dc,
        v->excess_ma,
    };

    for (unsigned i = 0; i < WORDS_PER_PLANT; i++) {
        put(&out[(size_t)4u * i], words[i]);
    }
}

static void load_plant(cp_plant_t *p, const uint8_t *in)
{
    cp_vehicle_t *const v = &p->vehicle;

    v->state = (uint8_t)get(&in[0]);
    v->s2 = get(&in[4]) != 0u;
    v->diode = get(&in[8]) != 0u;
    v->phases = (uint8_t)get(&in[12]);
    v->cable_da = (uint16_t)get(&in[16]);
    v->limit_ma = get(&in[20]);
    v->capacity_wh = get(&in[24]);
    cp_vehicle_set_soc(v, (uint16_t)get(&in[28]));
    v->parked = get(&in[32]) != 0u;
    v->ignores_pilot = get(&in[36]) != 0u;
    p->faults = faults_of(get(&in[40]));
    p->lock_at = (uint8_t)get(&in[44]);
    cp_plant_set_temperature(p, (int16_t)(int32_t)get(&in[48]));
    v->excess_ma = get(&in[52]);
}

size_t cp_sim_save(void *handle, uint8_t *out, size_t cap)
{
    const cp_sim_t *const sim = handle;

    if (cap < WORLD_SIZE) {
        return 0;
    }
    memset(out, 0, WORLD_SIZE);
    put(&out[0], MAGIC);
    put(&out[4], sim->evse_count);
    put(&out[8], (uint32_t)sim->nvm_len);
    put(&out[12], sim->random);
    memcpy(&out[HEAD], sim->nvm, sim->nvm_len);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        save_plant(&sim->plant[i], &out[HEAD + CP_NVM_SIZE + BYTES_PER_PLANT * i]);
    }
    put(&out[WORLD_SIZE - 4u], cp_crc32(0, out, WORLD_SIZE - 4u));
    return WORLD_SIZE;
}

int cp_sim_load(void *handle, const uint8_t *in, size_t len)
{
    cp_sim_t *const sim = handle;

    if (len != WORLD_SIZE || get(&in[0]) != MAGIC || get(&in[WORLD_SIZE - 4u]) != cp_crc32(0, in, WORLD_SIZE - 4u) ||
        get(&in[4]) != sim->evse_count || get(&in[8]) > CP_NVM_SIZE) {
        return 0;
    }
    sim->nvm_len = get(&in[8]);
    memcpy(sim->nvm, &in[HEAD], sim->nvm_len);
    /* Both seeds: neither a repeated run of one seed nor two runs of one world may repeat a nonce. */
    uint8_t seeds[8];
    put(&seeds[0], sim->random);
    put(&seeds[4], get(&in[12]));
    sim->random = cp_crc32(0, seeds, sizeof seeds);
    sim->random = sim->random != 0u ? sim->random : 1u;
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        load_plant(&sim->plant[i], &in[HEAD + CP_NVM_SIZE + BYTES_PER_PLANT * i]);
    }
    sim_restart(sim, CP_RESET_REASON_POWER_ON);
    return 1;
}
