/* Configuration: pushed, validated field by field, applied only at rest. */

#include "host_rig.h"

#include <stddef.h>
#include <string.h>

static host_t h;

static cp_msg_config_board_t board_of(uint8_t evses)
{
    cp_msg_config_board_t board;

    cp_msg_config_board_default(&board);
    board.evse_count = evses;
    return board;
}

static cp_result_t commission(const cp_msg_config_board_t *board, const cp_msg_config_evse_t *evses, size_t count)
{
    const cp_result_t result = host_push(&h, CP_CONFIG_SET_COMMISSIONED, board, evses, count, NULL, 0);

    host_run(&h, 100);
    return result;
}

static cp_msg_config_operational_t operational_of(uint8_t evse)
{
    cp_msg_config_operational_t operational;

    cp_msg_config_operational_default(&operational);
    operational.evse = evse;
    return operational;
}

static cp_result_t set_operational(const cp_msg_config_operational_t *operational)
{
    const cp_result_t result = host_push(&h, CP_CONFIG_SET_OPERATIONAL, NULL, NULL, 0, operational, 1);

    host_run(&h, 100);
    return result;
}

static void a_new_board_takes_its_commissioning_and_shows_its_crc(void)
{
    const cp_msg_config_board_t board = board_of(1);
    const cp_msg_config_evse_t evse = host_evse_config(1);

    host_start(&h, 1);
    host_greet(&h, 5);
    host_run(&h, 500);
    CHECK_EQ(h.hello.config_crc, 0);
    CHECK_EQ(h.snapshot[0].blocked & 1u << CP_BLOCKED_NOT_COMMISSIONED, 1u << CP_BLOCKED_NOT_COMMISSIONED);
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    const cp_msg_event_t *const applied = host_last(&h, CP_EVENT_CODE_CONFIG_APPLIED);
    CHECK(applied != NULL);
    CHECK_EQ(applied->extra, CP_CONFIG_SET_COMMISSIONED);
    CHECK_EQ(h.snapshot[0].config_crc, applied->value);
    CHECK_EQ(h.snapshot[0].blocked & 1u << CP_BLOCKED_NOT_COMMISSIONED, 0);
    host_greet(&h, 6);
    CHECK_EQ(h.hello.config_crc, applied->value);
}

/* One bad value in an EVSE's configuration: its field must be named. */
typedef struct {
    const char *field;
    size_t offset;
    size_t size;
    int32_t value;
} bad_t;

#define BAD(name, bad) {#name, offsetof(cp_msg_config_evse_t, name), sizeof(((cp_msg_config_evse_t *)0)->name), bad}

static void each_bad_field_is_refused_by_its_name(void)
{
    static const bad_t cases[] = {
        BAD(hard_limit_da, 59),
        BAD(hard_limit_da, 801),
        BAD(phases, 0),
        BAD(phases, 2),
        BAD(phases, 4),
        BAD(fixed_cable, 2),
        BAD(ventilation, 2),
        BAD(lock_fitted, 2),
        BAD(feedback, 3),
        BAD(rcm, 3),
        BAD(phase_switch, 2),
        BAD(pilot_gain_ppm, 200001),
        BAD(pilot_gain_ppm, -200001),
        BAD(pilot_offset_mv, 1001),
        BAD(pilot_offset_mv, -1001),
        BAD(pwm_rise_us, 51),
        BAD(pwm_rise_us, -51),
        BAD(pwm_fall_us, 51),
        BAD(pwm_fall_us, -51),
        BAD(rcm_lockout, 0),
        BAD(rcm_lockout, 11),
        BAD(protective_earth, 2),
        BAD(emergency_stop, 2),
        BAD(current, 3),
        BAD(temperature, 3),
        BAD(retry_s, 29),
        BAD(retry_s, 3601),
        BAD(s0_pulses_per_kwh, 10001),
        BAD(pilot_minus12_mv, -1),
        BAD(pilot_minus12_mv, 3301),
        BAD(pilot_plus12_mv, 3301),
        BAD(pilot_plus12_mv, 700), /* a span of 444 mV for 24 V */
        BAD(proximity_series_ohm, 99),
        BAD(proximity_series_ohm, 10001),
        BAD(proximity_supply_mv, 999),
        BAD(proximity_supply_mv, 5501),
        BAD(wake, 2),
        BAD(lock_pulse_ms, 49),
        BAD(lock_pulse_ms, 2001),
        BAD(lock_feedback, 2),
    };
    const cp_msg_config_board_t board = board_of(1);

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cp_msg_config_evse_t evse = host_evse_config(1);
        evse.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
        memcpy((uint8_t *)&evse + cases[i].offset, &cases[i].value, cases[i].size); /* little-endian host */
        host_start(&h, 1);
        host_greet(&h, 5);
        CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
        const cp_msg_event_t *const refused = host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED);
        CHECK(refused != NULL);
        if (strcmp(refused->text, cases[i].field) != 0) {
            (void)fprintf(stderr, "case %u: %s named %s\n", i, cases[i].field, refused->text);
            CHECK(false);
        }
        CHECK_EQ(refused->value, CP_CONFIG_SET_COMMISSIONED);
        CHECK_EQ(refused->extra, 1);
        CHECK(!h.sim.cp.config.active.commissioned);
    }
}

