/* Random walks of a whole board with two EVSEs: vehicles, faults, leases, commands, power cuts at any time, with every
 * counter and clock about to run over. After each tick the safety property of both EVSEs, and a witness by physics.
 *
 *   test_walk_board [SEED [WALKS]]                                                                                  */

#include "clauses.h"
#include "cp_timing.h"
#include "dice.h"
#include "host_rig.h"

#define EVSES 2u
#define TICK_MS 10u

static dice_t dice; /* a test's, not the core's */
static host_t h;

static uint32_t roll(uint32_t sides)
{
    return dice_roll(&dice, sides);
}

static void say_way(void)
{
    dice_say(&dice);
}

static uint32_t now_ms(void)
{
    return (uint32_t)(h.sim.now_us / 1000u);
}

static void note(const char *what, int64_t value)
{
    dice_note(&dice, what, now_ms(), value);
}

/* All that counts stands shortly before its end. */
static void wind_up(void)
{
    const uint64_t soon_ms = UINT32_MAX - 2000u;

    h.sim.now_us = soon_ms * 1000u;
    h.sim.cp.now_us = h.sim.now_us;
    h.sim.cp.ticked_ms = soon_ms;
    for (unsigned i = 0; i < EVSES; i++) {
        cp_evse_t *const e = &h.sim.cp.evse[i];
        e->plug = UINT32_MAX - 1u;
        e->cycles = UINT32_MAX - 1u;
        e->opened_under_load = UINT32_MAX - 1u;
        e->state_ms = UINT32_MAX - 1000u;
        e->open_ms = UINT32_MAX - 1000u;
        e->edge_ms = UINT32_MAX - 1000u;
        e->phase_ms = UINT32_MAX - 1000u;
        e->sound_ms = UINT32_MAX - 1000u;
        e->s0.pulses = UINT32_MAX - 1u;
        e->rcm.phase_ms = UINT32_MAX - 1000u;
        e->closings = UINT8_MAX - 1u;
        e->closings_forget_ms = 20000;
        for (unsigned f = 0; f < CP_FAULT_COUNT; f++) {
            e->faults.entry[f].count = UINT16_MAX - 1u;
        }
    }
}

/* What physics and the host's own doing say, kept apart from the core. */
typedef struct {
    uint32_t permitted_ms; /* rest of the last permission, whoever's plug it was for */
    uint32_t denied_ms;
    uint32_t away_ms;
} witness_t;

static witness_t seen[EVSES];

static void watch(void)
{
    for (uint8_t i = 0; i < EVSES; i++) {
        witness_t *const w = &seen[i];
        const cp_evse_t *const e = &h.sim.cp.evse[i];
        const cp_evse_outputs_t *const out = &h.sim.out.evse[i];
        const bool there = h.sim.plant[i].vehicle.state != (uint8_t)CP_VEHICLE_STATE_A;

        w->permitted_ms = w->permitted_ms > TICK_MS ? w->permitted_ms - TICK_MS : 0u;
        w->denied_ms = w->permitted_ms > 0u ? 0u : w->denied_ms + TICK_MS;
        w->away_ms = there || h.sim.plant[i].faults.pilot_invalid || h.sim.plant[i].faults.pilot_short
                         ? 0u
                         : w->away_ms + TICK_MS;
        CHECK_CLAUSES(cp_evse_broken(e));
        if (out->contactor_closed) {
            CHECK(w->denied_ms <= 6000u + 100u);
            CHECK(w->away_ms <= 100u);
            CHECK(!h.sim.plant[i].faults.stop_pressed);
            CHECK(e->phases == out->phases);
        }
        CHECK(!(out->contactor_closed && (out->cp_break || out->rcm_test)));
    }
    CHECK(!h.sim.out.store || !(h.sim.out.evse[0].contactor_closed || h.sim.out.evse[1].contactor_closed));
}

static void give_lease(uint8_t evse)
{
    static const uint16_t limits[] = {0, 59, 60, 160, 160, 320, 320, 800};
    uint8_t payload[CP_MSG_LEASE_SIZE];
    const cp_msg_lease_t lease = {
        .evse = evse,
        .plug = h.sim.cp.evse[evse - 1u].plug + (roll(12) == 0u ? 1u : 0u),
        .limit_da = limits[roll(8)],
        .phases = roll(10) == 0u ? 1u : 3u,
        .ttl_ms = roll(40000),
        .host_clock_us = h.clock_us,
    };

    note("lease", evse * 10000 + lease.limit_da);
    host_send(&h, CP_KIND_LEASE, CP_MSG_LEASE, payload, cp_msg_lease_encode(&lease, payload));
    if (lease.limit_da >= 60u) {
        seen[evse - 1u].permitted_ms = CP_LEASE_MAX_MS;
    }
}

