/* The simulation: vehicles that behave, faults with physical causes, a world that outlives its process. */

#include "host_rig.h"

#include <string.h>

static host_t h;

static void charge(void)
{
    h.lease_da = 160;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 10000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
}

static cp_result_t vehicle(const cp_msg_plant_vehicle_t *m)
{
    uint8_t payload[CP_MSG_PLANT_VEHICLE_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = CP_KIND_COMMAND,
                              .msg = CP_MSG_PLANT_VEHICLE,
                              .payload = payload,
                              .len = cp_msg_plant_vehicle_encode(m, payload)};
    cp_frame_t answer = {0};
    cp_decoder_t decoder = {.used = 0};

    (void)cp_sim_plant_write(&h.sim, wire, cp_frame_encode(&frame, wire));
    const size_t len = cp_sim_plant_read(&h.sim, wire, sizeof wire);
    cp_decoded_t decoded = CP_DECODED_NOTHING;
    for (size_t i = 0; i < len; i++) {
        decoded = cp_decoder_take(&decoder, wire[i], &answer);
    }
    CHECK_EQ(decoded, CP_DECODED_FRAME);
    cp_msg_plant_reply_t reply;
    cp_msg_plant_reply_decode(&reply, answer.payload, answer.len);
    return (cp_result_t)reply.result;
}

static cp_msg_plant_vehicle_t keep(void)
{
    cp_msg_plant_vehicle_t m;

    cp_msg_plant_vehicle_default(&m);
    return m;
}

static void the_vehicle_follows_the_offer_within_5_s(void)
{
    host_start_commissioned(&h, 1);
    charge();
    CHECK_BETWEEN(host_plant(&h, 1)->current_ma[0], 15900, 16000);
    h.lease_da = 60;
    host_run(&h, 5000);
    CHECK_BETWEEN(host_plant(&h, 1)->current_ma[0], 5900, 6000);
    h.lease_da = 100;
    host_run(&h, 7000);
    CHECK_BETWEEN(host_plant(&h, 1)->current_ma[0], 9900, 10000);
}

static void the_vehicle_stops_within_3_s_of_the_offer_and_asks_again_with_the_next(void)
{
    host_start_commissioned(&h, 1);
    charge();
    h.lease_da = 0;
    host_lease(&h, 1, h.snapshot[0].plug, 0);
    host_run(&h, 3000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    CHECK_EQ(h.snapshot[0].pilot, CP_PILOT_B1);
    CHECK_EQ(h.snapshot[0].opened_under_load, 0);
    h.lease_da = 160;
    host_run(&h, 12000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
}

static void the_charger_has_limits_and_phases_of_its_own(void)
{
    cp_msg_plant_vehicle_t m = keep();

    host_start_commissioned(&h, 1);
    m.current_ma = 10000;
    m.phases = 1;
    CHECK_EQ(vehicle(&m), CP_RESULT_OK);
    charge();
    CHECK_EQ(host_plant(&h, 1)->current_ma[0], 10000);
    CHECK_EQ(host_plant(&h, 1)->current_ma[1], 0);
    CHECK_EQ(h.meter.current_ma[2], 0);
}

static void a_filling_battery_tapers_and_ends_the_charge(void)
{
    cp_msg_plant_vehicle_t m = keep();

    host_start_commissioned(&h, 1);
    m.soc_pm = 900;
    m.capacity_wh = 2000;
    CHECK_EQ(vehicle(&m), CP_RESULT_OK);
    charge();
    CHECK_BETWEEN(host_plant(&h, 1)->current_ma[0], 6000, 8500);
    host_run(&h, 400000);
    CHECK_EQ(host_plant(&h, 1)->soc_pm, 1000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    CHECK_EQ(h.snapshot[0].pilot, CP_PILOT_B2);
    CHECK_BETWEEN(host_plant(&h, 1)->energy_mwh, 195000, 205000); /* a tenth of 2 kWh */
}

static void impossible_vehicles_are_refused(void)
{
    host_start_commissioned(&h, 1);
    cp_msg_plant_vehicle_t m = keep();
    m.evse = 2;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_EVSE);
    m = keep();
    m.state = 5;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_VALUE);
    m = keep();
    m.phases = 4;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_VALUE);
    m = keep();
    m.soc_pm = 1001;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_VALUE);
    m = keep();
    m.capacity_wh = 0;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_VALUE);
    m = keep();
    m.diode = 2;
    CHECK_EQ(vehicle(&m), CP_RESULT_BAD_VALUE);
}