/* What the board cannot do must not be relied on. */
static void a_part_that_the_board_has_not_is_refused_by_its_field(void)
{
    static const struct {
        bad_t part;
        cp_capability_t needs;
    } cases[] = {
        {BAD(fixed_cable, 0), CP_CAPABILITY_PROXIMITY},
        {BAD(lock_fitted, 1), CP_CAPABILITY_LOCK},
        {BAD(feedback, 1), CP_CAPABILITY_CONTACTOR_FEEDBACK},
        {BAD(rcm, 1), CP_CAPABILITY_RCM},
        {BAD(phase_switch, 1), CP_CAPABILITY_PHASE_SWITCH},
        {BAD(protective_earth, 1), CP_CAPABILITY_PE_MONITOR},
        {BAD(emergency_stop, 1), CP_CAPABILITY_EMERGENCY_STOP},
        {BAD(current, CP_CURRENT_SOURCE_METER), CP_CAPABILITY_METER},
        {BAD(current, CP_CURRENT_SOURCE_INPUT), CP_CAPABILITY_CURRENT},
        {BAD(temperature, 1), CP_CAPABILITY_TEMPERATURE},
        {BAD(s0_pulses_per_kwh, 1000), CP_CAPABILITY_S0},
        {BAD(wake, 1), CP_CAPABILITY_CP_BREAK},
    };
    const cp_msg_config_board_t board = board_of(1);

    for (unsigned i = 0; i < 2u * sizeof cases / sizeof cases[0]; i++) {
        const bad_t *const part = &cases[i / 2u].part;
        const bool fitted = i % 2u == 0u;
        cp_msg_config_evse_t evse = host_evse_config(1);
        evse.current_ma_per_v = 20000;
        evse.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
        memcpy((uint8_t *)&evse + part->offset, &part->value, part->size); /* little-endian host */
        host_start(&h, 1);
        if (!fitted) {
            h.sim.cp.board.capabilities &= ~((uint32_t)1u << cases[i / 2u].needs);
        }
        host_greet(&h, 5);
        CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
        CHECK_EQ(h.sim.cp.config.active.commissioned, fitted);
        CHECK(fitted || strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, part->field) == 0);
    }
}

/* The sensor's values count where there is a sensor. */
static void each_bad_value_of_a_fitted_sensor_is_refused_by_its_name(void)
{
    static const bad_t cases[] = {
        BAD(rcm_test_ms, 19),      BAD(rcm_test_ms, 2001),
        BAD(current_ma_per_v, 99), BAD(current_ma_per_v, 1000001),
        BAD(ntc_r25_ohm, 99),      BAD(ntc_r25_ohm, 1000001),
        BAD(ntc_beta, 999),        BAD(ntc_beta, 6001),
        BAD(ntc_series_ohm, 99),   BAD(ntc_series_ohm, 1000001),
        BAD(ntc_supply_mv, 999),   BAD(ntc_supply_mv, 5501),
        BAD(derate1_dc, 199),      BAD(derate2_dc, 600),
        BAD(stop_dc, 700),         BAD(stop_dc, 1201),
    };
    const cp_msg_config_board_t board = board_of(1);

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cp_msg_config_evse_t evse = host_evse_config(1);
        evse.rcm = (uint8_t)CP_RCM_TYPE_NORMALLY_CLOSED;
        evse.rcm_test_ms = 500;
        evse.current = (uint8_t)CP_CURRENT_SOURCE_INPUT;
        evse.current_ma_per_v = 20000;
        evse.temperature = (uint8_t)CP_TEMPERATURE_SENSOR_NTC_LOW;
        memcpy((uint8_t *)&evse + cases[i].offset, &cases[i].value, cases[i].size); /* little-endian host */
        host_start(&h, 1);
        host_greet(&h, 5);
        CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
        const cp_msg_event_t *const refused = host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED);
        CHECK(refused != NULL);
        CHECK(strcmp(refused->text, cases[i].field) == 0);
    }
}