static void send_command(uint8_t evse)
{
    static const uint16_t commands[] = {CP_MSG_SET_LOCK,    CP_MSG_SET_AVAILABLE, CP_MSG_CLEAR_FAULT,
                                        CP_MSG_WAKE,        CP_MSG_SELF_TEST,     CP_MSG_SET_AVAILABLE,
                                        CP_MSG_CLEAR_FAULT, CP_MSG_SET_AVAILABLE};
    const uint16_t msg = commands[roll(8)];
    const uint8_t payload[2] = {evse, msg == CP_MSG_CLEAR_FAULT ? 255u : (uint8_t)(roll(4) != 0u)};

    note("command", msg);
    host_send(&h, CP_KIND_COMMAND, msg, payload, sizeof payload);
}

static void bench(uint8_t evse)
{
    const cp_msg_bench_t m = {
        .evse = evse,
        .act = (uint8_t)roll(5),
        .duty_bp = (uint16_t)(1000u + roll(8601)),
        .ms = (uint16_t)(1u + roll(2000)),
    };
    uint8_t payload[CP_MSG_BENCH_SIZE];

    note("bench", m.act);
    host_send(&h, CP_KIND_COMMAND, CP_MSG_BENCH, payload, cp_msg_bench_encode(&m, payload));
}

static void mend(uint8_t evse)
{
    const uint8_t clear[2] = {evse, 255};

    note("mended", evse);
    for (unsigned i = 0; i < CP_FAULT_COUNT; i++) {
        (void)host_fault(&h, evse, (cp_fault_t)i, false);
    }
    (void)host_button(&h, true);
    host_run(&h, 3100);
    (void)host_button(&h, false);
    host_send(&h, CP_KIND_COMMAND, CP_MSG_CLEAR_FAULT, clear, sizeof clear);
}

static void do_something(void)
{
    static const cp_vehicle_state_t states[] = {CP_VEHICLE_STATE_A, CP_VEHICLE_STATE_B, CP_VEHICLE_STATE_C,
                                                CP_VEHICLE_STATE_C, CP_VEHICLE_STATE_C, CP_VEHICLE_STATE_D};
    const uint8_t evse = (uint8_t)(1u + roll(EVSES));
    const uint32_t what = roll(25);

    if (what < 6u) {
        const cp_vehicle_state_t state = states[roll(6)];
        note("vehicle", evse * 10 + (int)state);
        (void)host_vehicle(&h, evse, state);
    } else if (what < 15u) {
        give_lease(evse);
    } else if (what < 17u) {
        const cp_fault_t fault = (cp_fault_t)roll(CP_FAULT_COUNT);
        note("fault", evse * 100 + (int)fault);
        (void)host_fault(&h, evse, fault, roll(3) != 0u);
    } else if (what < 19u) {
        send_command(evse);
    } else if (what == 19u && roll(6) == 0u) {
        const cp_plant_power_mode_t mode = (cp_plant_power_mode_t)roll(4);
        note("power", (int)mode);
        (void)host_power(&h, mode);
        host_greet(&h, 1000u + roll(1000000));
        seen[0] = (witness_t){0};
        seen[1] = (witness_t){0};
        wind_up();
    } else if (what == 24u) {
        bench(evse);
    } else {
        mend(evse);
    }
}

static uint32_t closings;

static void one_walk(uint32_t seed)
{
    dice_begin(&dice, seed);
    host_start_commissioned(&h, EVSES);
    wind_up();
    seen[0] = (witness_t){0};
    seen[1] = (witness_t){0};
    for (unsigned i = 0; i < 250u; i++) {
        do_something();
        const uint32_t ms = roll(4) == 0u ? roll(12000) : roll(1500);
        for (uint32_t ran = 0; ran < ms; ran += TICK_MS) {
            host_run(&h, TICK_MS);
            watch();
        }
        h.events = 0;
    }
    closings += h.sim.plant[0].closings + h.sim.plant[1].closings;
}

int main(int argc, char **argv)
{
    const uint32_t first = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1u;
    const uint32_t walks = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 8u;

    (void)atexit(say_way);
    for (uint32_t i = 0; i < walks; i++) {
        one_walk(first + i);
    }
    CHECK(closings > walks * 3u);
    (void)printf("%" PRIu32 " walks from seed %" PRIu32 ", contactors closed %" PRIu32 " times\n", walks, first,
                 closings);
    (void)fflush(stdout);
    _Exit(0);
}
