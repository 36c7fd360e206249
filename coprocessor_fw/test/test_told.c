/* What the host is told is what is so: the fields of hello, meter, event, snapshot and log. */

#include "host_rig.h"

#include "cp_timing.h"

#include <string.h>

static host_t h;

static void hello_says_what_the_board_is(void)
{
    static const uint8_t mac[6] = {2, 0x43, 0, 0, 0, 1};

    host_start(&h, 2);
    host_run(&h, 1500);
    host_greet(&h, 5);
    CHECK_EQ(h.hello.build, 1u << CP_BUILD_SIMULATED);
    CHECK_EQ(h.hello.max_frame, CP_FRAME_WIRE_MAX);
    CHECK_EQ(h.hello.evse_count, 2);
    CHECK_EQ(h.hello.capabilities, h.sim.cp.board.capabilities);
    CHECK(h.hello.capabilities >> CP_CAPABILITY_PROXIMITY & 1u);
    CHECK_EQ(h.hello.uptime_us, 1500000);
    CHECK(memcmp(h.hello.mac, mac, sizeof mac) == 0);
    CHECK(strcmp(h.hello.chip, "posix") == 0);
}

static void each_evse_has_a_meter_and_a_snapshot_of_its_own(void)
{
    cp_msg_meter_t first;

    host_start_commissioned(&h, 2);
    h.lease_da = 160;
    (void)host_vehicle(&h, 2, CP_VEHICLE_STATE_C);
    host_run(&h, 10000);
    for (unsigned i = 0; i < 200u && h.meter.evse != 2u; i++) {
        host_run(&h, 10);
    }
    CHECK_EQ(h.meter.evse, 2);
    CHECK_BETWEEN(h.meter.power_mw, 10900000, 11050000);
    CHECK_EQ(h.meter.voltage_mv[0], 230000);
    CHECK_BETWEEN(h.sim.now_us - h.meter.uptime_us, 0, 1000000);
    for (unsigned i = 0; i < 200u && h.meter.evse != 1u; i++) {
        host_run(&h, 10);
    }
    first = h.meter;
    CHECK_EQ(first.evse, 1);
    CHECK_EQ(first.energy_mwh, 0);
    CHECK_EQ(h.snapshot[0].cycles, 0);
    CHECK_EQ(h.snapshot[1].cycles, 1);
    CHECK_EQ(h.snapshot[0].cable_da, 0xFFFF);
    CHECK_EQ(h.snapshot[1].cable_da, 320);
}

static void a_current_that_changes_is_metered_with_the_next_snapshot(void)
{
    host_start_commissioned(&h, 1);
    h.lease_da = 160;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 10000);
    const unsigned meters = h.meters;
    host_run(&h, 2000);
    CHECK_BETWEEN(h.meters - meters, 9, 12); /* with each snapshot */
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_A);
    host_run(&h, 2000);
    const unsigned idle = h.meters;
    host_run(&h, 5000);
    CHECK_BETWEEN(h.meters - idle, 4, 6); /* once a second */
}

static void an_event_says_when_and_of_what(void)
{
    host_start_commissioned(&h, 2);
    (void)host_vehicle(&h, 2, CP_VEHICLE_STATE_B);
    host_run(&h, 100);
    const cp_msg_event_t *const plugged = host_last(&h, CP_EVENT_CODE_PLUGGED);
    CHECK(plugged != NULL);
    CHECK_EQ(plugged->evse, 2);
    CHECK_EQ(plugged->plug, 1);
    CHECK_EQ(plugged->value, CP_PILOT_B1);
    CHECK_BETWEEN(h.sim.now_us - plugged->uptime_us, 1, 100000);
    CHECK(plugged->oldest > 0u && plugged->oldest <= plugged->id);
}

static void over_a_good_line_no_event_is_sent_twice(void)
{
    host_start_commissioned(&h, 1);
    const uint32_t resent = h.sim.cp.link.counters.resent;
    for (unsigned i = 0; i < 20u; i++) {
        (void)host_vehicle(&h, 1, i % 2u == 0u ? CP_VEHICLE_STATE_B : CP_VEHICLE_STATE_A);
        host_run(&h, 500);
    }
    CHECK_EQ(h.sim.cp.link.counters.resent, resent);
}

static void a_late_acknowledgement_is_not_hurried(void)
{
    host_start_commissioned(&h, 1);
    h.acks = false;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 40);
    const uint32_t resent = h.sim.cp.link.counters.resent;
    host_run(&h, 60);
    CHECK_EQ(h.sim.cp.link.counters.resent, resent);
    host_run(&h, 1000);
    CHECK_BETWEEN(h.sim.cp.link.counters.resent - resent, 4, 12);
}

static void the_button_is_told_down_and_up(void)
{
    host_start_commissioned(&h, 1);
    (void)host_button(&h, true);
    host_run(&h, 100);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_BUTTON)->value, 1);
    (void)host_button(&h, false);
    host_run(&h, 100);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_BUTTON)->value, 0);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_BUTTON), 2);
}

