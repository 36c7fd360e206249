/* Every protection: what it reacts to, how soon, and how it clears. A protection that is taken out fails here. */

#include "evse_rig.h"

#include "cp_timing.h"

static bool stands(const rig_t *r, cp_fault_t fault)
{
    return cp_fault_stands(&r->e.faults, fault);
}

static void a_shorted_pilot_opens_after_500_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'E';
    CHECK_BETWEEN(rig_until_closed(&r, false, 3000), CP_SHORT_MS, CP_SHORT_MS + 50u);
    CHECK(stands(&r, CP_FAULT_PILOT_SHORT));
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_BY_FAULT);
    CHECK(!r.e.lease.held);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NOT_PLUGGED);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_PILOT_SHORT));
    CHECK_BETWEEN(rig_until_closed(&r, true, 40000), CP_RECLOSE_FAULT_MS - 1000u, CP_RECLOSE_FAULT_MS + 600u);
}

static void a_short_of_400_ms_interrupts_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'E';
    rig_run(&r, 400);
    r.letter = 'C';
    rig_run(&r, 5000);
    CHECK_EQ(r.e.cycles, 1);
    CHECK(r.out.contactor_closed);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 0);
}

static void an_invalid_pilot_ends_the_offer_after_500_ms_and_opens_within_3_s(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'X';
    r.draw_ma = 16000;
    r.draws = true;
    const uint32_t began_ms = r.now_ms;
    r.letter = 'X';
    while (r.out.drive == (uint8_t)CP_DRIVE_PWM) {
        rig_run(&r, 1);
        r.in.meter.current_ma[0] = 16000;
        CHECK(r.now_ms - began_ms <= 600u);
    }
    CHECK_BETWEEN(r.now_ms - began_ms, CP_INVALID_STOP_MS, CP_INVALID_STOP_MS + 50u);
    CHECK(stands(&r, CP_FAULT_PILOT_INVALID));
    (void)rig_until_closed(&r, false, 3000);
    CHECK_BETWEEN(r.now_ms - began_ms, CP_INVALID_STOP_MS, 3000);
}

static void an_invalid_pilot_with_a_drawing_vehicle_opens_at_its_deadline(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.no_meter = true; /* the current's end is not seen */
    r.e.config.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    rig_charge(&r);
    r.letter = 'X';
    CHECK_BETWEEN(rig_until_closed(&r, false, 3000), CP_INVALID_OPEN_MS, 3000);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_PILOT_INVALID));
}

static void noise_of_300_ms_interrupts_nothing(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'X';
    rig_run(&r, 300);
    r.letter = 'C';
    rig_run(&r, 3000);
    CHECK_EQ(r.e.cycles, 1);
    CHECK(r.out.contactor_closed);
}

/* Two letters take turns: the offer must go, and the contactor open within 3 s. */
static void flicker_opens(char one, uint32_t one_ms, char other, uint32_t other_ms)
{
    rig_t r;

    rig_start(&r, 1);
    r.no_meter = true; /* the current's end is not seen */
    r.e.config.current = (uint8_t)CP_CURRENT_SOURCE_NONE;
    rig_charge(&r);
    const uint32_t began_ms = r.now_ms;
    uint32_t stopped_ms = 0;
    while (r.out.contactor_closed) {
        r.letter = (r.now_ms - began_ms) % (one_ms + other_ms) < one_ms ? one : other;
        rig_run(&r, 1);
        stopped_ms = stopped_ms == 0u && r.out.drive != (uint8_t)CP_DRIVE_PWM ? r.now_ms - began_ms : stopped_ms;
        CHECK(r.now_ms - began_ms <= 3000u);
    }
    CHECK_BETWEEN(stopped_ms, CP_INVALID_STOP_MS, 1100);
    CHECK(stands(&r, CP_FAULT_PILOT_INVALID));
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_CONTACTOR_OPENED)->value, CP_OPENED_BY_FAULT);
}

static void a_pilot_between_shorted_and_invalid_opens_within_3_s(void)
{
    flicker_opens('E', 200, 'X', 200);
}

static void short_returns_to_c_do_not_put_off_the_opening(void)
{
    flicker_opens('X', 440, 'C', 50);
    flicker_opens('E', 440, 'C', 50);
    flicker_opens('X', 100, 'C', 400);
}

static void a_pilot_that_settles_is_forgiven(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    for (unsigned i = 0; i < 10u; i++) {
        r.letter = i % 2u == 0u ? 'X' : 'E';
        rig_run(&r, 200);
        r.letter = 'C';
        rig_run(&r, 2u * CP_PILOT_SOUND_MS);
    }
    CHECK(r.out.contactor_closed);
    CHECK_EQ(r.e.cycles, 1);
    CHECK_EQ(rig_count(&r, CP_EVENT_CODE_FAULT_RAISED), 0);
}

