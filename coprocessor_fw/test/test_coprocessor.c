/* The whole coprocessor with its host: leases, events, resets, lock-outs, commands. */

#include "host_rig.h"

#include "cp_timing.h"

#include <string.h>

static host_t h;

/* Plug in and charge at 16 A, leases renewed. */
static void charge(uint8_t evse)
{
    h.lease_da = 160;
    CHECK_EQ(host_vehicle(&h, evse, CP_VEHICLE_STATE_C), CP_RESULT_OK);
    host_run(&h, 8000);
    CHECK_EQ(h.snapshot[evse - 1u].power, CP_POWER_ENERGISED);
    CHECK_EQ(host_plant(&h, evse)->contactor, 1);
}

static cp_result_t command_evse(uint16_t msg, uint8_t evse)
{
    return host_command(&h, msg, &evse, 1);
}

static void a_charge_from_plug_to_unplug_tells_its_story(void)
{
    static const cp_event_code_t story[] = {CP_EVENT_CODE_PLUGGED, CP_EVENT_CODE_CONTACTOR_CLOSED,
                                            CP_EVENT_CODE_UNPLUGGED, CP_EVENT_CODE_CONTACTOR_OPENED};
    unsigned told = 0;

    host_start_commissioned(&h, 1);
    charge(1);
    host_run(&h, 60000);
    CHECK_EQ(h.snapshot[0].pilot, CP_PILOT_C2);
    CHECK_EQ(h.snapshot[0].offer_da, 160);
    CHECK_BETWEEN(h.meter.current_ma[2], 15900, 16000);
    CHECK_EQ(h.meter.source, CP_METER_SOURCE_INTERNAL);
    CHECK_BETWEEN(h.meter.energy_mwh, 180000, 210000); /* 11 kW for a minute */
    CHECK_BETWEEN(host_plant(&h, 1)->duty_pm, 266, 267);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_A);
    host_run(&h, 1000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    for (unsigned i = 0; i < h.events && told < 4u; i++) {
        told += h.event[i].code == (uint8_t)story[told] ? 1u : 0u;
    }
    CHECK_EQ(told, 4);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONTACTOR_OPENED)->energy_mwh, h.meter.energy_mwh);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_CONTACTOR_OPENED)->meter_boot, h.meter.meter_boot);
}

static void a_stop_shows_in_the_next_snapshot(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    h.lease_da = 0;
    host_run(&h, 1000);
    host_lease(&h, 1, h.snapshot[0].plug, 0);
    const uint64_t sent_us = h.clock_us;
    host_run(&h, 60);
    CHECK_EQ(h.snapshot[0].lease_da, 0);
    CHECK_EQ(h.snapshot[0].host_clock_us, sent_us);
    CHECK_BETWEEN(h.snapshot[0].host_clock_age_us, 1, 60000);
    CHECK_EQ(h.snapshot[0].offer_da, 0);
    CHECK_EQ(h.snapshot[0].power, CP_POWER_WINDING_DOWN);
}

static void a_lower_limit_reaches_the_pin_within_100_ms(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    h.lease_da = 0;
    host_lease(&h, 1, h.snapshot[0].plug, 80);
    host_run(&h, 20);
    CHECK_EQ(host_plant(&h, 1)->duty_pm, 133);
}

static void a_refused_lease_is_told_once_for_each_reason(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < 10u; i++) {
        host_run(&h, 100);
        host_lease(&h, 1, 9, 160);
    }
    host_run(&h, 100);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_LEASE_REFUSED), 1);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_LEASE_REFUSED)->value, CP_LEASE_REFUSAL_NOT_PLUGGED);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_LEASE_REFUSED)->extra, 9);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 200);
    host_lease(&h, 1, 9, 160);
    host_run(&h, 100);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_LEASE_REFUSED), 2);
    CHECK_EQ(h.sim.cp.link.counters.refused[CP_LEASE_REFUSAL_NOT_PLUGGED], 10);
    CHECK_EQ(h.sim.cp.link.counters.refused[CP_LEASE_REFUSAL_WRONG_PLUG], 1);
    host_lease(&h, 7, 9, 160);
    CHECK_EQ(h.sim.cp.link.counters.refused[CP_LEASE_REFUSAL_BAD_EVSE], 1);
}