static void a_test_output_without_a_monitor_is_refused(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    evse.rcm = (uint8_t)CP_RCM_TYPE_NONE;
    host_start(&h, 1);
    host_greet(&h, 5);
    (void)commission(&board, &evse, 1);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "rcm_test_ms") == 0);
}

static void pulses_cannot_guard_the_current(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    evse.s0_pulses_per_kwh = 1000;
    host_start(&h, 1);
    host_greet(&h, 5);
    (void)commission(&board, &evse, 1);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "current") == 0);
}

static void each_good_border_is_taken(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    evse.hard_limit_da = 800;
    evse.pilot_gain_ppm = -200000;
    evse.pilot_offset_mv = 1000;
    evse.pwm_rise_us = -50;
    evse.pwm_fall_us = 50;
    evse.phase_switch = 1;
    host_start(&h, 1);
    host_greet(&h, 5);
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK(h.sim.cp.config.active.commissioned);
}

static void phase_switching_needs_three_phases(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    evse.phases = 1;
    evse.phase_switch = 1;
    host_start(&h, 1);
    host_greet(&h, 5);
    (void)commission(&board, &evse, 1);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "phase_switch") == 0);
}

static void missing_and_surplus_evses_and_a_wrong_count_are_refused(void)
{
    const cp_msg_config_evse_t evses[] = {host_evse_config(1), host_evse_config(2), host_evse_config(3)};
    const struct {
        uint8_t count;
        size_t pushed;
        const char *field;
    } cases[] = {{0, 1, "evse_count"}, {3, 3, "evse_count"}, {5, 2, "evse_count"}, {2, 1, "evse"}, {1, 2, "evse"}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const cp_msg_config_board_t board = board_of(cases[i].count);
        host_start(&h, 2);
        host_greet(&h, 5);
        CHECK_EQ(commission(&board, evses, cases[i].pushed), CP_RESULT_ACCEPTED);
        CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, cases[i].field) == 0);
    }
    host_start(&h, 2);
    host_greet(&h, 5);
    CHECK_EQ(commission(NULL, evses, 1), CP_RESULT_ACCEPTED);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "evse_count") == 0);
}

static void a_board_that_can_serve_more_takes_more_for_its_next_start(void)
{
    const cp_msg_config_evse_t evses[] = {host_evse_config(1), host_evse_config(2)};
    const cp_msg_config_board_t board = board_of(2);

    host_start(&h, 1);
    h.sim.cp.board.evse_max = 2;
    host_greet(&h, 5);
    CHECK_EQ(commission(&board, evses, 2), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_REFUSED), 0);
    CHECK(host_last(&h, CP_EVENT_CODE_CONFIG_APPLIED) != NULL);
    CHECK_EQ(cp_coprocessor_config(&h.sim.cp)->board.evse_count, 2);
}

static void items_out_of_place_are_answered_at_once(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    cp_msg_config_evse_t evse = host_evse_config(1);
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL};
    const cp_msg_config_begin_t bad = {.set = 2};
    const cp_msg_config_commit_t commit = {.set = (uint8_t)CP_CONFIG_SET_COMMISSIONED};

    host_start(&h, 1);
    host_greet(&h, 5);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_EVSE, payload, cp_msg_config_evse_encode(&evse, payload)),
             CP_RESULT_WRONG_STATE);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload)),
             CP_RESULT_WRONG_STATE);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&bad, payload)),
             CP_RESULT_BAD_VALUE);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload)), CP_RESULT_OK);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_EVSE, payload, cp_msg_config_evse_encode(&evse, payload)),
             CP_RESULT_WRONG_STATE);
    const cp_msg_config_operational_t nobody = operational_of(9);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_OPERATIONAL, payload, cp_msg_config_operational_encode(&nobody, payload)),
             CP_RESULT_BAD_EVSE);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload)),
             CP_RESULT_WRONG_STATE);
}