static void each_fault_has_a_physical_cause_that_the_core_finds(void)
{
    static const struct {
        cp_fault_t fault;
        bool clears; /* when the cause is gone */
    } table[] = {
        {CP_FAULT_PILOT_SHORT, true},
        {CP_FAULT_PILOT_INVALID, true},
        {CP_FAULT_VENTILATION, true},
        {CP_FAULT_PROXIMITY, true},
        {CP_FAULT_CONTACTOR_WELDED, false},
        {CP_FAULT_CONTACTOR_OPEN, true},
        {CP_FAULT_LOCK, true},
        {CP_FAULT_DIODE_MISSING, false},
        {CP_FAULT_OPENED_UNDER_LOAD, true},
        {CP_FAULT_SELF_TEST, false},
        {CP_FAULT_RCM, false},
        {CP_FAULT_RCM_SELF_TEST, false},
        {CP_FAULT_OVERCURRENT, true},
        {CP_FAULT_PROTECTIVE_EARTH, true},
        {CP_FAULT_OVER_TEMPERATURE, true},
        {CP_FAULT_EMERGENCY_STOP, false},
        {CP_FAULT_TEMPERATURE_SENSOR, true},
    };

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        const uint32_t bit = 1u << table[i].fault;
        const uint8_t evse = 1;
        const uint8_t unlock[2] = {1, 0};
        host_start_commissioned(&h, 1);
        charge();
        CHECK_EQ(host_fault(&h, 1, table[i].fault, true), CP_RESULT_OK);
        if (table[i].fault == CP_FAULT_CONTACTOR_WELDED || table[i].fault == CP_FAULT_OPENED_UNDER_LOAD ||
            table[i].fault == CP_FAULT_LOCK || table[i].fault == CP_FAULT_SELF_TEST ||
            table[i].fault == CP_FAULT_RCM_SELF_TEST) {
            h.lease_da = 0;
            host_lease(&h, 1, h.snapshot[0].plug, 0);
            host_run(&h, 8000);
        }
        if (table[i].fault == CP_FAULT_LOCK) {
            CHECK_EQ(host_command(&h, CP_MSG_SET_LOCK, unlock, 2), CP_RESULT_OK);
        }
        if (table[i].fault == CP_FAULT_SELF_TEST || table[i].fault == CP_FAULT_RCM_SELF_TEST) {
            host_run(&h, 12000);
            CHECK_EQ(host_command(&h, CP_MSG_SELF_TEST, &evse, 1), CP_RESULT_ACCEPTED);
        }
        host_run(&h, table[i].fault == CP_FAULT_OVERCURRENT ? 10000 : 3000);
        if ((h.snapshot[0].faults & bit) == 0u || host_last(&h, CP_EVENT_CODE_FAULT_RAISED) == NULL) {
            (void)fprintf(stderr, "%s is not found\n", cp_fault_name((uint8_t)table[i].fault));
            CHECK(false);
        }
        CHECK_EQ(host_fault(&h, 1, table[i].fault, false), CP_RESULT_OK);
        host_run(&h, 90000);
        CHECK_EQ((h.snapshot[0].faults & bit) == 0u, table[i].clears);
    }
}

static void what_has_no_single_cause_is_a_bad_value(void)
{
    static const cp_fault_t faults[] = {CP_FAULT_RESETS_WHILE_CLOSED, CP_FAULT_RCM_LOCKOUT, CP_FAULT_COUNT};

    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        CHECK_EQ(host_fault(&h, 1, faults[i], true), CP_RESULT_BAD_VALUE);
    }
    CHECK_EQ(host_fault(&h, 3, CP_FAULT_PILOT_SHORT, true), CP_RESULT_BAD_EVSE);
}