static void two_evses_do_not_touch_each_other(void)
{
    host_start_commissioned(&h, 2);
    charge(1);
    charge(2);
    (void)host_fault(&h, 1, CP_FAULT_PILOT_SHORT, true);
    host_run(&h, 3000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    CHECK_EQ(host_plant(&h, 2)->contactor, 1);
    CHECK_EQ(h.snapshot[1].faults, 0);
}

static void a_restart_while_charging_keeps_the_plug_and_waits_30_s(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    const uint32_t plug = h.snapshot[0].plug;
    const uint32_t meter_boot = h.meter.meter_boot;
    CHECK_EQ(host_power(&h, CP_PLANT_POWER_MODE_PANIC), CP_RESULT_OK);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    h.events = 0;
    host_greet(&h, 88);
    CHECK_EQ(h.hello.reset_reason, CP_RESET_REASON_PANIC);
    host_run(&h, 28000);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_BOOT)->extra, 1);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    host_run(&h, 6000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
    CHECK_EQ(h.snapshot[0].plug, plug);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_PLUGGED), 0);
    CHECK(h.meter.meter_boot != meter_boot);
}

static void a_power_cut_makes_a_new_plug_in_that_no_old_lease_fits(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    const uint32_t plug = h.snapshot[0].plug;
    CHECK_EQ(host_power(&h, CP_PLANT_POWER_MODE_CUT), CP_RESULT_OK);
    h.lease_da = 0;
    host_greet(&h, 88);
    CHECK_EQ(h.hello.reset_reason, CP_RESET_REASON_POWER_ON);
    host_run(&h, 1000);
    CHECK(h.snapshot[0].plug > plug);
    for (unsigned i = 0; i < 20u; i++) {
        host_lease(&h, 1, plug, 160);
        host_run(&h, 500);
    }
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    CHECK_EQ(host_plant(&h, 1)->duty_pm, 1000);
}

static void three_restarts_while_closed_within_10_min_lock_out(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < 3u; i++) {
        h.lease_da = 160;
        (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
        host_run(&h, 50000);
        CHECK_EQ(host_plant(&h, 1)->contactor, 1);
        (void)host_power(&h, CP_PLANT_POWER_MODE_BROWN_OUT);
        host_greet(&h, 100 + i);
    }
    host_run(&h, 60000);
    CHECK_EQ(h.snapshot[0].power, CP_POWER_LOCKED_OUT);
    CHECK_EQ(h.snapshot[0].faults, 1u << CP_FAULT_RESETS_WHILE_CLOSED);
    CHECK_EQ(host_plant(&h, 1)->duty_pm, 0);

    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT); /* kept in flash */
    host_greet(&h, 200);
    host_run(&h, 1000);
    CHECK_EQ(h.snapshot[0].power, CP_POWER_LOCKED_OUT);
    (void)host_button(&h, true);
    host_run(&h, CP_BUTTON_CLEAR_MS + 200u);
    (void)host_button(&h, false);
    host_run(&h, 500);
    CHECK_EQ(h.snapshot[0].faults, 0);
    CHECK(h.snapshot[0].power != (uint8_t)CP_POWER_LOCKED_OUT);
}

static void restarts_far_apart_do_not_lock_out(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < 4u; i++) {
        h.lease_da = 160;
        (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
        host_run(&h, 310000);
        CHECK_EQ(host_plant(&h, 1)->contactor, 1);
        (void)host_power(&h, CP_PLANT_POWER_MODE_WATCHDOG);
        host_greet(&h, 100 + i);
    }
    host_run(&h, 1000);
    CHECK_EQ(h.snapshot[0].faults, 0);
}

static void nothing_is_written_to_flash_while_a_contactor_is_closed(void)
{
    host_start_commissioned(&h, 1);
    h.lease_da = 160;
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_C);
    host_run(&h, 10000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
    h.sim.cp.evse[0].rcm.trips = 2; /* one is forgotten during the charge: worth storing */
    h.sim.cp.evse[0].rcm.forget_ms = 1000;
    const uint32_t stored = cp_sim_store_count(&h.sim);
    host_run(&h, 5000);
    CHECK_EQ(h.sim.cp.evse[0].rcm.trips, 1);
    CHECK_EQ(cp_sim_store_count(&h.sim), stored);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_A);
    host_run(&h, 1000);
    CHECK(cp_sim_store_count(&h.sim) > stored);
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    CHECK_EQ(h.sim.cp.evse[0].rcm.trips, 1);
}

static void a_bouncing_button_is_not_held(void)
{
    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < 400u; i++) {
        h.sim.button = i % 2u == 0u;
        host_run(&h, 10);
    }
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_BUTTON), 0);
    (void)host_button(&h, true);
    host_run(&h, 100);
    CHECK_EQ(host_count(&h, CP_EVENT_CODE_BUTTON), 1);
}