static void after_a_flicker_nothing_is_permitted_until_the_pilot_has_settled(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'X';
    (void)rig_until_closed(&r, false, 3000);
    r.letter = 'C';
    rig_run(&r, 200);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_C1);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NOT_PLUGGED);
    rig_run(&r, 400);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NONE);
}

static void without_a_diode_nothing_ever_closes(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.diode = false;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK(stands(&r, CP_FAULT_DIODE_MISSING));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_DIODE_UNPROVED);
}

static void a_diode_that_vanishes_while_charging_opens_within_50_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1000);
    r.diode = false;
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    CHECK(stands(&r, CP_FAULT_DIODE_MISSING));
    r.diode = true;
    rig_run(&r, 60000);
    CHECK(!r.out.contactor_closed); /* stays until the vehicle is unplugged */
    r.letter = 'A';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_DIODE_MISSING));
}

static void a_diode_that_is_lost_in_a_pause_is_found_before_closing(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.obedient = true;
    rig_charge(&r);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    rig_run(&r, 8000);
    CHECK(!r.out.contactor_closed);
    CHECK(!r.e.diode_proved);
    r.diode = false;
    rig_run(&r, 60000);
    r.lease_every_ms = 500;
    rig_run(&r, 10000);
    CHECK_EQ(r.e.cycles, 1);
    CHECK(stands(&r, CP_FAULT_DIODE_MISSING));
}

static void after_a_pause_closing_waits_for_its_debounce_with_the_offer_on(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.obedient = true;
    rig_charge(&r);
    r.lease_every_ms = 0;
    (void)rig_lease(&r, 0);
    rig_run(&r, 60000);
    r.lease_every_ms = 500;
    while (r.out.drive != (uint8_t)CP_DRIVE_PWM) {
        rig_run(&r, 1);
    }
    CHECK_BETWEEN(rig_until_closed(&r, true, 3000), CP_CLOSE_DEBOUNCE_MS - 2u, CP_CLOSE_DEBOUNCE_MS + 60u);
}

static void d_without_ventilation_is_refused(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'D';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK(stands(&r, CP_FAULT_VENTILATION));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_VENTILATION);
}

static void d_while_charging_without_ventilation_opens_within_50_ms(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    rig_run(&r, 1000);
    r.letter = 'D';
    CHECK_BETWEEN(rig_until_closed(&r, false, 100), 1, 50);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->value, CP_FAULT_VENTILATION);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK(!stands(&r, CP_FAULT_VENTILATION));
}

static void a_diode_that_comes_and_goes_is_never_proved(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.letter = 'B';
    rig_run(&r, 200);
    r.lease_da = 160;
    r.lease_every_ms = 500;
    r.letter = 'C';
    for (unsigned i = 0; i < 250u; i++) { /* never three windows alike */
        r.diode = i % 2u == 0u;
        rig_run(&r, 20);
        CHECK(!r.out.contactor_closed);
    }
}

static void d_with_ventilation_is_charged(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.ventilation = true;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 4000);
    r.letter = 'D';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    CHECK_BETWEEN(rig_until_closed(&r, true, 3000), 30, 1200);
}

static void an_unknown_cable_is_a_fault_and_no_charge(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.in.proximity_ohm = 30;
    r.letter = 'C';
    r.lease_da = 160;
    r.lease_every_ms = 500;
    rig_run(&r, 60000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(r.e.offer_da, 0);
    CHECK(stands(&r, CP_FAULT_PROXIMITY));
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_CABLE);
    r.letter = 'A';
    rig_run(&r, 100);
    CHECK(!stands(&r, CP_FAULT_PROXIMITY));
}

static void a_cable_that_is_lost_while_charging_stops_and_opens(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.in.proximity_ohm = UINT32_MAX;
    CHECK_BETWEEN(rig_until_closed(&r, false, 1000), CP_PROXIMITY_MS, CP_PROXIMITY_MS + CP_PROXIMITY_FAULT_MS + 10u);
    CHECK(stands(&r, CP_FAULT_PROXIMITY));
}

static void a_smaller_cable_than_thought_lowers_the_offer(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.in.proximity_ohm = 1500;
    rig_run(&r, CP_PROXIMITY_MS + 2u);
    CHECK_EQ(r.e.offer_da, 130);
}

static void an_uncommissioned_evse_gives_nothing(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.commissioned = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'C';
    rig_run(&r, 1000);
    CHECK_EQ(rig_lease(&r, 160), CP_LEASE_REFUSAL_NOT_COMMISSIONED);
    rig_run(&r, 20000);
    CHECK_EQ(r.e.cycles, 0);
    CHECK_EQ(r.out.drive, CP_DRIVE_STEADY);
}