static void a_ventilation_fault_that_goes_gives_the_vehicle_back_its_state(void)
{
    host_start_commissioned(&h, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    (void)host_fault(&h, 1, CP_FAULT_VENTILATION, true);
    (void)host_fault(&h, 1, CP_FAULT_VENTILATION, true);
    CHECK_EQ(host_plant(&h, 1)->vehicle, CP_VEHICLE_STATE_D);
    (void)host_fault(&h, 1, CP_FAULT_VENTILATION, false);
    (void)host_fault(&h, 1, CP_FAULT_VENTILATION, false);
    CHECK_EQ(host_plant(&h, 1)->vehicle, CP_VEHICLE_STATE_B);
}

static void the_clock_can_be_moved_and_ticks_all_the_way(void)
{
    uint8_t payload[CP_MSG_PLANT_CLOCK_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    const cp_msg_plant_clock_t m = {.advance_us = 60000000};
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = CP_KIND_COMMAND,
                              .msg = CP_MSG_PLANT_CLOCK,
                              .payload = payload,
                              .len = cp_msg_plant_clock_encode(&m, payload)};

    host_start_commissioned(&h, 1);
    charge();
    const uint64_t before_us = host_plant(&h, 1)->uptime_us;
    (void)cp_sim_plant_write(&h.sim, wire, cp_frame_encode(&frame, wire));
    (void)cp_sim_plant_read(&h.sim, wire, sizeof wire);
    CHECK_EQ(host_plant(&h, 1)->uptime_us - before_us, 60000000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0); /* nobody renewed the lease in that minute */
    host_hear(&h);
    host_run(&h, 1000);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_LEASE_EXPIRED), 1);
}