static void a_wrong_crc_is_refused(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL};
    const cp_msg_config_commit_t commit = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL, .crc = 1};

    host_start_commissioned(&h, 1);
    (void)host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload));
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload)),
             CP_RESULT_BAD_CRC);
}

static void another_commissioning_needs_the_button_but_the_same_one_does_not(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    host_start_commissioned(&h, 1);
    const uint32_t crc = h.snapshot[0].config_crc;
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_APPLIED), 1);
    CHECK_EQ(h.snapshot[0].config_crc, crc);

    evse.hard_limit_da = 160;
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_NOT_PERMITTED);
    CHECK_EQ(h.snapshot[0].config_crc, crc);

    CHECK_EQ(host_button(&h, true), CP_RESULT_OK);
    host_run(&h, 50);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_BUTTON)->value, 1);
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK(h.snapshot[0].config_crc != crc);
    CHECK_EQ(h.sim.cp.evse[0].config.hard_limit_da, 160);
}

/* A CRC can be forged, so an equal one is no proof of equal bytes. */
static void another_commissioning_of_the_same_crc_changes_nothing(void)
{
    const cp_msg_config_board_t board = board_of(1);
    cp_msg_config_evse_t evse = host_evse_config(1);

    host_start_commissioned(&h, 1);
    const uint32_t first = h.sim.cp.config.active.crc[CP_CONFIG_SET_COMMISSIONED];
    CHECK_EQ(host_button(&h, true), CP_RESULT_OK);
    evse.hard_limit_da = 800;
    evse.ventilation = 1;
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    const uint32_t crc = h.sim.cp.config.active.crc[CP_CONFIG_SET_COMMISSIONED];
    CHECK(crc != first);

    host_start_commissioned(&h, 1);
    h.sim.cp.config.active.crc[CP_CONFIG_SET_COMMISSIONED] = crc; /* as if the two sets had the same */
    h.sim.cp.config.next.crc[CP_CONFIG_SET_COMMISSIONED] = crc;
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONFIG_APPLIED)->value, crc);
    CHECK_EQ(h.sim.cp.evse[0].config.hard_limit_da, 320);
    CHECK(!h.sim.cp.evse[0].config.ventilation);
    CHECK_EQ(host_power(&h, CP_PLANT_POWER_MODE_CUT), CP_RESULT_OK);
    CHECK_EQ(h.sim.cp.evse[0].config.hard_limit_da, 320);
}

static void bad_operational_fields_are_refused_by_name(void)
{
    host_start_commissioned(&h, 1);
    cp_msg_config_operational_t o = operational_of(1);
    o.snapshot_ms = 49;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "snapshot_ms") == 0);
    o = operational_of(1);
    o.close_debounce_ms = 299;
    (void)set_operational(&o);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "close_debounce_ms") == 0);
    o.close_debounce_ms = 2001;
    (void)set_operational(&o);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "close_debounce_ms") == 0);
    o = operational_of(1);
    o.limit_da = 801;
    (void)set_operational(&o);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "limit_da") == 0);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_APPLIED), 0);
}

static void a_change_while_charging_waits_and_never_stops_it(void)
{
    cp_msg_config_operational_t o = operational_of(1);

    host_start_commissioned(&h, 1);
    h.lease_da = 160;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 8000);
    CHECK_EQ(h.snapshot[0].power, CP_POWER_ENERGISED);
    const uint32_t stored = cp_sim_store_count(&h.sim);

    o.limit_da = 100;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_PENDING), 1);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_APPLIED), 0);
    host_run(&h, 5000);
    CHECK_EQ(h.snapshot[0].config_pending, 1);
    CHECK_EQ(h.snapshot[0].power, CP_POWER_ENERGISED);
    CHECK_EQ(h.snapshot[0].offer_da, 160);
    CHECK_EQ(cp_sim_store_count(&h.sim), stored); /* no flash is written while a contactor is closed */

    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 300);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_CONFIG_APPLIED), 1);
    CHECK_EQ(h.snapshot[0].config_pending, 0);
    CHECK_EQ(h.snapshot[0].offer_da, 100);
    CHECK_EQ(cp_sim_store_count(&h.sim), stored + 1u);
}

static void the_snapshot_period_follows_its_setting(void)
{
    cp_msg_config_operational_t o = operational_of(1);

    host_start_commissioned(&h, 1);
    unsigned before = h.snapshots;
    host_run(&h, 10000);
    CHECK_BETWEEN(h.snapshots - before, 48, 52);
    o.snapshot_ms = 1000;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    before = h.snapshots;
    host_run(&h, 10000);
    CHECK_BETWEEN(h.snapshots - before, 9, 12);
}