static void a_weld_outlives_power_cuts_until_the_button_is_held(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    CHECK_EQ(host_fault(&h, 1, CP_FAULT_CONTACTOR_WELDED, true), CP_RESULT_OK);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    host_run(&h, 1000);
    CHECK_EQ(h.snapshot[0].faults, 1u << CP_FAULT_CONTACTOR_WELDED);
    (void)host_fault(&h, 1, CP_FAULT_CONTACTOR_WELDED, false); /* somebody changes the contactor */
    (void)host_power(&h, CP_PLANT_POWER_MODE_CUT);
    host_greet(&h, 88);
    host_run(&h, 1000);
    CHECK_EQ(h.snapshot[0].faults, 1u << CP_FAULT_CONTACTOR_WELDED);
    const uint8_t clear[2] = {1, 255};
    CHECK_EQ(host_command(&h, CP_MSG_CLEAR_FAULT, clear, 2), CP_RESULT_WRONG_STATE);
    (void)host_button(&h, true);
    host_run(&h, 2000);
    CHECK_EQ(h.snapshot[0].faults, 1u << CP_FAULT_CONTACTOR_WELDED);
    host_run(&h, 1500);
    CHECK_EQ(h.snapshot[0].faults, 0);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_FAULT_CLEARED)->extra, 1);
    CHECK(strcmp(host_last(&h, CP_EVENT_CODE_FAULT_CLEARED)->text, "contactor_welded") == 0);
}

static void a_commanded_reboot_waits_for_the_contactor(void)
{
    const uint8_t mode = (uint8_t)CP_REBOOT_MODE_APPLICATION;

    host_start_commissioned(&h, 1);
    charge(1);
    CHECK_EQ(host_command(&h, CP_MSG_REBOOT, &mode, 1), CP_RESULT_ACCEPTED);
    host_run(&h, 5000);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
    CHECK_EQ(h.sim.cp.nvm.boot_count, 1);
    (void)host_vehicle(&h, 1, CP_VEHICLE_STATE_B);
    for (unsigned i = 0; i < 100u && h.sim.cp.nvm.boot_count == 1u; i++) {
        cp_sim_step(&h.sim, 10000);
    }
    CHECK_EQ(h.sim.cp.board.reset_reason, CP_RESET_REASON_SOFTWARE);
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
}

static void commands_check_what_they_are_given(void)
{
    static const uint8_t bad_evse[] = {0, 2, 255};
    const uint8_t bad_lock[2] = {1, 2};
    const uint8_t bad_fault[2] = {1, 200};
    const uint8_t bad_mode = 2;

    host_start_commissioned(&h, 1);
    for (unsigned i = 0; i < sizeof bad_evse; i++) {
        CHECK_EQ(command_evse(CP_MSG_SET_LOCK, bad_evse[i]), CP_RESULT_BAD_EVSE);
        CHECK_EQ(command_evse(CP_MSG_SET_AVAILABLE, bad_evse[i]), CP_RESULT_BAD_EVSE);
        CHECK_EQ(command_evse(CP_MSG_CLEAR_FAULT, bad_evse[i]), CP_RESULT_BAD_EVSE);
        CHECK_EQ(command_evse(CP_MSG_WAKE, bad_evse[i]), CP_RESULT_BAD_EVSE);
        CHECK_EQ(command_evse(CP_MSG_SELF_TEST, bad_evse[i]), CP_RESULT_BAD_EVSE);
    }
    CHECK_EQ(host_command(&h, CP_MSG_SET_LOCK, bad_lock, 2), CP_RESULT_BAD_VALUE);
    CHECK_EQ(host_command(&h, CP_MSG_SET_AVAILABLE, bad_lock, 2), CP_RESULT_BAD_VALUE);
    CHECK_EQ(host_command(&h, CP_MSG_CLEAR_FAULT, bad_fault, 2), CP_RESULT_BAD_VALUE);
    CHECK_EQ(host_command(&h, CP_MSG_REBOOT, &bad_mode, 1), CP_RESULT_BAD_VALUE);
    CHECK_EQ(command_evse(CP_MSG_SELF_TEST, 1), CP_RESULT_ACCEPTED);
    host_run(&h, 300);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_SELF_TEST)->value, 0);
}

static void a_lock_that_is_not_fitted_cannot_be_moved(void)
{
    const uint8_t lock[2] = {1, 1};

    host_start(&h, 1);
    host_greet(&h, 5);
    CHECK_EQ(host_command(&h, CP_MSG_SET_LOCK, lock, 2), CP_RESULT_NOT_FITTED);
}