static void the_result_does_not_depend_on_how_time_is_cut(void)
{
    static host_t other;
    static const uint32_t cuts_us[] = {1, 999, 10000, 3700, 100000, 7, 33333};
    uint8_t a[CP_SIM_WORLD_MAX];
    uint8_t b[CP_SIM_WORLD_MAX];
    uint64_t us = 0;

    host_start(&h, 1);
    host_start(&other, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    (void)host_vehicle(&other, 1, CP_VEHICLE_STATE_C);
    for (unsigned i = 0; i < 2000u; i++) {
        cp_sim_step(&h.sim, cuts_us[i % 7u]);
        us += cuts_us[i % 7u];
    }
    cp_sim_step(&other.sim, (uint32_t)us);
    CHECK_EQ(h.sim.now_us, other.sim.now_us);
    CHECK_EQ(memcmp(&h.sim.cp.evse[0].pilot, &other.sim.cp.evse[0].pilot, sizeof h.sim.cp.evse[0].pilot), 0);
    CHECK_EQ(h.sim.cp.evse[0].plug, other.sim.cp.evse[0].plug);
    CHECK_EQ(cp_sim_save(&h.sim, a, sizeof a), cp_sim_save(&other.sim, b, sizeof b));
    CHECK(memcmp(a, b, sizeof a / 4u) == 0);
}

static void a_saved_world_comes_back_as_after_a_power_cut(void)
{
    static host_t later;
    uint8_t world[CP_SIM_WORLD_MAX];

    host_start_commissioned(&h, 1);
    charge();
    const uint32_t plug = h.snapshot[0].plug;
    const uint32_t nonce = h.sim.cp.link.nonce;
    const size_t len = cp_sim_save(&h.sim, world, sizeof world);
    CHECK(len > 0u);

    host_start(&later, 1);
    CHECK_EQ(cp_sim_load(&later.sim, world, len), 1);
    host_greet(&later, 5);
    host_run(&later, 1000);
    CHECK_EQ(later.hello.boot_count, 2);
    CHECK_EQ(later.hello.reset_reason, CP_RESET_REASON_POWER_ON);
    CHECK_EQ(later.hello.config_crc, h.snapshot[0].config_crc);
    CHECK(later.hello.nonce != nonce);
    CHECK_EQ(host_plant(&later, 1)->vehicle, CP_VEHICLE_STATE_C);
    CHECK(later.snapshot[0].plug > plug);
    CHECK_EQ(host_plant(&later, 1)->contactor, 0);
    CHECK_EQ(host_plant(&later, 1)->locked, 1);
}

static void no_boot_of_one_world_repeats_a_nonce(void)
{
    uint8_t world[CP_SIM_WORLD_MAX];
    uint32_t seen[50];
    size_t len = 0;

    for (unsigned i = 0; i < 50u; i++) {
        host_start(&h, 1); /* the same seed each time */
        if (i > 0u) {
            CHECK_EQ(cp_sim_load(&h.sim, world, len), 1);
        }
        for (unsigned k = 0; k < i; k++) {
            CHECK(seen[k] != h.sim.cp.link.nonce);
        }
        seen[i] = h.sim.cp.link.nonce;
        len = cp_sim_save(&h.sim, world, sizeof world);
    }
}

static void a_damaged_world_changes_nothing(void)
{
    uint8_t world[CP_SIM_WORLD_MAX];

    host_start_commissioned(&h, 1);
    const size_t len = cp_sim_save(&h.sim, world, sizeof world);
    CHECK_EQ(cp_sim_save(&h.sim, world, len - 1u), 0);
    world[20] ^= 1u;
    CHECK_EQ(cp_sim_load(&h.sim, world, len), 0);
    world[20] ^= 1u;
    CHECK_EQ(cp_sim_load(&h.sim, world, len - 1u), 0);
    CHECK_EQ(cp_sim_load(&h.sim, world, 0), 0);
    CHECK(h.sim.cp.evse[0].config.commissioned);
    static host_t two;
    host_start(&two, 2);
    CHECK_EQ(cp_sim_load(&two.sim, world, len), 0);
}

static void every_number_of_evses_is_brought_within_what_there_is(void)
{
    host_start(&h, 0);
    CHECK_EQ(h.sim.evse_count, 1);
    host_start(&h, 200);
    CHECK_EQ(h.sim.evse_count, CP_EVSE_MAX);
    host_greet(&h, 5);
    CHECK_EQ(h.hello.evse_count, CP_EVSE_MAX);
    host_run(&h, 1000);
    for (unsigned i = 0; i < CP_EVSE_MAX; i++) {
        CHECK_EQ(h.snapshot[i].evse, i + 1u);
    }
}

static cp_result_t feel(int16_t temperature_dc, uint32_t excess_ma)
{
    uint8_t payload[CP_MSG_PLANT_SENSORS_SIZE];
    uint8_t wire[CP_FRAME_WIRE_MAX];
    cp_msg_plant_reply_t reply = {.result = UINT8_MAX};
    cp_frame_t answer = {0};
    const cp_msg_plant_sensors_t m = {.evse = 1, .temperature_dc = temperature_dc, .excess_ma = excess_ma};
    const cp_frame_t frame = {.major = CP_PROTOCOL_MAJOR,
                              .kind = CP_KIND_COMMAND,
                              .msg = CP_MSG_PLANT_SENSORS,
                              .payload = payload,
                              .len = cp_msg_plant_sensors_encode(&m, payload)};

    (void)cp_sim_plant_write(&h.sim, wire, cp_frame_encode(&frame, wire));
    const size_t got = cp_sim_plant_read(&h.sim, wire, sizeof wire);
    for (size_t i = 0; i < got; i++) {
        if (cp_decoder_take(&h.plant_decoder, wire[i], &answer) == CP_DECODED_FRAME) {
            cp_msg_plant_reply_decode(&reply, answer.payload, answer.len);
        }
    }
    return (cp_result_t)reply.result;
}

static void the_core_reads_the_temperature_that_the_sensor_feels(void)
{
    static const int16_t temperatures_dc[] = {-300, 0, 250, 500, 650, 750};

    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < sizeof temperatures_dc / sizeof temperatures_dc[0]; i++) {
        CHECK_EQ(feel(temperatures_dc[i], UINT32_MAX), CP_RESULT_OK);
        host_run(&h, 3000);
        CHECK_BETWEEN(h.snapshot[0].temperature_dc, temperatures_dc[i] - 5, temperatures_dc[i] + 5);
    }
    CHECK_EQ(h.snapshot[0].derated_da, 160);
    CHECK_EQ(feel(1501, UINT32_MAX), CP_RESULT_BAD_VALUE);
    CHECK_EQ(feel(INT16_MAX, 100001), CP_RESULT_BAD_VALUE);
}