static void a_lock_out_that_the_button_clears_is_told_of_its_evse(void)
{
    host_start_commissioned(&h, 2);
    (void)host_fault(&h, 2, CP_FAULT_CONTACTOR_WELDED, true);
    host_run(&h, 1000);
    CHECK_EQ(h.snapshot[1].power, CP_POWER_LOCKED_OUT);
    CHECK_EQ(h.snapshot[0].faults, 0);
    (void)host_fault(&h, 2, CP_FAULT_CONTACTOR_WELDED, false);
    (void)host_button(&h, true);
    host_run(&h, CP_BUTTON_CLEAR_MS + 200u);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_FAULT_CLEARED)->evse, 2);
}

static void refusals_are_told_of_their_evse(void)
{
    host_start_commissioned(&h, 2);
    host_lease(&h, 2, 5, 160);
    host_run(&h, 100);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_LEASE_REFUSED)->evse, 2);
    host_lease(&h, 1, 5, 160);
    host_run(&h, 100);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_LEASE_REFUSED)->evse, 1);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_LEASE_REFUSED), 2);
}

static void the_age_of_a_lease_counts_from_its_arrival(void)
{
    host_start_commissioned(&h, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 200);
    cp_sim_step(&h.sim, 3000); /* between two ticks */
    const uint64_t arrived_us = h.sim.now_us;
    host_lease(&h, 1, h.snapshot[0].plug, 160);
    cp_sim_step(&h.sim, 200000);
    host_hear(&h);
    CHECK_EQ(h.snapshot[0].uptime_us - h.snapshot[0].host_clock_age_us, arrived_us);
    CHECK_EQ(h.snapshot[0].lease_da, 160);
    CHECK_BETWEEN(h.snapshot[0].lease_ms, 9700, 10000);
}

static void a_reboot_leads_where_it_was_asked_to(void)
{
    const uint8_t mode = (uint8_t)CP_REBOOT_MODE_BOOTLOADER;
    cp_inputs_t in = {.button = false};
    cp_outputs_t out = {.restart = false};

    host_start_commissioned(&h, 1);
    CHECK_EQ(host_command(&h, CP_MSG_REBOOT, &mode, 1), CP_RESULT_ACCEPTED);
    cp_coprocessor_tick(&h.sim.cp, h.sim.now_us + 10000u, &in, &out);
    CHECK(out.restart);
    CHECK_EQ(out.restart_mode, CP_REBOOT_MODE_BOOTLOADER);
}

static void a_vehicle_is_woken_by_command(void)
{
    const uint8_t evse = 2;

    host_start_commissioned(&h, 2);
    (void)host_vehicle(&h, 2, CP_VEHICLE_STATE_B);
    host_run(&h, 200);
    CHECK_EQ(host_command(&h, CP_MSG_WAKE, &evse, 1), CP_RESULT_OK);
    host_run(&h, 200);
    CHECK_EQ(host_plant(&h, 2)->duty_pm, 0);
    CHECK_EQ(host_plant(&h, 1)->duty_pm, 1000);
    CHECK_EQ(h.snapshot[1].pilot, CP_PILOT_F);
}

static void a_fault_shows_in_a_snapshot_of_its_own(void)
{
    host_start_commissioned(&h, 1);
    (void)host_fault(&h, 1, CP_FAULT_PILOT_SHORT, true);
    const uint64_t began_us = h.sim.now_us;
    while (h.snapshot[0].faults == 0u) {
        host_run(&h, 10);
        CHECK(h.sim.now_us - began_us < 620000u);
    }
}

static void too_long_a_text_is_cut_and_ended(void)
{
    char text[6];

    memset(text, 'x', sizeof text);
    cp_text_copy(text, sizeof text, "abcdefghij");
    CHECK(strcmp(text, "abcde") == 0);
    cp_text_copy(text, sizeof text, "a");
    CHECK(memcmp(text, "a\0\0\0\0\0", 6) == 0);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(hello_says_what_the_board_is),
        TEST(each_evse_has_a_meter_and_a_snapshot_of_its_own),
        TEST(a_current_that_changes_is_metered_with_the_next_snapshot),
        TEST(an_event_says_when_and_of_what),
        TEST(over_a_good_line_no_event_is_sent_twice),
        TEST(a_late_acknowledgement_is_not_hurried),
        TEST(the_button_is_told_down_and_up),
        TEST(a_lock_out_that_the_button_clears_is_told_of_its_evse),
        TEST(refusals_are_told_of_their_evse),
        TEST(the_age_of_a_lease_counts_from_its_arrival),
        TEST(a_reboot_leads_where_it_was_asked_to),
        TEST(a_vehicle_is_woken_by_command),
        TEST(a_fault_shows_in_a_snapshot_of_its_own),
        TEST(too_long_a_text_is_cut_and_ended),
    };

    return RUN_TESTS(tests);
}