static void the_plug_stays_locked_while_current_could_flow(void)
{
    const uint8_t unlock[2] = {1, 0};

    host_start_commissioned(&h, 1);
    charge(1);
    CHECK_EQ(host_command(&h, CP_MSG_SET_LOCK, unlock, 2), CP_RESULT_WRONG_STATE);
    CHECK_EQ(host_plant(&h, 1)->locked, 1);
    h.lease_da = 0;
    host_run(&h, 40000); /* the link says nothing more: the lease lapses, the lock stays */
    CHECK_EQ(host_plant(&h, 1)->contactor, 0);
    CHECK_EQ(host_plant(&h, 1)->locked, 1);
    CHECK_EQ(host_command(&h, CP_MSG_SET_LOCK, unlock, 2), CP_RESULT_OK);
    host_run(&h, 1000);
    CHECK_EQ(host_plant(&h, 1)->locked, 0);
}

static void lost_events_are_told_and_nothing_stops(void)
{
    host_start_commissioned(&h, 1);
    h.acks = false;
    for (unsigned i = 0; i < 40u; i++) {
        (void)host_vehicle(&h, 1, i % 2u == 0u ? CP_VEHICLE_STATE_B : CP_VEHICLE_STATE_A);
        host_run(&h, 300);
    }
    CHECK(h.sim.cp.link.counters.events_lost > 0u);
    CHECK_EQ(h.snapshot[0].plug, 20);
    h.acks = true;
    host_run(&h, 5000);
    CHECK(host_last(&h, CP_EVENT_CODE_EVENTS_LOST) != NULL);
    CHECK_EQ(host_last(&h, CP_EVENT_CODE_EVENTS_LOST)->value, h.sim.cp.link.counters.events_lost);
    CHECK_EQ(h.sim.cp.events.count, 0);
}

static void counters_come_every_5_s(void)
{
    host_start_commissioned(&h, 1);
    host_run(&h, 5100);
    CHECK(h.counters.rx_frames > 0u);
    const uint32_t frames = h.counters.tx_frames;
    host_run(&h, 5000);
    CHECK(h.counters.tx_frames > frames);
}

static void telemetry_fills_about_an_eighth_of_the_line(void)
{
    host_start_commissioned(&h, 1);
    charge(1);
    const uint32_t before = h.sim.cp.link.counters.tx_bytes;
    host_run(&h, 10000);
    CHECK_BETWEEN((h.sim.cp.link.counters.tx_bytes - before) / 10u, 500, 1800); /* of 11520 bytes a second */
}

static void changes_come_at_once_but_not_more_than_20_a_second(void)
{
    host_start_commissioned(&h, 1);
    const unsigned before = h.snapshots;
    for (unsigned i = 0; i < 25u; i++) {
        (void)host_vehicle(&h, 1, i % 2u == 0u ? CP_VEHICLE_STATE_B : CP_VEHICLE_STATE_A);
        host_run(&h, 30);
    }
    CHECK_BETWEEN(h.snapshots - before, 8, 22);
}

static void time_goes_on_beyond_32_bits_of_anything(void)
{
    host_start_commissioned(&h, 1);
    h.sim.now_us = (uint64_t)UINT32_MAX * 1000u - 5000000u;
    h.sim.cp.now_us = h.sim.now_us;
    h.sim.cp.ticked_ms = h.sim.now_us / 1000u;
    charge(1);
    host_run(&h, 10000);
    CHECK(h.snapshot[0].uptime_us > (uint64_t)UINT32_MAX * 1000u);
    CHECK_EQ(host_plant(&h, 1)->contactor, 1);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_charge_from_plug_to_unplug_tells_its_story),
        TEST(a_stop_shows_in_the_next_snapshot),
        TEST(a_lower_limit_reaches_the_pin_within_100_ms),
        TEST(a_refused_lease_is_told_once_for_each_reason),
        TEST(two_evses_do_not_touch_each_other),
        TEST(a_restart_while_charging_keeps_the_plug_and_waits_30_s),
        TEST(a_power_cut_makes_a_new_plug_in_that_no_old_lease_fits),
        TEST(three_restarts_while_closed_within_10_min_lock_out),
        TEST(restarts_far_apart_do_not_lock_out),
        TEST(nothing_is_written_to_flash_while_a_contactor_is_closed),
        TEST(a_bouncing_button_is_not_held),
        TEST(a_weld_outlives_power_cuts_until_the_button_is_held),
        TEST(a_commanded_reboot_waits_for_the_contactor),
        TEST(commands_check_what_they_are_given),
        TEST(a_lock_that_is_not_fitted_cannot_be_moved),
        TEST(the_plug_stays_locked_while_current_could_flow),
        TEST(lost_events_are_told_and_nothing_stops),
        TEST(counters_come_every_5_s),
        TEST(telemetry_fills_about_an_eighth_of_the_line),
        TEST(changes_come_at_once_but_not_more_than_20_a_second),
        TEST(time_goes_on_beyond_32_bits_of_anything),
    };

    return RUN_TESTS(tests);
}