static void a_vehicle_may_be_told_to_draw_too_much(void)
{
    host_start_commissioned(&h, 1);
    charge();
    const uint32_t obeyed_ma = host_plant(&h, 1)->current_ma[0];
    CHECK_EQ(feel(INT16_MAX, 1500), CP_RESULT_OK);
    host_run(&h, 1000);
    CHECK_EQ(host_plant(&h, 1)->current_ma[0], obeyed_ma + 1500u);
}

/* The register of pulses outlives a brown-out, and begins anew under another name after a power cut. */
static void the_pulse_meter_counts_what_is_delivered(void)
{
    cp_msg_config_board_t board;
    cp_msg_config_evse_t evse = host_evse_config(1);

    host_start(&h, 1);
    host_greet(&h, 77);
    cp_msg_config_board_default(&board);
    evse.s0_pulses_per_kwh = CP_PLANT_PULSES_PER_KWH;
    evse.current = (uint8_t)CP_CURRENT_SOURCE_INPUT;
    evse.current_ma_per_v = CP_PLANT_MA_PER_V;
    CHECK_EQ(host_push(&h, CP_CONFIG_SET_COMMISSIONED, &board, &evse, 1, NULL, 0), CP_RESULT_ACCEPTED);
    host_run(&h, 15000);
    charge();
    host_run(&h, 600000);
    CHECK_EQ(h.meter.source, CP_METER_SOURCE_S0);
    const uint32_t drawn_ma = host_plant(&h, 1)->current_ma[2];
    CHECK_BETWEEN(h.meter.current_ma[2], drawn_ma - 20u, drawn_ma); /* a step of the input */
    const uint64_t delivered_mwh = host_plant(&h, 1)->energy_mwh;
    CHECK_BETWEEN(h.meter.energy_mwh, delivered_mwh - 5000u, delivered_mwh);
    CHECK_BETWEEN(h.meter.power_mw, 10000000, 12000000);
    const uint32_t origin = h.meter.meter_boot;
    (void)host_power(&h, CP_PLANT_POWER_MODE_BROWN_OUT);
    host_greet(&h, 78);
    host_run(&h, 2000);
    CHECK_EQ(h.meter.meter_boot, origin);
    CHECK_BETWEEN(h.meter.energy_mwh, delivered_mwh - 5000u, delivered_mwh + 5000u);
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    host_greet(&h, 79);
    host_run(&h, 2000);
    CHECK(h.meter.meter_boot != origin);
    CHECK_BETWEEN(h.meter.energy_mwh, 0, 5000);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(the_vehicle_follows_the_offer_within_5_s),
        TEST(the_vehicle_stops_within_3_s_of_the_offer_and_asks_again_with_the_next),
        TEST(the_charger_has_limits_and_phases_of_its_own),
        TEST(a_filling_battery_tapers_and_ends_the_charge),
        TEST(impossible_vehicles_are_refused),
        TEST(each_fault_has_a_physical_cause_that_the_core_finds),
        TEST(what_has_no_single_cause_is_a_bad_value),
        TEST(a_ventilation_fault_that_goes_gives_the_vehicle_back_its_state),
        TEST(the_clock_can_be_moved_and_ticks_all_the_way),
        TEST(the_result_does_not_depend_on_how_time_is_cut),
        TEST(a_saved_world_comes_back_as_after_a_power_cut),
        TEST(no_boot_of_one_world_repeats_a_nonce),
        TEST(a_damaged_world_changes_nothing),
        TEST(every_number_of_evses_is_brought_within_what_there_is),
        TEST(the_core_reads_the_temperature_that_the_sensor_feels),
        TEST(a_vehicle_may_be_told_to_draw_too_much),
        TEST(the_pulse_meter_counts_what_is_delivered),
    };

    return RUN_TESTS(tests);
}