static void a_field_is_refused_with_its_evse_and_the_others_are_left(void)
{
    const cp_msg_config_board_t board = board_of(2);
    cp_msg_config_evse_t evses[] = {host_evse_config(1), host_evse_config(2)};
    cp_msg_config_operational_t o = operational_of(2);

    host_start_commissioned(&h, 2);
    o.snapshot_ms = 1;
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->extra, 2);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->value, CP_CONFIG_SET_OPERATIONAL);
    o.snapshot_ms = 300;
    o.limit_da = 100;
    (void)set_operational(&o);
    CHECK_EQ(h.sim.cp.evse[1].config.limit_da, 100);
    CHECK_EQ(h.sim.cp.evse[0].config.limit_da, 800);

    host_start(&h, 2);
    host_greet(&h, 5);
    evses[1].phases = 2;
    (void)commission(&board, evses, 2);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->extra, 2);
}

static void an_evse_beyond_the_board_s_count_is_not_commissioned(void)
{
    const cp_msg_config_board_t board = board_of(1);
    const cp_msg_config_evse_t evse = host_evse_config(1);

    host_start(&h, 2);
    host_greet(&h, 5);
    CHECK_EQ(commission(&board, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK(h.sim.cp.evse[0].config.commissioned);
    CHECK(!h.sim.cp.evse[1].config.commissioned);
}

static void a_set_that_was_begun_again_forgets_what_it_had(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_config_board_t board = board_of(1);
    const cp_msg_config_evse_t evse = host_evse_config(1);
    const cp_msg_config_begin_t begin = {.set = (uint8_t)CP_CONFIG_SET_COMMISSIONED};

    host_start(&h, 1);
    host_greet(&h, 5);
    (void)host_command(&h, CP_MSG_CONFIG_BEGIN, payload, cp_msg_config_begin_encode(&begin, payload));
    (void)host_command(&h, CP_MSG_CONFIG_BOARD, payload, cp_msg_config_board_encode(&board, payload));
    CHECK_EQ(commission(NULL, &evse, 1), CP_RESULT_ACCEPTED);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_CONFIG_REFUSED)->text, "evse_count") == 0);
}

static void a_committed_set_is_closed(void)
{
    uint8_t payload[CP_MAX_PAYLOAD];
    const cp_msg_config_commit_t commit = {.set = (uint8_t)CP_CONFIG_SET_OPERATIONAL, .crc = 0};
    const cp_msg_config_operational_t o = operational_of(1);

    host_start_commissioned(&h, 1);
    CHECK_EQ(set_operational(&o), CP_RESULT_ACCEPTED);
    CHECK_EQ(host_command(&h, CP_MSG_CONFIG_COMMIT, payload, cp_msg_config_commit_encode(&commit, payload)),
             CP_RESULT_WRONG_STATE);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_new_board_takes_its_commissioning_and_shows_its_crc),
        TEST(each_bad_field_is_refused_by_its_name),
        TEST(a_part_that_the_board_has_not_is_refused_by_its_field),
        TEST(each_bad_value_of_a_fitted_sensor_is_refused_by_its_name),
        TEST(a_test_output_without_a_monitor_is_refused),
        TEST(pulses_cannot_guard_the_current),
        TEST(each_good_border_is_taken),
        TEST(phase_switching_needs_three_phases),
        TEST(missing_and_surplus_evses_and_a_wrong_count_are_refused),
        TEST(a_board_that_can_serve_more_takes_more_for_its_next_start),
        TEST(items_out_of_place_are_answered_at_once),
        TEST(a_wrong_crc_is_refused),
        TEST(another_commissioning_needs_the_button_but_the_same_one_does_not),
        TEST(another_commissioning_of_the_same_crc_changes_nothing),
        TEST(bad_operational_fields_are_refused_by_name),
        TEST(a_change_while_charging_waits_and_never_stops_it),
        TEST(the_snapshot_period_follows_its_setting),
        TEST(a_field_is_refused_with_its_evse_and_the_others_are_left),
        TEST(an_evse_beyond_the_board_s_count_is_not_commissioned),
        TEST(a_set_that_was_begun_again_forgets_what_it_had),
        TEST(a_committed_set_is_closed),
    };

    return RUN_TESTS(tests);
}
