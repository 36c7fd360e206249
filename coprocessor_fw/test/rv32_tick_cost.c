/* Counts the instructions of safety ticks of 1 ms on rv32: while a vehicle charges in C2 with a lease, and the most in
 * a walk through states, faults, commands and restarts. The linker puts the counters around the two functions (--wrap).
 * Under QEMU with -icount shift=0 an instruction is an instruction, and every run gives the same figures. */

#include "host_rig.h"
#include "machine.h"

#define CHARGING_MS 10000u
#define TICK_US 1000u
#define WINDOW_US 10000u /* the simulator's step */

typedef struct {
    uint32_t ticks;
    uint64_t sum;
    uint32_t most;
} cost_t;

static host_t h; /* this program's, not the core's */
static cost_t evse_cost;
static cost_t coprocessor_cost;
static uint32_t empty;    /* between two readings of the counter */
static uint32_t counting; /* that counting itself took within a tick of the coprocessor */

void __real_cp_evse_tick(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_evse_outputs_t *out,
                         cp_notes_t *notes);
void __wrap_cp_evse_tick(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_evse_outputs_t *out,
                         cp_notes_t *notes);
void __real_cp_coprocessor_tick(cp_coprocessor_t *cp, uint64_t now_us, const cp_inputs_t *in, cp_outputs_t *out);
void __wrap_cp_coprocessor_tick(cp_coprocessor_t *cp, uint64_t now_us, const cp_inputs_t *in, cp_outputs_t *out);

static void add(cost_t *cost, uint32_t before, uint32_t after)
{
    const uint32_t took = after - before - empty;

    cost->ticks++;
    cost->sum += took;
    cost->most = took > cost->most ? took : cost->most;
}

void __wrap_cp_evse_tick(cp_evse_t *e, uint32_t step_ms, const cp_evse_inputs_t *in, cp_evse_outputs_t *out,
                         cp_notes_t *notes)
{
    const uint32_t before = machine_instructions();
    __real_cp_evse_tick(e, step_ms, in, out, notes);
    const uint32_t after = machine_instructions();

    add(&evse_cost, before, after);
    counting += machine_instructions() - after;
}

/* The simulator steps by a window of the pilot; a board by a millisecond. */
void __wrap_cp_coprocessor_tick(cp_coprocessor_t *cp, uint64_t now_us, const cp_inputs_t *in, cp_outputs_t *out)
{
    for (uint32_t rest_us = WINDOW_US; rest_us > 0u; rest_us -= TICK_US) {
        counting = 0;
        const uint32_t before = machine_instructions();
        __real_cp_coprocessor_tick(cp, now_us - rest_us + TICK_US, in, out);
        const uint32_t after = machine_instructions();
        add(&coprocessor_cost, before, after - counting);
    }
}

static void charge(void)
{
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    h.lease_da = 160;
    host_run(&h, 6000);
}

static void command(uint16_t msg, uint8_t value)
{
    const uint8_t payload[2] = {1, value};

    host_send(&h, CP_KIND_COMMAND, msg, payload, msg == CP_MSG_WAKE || msg == CP_MSG_SELF_TEST ? 1u : 2u);
    host_run(&h, 1000);
}

/* The bench test plays whole charges through on a shadow, faster than life, beside the EVSE itself. */
static void bench(void)
{
    const cp_msg_bench_t m = {.evse = 1, .act = (uint8_t)CP_BENCH_ACT_TRIP, .duty_bp = 0, .ms = 1};
    uint8_t payload[CP_MSG_BENCH_SIZE];

    host_send(&h, CP_KIND_COMMAND, CP_MSG_BENCH, payload, cp_msg_bench_encode(&m, payload));
    host_run(&h, 5000);
}

/* A new start, a charge, a fault, what a host does about it. */
static void visit(unsigned fault)
{
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    host_greet(&h, 1000u + fault);
    host_run(&h, 3000);
    charge();
    (void)host_fault(&h, 1, (cp_fault_t)fault, true);
    h.deaf = fault % 5u == 4u; /* events pile up */
    host_run(&h, fault == (unsigned)CP_FAULT_OVERCURRENT ? 8000u : 2000u);
    h.deaf = false;
    h.lease_da = 0;
    command(CP_MSG_SET_AVAILABLE, 0);
    command(CP_MSG_CLEAR_FAULT, 255);
    (void)host_fault(&h, 1, (cp_fault_t)fault, false);
    (void)host_vehicle(&h, 1, fault % 2u == 0u ? CP_VEHICLE_STATE_A : CP_VEHICLE_STATE_D);
    (void)host_button(&h, true);
    host_run(&h, 3100);
    (void)host_button(&h, false);
    command(CP_MSG_SET_AVAILABLE, 1);
    command(CP_MSG_SET_LOCK, 1);
    command(CP_MSG_WAKE, 0);
    command(CP_MSG_SELF_TEST, 0);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_A);
    host_run(&h, 1000);
    bench();
    h.events = 0;
}

static void tell(const char *what, const cost_t *typical, const cost_t *walk)
{
    (void)printf("%s: typical %" PRIu32 ", worst %" PRIu32 " of %" PRIu32 " ticks\n", what,
                 (uint32_t)(typical->sum / typical->ticks), walk->most, walk->ticks);
}

int main(void)
{
    const uint32_t before = machine_instructions();
    const uint32_t after = machine_instructions();

    empty = after - before;
    host_start_commissioned(&h, 1);
    charge();
    CHECK(h.sim.plant[0].contact);
    CHECK(h.sim.plant[0].vehicle.current_ma > 0u);
    evse_cost = (cost_t){0};
    coprocessor_cost = (cost_t){0};
    host_run(&h, CHARGING_MS);
    CHECK(h.sim.plant[0].contact);
    CHECK_EQ(coprocessor_cost.ticks, CHARGING_MS);
    const cost_t evse_charging = evse_cost;
    const cost_t coprocessor_charging = coprocessor_cost;
    for (unsigned fault = 0; fault < CP_FAULT_COUNT; fault++) {
        visit(fault);
    }
    CHECK(h.sim.plant[0].closings > CP_FAULT_COUNT / 2u);
    tell("evse", &evse_charging, &evse_cost);
    tell("coprocessor", &coprocessor_charging, &coprocessor_cost);
    return 0;
}