static void the_pilot_is_classified_in_every_state(void)
{
    cp_evse_config_t config = rig_config();
    const cp_evse_past_t past = {0};
    rig_t r;

    config.commissioned = false;
    rig_power_up(&r, 1, &config, &past);
    rig_run(&r, 1000);
    r.letter = 'B';
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_B1);
    r.letter = 'E';
    rig_run(&r, 100);
    CHECK_EQ(cp_evse_pilot(&r.e), CP_PILOT_E);
}

static void a_flickering_pilot_reports_at_most_ten_times_a_second_and_ends_right(void)
{
    rig_t r;

    rig_start(&r, 1);
    for (unsigned i = 0; i < 25u; i++) {
        r.letter = i % 2u == 0u ? 'B' : 'C';
        rig_run(&r, 40);
    }
    rig_run(&r, 200);
    CHECK_BETWEEN(rig_count(&r, CP_EVENT_CODE_PILOT_CHANGED), 2, 12);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_PILOT_CHANGED)->value, CP_PILOT_B1);
}

static void each_vehicle_must_prove_its_own_diode(void)
{
    rig_t r;

    rig_start(&r, 1);
    rig_charge(&r);
    r.letter = 'A';
    rig_run(&r, 1000);
    CHECK(!r.e.diode_proved);
    r.letter = 'B';
    rig_run(&r, 500);
    CHECK(cp_evse_blocked(&r.e) & 1u << CP_BLOCKED_DIODE_UNPROVED);
}

static void a_fault_says_what_was_measured_how_old_it_is_and_that_it_went(void)
{
    rig_t r;

    rig_start(&r, 1);
    r.in.proximity_ohm = 30;
    r.letter = 'B';
    rig_run(&r, 2000);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->value, CP_FAULT_PROXIMITY);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_RAISED)->extra, 30);
    CHECK_BETWEEN(r.e.faults.entry[CP_FAULT_PROXIMITY].age_ms, 1000, 1500);
    CHECK_EQ(r.e.faults.entry[CP_FAULT_PROXIMITY].count, 1);
    r.letter = 'A';
    rig_run(&r, 100);
    CHECK_EQ(rig_last(&r, CP_EVENT_CODE_FAULT_CLEARED)->value, CP_FAULT_PROXIMITY);
    r.letter = 'B';
    rig_run(&r, 700);
    CHECK_EQ(r.e.faults.entry[CP_FAULT_PROXIMITY].count, 2);
    CHECK(r.e.faults.entry[CP_FAULT_PROXIMITY].age_ms < 300u);
}

int main(void)
{
    static const cp_test_t tests[] = {
        TEST(a_shorted_pilot_opens_after_500_ms),
        TEST(a_short_of_400_ms_interrupts_nothing),
        TEST(an_invalid_pilot_ends_the_offer_after_500_ms_and_opens_within_3_s),
        TEST(an_invalid_pilot_with_a_drawing_vehicle_opens_at_its_deadline),
        TEST(noise_of_300_ms_interrupts_nothing),
        TEST(a_pilot_between_shorted_and_invalid_opens_within_3_s),
        TEST(short_returns_to_c_do_not_put_off_the_opening),
        TEST(a_pilot_that_settles_is_forgiven),
        TEST(after_a_flicker_nothing_is_permitted_until_the_pilot_has_settled),
        TEST(without_a_diode_nothing_ever_closes),
        TEST(a_diode_that_vanishes_while_charging_opens_within_50_ms),
        TEST(a_diode_that_is_lost_in_a_pause_is_found_before_closing),
        TEST(after_a_pause_closing_waits_for_its_debounce_with_the_offer_on),
        TEST(d_without_ventilation_is_refused),
        TEST(d_while_charging_without_ventilation_opens_within_50_ms),
        TEST(a_diode_that_comes_and_goes_is_never_proved),
        TEST(d_with_ventilation_is_charged),
        TEST(an_unknown_cable_is_a_fault_and_no_charge),
        TEST(a_cable_that_is_lost_while_charging_stops_and_opens),
        TEST(a_smaller_cable_than_thought_lowers_the_offer),
        TEST(an_uncommissioned_evse_gives_nothing),
        TEST(the_pilot_is_classified_in_every_state),
        TEST(a_flickering_pilot_reports_at_most_ten_times_a_second_and_ends_right),
        TEST(each_vehicle_must_prove_its_own_diode),
        TEST(a_fault_says_what_was_measured_how_old_it_is_and_that_it_went),
    };

    return RUN_TESTS(tests);
}
